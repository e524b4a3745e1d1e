"""Images in lines, a name at the left of each: the classes of a data set, what an augmentation makes of an image."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt

from workbench.charts.grammar.looks import ORANGE
from workbench.charts.grammar.marks import names_up
from workbench.charts.grammar.room import widest, wrapped
from workbench.charts.grammar.rows import Rows

LARGEST, GAP, HIGH, UNDER = 56, 6, 700, 13  # pixels of an image's side, between two, of all images, of a line below
APART = 1.25  # columns from the first image of a line, which stands alone, to the next


def image_lines(
    rows: Rows, width: int, fields: Sequence[str], tip: Sequence[Any], heads: Mapping[float, str], *, below: str = ""
) -> Any:
    """Draw a line of images for each row; `heads` are words above columns, in lines that fit, and
    `below` is the field of words under images.

    A row has its `words`, its `place`, and lists, one value an image: `image`, `framed`, and the `fields` that its tip
    says. The first image of a line stands alone, in column 0; the others are in columns 1.25, 2.25, ….
    """
    columns = max((len(row["image"]) for row in rows), default=1)
    inner = width - min(widest((row["words"] for row in rows), 12), width // 3) - 20
    side = max(12, min(LARGEST, inner / (columns + APART - 1), HIGH / max(len(rows), 1)) - GAP)
    under = UNDER * max((text.count("\n") + 1 for row in rows for text in (row[below] if below else ())), default=0)
    spread, pitch, high = columns + APART - 1, side + GAP, side + GAP + under
    rooms = {at: (columns - 1 if at else APART) * pitch if len(heads) > 1 else spread * pitch for at in heads}
    lines = {f"{at:g}": wrapped(words, int(rooms[at])) for at, words in heads.items()}
    axis = alt.Axis(
        orient="top",
        values=list(heads),
        labelExpr=f"{json.dumps(lines)}[format(datum.value, '~g')]",
        labelLimit=width,
        labelPadding=5 + 14 * (max(map(len, lines.values()), default=1) - 1),  # lines go down from the first
        labelOverlap=False,
        labelBound=False,
        grid=False,
        ticks=False,
        domain=False,
    )
    across = alt.Scale(domain=[-0.5, spread - 0.5], nice=False, zero=False)
    base = alt.Chart().transform_flatten(["image", "framed", "column", *fields])
    x, y = alt.X("column:Q", title=None, scale=across, axis=axis), names_up("words")
    picture = base.mark_image(width=side, height=side, smooth=False, yOffset=-under / 2)
    square: dict[str, Any] = {"shape": "square", "size": (side + 3) ** 2, "color": ORANGE, "strokeWidth": 2.5}
    frame = base.transform_filter("datum.framed").mark_point(**square, opacity=1, yOffset=-under / 2)
    layers: list[Any] = [
        picture.encode(x=x, y=y, url="image:N", tooltip=list(tip)),
        frame.encode(x=x, y=y, tooltip=list(tip)),
    ]
    if below:
        words = base.mark_text(
            fontSize=10.5, limit=pitch + 4, lineBreak="\n", lineHeight=UNDER, baseline="top", dy=(side - under) / 2 + 2
        )
        layers.append(words.encode(x=x, y=y, text=f"{below}:N"))
    return alt.layer(*layers).properties(width=spread * pitch, height=max(1, len(rows)) * high)


def columns(n: int) -> list[float]:
    """Return the columns of a line of n images."""
    return [0.0, *(i + APART for i in range(n - 1))][:n]
