"""Where does pruning take the weights? The density of every layer, round by round."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

import altair as alt

from workbench.charts import theme
from workbench.nets import masks


def density_by_layer(outcomes: Iterable[Any]) -> alt.LayerChart:
    """Draw the density of every layer (in the network's order) in every round of the ticket, mean over replicas."""
    return draw(rows(outcomes))


def rows(outcomes: Iterable[Any]) -> list[dict[str, Any]]:
    """Return a dict for each layer and round: the layer, its density, how many weights it keeps, of how many."""
    kept: dict[tuple[int, int], list[int]] = defaultdict(list)
    names: dict[str, int] = {}
    densities: dict[int, float] = {}
    totals: list[int] = []
    for outcome in theme.tickets(outcomes):
        layers = masks.layers(outcome.mask)
        names, totals = {name: i for i, name in enumerate(layers)}, [there for _, there in layers.values()]
        densities[outcome.round] = outcome.density
        for name, (count, _) in layers.items():
            kept[outcome.round, names[name]].append(count)
    shown = theme.thin(sorted(densities), min(12, theme.ROWS // max(len(names), 1)))
    cells = [(r, name, place) for r in shown for name, place in names.items()]
    return [_row(r, densities[r], place, name, totals[place], kept[r, place]) for r, name, place in cells]


def _row(r: int, density: float, place: int, name: str, total: int, kept: list[int]) -> dict[str, Any]:
    share = sum(kept) / len(kept) / total
    label = f"{name.removesuffix('.weight')} ({total:,})"
    words = {"kept": "dense" if density == 1 else theme.percent(density), "text": theme.percent(share)}
    cell = {"round": r, "order": place, "layer": label}
    return {**cell, "density": share, "log": max(share, 1e-4), "of": total, "left": sum(kept) / len(kept), **words}


def draw(rows: list[dict[str, Any]]) -> alt.LayerChart:
    """Draw the rows: a field of cells, layers down, rounds across; every cell says its density."""
    crowded = len({row["order"] for row in rows}) > 24
    x = alt.X(
        "kept:O", title="density of the whole network", sort=alt.EncodingSortField("round"), axis=alt.Axis(labelAngle=0)
    )
    y = alt.Y("layer:N", title=None, sort=alt.EncodingSortField("order"), axis=alt.Axis(labelLimit=220))
    scale = alt.Scale(type="log", scheme="cividis", domainMax=1)
    colour = alt.Color("log:Q", scale=scale, legend=None)
    tip = [
        alt.Tooltip("layer:N"),
        alt.Tooltip("density:Q", title="density of the layer", format=".3~%"),
        alt.Tooltip("left:Q", title="weights left", format=",.0f"),
        alt.Tooltip("of:Q", title="of", format=","),
    ]
    base = alt.Chart().encode(x=x, y=y, tooltip=tip)
    cells = base.mark_rect(cornerRadius=2, stroke=theme.GREY, strokeOpacity=0.25).encode(color=colour)
    ink = alt.condition("luminance(scale('color', datum.log)) > 0.18", alt.value("#111111"), alt.value("#ffffff"))
    words = base.mark_text(fontSize=9 if crowded else 11).encode(text="text:N", color=ink)
    size = {"width": alt.Step(58), "height": alt.Step(13 if crowded else 30)}
    chart = alt.layer(cells, words, data=alt.Data(values=rows)).properties(**size)
    description = "The share of its weights that every layer keeps, layers from input to output, by round."
    subtitle = "layers from input to output, with their weights; mean over replicas"
    return theme.dress(chart, "Density by layer", description, subtitle)
