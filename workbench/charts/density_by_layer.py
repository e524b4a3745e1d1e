"""Where does pruning take the weights? The density of every layer, round by round."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence
from typing import Any

import altair as alt

from workbench.charts.grammar import ROWS, Rows, cells, grouped, picture, thin, tickets, tips, widest
from workbench.nets import masks
from workbench.numbers.numerals import percent

ROUNDS, CROWD = 12, 24  # columns at most, and from how many layers on cells are low
CELL, MOST = 46, 96  # pixels across that a number needs, and that a cell takes at most


@picture(
    asks=("round density mask", "winning_tickets"),
    selects=("round", "layer"),
    title="Density by layer",
    subtitle="layers from input to output, with their weights; mean over replicas; below 0.01 % one colour",
    holds="the masks of tickets",
)
def density_by_layer(outcomes: Iterable[Any]) -> Rows:
    """Draw the share of its weights that each layer keeps by round, layers from input to output, mean over replicas."""
    rounds, rows = grouped(tickets(outcomes), lambda ticket: ticket.round), []
    layers = max((len(ticket.mask) for replicas in rounds.values() for ticket in replicas), default=1)
    for r in thin(sorted(rounds), min(ROUNDS, ROWS // layers)):
        density, replicas = rounds[r][-1].density, [masks.layers(ticket.mask) for ticket in rounds[r]]
        for order, (name, (_, total)) in enumerate(replicas[-1].items()):
            left = statistics.fmean(counts[name][0] for counts in replicas)
            share = {"left": left, "density": left / total, "log": max(left / total, 1e-4)}
            cell = {"round": r, "order": order, "layer": name, "of": total}
            shown = {"name": f"{name.removesuffix('.weight')} ({total:,})"}
            words = shown | {"kept": "dense" if density == 1 else percent(density), "words": percent(left / total)}
            rows.append({**cell, **share, **words})
    return rows


@density_by_layer.drawing
def draw(rows: Rows, width: int) -> Any:
    """Draw the rows: a field of cells, layers down, rounds across; every cell says its density."""
    scale = alt.Scale(type="log", scheme="cividis", domainMax=1)
    counts = {"left": ("weights left", ",.0f"), "of": ("of", ",")}
    tip = tips(name="layer", density=("density of the layer", ".3~%"), **counts)
    return by_layer(rows, width, "log", scale, tip, order=alt.EncodingSortField("round"))


def by_layer(
    rows: Rows,
    width: int,
    colour: str,
    scale: alt.Scale,
    tip: Sequence[Any],
    *,
    order: alt.EncodingSortField,
    base: alt.Chart | None = None,
    titled: bool = True,
) -> Any:
    """Return a field of cells: layers down by their `order` and `name`, networks across by what is `kept`, in an order.

    Cells have their colour from a field of the rows, and their `words` on them.
    """
    crowded = len({row["order"] for row in rows}) > CROWD
    names = min(220, widest(row["name"] for row in rows), width // 3)
    across = min(MOST, (width - names - 14) // max(1, len({row["kept"] for row in rows})))
    axis = alt.Axis(labelAngle=0 if across >= CELL else -60, labels=titled, ticks=titled)
    x = alt.X("kept:O", title="density of the whole network" if titled else None, sort=order, axis=axis)
    y = alt.Y("name:N", title=None, sort=alt.EncodingSortField("order"), axis=alt.Axis(labelLimit=names + 4))
    pale, font = f"luminance(scale('color', datum.{colour})) > 0.18", 9 if crowded or across < CELL else 11
    shade = alt.Color(f"{colour}:Q", scale=scale, legend=None)
    layers = cells(x, y, shade, tip, pale=pale, font=min(font, max(5, across // 5)), base=base)
    size = {"width": alt.Step(across), "height": alt.Step(13 if crowded else 30)}
    return alt.layer(*layers).properties(**size)


@density_by_layer.sentences
def words(outcomes: Iterable[Any]) -> list[str]:
    """Say it in sentences: the densest and the sparsest layer of the last round, and those that lost every weight."""
    rows = density_by_layer.rows(outcomes)
    last = [row for row in rows if row["round"] == max(row["round"] for row in rows)]
    if not last:
        return []
    least, most = (end(last, key=lambda row: row["density"]) for end in (min, max))
    ends = f"{most['name']} keeps most, {most['words']}, and {least['name']} least, {least['words']}"
    lost = ", ".join(row["name"] for row in last if not row["left"])
    return [f"Of {last[0]['kept']} weights: {ends}.", *([f"Every weight is lost in {lost}."] if lost else [])]
