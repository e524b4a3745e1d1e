"""Where does pruning take the weights? The density of every layer, round by round."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

import altair as alt

from workbench.charts.grammar import ROWS, Rows, dress, picture, thin, tickets
from workbench.charts.grammar.marks import cells
from workbench.charts.grammar.room import widest
from workbench.nets import masks
from workbench.numbers.numerals import percent

ROUNDS, CROWD = 12, 24  # columns at most, and from how many layers on cells are low
CELL, MOST = 46, 96  # pixels across that a number needs, and that a cell takes at most


@picture(holds="the masks of tickets")
def density_by_layer(outcomes: Iterable[Any]) -> Rows:
    """Draw the density of every layer (in the network's order) in every round of the ticket, mean over replicas."""
    kept: dict[tuple[int, int], list[int]] = defaultdict(list)
    names: dict[str, int] = {}
    densities: dict[int, float] = {}
    totals: list[int] = []
    for ticket in tickets(outcomes):
        layers = masks.layers(ticket.mask)
        names, totals = {name: i for i, name in enumerate(layers)}, [there for _, there in layers.values()]
        densities[ticket.round] = ticket.density
        for name, (count, _) in layers.items():
            kept[ticket.round, names[name]].append(count)
    shown = thin(sorted(densities), min(ROUNDS, ROWS // max(len(names), 1)))
    places = [(r, name, place) for r in shown for name, place in names.items()]
    return [_row(r, densities[r], place, name, totals[place], kept[r, place]) for r, name, place in places]


def _row(r: int, density: float, place: int, name: str, total: int, kept: list[int]) -> dict[str, Any]:
    left = sum(kept) / len(kept)
    cell = {
        "round": r,
        "order": place,
        "layer": f"{name.removesuffix('.weight')} ({total:,})",
        "of": total,
        "left": left,
    }
    words = {"kept": "dense" if density == 1 else percent(density), "words": percent(left / total)}
    return {**cell, "density": left / total, "log": max(left / total, 1e-4), **words}


@density_by_layer.drawing
def draw(rows: Rows, width: int) -> Any:
    """Draw the rows: a field of cells, layers down, rounds across; every cell says its density."""
    crowded = len({row["order"] for row in rows}) > CROWD
    names = min(220, widest(row["layer"] for row in rows), width // 3)
    across = min(MOST, (width - names - 14) // max(1, len({row["round"] for row in rows})))
    order, axis = alt.EncodingSortField("round"), alt.Axis(labelAngle=0 if across >= CELL else -60)
    x = alt.X("kept:O", title="density of the whole network", sort=order, axis=axis)
    y = alt.Y("layer:N", title=None, sort=alt.EncodingSortField("order"), axis=alt.Axis(labelLimit=names))
    colour = alt.Color("log:Q", scale=alt.Scale(type="log", scheme="cividis", domainMax=1), legend=None)
    tip = [
        alt.Tooltip("layer:N"),
        alt.Tooltip("density:Q", title="density of the layer", format=".3~%"),
        alt.Tooltip("left:Q", title="weights left", format=",.0f"),
        alt.Tooltip("of:Q", title="of", format=","),
    ]
    pale, font = "luminance(scale('color', datum.log)) > 0.18", 9 if crowded or across < CELL else 11
    layers = cells(x, y, colour, tip, pale=pale, font=min(font, max(5, across // 5)))
    size = {"width": alt.Step(across), "height": alt.Step(13 if crowded else 30)}
    return dress(
        alt.layer(*layers).properties(**size),
        rows,
        width,
        title="Density by layer",
        subtitle="layers from input to output, with their weights; mean over replicas",
        description="The share of its weights that every layer keeps, layers from input to output, by round.",
    )
