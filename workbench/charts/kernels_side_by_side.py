"""Does the ticket have the target's kernels? Both as small images, and their difference, layer by layer."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import altair as alt
from torch import Tensor

from workbench.charts.grammar import ROWS, Rows, first_of, picture, tips, where
from workbench.charts.grammar.looks import BLUE, GREY, ORANGE, PALE
from workbench.charts.strong_outcomes import ASKS, asked
from workbench.numbers.numerals import percent

KINDS = ("target", "ticket", "difference")
GAP = 0.7  # cells from one kernel to the next, and from one kind to the next at least
CELL, NAMES = 16, 74  # pixels of a weight at most, and of the names at the left
MOST = ROWS // (len(KINDS) + 1)  # layers, those that came last
EDGE, LINE, NAME = 16, 22, 15  # pixels at the right, of the words above a layer, and of one name


@picture(
    asks=ASKS,
    selects=("layer", "number"),
    title="Kernels of the target, and of its ticket",
    subtitle="{about}",
    menus={"shown": "shown"},
    holds="the kernels of layers",
    needs="a structure under a block mask, as filter is",
)
def kernels_side_by_side(outcomes: Iterable[Any]) -> Rows:
    """Draw the first kernels of every layer of the target, those of the ticket, and their difference, as small images
    below one another: orange is below zero, blue above, relative to the target's largest weight of the layer.

    A menu chooses structure and number of candidates; the last that was searched for is shown first. Kernels of one
    weight, as a linear layer has, are a strip. `outcomes` are those of `experiments.strong_tickets`; the first replica
    is drawn.
    """
    matched = [o for o in outcomes if getattr(o, "matched", None) is not None]
    replica = first_of(matched, seed=None, replica=None)[-MOST:]
    if not replica:
        return []
    last = replica[-1]
    about = f"first replica; so far layer {last.index + 1} of {last.of}, {asked(vars(last))}"
    rows = [row for outcome in reversed(replica) for row in _images(outcome)]
    return [rows[0] | {"about": about}, *rows[1:]]


def _images(outcome: Any) -> Rows:
    """Return the rows of a layer: an image of kernels side by side for each of the three kinds, a value a cell."""
    kernel, matched = outcome.kernel.double(), outcome.matched.double()
    largest = float(kernel.abs().max()) or 1.0
    *_, height, width = kernel.shape
    gap = GAP if width > 1 else 0.0
    filters = f"{outcome.kept_filters:,} of {outcome.random_filters:,} filters"
    words = f"{outcome.layer}: error {percent(outcome.error)}, {filters}"
    layer = {
        "shown": asked(vars(outcome)),
        "layer": outcome.layer,
        "index": outcome.index,
        "high": height,
        "wide": width,
    }
    layer |= {"across": round(len(kernel) * (width + gap) - gap, 1)}
    rows: Rows = [{"role": "words", **layer, "words": words}]
    for place, (kind, image) in enumerate(zip(KINDS, (kernel, matched, matched - kernel), strict=True)):
        rows.append({"role": "image", "kind": kind, "place": place, **layer, **_cells(image, gap, largest)})
    return rows


def _cells(image: Tensor, gap: float, largest: float) -> dict[str, list[Any]]:
    """Return of every weight of some kernels its place in cells, its value, and what share of the largest that is."""
    count, height, width = image.shape
    places = [(k, y, x) for k in range(count) for y in range(height) for x in range(width)]
    values = [float(f"{value:.4g}") for value in image.flatten().tolist()]
    return {
        "left": [round(k * (width + gap) + x, 1) for k, _, x in places],
        "top": [y for _, y, _ in places],
        "number": [k + 1 for k, *_ in places],
        "value": values,
        "share": [round(max(-1.0, min(1.0, value / largest)), 3) for value in values],
    }


@kernels_side_by_side.drawing
def draw(rows: Rows, width: int) -> Any:
    """Draw the rows: the layers below one another, each with its words, and its kernels in three lines."""
    layers = {row["index"]: row for row in rows if row["role"] == "words"}
    across = max((row["across"] for row in layers.values()), default=1)
    inner = width - NAMES - EDGE
    cell = min(CELL, inner / across)
    drawn = [_layer(layers[index], cell, inner) for index in sorted(layers)]
    return alt.vconcat(*drawn or [alt.Chart().mark_rect()], spacing=8).resolve_scale(color="shared")


def _layer(row: dict[str, Any], cell: float, inner: int) -> Any:
    """Return the picture of a layer, in cells of so many pixels."""
    step = max(row["high"] + GAP, NAME / cell)
    down = len(KINDS) * step
    size = {"width": inner, "height": LINE + round(down * cell)}
    shown = alt.Chart().transform_filter(f"datum.shown == shown && datum.index == {row['index']}")
    image = where("image", shown)
    cells = image.transform_flatten(["left", "top", "number", "value", "share"])
    cells = cells.transform_calculate(right="datum.left + 1", above=f"datum.top + {step} * datum.place")
    cells = cells.transform_calculate(bottom="datum.above + 1")
    x = alt.Scale(domain=[0, inner / cell], nice=False, zero=False)
    y = alt.Scale(domain=[-LINE / cell, down], nice=False, zero=False, reverse=True)
    ends = alt.Scale(domain=[-1, 0, 1], range=[ORANGE, PALE, BLUE], interpolate="rgb")
    title = {"title": "of the layer's largest weight", "titleLimit": inner}
    key = alt.Legend(format="~%", orient="bottom", gradientLength=min(200, inner), values=[-1, 0, 1], **title)
    colour = alt.Color("share:Q", scale=ends, legend=key)
    tip = tips(kind="of the", number="kernel", value=("weight", ".3g"))
    place = {"x": alt.X("left:Q", scale=x, axis=None), "y": alt.Y("above:Q", scale=y, axis=None)}
    rect = cells.mark_rect(stroke=GREY, strokeOpacity=0.35, strokeWidth=0.5)
    rect = rect.encode(**place, x2="right:Q", y2="bottom:Q", color=colour, tooltip=tip)
    middle = image.transform_calculate(middle=f"datum.high / 2 + {step} * datum.place")
    names = middle.mark_text(align="right", dx=-8).encode(
        x=alt.value(0), y=alt.Y("middle:Q", scale=y, axis=None), text="kind:N"
    )
    words = where("words", shown).mark_text(align="left", baseline="top", fontWeight=600, limit=inner + NAMES)
    return alt.layer(rect, names, words.encode(x=alt.value(-NAMES), y=alt.value(0), text="words:N")).properties(**size)


@kernels_side_by_side.sentences
def words(outcomes: Any) -> list[str]:
    """Say it in sentences: how far a weight that is shown is from the target's, of what was searched for last."""
    rows = kernels_side_by_side.rows([] if hasattr(outcomes, "to_dict") else outcomes)
    shown = [row for row in rows if row["role"] == "image" and row["shown"] == rows[0]["shown"]]
    farthest = {row["layer"]: max(map(abs, row["share"])) for row in reversed(shown) if row["kind"] == KINDS[-1]}
    told = ", ".join(f"{percent(share)} in {layer}" for layer, share in farthest.items())
    of = "the farthest that a weight is from the target's, of the layer's largest"
    return [f"First replica, {rows[0]['shown']}, first kernels: {of}, is {told}."] if told else []
