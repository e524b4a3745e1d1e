"""What does a ticket's accuracy cost? Test accuracy by the passes that its search takes.

A pass is forward and backward over one batch, so that a step of training or of a search is one. Sreenivasan et al.
2022, "Rare Gems", count epochs alike: 150 for Gem-Miner, where IMP takes 2850.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from typing import Any

from workbench.charts.found_tickets import ASKS, tried
from workbench.charts.grammar import ACCURACY, PARTED, Axis, Means, grouped, in_order
from workbench.charts.grammar.looks import of_finders
from workbench.numbers.numerals import points


@Means(
    asks=ASKS,
    selects=("method", "asked"),
    x=Axis(
        "search_passes",
        "passes of the search: forward and backward over a batch (logarithmic, 0 at the left)",
        ",d",
        ",.0f",
        "symlog",
        ticks=PARTED.ticks,
        padding=14,
    ),
    measures=[ACCURACY],
    line="method",
    looks=of_finders,
    shapes=("density", in_order),
    apart=0,
    sizes=(80, 80),
    title="Accuracy by the cost of the search",
    subtitle=(
        "test accuracy after training; mean and 95 % t interval over replicas\n"
        "hollow: a rival, trained for as many passes as a search and its training"
    ),
)
def accuracy_by_search_cost(table: Any) -> Iterator[dict[str, Any]]:
    """Draw test accuracy after training by the passes of the search, a point for each method and density, and the
    dense network as a line across. Methods that search nothing stand at 0, at the left end of the logarithmic axis.

    `table` is a data frame of `experiments.tickets_table`, or the outcomes of `experiments.tickets_at_initialisation`.
    """
    rows = [row for row in tried(table, budget=None) if row["control"] == "none"]
    sparse = any(row["method"] != "dense" for row in rows)
    for row in rows:
        longer, one = row["budget"] == "matched", {"test_accuracy": row["accuracy_after"]}
        if row["method"] == "dense" and sparse:
            yield from [] if longer else [row | one | {"role": "across"}]
        else:
            budget = {"hollow": longer, "joined": not longer, "together": f"{row['kept']}, {row['budget']}"}
            yield row | one | budget | {"shape": row["kept"]}


@accuracy_by_search_cost.sentences
def words(outcomes: list[Any]) -> list[str]:
    """Say it in sentences: for every method and density the passes and seconds of the search, and the accuracy."""
    rows = [row for row in tried(outcomes) if row["control"] == "none" and row["method"] != "dense"]
    sentences = []
    for (method, kept), same in grouped(rows, lambda row: (row["method"], row["kept"])).items():
        passes, seconds = (statistics.fmean(row[name] for row in same) for name in ("search_passes", "search_seconds"))
        many = f"{passes:,.0f} pass{'es' if passes > 1 else ''}"
        search = f"a search of {many} ({seconds:.2g} s)" if passes else "no search"
        after = points([row["accuracy_after"] for row in same], " %")
        sentences.append(f"{method}, {kept}: {search}, {same[0]['steps']:,} steps of training; {after}.")
    return sentences
