"""What does structure cost? The error of one kernel slab by the candidates, a line for each structure."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Sequence
from typing import Any

from workbench.charts.grammar import Axis, Look, Looks, Means, grouped, records
from workbench.charts.grammar.looks import SHAPES, STRUCTURES
from workbench.charts.strong_outcomes import GEOMETRIC, GRID, POWERS

CLOSE = 0.02  # error that is asked for: two per cent
DASHES = ((1, 0), (6, 3), (2, 2), (8, 3, 2, 3))  # by number of outputs, the fewest first
LEAST = 1e-4  # errors below are drawn there


def by_outputs(names: Sequence[str]) -> Looks:
    """Return the looks of names such as `filter 8`: colours by structure, shapes and dashes by number of outputs."""
    outputs = sorted({int(name.rpartition(" ")[2]) for name in names})
    looks = {}
    for name in names:
        kind, _, count = name.rpartition(" ")
        place = outputs.index(int(count))
        looks[name] = Look(STRUCTURES[kind].colour, SHAPES[place % 8], dash=DASHES[place % len(DASHES)])
    return looks


@Means(
    asks=("structure outputs kernel_size dimension candidates error seed replica", "price_of_structure"),
    selects=("structure", "outputs", "candidates"),
    x=Axis("candidates", "usable candidates (logarithmic)", said=",.0f", type="log", ticks=GRID, padding=14),
    measures=[Axis("error", "error of the slab (logarithmic)", "~%", ".2%", "log", ticks=POWERS)],
    line="line",
    looks=by_outputs,
    carried=[("dimension", "dimension of a sum")],
    rules={"error": CLOSE},
    geometric=True,
    apart=0,
    height=360,
    title="What does structure cost?",
    subtitle=f"{{about}}; broken across: 2 %; errors below 0.01 % stand there\n{GEOMETRIC}",
)
def price_of_structure(table: Any) -> Iterator[dict[str, Any]]:
    """Draw the error of one random kernel slab by the number of usable candidates, a line for each structure and number
    of outputs: the more is removed together, the more candidates two per cent take.

    `table` is a data frame or an iterable of the outcomes of `experiments.price_of_structure`.
    """
    for row in records(table):
        size = row["kernel_size"]
        name = {"line": f"{row['structure']} {row['outputs']}", "words": _words(row)}
        yield row | name | {"error": max(row["error"], LEAST), "about": f"a random slab of one channel, {size}×{size}"}


@price_of_structure.sentences
def words(outcomes: list[Any]) -> list[str]:
    """Say it in sentences: the least number of candidates, of those tried, that brings two per cent."""
    sentences = []
    for name, same in grouped(records(outcomes), lambda row: (_words(row), row["dimension"])).items():
        errors = {
            n: statistics.geometric_mean(max(row["error"], LEAST) for row in rows)
            for n, rows in grouped(same, lambda row: row["candidates"]).items()
        }
        enough = [n for n, error in errors.items() if error <= CLOSE]
        least = f"{min(enough):,} candidates" if enough else f"more than {max(errors):,} candidates"
        sentences.append(f"Two per cent by {name[0]}, dimension {name[1]}, take {least} (of the numbers tried).")
    recalled = "The bound that is proven for filters grows with d^13 c^6, as recalled, not verified."
    return [*sentences, f"{recalled} What is needed here is measured."]


def _words(row: dict[str, Any]) -> str:
    return f"{row['structure']}s, {row['outputs']} outputs"
