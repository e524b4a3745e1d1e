"""What is the ticket ahead of? Its accuracy less that of the dense network and of every control, paired by replica.

A replica's ticket and its controls share the data, their order, and, but for new draws, the weights: what one draw
gives to all of them is not in their difference. So two curves may be told apart though their intervals overlap.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from workbench.charts.grammar import DENSITY, RUNS, Axis, Means, Rows, grouped, records
from workbench.charts.grammar.looks import looks_of
from workbench.numbers import intervals
from workbench.numbers.numerals import percent, points

TICKS = (0.0, *(sign * tick for tick in (0.01, 0.05, 0.1, 0.2, 0.5, 1.0) for sign in (-1, 1)))
DIFFERENCE = Axis("difference", "ticket less the other (square root)", "+~%", "+.2%", "sqrt", ticks=TICKS)


@Means(
    asks=("round density test_accuracy", "winning_tickets"),
    selects=("kind", "round"),
    x=DENSITY,
    measures=[DIFFERENCE],
    looks=RUNS,
    rules={"difference": 0.0},
    title="What is the ticket ahead of?",
    subtitle="paired by replica: mean and 95 % t interval; above zero the ticket is more accurate",
    needs="a sparse round",
)
def difference_by_density(table: Any) -> Rows:
    """Draw how far the ticket is ahead of the dense network, and of each control, by density: means of paired
    differences with 95 % t intervals, and a rule at zero.

    `table` is a data frame, or an iterable of outcomes, with `kind, replica, round, density, test_accuracy`.
    """
    rows = [{"kind": "ticket", **record} for record in records(table)]
    tickets = {_place(row): row for row in rows if row["kind"] == "ticket"}
    others = [row for row in rows if row["kind"] != "ticket" and _place(row) in tickets]
    for place, row in tickets.items():
        if place[-1] and (dense := tickets.get((*place[:-1], 0))):
            others.append(row | {"kind": "dense", "test_accuracy": dense["test_accuracy"]})
    others = [row for row in others if None not in (row["test_accuracy"], tickets[_place(row)]["test_accuracy"])]
    return [row | {"difference": tickets[_place(row)]["test_accuracy"] - row["test_accuracy"]} for row in others]


def _place(row: dict[str, Any]) -> tuple[Any, ...]:
    """Return whose a row is, and of which round."""
    return row.get("seed", 0), row.get("replica", 0), row["round"]


@difference_by_density.sentences
def words(outcomes: Iterable[Any]) -> list[str]:
    """Say it in sentences: where the ticket is shown to be ahead of each, where behind, and by how much at the end."""
    sentences = []
    kinds = grouped(difference_by_density.numbers(outcomes), lambda row: row["kind"])
    looks = looks_of(RUNS, kinds)
    for kind, rows in kinds.items():
        told: dict[str, list[str]] = {"ahead": [], "behind": [], "not shown to differ": []}
        last: list[float] = []
        for density, same in sorted(grouped(rows, lambda row: row["density"]).items(), reverse=True):
            last = [row["difference"] for row in same]
            interval = intervals.mean(last)
            way = interval.shows("ahead", "behind")
            told[way].append(percent(density))
        where = "; ".join(f"{way} at {', '.join(densities)}" for way, densities in told.items() if densities)
        end = f"at {percent(min(row['density'] for row in rows))} by {points(last, form='+.1f')}"
        sentences.append(f"The ticket, compared with {looks[kind].words or kind}: {where}; {end}.")
    return sentences
