"""Random subset sums in many dimensions: choose of random vectors those whose sum comes nearest to a target.

    x in {0, 1}^n,    Y x = Σ_i x_i y_i ≈ z,    y_i and z in R^m

In one dimension Lueker 1998 shows that n = O(log 1/ε) random numbers suffice; of n vectors in m dimensions the best
subset misses by about 2^(-n/m) (`law`). That subset can be found for small n only (`meet_in_the_middle`,
`mixed_integer`, `cp_sat`); of many candidates a good one is found quickly (`flips`).
"""

from __future__ import annotations

import itertools
import math
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import torch
from jaxtyping import Bool, Float
from torch import Tensor

from workbench.strong.cp_sat import CP_SAT
from workbench.strong.flips import FLIPS
from workbench.strong.meet_in_the_middle import MEET_IN_THE_MIDDLE
from workbench.strong.mixed_integer import MIXED_INTEGER
from workbench.strong.solver import Vector
from workbench.work import rules
from workbench.work.seeds import check_seed, number

SOLVERS = {
    "meet_in_the_middle": MEET_IN_THE_MIDDLE,
    "mixed_integer": MIXED_INTEGER,
    "cp_sat": CP_SAT,
    "flips": FLIPS,
}
AUTO = ("meet_in_the_middle", "mixed_integer", "flips")  # the first that takes so many candidates
FEW = 40  # candidates, above which a proved optimum takes too long
FACTS = ("optimal", "out of reach")  # true whether or not time is up
FAR = 2**20  # candidates so much smaller than the target are out of reach: more are never taken


@dataclass(frozen=True, eq=False)
class Subset:
    """A subset of the candidates, and how far its sum is from the target.

    `error` is ‖Y x - z‖_inf, `relative_error` ‖Y x - z‖_2 / ‖z‖_2 (‖Y x‖_2 itself for a target of 0). `status` is
    "optimal" (nothing is better, proved), "local optimum" (flips of one or two gain next to nothing more), "rounded",
    "best so far", "near enough" (as near as was asked), "time limit" (the best until then), or "out of reach": the
    candidates are too small or too few to reach the target even in fractions (`reach`; of exact solvers it is not
    asked). `trace` is (seconds, error) whenever a better one was found; the first is of no candidate at all.
    """

    kept: Bool[Tensor, " candidates"]
    error: float
    relative_error: float
    solver: str
    status: str
    seconds: float
    trace: tuple[tuple[float, float], ...]

    def __repr__(self) -> str:
        kept = f"kept={int(self.kept.sum())} of {len(self.kept)}"
        return f"Subset(error={self.error:.3g}, relative_error={self.relative_error:.3g}, {kept}, {self.status})"


def subset_sum(
    candidates: Float[Tensor, "dimension candidates"],
    target: Float[Tensor, " dimension"],
    *,
    solver: str = "auto",
    within: float = 0.0,
    seconds: float | None = None,
    seed: int = 0,
) -> Subset:
    """Return the best subset that a solver of `SOLVERS` finds: the columns of `candidates` whose sum is near `target`.

    The options are those of `subset_sum_search`.
    """
    return [*subset_sum_search(candidates, target, solver=solver, within=within, seconds=seconds, seed=seed)][-1]


