"""About how long a subset-sum problem, or a pruned pair, takes on one core: what progress weighs its parts by.

Measured on one machine and rough: no result depends on them, and only what would take hours is refused by them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from workbench.strong.prune_pair import quick
from workbench.strong.structures import STRUCTURES
from workbench.strong.subset_sum import settle
from workbench.strong.target import Shape, Target
from workbench.work import rules

HOUR = 3600.0


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


def check_affordable(
    target: Target, *, structures: Sequence[str] = ("filter",), ratio: float = 20.0, most: float = HOUR
) -> float:
    """Return about how many seconds one ticket of each structure takes on one core; a ValueError beyond `most`.

    A fully connected layer of many inputs has a subset sum for each of them, of as many dimensions as it has outputs:
    a network that is small to train can so be a search of days.
    """
    rules.instance("target", target, Target, "a target", "wb.strong.target_of(model, weights, data) reads one")
    rules.names("structures", structures, '("filter",) is one')
    rules.number("ratio", ratio, above=0, way_on="20 is precise, 10 is rough")
    rules.number("most", most, above=0, way_on="3600 is an hour")
    seconds = 0.0
    for structure in structures:
        rules.choice("structure", structure, STRUCTURES)
        of = STRUCTURES[structure]
        each = [of_pair(s, structure, math.ceil(ratio * of.dimension(s))) for s in target.shapes]
        longest = target.shapes[each.index(max(each))]
        if sum(each) > most:
            size = f"layer {longest.name!r}, {longest.inputs} inputs by {longest.outputs} outputs"
            way_on = "take a smaller model, such as plain_cnn(channels=(4, 4)), a lower ratio, or other structures"
            raise ValueError(
                f"the target must take at most {most / HOUR:.2g} h, but by {structure} at {ratio:g} candidates a "
                f"dimension it takes about {sum(each) / HOUR:.2g} h, most of it {size}; {way_on}"
            )
        seconds += sum(each)
    return seconds
