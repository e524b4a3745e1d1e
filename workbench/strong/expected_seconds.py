"""About how long a subset-sum problem, or a pruned pair, takes on one core: what progress weighs its parts by.

Measured on one machine and rough: only the ratios matter, and no result depends on them.
"""

from __future__ import annotations

from workbench.strong.prune_pair import quick
from workbench.strong.structures import STRUCTURES
from workbench.strong.subset_sum import settle
from workbench.strong.target import Shape


def of_sum(solver: str, dimension: int, candidates: int) -> float:
    """Return the seconds of one subset sum: 2^n for an exact one, linear in n and m for any other."""
    if solver == "meet_in_the_middle":
        return 0.002 + 7.5e-10 * 2.0 ** (candidates - 8 + 2 * min(dimension, 4))
    return 0.012 + 3e-6 * candidates * (dimension + 5)


def of_pair(shape: Shape, structure: str, usable: int, solver: str = "auto") -> float:
    """Return the seconds of a pair with so many usable candidates: its sums, on both sides of zero."""
    if not STRUCTURES[structure].blocked:
        return shape.outputs * 3.2e-5 * usable**2
    m = STRUCTURES[structure].dimension(shape)
    sums = 2 * shape.blocks * shape.outputs * shape.taps / m
    return sums * of_sum(quick(solver, usable, m), m, usable)


def of_settled(solver: str, dimension: int, candidates: int) -> float:
    """Return the seconds of one subset sum by the solver that "auto" takes there."""
    return of_sum(settle(solver, dimension, candidates), dimension, candidates)
