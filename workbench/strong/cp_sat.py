"""CP-SAT: the best subset by constraint programming (OR-tools, an optional package), of some hundred candidates.

    minimise t    so that    -t <= Y x - z <= t    in whole numbers, Y and z times 2^30 and rounded

Rounding moves a sum by at most (n + 1) 2^-31. "optimal" allows for that: it says that no subset is better by a
ten-thousandth. In up to 9 dimensions it is the best solver of 40 to some 200 candidates: measured, 0.04 in dimension 9
of 200 in six seconds of one core, where flips come to 0.05. Where nobody sets a limit it ends by CP-SAT's own
deterministic clock, so that the same seed gives the same subset.
"""

from __future__ import annotations

import math
import queue
import threading
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from workbench.strong.solver import TOLD, Found, Solver, Vector
from workbench.work import progress

BITS = 30
WORK = 20.0  # deterministic seconds: about 12 of one core
NUMBERS = 2**17  # of dimension × candidates
POLL = 0.1  # seconds between two looks at whether anybody still waits


def cp_sat(Y: Vector, z: Vector, *, seconds: float | None, seed: int) -> Found:
    """Yield every better subset as it is found; the last is "optimal" where that is proved.

    It is a thread that searches, so that a Stop ends it at once. Raises a ValueError where OR-tools is not installed.
    """
    solver, solve = problem(Y, z, seconds, seed)
    better: queue.Queue[Vector | float] = queue.Queue()  # subsets, and at the end the error below which there is none
    worker = threading.Thread(target=solve, args=(better.put,), name="CP-SAT")
    x, bound, began = np.zeros(Y.shape[1]), None, time.perf_counter()
    worker.start()
    threading.Thread(target=_end_with_the_interpreter, args=(worker, solver), name="CP-SAT's end").start()
    try:
        while bound is None:
            progress.report(int(time.perf_counter() - began), None if seconds is None else round(seconds))
            try:
                item = better.get(timeout=POLL)
            except queue.Empty:
                continue
            if isinstance(item, np.ndarray):
                x = item
                yield x, "best so far"
            else:
                bound = item
    finally:
        solver.stop_search()
        worker.join()
    error = np.abs(Y @ x - z).max()
    yield x, "optimal" if error - bound <= TOLD * error else "best so far"


def problem(Y: Vector, z: Vector, seconds: float | None, seed: int) -> tuple[Any, Callable[..., None]]:
    """Return CP-SAT's solver, and what runs it and hands over each better x, and the bound at the end."""
    try:
        from ortools.sat.python import cp_model
    except ImportError as error:
        way_on = 'pip install "lottery-workbench[exact]" brings it; the other solvers need no package'
        raise ValueError(f"cp_sat needs OR-tools, which is not installed here; {way_on}") from error

    whole, target = (np.rint(part * 2.0**BITS).astype(np.int64) for part in (Y, z))
    model, solver = cp_model.CpModel(), cp_model.CpSolver()
    xs = [model.new_bool_var("") for _ in range(Y.shape[1])]
    t = model.new_int_var(0, int((np.abs(whole).sum(1) + np.abs(target)).max()), "t")
    for row, middle in zip(whole.tolist(), target.tolist(), strict=True):
        total = cp_model.LinearExpr.weighted_sum(xs, row)
        model.add(total - t <= middle)
        model.add(total + t >= middle)
    model.minimize(t)
    solver.parameters.num_workers = 1
    solver.parameters.random_seed = seed % 2**31
    solver.parameters.catch_sigint_signal = False  # an interrupt is Python's
    if seconds is None:
        solver.parameters.max_deterministic_time = WORK
    else:
        solver.parameters.max_time_in_seconds = seconds

    def solve(put: Callable[[Vector | float], None]) -> None:
        class Better(cp_model.CpSolverSolutionCallback):
            def on_solution_callback(self) -> None:
                put(np.array([float(self.boolean_value(x)) for x in xs]))

        bound = -math.inf
        try:
            solver.solve(model, Better())
            bound = (solver.best_objective_bound - (len(xs) + 1) / 2) / 2**BITS
        finally:
            put(bound)

    return solver, solve


def _end_with_the_interpreter(worker: threading.Thread, solver: Any) -> None:
    """Stop the search when the main thread has ended: an exit waits for no search that a notebook keeps."""
    while worker.is_alive():
        threading.main_thread().join(POLL)
        if not threading.main_thread().is_alive():
            solver.stop_search()
        worker.join(POLL)


CP_SAT = Solver(cp_sat, "l_inf", lambda dimension: NUMBERS // dimension, f"dimension × candidates up to {NUMBERS:,}")
