"""What is left of the first layer, as an image: which pixels does a ticket still read?"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import altair as alt

from workbench.charts.grammar import Rows, first_of, grid, kept, picture, thin, tickets, tips, widest
from workbench.charts.grammar.looks import GREY
from workbench.nets import masks

PICTURES = 6
SIDE, GAP = 150, 22  # pixels of a picture, and from one to the next


@picture(
    asks=("round density mask", "winning_tickets"),
    selects=("round",),
    title="What the ticket still reads",
    subtitle="first layer, first replica; empty: nothing reads it",
    holds="the masks of tickets",
)
def first_layer(outcomes: Iterable[Any], image_shape: tuple[int, int, int] | None = None) -> Rows:
    """Draw what is left of the first layer as images, from denser to sparser tickets of the first replica: the brighter
    a pixel, the more connections read it.

    Of a linear layer, the surviving connections of every pixel (`image_shape` is channels, height, width; without it a
    square image is taken); of a convolution, the surviving share at every place of its kernels. A pixel that nothing
    reads any more is left empty. The dense network is drawn only where there is no ticket.
    """
    replica = first_of(tickets(outcomes), replica=None)
    rows = []
    for ticket in thin([t for t in replica if t.density < 1], PICTURES) or replica[:1]:
        counts, of = masks.connections_by_place(ticket.mask, image_shape)
        words = f"{kept(ticket.density)}: {int((counts > 0).sum())} of {counts.numel()} read"
        for y, line in enumerate(counts.tolist()):
            shares = [round(count / max(float(counts.max()), 1e-9), 4) for count in line]
            numbers = {"x": list(range(len(line))), "share": shares, "count": [int(count) for count in line]}
            rows.append({"round": ticket.round, "picture": words, "y": y, "of": of, **numbers})
    return rows


@first_layer.drawing
def draw(rows: Rows, width: int) -> Any:
    """Draw the rows: small images side by side, each relative to its own busiest pixel."""
    down, across = max((row["y"] for row in rows), default=7) + 1, max((len(row["x"]) for row in rows), default=8)
    side = min(max(4.0, SIDE / max(down, across)), (width - 12) / across)
    words = {row["picture"] for row in rows}
    least = max(math.ceil(side * across), widest(words) + 8)
    columns = grid(width, len(words) or 1, left=0, right=0, gap=GAP, least=least).columns
    title = {"title": "connections left, of the busiest place's", "titleLimit": width - 20}
    key = alt.Legend(format="~%", gradientLength=min(200, width - 40), orient="bottom", **title)
    share = alt.Color("share:Q", scale=alt.Scale(domain=[0, 1], scheme="viridis"), legend=key)
    tip = tips(x="column", y="row", count="connections left", of="of")
    colour = alt.condition("datum.share > 0", share, alt.value("transparent"))
    image = alt.Chart(width=side * across, height=side * down).transform_flatten(["x", "share", "count"])
    image = image.mark_rect(stroke=GREY, strokeOpacity=0.35, strokeWidth=0.5)
    image = image.encode(x=alt.X("x:O", axis=None), y=alt.Y("y:O", axis=None), color=colour, tooltip=tip)
    header = alt.Header(title=None, labelFontSize=12, labelPadding=6)
    facet = alt.Facet("picture:N", header=header, sort=alt.EncodingSortField("round", op="min"))
    return image.facet(facet, columns=columns, spacing=GAP, data=alt.Data(values=rows))


@first_layer.sentences
def words(outcomes: Iterable[Any]) -> list[str]:
    """Say it in sentences: how much of the input is still read at each density."""
    pictures = dict.fromkeys(row["picture"] for row in first_layer.rows(outcomes))
    return [f"Of the first layer's places, first replica: {'; '.join(pictures)}."] if pictures else []
