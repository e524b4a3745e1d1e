"""Mixed-integer programming: the best subset by branch and bound (HiGHS, of scipy), of some forty candidates.

    minimise t    so that    -t <= Y x - z <= t,    x in {0, 1}^n

scipy tells nothing while HiGHS works, and HiGHS cannot be interrupted. So it begins anew with ever more nodes of the
tree, `GROWTH` times as many: that costs a seventh, tells what is best every time, and is where a Stop takes effect (it
may come late: the last turn takes some seconds for forty candidates, and minutes for hundreds). A limit in nodes, not
in seconds, makes the same subset each time.

HiGHS takes what is wrong by 1e-6 as right. So the problem is scaled up, the bound is taken to be lower by as much, and
"optimal" says that no subset is better by a ten-thousandth: of errors too small to tell it is not said. Of 40
candidates in 9 to 25 dimensions the optimum takes 0.1 to 1.1 s on one core; of many more it is seldom found.
"""

from __future__ import annotations

import time
from typing import Any

import numpy as np

from workbench.strong.solver import TOLD, Found, Solver, Vector
from workbench.work import progress

TIME_LIMIT = 1  # a status of scipy's
NODES, GROWTH, TURNS = 64, 8, 4  # 64 to 32 768 nodes
SCALE = 64.0  # from 1000 on HiGHS now and then prints that a run of its own failed
TOLERANCE = 1e-6  # of HiGHS, absolute, in the scaled problem
NUMBERS = 2**17  # of dimension × candidates: the first linear program alone takes seconds


def mixed_integer(Y: Vector, z: Vector, *, seconds: float | None, seed: int) -> Found:
    """Yield the best after every turn; "optimal" ends it. HiGHS draws nothing from the seed.

    One turn cannot be interrupted but by `seconds`.
    """
    began, x, error = time.perf_counter(), np.zeros(Y.shape[1]), float(np.abs(z).max())
    for turn in range(TURNS):
        progress.report(turn, TURNS, "turn")
        left = None if seconds is None else max(seconds - (time.perf_counter() - began), 0.01)
        chosen, bound = branch_and_bound(Y, z, NODES * GROWTH**turn, left)
        if chosen is not None and (new_error := float(np.abs(Y @ chosen - z).max())) < error:
            x, error = chosen, new_error
        yield x, "optimal" if error - bound <= TOLD * error else "best so far"
        if error - bound <= max(TOLD * error, 2 * TOLERANCE):  # HiGHS will not find anything better
            break
    progress.report(TURNS, TURNS)


def branch_and_bound(Y: Vector, z: Vector, nodes: int, seconds: float | None) -> tuple[Vector | None, float]:
    """Return the best x that HiGHS finds in so many nodes, or None, and the error below which there is none."""
    import scipy.optimize

    optimize: Any = scipy.optimize  # pyright would have floats for bounds
    m, n = Y.shape
    t = np.ones((m, 1))
    limits = {"node_limit": nodes, "mip_rel_gap": 0.0} | ({} if seconds is None else {"time_limit": seconds})
    for size in (SCALE, 1.0):  # of 1000 tiny problems one ends in a "solve error", and at another scale does not
        above = optimize.LinearConstraint(np.hstack([size * Y, -t]), ub=size * z)
        below = optimize.LinearConstraint(np.hstack([size * Y, t]), lb=size * z)
        outcome = optimize.milp(
            np.append(np.zeros(n), 1.0),
            constraints=[above, below],
            integrality=np.append(np.ones(n), 0),
            bounds=optimize.Bounds(0, np.append(np.ones(n), np.inf)),
            options=limits,
        )
        if outcome.x is not None:
            return np.round(outcome.x[:n]), ((outcome.mip_dual_bound or 0.0) - TOLERANCE) / size
        if outcome.status == TIME_LIMIT:
            break
    return None, 0.0


MIXED_INTEGER = Solver(
    mixed_integer, "l_inf", lambda dimension: NUMBERS // dimension, f"dimension × candidates up to {NUMBERS:,}"
)