def subset_sum_search(
    candidates: Float[Tensor, "dimension candidates"],
    target: Float[Tensor, " dimension"],
    *,
    solver: str = "auto",
    within: float = 0.0,
    seconds: float | None = None,
    seed: int = 0,
) -> Iterator[Subset]:
    """Yield every better subset as it is found, and at the end the best once more with what it was found to be.

    "auto" takes a proved optimum where that is quick, and pair flips elsewhere. It ends early where `error` is at most
    `within`, or after so many `seconds`, with the best so far marked as such; without a limit of time the same seed
    gives the same subset. Flips make the l2 norm small, exact solvers the largest entry. Raises a ValueError for
    candidates or a target of another form, and for more candidates than the solver takes.
    """
    began = time.perf_counter()
    Y, z = numbers(candidates, target)
    rules.number("within", within, least=0, way_on="0 asks for the best")
    if seconds is not None:
        rules.number("seconds", seconds, above=0, way_on="leave it out for no limit")
    name, unit = settle(solver, *Y.shape), scale(Y, z)
    search = SOLVERS[name].search(Y / unit, z / unit, seconds=seconds, seed=number(check_seed(seed), "subset sum"))
    nothing = np.zeros(Y.shape[1])
    best, status, trace = None, "best so far", ()
    for x, status in itertools.chain([(nothing, "best so far")], search):
        spent = time.perf_counter() - began
        subset = _subset(Y, z, x, name, status, spent)
        if best is None or _size(subset) < _size(best):
            trace = (*trace, (spent, subset.error))
            best = replace(subset, trace=trace)
            yield best
        if best.error <= within:
            status = "near enough" if best.error and status != "optimal" else "optimal"
            break
        if seconds is not None and spent > seconds:
            status = status if status in FACTS else "time limit"
            break
    assert best is not None
    yield replace(best, status=status, seconds=time.perf_counter() - began)


def settle(solver: str, dimension: int, candidates: int) -> str:
    """Return the name of a solver, with "auto" settled by size; a ValueError for more than it takes."""
    rules.choice("solver", solver, ("auto", *SOLVERS))
    if solver == "auto":
        exact = (name for name in AUTO[:-1] if candidates <= min(FEW, SOLVERS[name].most(dimension)))
        solver = next(exact, AUTO[-1])
    most = SOLVERS[solver].most(dimension)
    if candidates > most:
        ways = [f"at most {most} here; take fewer"] * bool(most)
        ways += ['solver="flips" takes more'] * (candidates <= SOLVERS["flips"].most(dimension))
        given = f"{candidates} candidates in dimension {dimension}"
        raise ValueError(f"{solver} takes {SOLVERS[solver].limit}, got {given}; {', or '.join(ways)}")
    return solver


def numbers(candidates: Tensor, target: Tensor) -> tuple[Vector, Vector]:
    """Return both in double precision; a ValueError for another form, or for what is not finite."""
    way_on = "wb.strong.draw(36, 400) draws 400 candidates in dimension 36"
    rules.instance("candidates", candidates, Tensor, "a tensor (dimension, candidates)", way_on)
    rules.instance("target", target, Tensor, "a tensor (dimension,)", "torch.ones(36) is one")
    if candidates.ndim != 2 or not candidates.numel() or not candidates.is_floating_point():
        raise rules.refused("candidates", "floats of the shape (dimension, candidates)", candidates, way_on)
    if target.shape != candidates.shape[:1] or not target.is_floating_point():
        raise rules.refused("target", f"floats of the shape ({len(candidates)},)", target, "one for every dimension")
    for name, tensor in (("candidates", candidates), ("target", target)):
        if not bool(torch.isfinite(tensor).all()):
            raise ValueError(f"{name} must be finite, but some are NaN or infinite; draw or train them anew")
    Y, z = (tensor.detach().cpu().double().numpy() for tensor in (candidates, target))
    return Y, z


def scale(Y: Vector, z: Vector) -> float:
    """Return the power of two that the problem is divided by for a solver: no bit of it changes, but tolerances fit."""
    largest = max(float(np.abs(Y).max()), float(np.abs(z).max()) / FAR)
    return 2.0 ** math.frexp(largest)[1]


def _subset(Y: Vector, z: Vector, x: Vector, name: str, status: str, seconds: float) -> Subset:
    """Measure a subset from x itself, rounded, whatever a solver says of it."""
    kept = x > 0.5
    r, unit = Y @ kept - z, float(np.abs(z).max()) or 1.0
    relative = float(np.linalg.norm(r / unit) / (np.linalg.norm(z / unit) or 1.0))
    return Subset(torch.from_numpy(kept), float(np.abs(r).max()), relative, name, status, seconds, ())


def _size(subset: Subset) -> float:
    return subset.relative_error if SOLVERS[subset.solver].norm == "l2" else subset.error
