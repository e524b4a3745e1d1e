"""How near does a random network come to its target, layer by layer? Kernel errors, and the filters that are kept."""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from typing import Any

from workbench.charts.grammar import Axis, Means, grouped, in_sequence
from workbench.charts.strong_outcomes import ASKS, GEOMETRIC, TENS, asked, layers, structure
from workbench.numbers.numerals import percent

CROWD = 8  # layers: more of them go by their numbers
FILTERS = [("filters", "filters kept, first replica")]


@Means(
    asks=ASKS,
    selects=("layer", "ratio"),
    x=Axis("place", "layer, from input to output", padding=20),
    measures=[
        Axis("error", "kernel error (logarithmic)", "~%", ".2%", "log", ticks=TENS),
        Axis("share", "filters kept", "~%", ".1%", zero=True),
    ],
    line="asked",
    looks=in_sequence,
    names="layers",
    chosen=("structure", "removed"),
    carried=FILTERS,
    packed=True,
    stacked=True,
    geometric=True,
    apart=0.012,
    height=(230, 130),
    title="The random network becomes its target, layer by layer",
    subtitle=f"{{about}}\n{GEOMETRIC}",
    needs="a structure whose layers are matched, as filter is",
)
def strong_layers(table: Any) -> Iterator[dict[str, Any]]:
    """Draw how far the kernels of every layer are from the target's, a line for each number of candidates; below it the
    share of the random filters that is kept. Layers come as they are matched.

    `table` is a data frame or an iterable of the outcomes of `experiments.strong_tickets`.
    """
    rows = sorted(layers(table), key=lambda row: row["ratio"])
    if not rows:
        return
    names = [name for _, name in sorted({(row["index"], row["layer"]) for row in rows})]
    shown: dict[str, Any] = {
        "layers": names if len(names) <= CROWD else [str(place + 1) for place in range(len(names))]
    }
    shown["about"] = (
        f"{len(names)} of {int(rows[0]['of'])} layers; candidates are usable ones, for each dimension of a sum"
    )
    places = {name: place for place, name in enumerate(names)}
    for row in rows:
        filters = f"{row['kept_filters']:,} of {row['random_filters']:,}"
        one = {"place": places[row["layer"]], "asked": f"{row['ratio']:g} candidates", "filters": filters}
        share = row["kept_filters"] / row["random_filters"]
        yield row | shown | one | {"structure": structure(row), "error": row["error"] or None, "share": share}


@strong_layers.sentences
def words(outcomes: list[Any]) -> list[str]:
    """Say it in sentences: for all that was asked the errors by layer, the filters kept, and what was out of reach."""
    return [
        f"{name[:1].upper()}{name[1:]}: {_came_to(same)}." for name, same in grouped(layers(outcomes), asked).items()
    ]


def _came_to(same: list[dict[str, Any]]) -> str:
    by_layer = grouped(sorted(same, key=lambda row: row["index"]), lambda row: row["layer"])
    errors = [
        f"{percent(statistics.geometric_mean(r['error'] or 1e-12 for r in rows))} in {layer}"
        for layer, rows in by_layer.items()
    ]
    n = len({(row["seed"], row["replica"]) for row in same})
    kept, drawn = (sum(row[name] for row in same) / n for name in ("kept_filters", "random_filters"))
    told = [f"kernel error {', '.join(errors)}", f"{kept:,.0f} of {drawn:,.0f} filters kept"]
    for field, what in (
        ("out_of_reach", "out of reach of the candidates"),
        ("cut_short", "cut short by the limit of time"),
    ):
        if lost := sum(row[field] for row in same):
            told.append(f"{lost:,} sum{'s' if lost > 1 else ''} {what}")
    return "; ".join(told)
