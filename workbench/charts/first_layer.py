"""What is left of the first layer, as an image: which pixels does a ticket still read?"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import altair as alt
from torch import Tensor

from workbench.charts import theme

PICTURES = 6


def first_layer(outcomes: Iterable[Any], image_shape: tuple[int, int, int] | None = None) -> alt.FacetChart:
    """Draw the first layer's mask of the first replica's tickets, from dense to sparse.

    Of a linear layer, the surviving connections of every pixel (`image_shape` is channels, height, width; without it a
    square image is taken); of a convolution, the surviving share at every place of its kernels. A pixel that nothing
    reads any more is left empty.
    """
    return draw(rows(outcomes, image_shape))


def rows(outcomes: Iterable[Any], image_shape: tuple[int, int, int] | None = None) -> list[dict[str, Any]]:
    """Return a dict for each row of each image: `x` and `share` are lists, one number a pixel."""
    found = theme.tickets(outcomes)
    found = [outcome for outcome in found if outcome.replica == found[0].replica]
    pictures = [(outcome, *_picture(outcome.mask, image_shape)) for outcome in _chosen(found)]
    result = []
    for outcome, counts, of in pictures:
        read = int((counts > 0).sum())
        kept = "dense" if outcome.density == 1 else f"{theme.percent(outcome.density)} kept"
        title = f"{kept}: {read} of {counts.numel()} read"
        for y, line in enumerate(counts.tolist()):
            shares = [round(count / max(float(counts.max()), 1e-9), 4) for count in line]
            numbers = {"x": list(range(len(line))), "share": shares, "count": [int(c) for c in line]}
            result.append({"round": outcome.round, "picture": title, "y": y, "of": of, **numbers})
    return result


def _chosen(found: list[Any]) -> list[Any]:
    """Return a few tickets, evenly spread over the rounds; the dense one only where there is no other."""
    sparse = [outcome for outcome in found if outcome.density < 1]
    return theme.thin(sparse, PICTURES) if sparse else found[:1]


def _picture(mask: dict[str, Tensor], image_shape: tuple[int, int, int] | None) -> tuple[Tensor, int]:
    """Return the surviving connections by place (height, width), and how many there were at each."""
    first = next(iter(mask.values()))
    if first.dim() == 4:
        return first.sum(dim=(0, 1)), first.shape[0] * first.shape[1]
    channels, height, width = image_shape or _square(first.shape[1])
    if channels * height * width != first.shape[1]:
        inputs = first.shape[1]
        raise ValueError(f"image_shape must fit the first layer's {inputs} inputs, got {image_shape}; pass data.shape")
    return first.sum(dim=0).view(channels, height, width).sum(dim=0), channels * first.shape[0]


def _square(inputs: int) -> tuple[int, int, int]:
    for channels in (1, 3):
        side = math.isqrt(inputs // channels)
        if channels * side * side == inputs:
            return channels, side, side
    return 1, 1, inputs


def draw(rows: list[dict[str, Any]]) -> alt.FacetChart:
    """Draw the rows: small images side by side, each relative to its own busiest pixel."""
    height, width = max((row["y"] for row in rows), default=7) + 1, max((len(row["x"]) for row in rows), default=8)
    side = max(4, 150 // max(height, width, 1))
    scale = alt.Scale(domain=[0, 1], scheme="viridis")
    words = {"title": "connections left, of the busiest place's", "titleLimit": 400}
    legend = alt.Legend(format="~%", gradientLength=200, orient="bottom", **words)
    share = alt.Color("share:Q", scale=scale, legend=legend)
    colour = alt.condition("datum.share > 0", share, alt.value("transparent"))
    tip = [
        alt.Tooltip("x:O", title="column"),
        alt.Tooltip("y:O", title="row"),
        alt.Tooltip("count:Q", title="connections left"),
        alt.Tooltip("of:Q", title="of"),
    ]
    image = (
        alt.Chart()
        .mark_rect(stroke=theme.GREY, strokeOpacity=0.35, strokeWidth=0.5)
        .encode(x=alt.X("x:O", axis=None), y=alt.Y("y:O", axis=None), color=colour, tooltip=tip)
        .properties(width=side * width, height=side * height)
    )
    header = alt.Header(title=None, labelFontSize=12, labelPadding=6)
    order = alt.EncodingSortField("round", op="min")
    chart = (
        alt.layer(image, data=alt.Data(values=rows))
        .transform_flatten(["x", "share", "count"])
        .facet(facet=alt.Facet("picture:N", header=header, sort=order), columns=3, spacing=22)
    )
    description = (
        "What is left of the first layer as images, from denser to sparser tickets: "
        "the brighter a pixel, the more connections read it."
    )
    subtitle = "first layer, first replica; empty: nothing reads it"
    return theme.dress(chart, "What the ticket still reads", description, subtitle)
