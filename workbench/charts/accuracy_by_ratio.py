"""Is a random network, pruned, as accurate as the trained one that it is pruned to? Accuracy and agreement."""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from workbench.charts.grammar import ACCURACY, Axis, Means, grouped
from workbench.charts.grammar.looks import STRUCTURES
from workbench.charts.strong_outcomes import ASKS, DERIVED, RATIO, asked, strong
from workbench.numbers import intervals
from workbench.numbers.numerals import points

AGREEMENT = Axis("agreement", "same class as the target", "~%", ".2%", within=(0, 1))


@Means(
    asks=ASKS,
    selects=("structure", "ratio"),
    x=RATIO,
    measures=[replace(ACCURACY, title="accuracy"), AGREEMENT],
    line="structure",
    looks=STRUCTURES,
    carried=[("filters", "filters kept, first replica")],
    rival="its target",
    stacked=True,
    height=210,
    title="Accuracy of the ticket, and of its target",
    subtitle=(
        "on {about} images, no weight of the ticket trained; hollow: not shown to match its target\n"
        "mean and 95 % t interval over replicas"
    ),
    needs="a ticket that was put beside its target",
)
def strong_accuracy(table: Any) -> Iterator[dict[str, Any]]:
    """Draw the accuracy of strong tickets by the number of usable candidates, a line for each structure, with the
    target's as a line across; below it on how many images ticket and target say the same class.

    `table` is a data frame or an iterable of the outcomes of `experiments.strong_tickets`.
    """
    for row in strong(table):
        accuracy = {"about": row["split"], "test_accuracy": row["ticket_accuracy"]}
        less = {"less": row["ticket_accuracy"] - row["target_accuracy"]}
        filters = {"filters": f"{row['kept_filters']:,} of {row['random_filters']:,}"}
        yield row | accuracy | less | filters
        target = {"role": "across", "structure": "target", "test_accuracy": row["target_accuracy"], "agreement": None}
        yield row | target | {"about": row["split"], "together": "target"}


@strong_accuracy.sentences
def words(outcomes: list[Any]) -> list[str]:
    """Say it in sentences: the difference of every ticket to its target, what is kept, and what may be concluded."""
    by_cell = grouped(strong(outcomes), asked)
    sentences = [f"{name[:1].upper()}{name[1:]}: {_beside(same)}." for name, same in by_cell.items()]
    return [*sentences, *DERIVED] if sentences else []


def _beside(same: list[dict[str, Any]]) -> str:
    ticket, target = ([row[f"{whose}_accuracy"] for row in same] for whose in ("ticket", "target"))
    less = [one - other for one, other in zip(ticket, target, strict=True)]
    verdict = "matches it" if intervals.matches(intervals.mean(less)) else "not shown to match it"
    if len(less) < intervals.LEAST:
        verdict = f"a claim needs {intervals.LEAST} replicas"
    said = [f"accuracy {points(ticket, ' %', of=False)}, target {points(target, ' %', of=False)}"]
    said.append(f"ticket - target {points(less, form='+.1f')}, {verdict}")
    said.append(f"the same class for {points([row['agreement'] for row in same], ' %', of=False)} of the images")
    counts = {
        name: statistics.fmean(row[f"{name}_parameters"] for row in same) for name in ("kept", "random", "target")
    }
    said.append("{kept:,.0f} of {random:,.0f} weights kept, where the target has {target:,.0f}".format(**counts))
    return "; ".join(said)
