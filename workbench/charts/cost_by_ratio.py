"""What does a strong ticket cost to run? Size and time of its target, its random network, under masks, and compact."""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from typing import Any

from workbench.charts.grammar import Axis, Look, Looks, Means, grouped, records
from workbench.charts.grammar.looks import BLUE, GOLD, GREEN, GREY, ORANGE
from workbench.charts.strong_outcomes import GEOMETRIC, POWERS, RATIO, TENS

VIEWS: Looks = {
    "random": Look(GOLD, "triangle-up", "random"),
    "masked": Look(ORANGE, "square", "masked", (2, 2)),
    "compact": Look(BLUE, "circle", "compact"),
    "collapsed": Look(GREEN, "diamond", "collapsed", (6, 3)),
    "target": Look(GREY, "cross", "target", (2, 2)),
}


@Means(
    asks=("view ratio seed replica parameters nonzero milliseconds images", "strong_costs"),
    selects=("view", "ratio"),
    x=RATIO,
    measures=[
        Axis("parameters", "numbers held (logarithmic)", "~s", ",.0f", "log", ticks=POWERS),
        Axis("milliseconds", "milliseconds a batch (logarithmic)", "~g", ".3g", "log", ticks=TENS),
    ],
    line="view",
    looks=VIEWS,
    carried=[Axis("nonzero", "of them not zero", said=",.0f")],
    stacked=True,
    geometric=True,
    height=220,
    title="What does a strong ticket cost to run?",
    subtitle=(
        f"{{about}}; compact: the kept filters alone;\ncollapsed: each pair multiplied out to one layer\n{GEOMETRIC}"
    ),
)
def strong_costs(table: Any) -> Iterator[dict[str, Any]]:
    """Draw how many numbers each view of a strong ticket holds, and how long it takes for a batch of images, by the
    number of usable candidates: the random network, the same under its mask, what is kept of it alone, its layers
    multiplied out, and the target.

    `table` is a data frame or an iterable of the outcomes of `experiments.strong_costs`.
    """
    for row in records(table):
        yield row | {"about": f"forward pass of {row['images']:,} images, one thread"}


@strong_costs.sentences
def words(outcomes: list[Any]) -> list[str]:
    """Say it in sentences: compact beside masked, and the ticket beside its target, in size and in time."""
    sentences = []
    for ratio, same in grouped(records(outcomes), lambda row: row["ratio"]).items():
        costs = {
            view: [
                statistics.geometric_mean(max(row[field], 1e-9) for row in rows)
                for field in ("parameters", "milliseconds")
            ]
            for view, rows in grouped(same, lambda row: row["view"]).items()
        }
        told = [
            f"{one} beside {other}: {_times(costs[one][0] / costs[other][0])} the numbers, "
            f"{_times(costs[one][1] / costs[other][1])} the time"
            for one, other in (("compact", "masked"), ("masked", "random"), ("compact", "target"))
            if {one, other} <= {*costs}
        ]
        if told:
            sentences.append(f"{ratio:g} candidates a dimension: {'; '.join(told)}.")
    return [*sentences, "The ticket is smaller than the random network, not than its target."] if sentences else []


def _times(share: float) -> str:
    return f"{share:,.0f} ×" if share >= 10 else f"{share:.2g} ×"
