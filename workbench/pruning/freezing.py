"""How a search comes down to its density: when it loses weights, and how many are left after each event.

Gem-Miner's upper bound falls as s̄(j) = s^(j/K) over K events, one every `period` steps (Sreenivasan et al. 2022, "Rare
Gems", section 3; its printed "1 - e^(cT)" must be 1 - e^(-cT), as in its code). Global edge-popup made gradual, its
control, follows the same bound.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from workbench.nets import masks
from workbench.nets.masks import Mask
from workbench.work import rules

EVENTS = 30  # periods of a search: the paper's T = 5 of E = 150 epochs


@dataclass(frozen=True)
class Freezing:
    """The events of a search: after each of `steps`, as many weights are left as `counts` has in its place.

    `first` were there before, of `total` prunable ones; `through` are the steps at which a density that was asked for
    on the way is reached.
    """

    total: int
    first: int
    steps: tuple[int, ...]
    counts: tuple[int, ...]
    through: tuple[int, ...] = ()

    def count(self, step: int) -> int:
        """Return how many weights may be kept after so many steps."""
        past = bisect_right(self.steps, step)
        return self.counts[past - 1] if past else self.first

    def bound(self, step: int) -> float:
        """Return s̄, the largest density after so many steps."""
        return self.count(step) / self.total


def freezing(
    mask: Mask, *, density: float, of: int, period: int | None, until: float, through: Sequence[float] = ()
) -> Freezing:
    """Lay out the events of a search of `of` steps from what `mask` keeps down to round(density × prunable) weights.

    Events come after `period` steps (default: a thirtieth of the search), twice as many, and so on, before the end and
    not after the share `until` of it; each leaves the same share of what was left, to rounding. `through` are densities
    on the way that are met exactly, each at the event that is nearest to it. Raises a ValueError where no event, or too
    few for `through`, fit into the search.
    """
    last, first, total = masks.survivors(mask, density), masks.kept(mask), masks.total(mask)
    check_events(period, until)
    way_on = "densities on the way, such as (0.1, 0.05)"
    rules.each("through", through, rules.number, way_on, above=density, below=first / total)
    period = max(1, of // EVENTS) if period is None else period
    steps = tuple(range(period, min(of, int(until * of) + 1), period))
    if not steps and last < first:
        end = f"the first comes after {period}, and the search has {of} (until={until:g})"
        raise ValueError(f"a search freezes {first - last} weights, but has no time for it: {end}; take more steps")
    counts = [round(first * (last / first) ** (j / len(steps))) for j in range(1, len(steps) + 1)]
    places = []
    for asked in sorted(through, reverse=True):
        count = masks.survivors(mask, asked)
        place = min(range(len(counts)), key=lambda j: abs(counts[j] - count), default=-1)
        if place in (-1, len(counts) - 1, *places):
            raise ValueError(f"through={asked} has no event of its own, of {len(counts)}; take a smaller period")
        counts[place] = count
        places.append(place)
    return Freezing(total, first, steps, tuple(counts), tuple(steps[place] for place in places))


def check_events(period: int | None, until: float) -> None:
    """Raise a ValueError unless events can be laid out by these."""
    if period is not None:
        rules.whole("period", period, least=1, unit="steps", way_on="None is a thirtieth of the search")
    rules.number("until", until, above=0, most=1, way_on="the share of the search after which nothing is frozen")
