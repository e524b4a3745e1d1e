"""Rows in, altair layers out: lines with their intervals, cells with numbers, bars to click, and images."""

from __future__ import annotations

import base64
import io
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import altair as alt

from workbench.charts.grammar.looks import BLUE, GREY, INK, ORANGE, PAPER, Looks, scale
from workbench.charts.grammar.picture import legend
from workbench.charts.grammar.room import grid, widest, wrapped

if TYPE_CHECKING:
    from torch import Tensor

T = TypeVar("T")
IMAGE = 34  # pixels of an image's side
PITCH = 42  # from one image to the next
FLOOR = 120  # pixels at the left of histograms below one another, for their names
BROKEN: dict[str, Any] = {"color": GREY, "strokeDash": [5, 4]}


def where(role: str, base: alt.Chart | None = None) -> alt.Chart:
    """Return the chart of the rows of a role."""
    return (base or alt.Chart()).transform_filter(f"datum.role == '{role}'")


def tips(**fields: str | tuple[str, str]) -> list[alt.Tooltip]:
    """Return the lines of a tip: of each field its title, or (its title, the format of a number)."""
    return [
        alt.Tooltip(f"{field}:N", title=said)
        if isinstance(said, str)
        else alt.Tooltip(f"{field}:Q", title=said[0], format=said[1])
        for field, said in fields.items()
    ]


def shaped(title: str, looks: Looks, width: int, field: str = "shape") -> alt.Shape:
    """Return shapes that tell something else than the colours do, with a legend of their own."""
    key = legend(title, looks, width, orient="bottom", symbolFillColor=GREY, symbolStrokeColor=GREY)
    return alt.Shape(f"{field}:N", scale=scale(looks, "shape"), legend=key)


def rule(**at: Any) -> alt.Chart:
    """Return a broken line at some values: `rule(y=1)` over all of x, `rule(x=0, x2=1, y=0, y2=1)` a diagonal."""
    one = alt.Chart(alt.Data(values=[{}])).mark_rule(**BROKEN)
    return one.encode(**{channel: alt.datum(value) for channel, value in at.items()})


def line(base: alt.Chart, tip: Sequence[Any], *, x: Any, y: Any, **looks: Any) -> list[Any]:
    """Return a line, with points that cannot be seen and have its tips."""
    touch = base.mark_point(size=40, opacity=0, filled=True).encode(x=x, y=y, tooltip=list(tip))
    return [base.mark_line(strokeWidth=2).encode(x=x, y=y, **looks), touch]


def labels(
    base: alt.Chart, x: Callable[[str], alt.X], y: Callable[[str], alt.Y], colour: Any, *, inside: int = 0
) -> list[Any]:
    """Return the `words` at the ends of lines, each with a grey dotted leader from `from_at`, `from` to its place.

    `x` and `y` give the axes by a field. Where a picture is too narrow for words at its side they stand
    `inside` so many pixels.
    """
    leader = base.mark_rule(strokeWidth=0.8, opacity=0.8, strokeDash=[1, 2], color=GREY).encode(
        x=x("from_at"), x2="at:Q", y=y("from"), y2="value:Q"
    )
    above = {"align": "right", "dx": 8, "dy": -9, "limit": inside + 50}  # the line itself
    how: dict[str, Any] = above if inside else {"align": "left", "dx": 4}
    words = base.mark_text(fontWeight=600, **how).encode(x=x("at"), y=y("value"), text="words:N")
    return [leader, words.encode(color=colour)]


def cells(
    x: alt.X,
    y: alt.Y,
    colour: alt.Color,
    tip: Sequence[Any],
    *,
    pale: str,
    none: str = "false",
    font: int = 12,
    base: alt.Chart | None = None,
) -> list[Any]:
    """Return cells with their `words` on them: dark ink where `pale` holds, grey where `none` does, else light."""
    base = (base or alt.Chart()).encode(x=x, y=y)
    ink = alt.when(none).then(alt.value(GREY)).when(pale).then(alt.value(INK)).otherwise(alt.value(PAPER))
    return [
        base.mark_rect(stroke=GREY, strokeWidth=0.4).encode(color=colour, tooltip=list(tip)),
        base.mark_text(fontSize=font).encode(text="words:N", color=ink),
    ]


def strips(measures: Sequence[T], draw: Callable[[T, int, bool], Any], names: Iterable[str], width: int) -> Any:
    """Return a strip for each measure over the same names, side by side where there is room, names at the left of each.

    `draw(measure, width, named)` draws one; the first of each line is `named`.
    """
    room = grid(width - min(widest(names), width // 3) - 8, len(measures), left=0, right=14, least=64)
    drawn = [draw(measure, room.inner, place % room.columns == 0) for place, measure in enumerate(measures)]
    return alt.concat(*drawn, columns=room.columns, spacing=14)


def names_up(field: str, named: bool = True, names: Sequence[str] | None = None, limit: int = 230) -> alt.Y:
    """Return the axis up of some names, or of those that rows have, in the order of their `place`, cut at `limit`."""
    axis = alt.Axis(labels=named, ticks=False, domainOpacity=0, grid=False, labelLimit=limit)
    order: Any = names or alt.EncodingSortField("place", op="min")
    known: dict[str, Any] = {"scale": alt.Scale(domain=names)} if names else {}
    return alt.Y(f"{field}:N", title=None, sort=order, axis=axis, **known)


def choice(bar: str | int) -> alt.Parameter:
    """Return the selection of a bar by a click, of this one at first."""
    return alt.selection_point(name="chosen", fields=["bar"], value=[{"bar": bar}], empty=False, toggle=False)


def bars(base: alt.Chart, chosen: alt.Parameter, **encodings: Any) -> alt.Chart:
    """Return the bars that can be clicked: from `low` to `high`, the chosen one in another colour and framed."""
    colour = alt.condition(chosen, alt.value(ORANGE), alt.value(BLUE))
    thick = alt.condition(chosen, alt.value(2), alt.value(0.6))
    drawn = base.mark_rect(cursor="pointer", stroke=GREY).add_params(chosen)
    return drawn.encode(x2="high:Q", color=colour, strokeWidth=thick, **encodings)


def floors(base: alt.Chart, lines: int) -> list[Any]:
    """Return the floors of so many histograms below one another, the `words` of each at its left; `up` is their axis.

    The `bottom` of the rows is 0, -1, -2, …, and a bar is less than 1 high.
    """
    middle = base.transform_calculate(middle="datum.bottom + 0.3").mark_text(align="right", dx=-8, limit=FLOOR - 10)
    return [
        base.mark_rule(color=GREY, strokeWidth=0.6, opacity=0.6).encode(y=up(lines)),
        middle.encode(x=alt.value(0), y=up(lines, "middle"), text="words:N"),
    ]


def aside(rows: Sequence[Mapping[str, Any]]) -> int:
    """Return the pixels that the names of histograms below one another take at their left."""
    return min(FLOOR, widest(row["words"] for row in rows if "words" in row) + 12)


def up(lines: int, field: str = "bottom") -> alt.Y:
    """Return the axis up of so many histograms below one another."""
    return alt.Y(f"{field}:Q", axis=None, scale=alt.Scale(nice=False, domain=[1 - lines, 1]))


def images(
    base: alt.Chart,
    lists: Sequence[str],
    width: int,
    *,
    order: str,
    below: Mapping[str, str],
    tip: Sequence[Any],
    most: int = 28,
    title: str | None = None,
    framed: str = "false",
    pitch: int = PITCH,
) -> Any:
    """Return the images of the rows that are left in `base`, in lines that fill the width, words below each.

    `lists` are the fields of a row that hold one value an image, `image` among them; `order` is an expression, the
    smallest first; `below` names expressions for the words, one line each; where `framed` holds an image has a frame.
    From one to the next are `pitch` pixels, as `pitched` gives them for the words.
    """
    each = max(4, min(most, width // pitch))
    lines = math.ceil(most / each)
    base = base.transform_flatten(list(lists)).transform_calculate(order=order)
    base = base.transform_window(number="row_number()", sort=[alt.SortField("order"), alt.SortField("id")])
    base = base.transform_filter(f"datum.number <= {most}").transform_calculate(
        column=f"(datum.number - 1) % {each}", line=f"-floor((datum.number - 1) / {each})", **below
    )
    bare = alt.Axis(orient="top", labels=False, ticks=False, grid=False, domain=False) if title else None
    across = alt.Scale(domain=[-0.5, each - 0.5], nice=False, zero=False)
    x = alt.X("column:Q", scale=across, title=wrapped(title, width, 12.5) if title else alt.Undefined, axis=bare)
    high = IMAGE + 14 + 13 * len(below)
    up = alt.Scale(domain=[0.5 - lines, 0.5], nice=False, zero=False)
    y, middle = alt.Y("line:Q", scale=up, axis=None), -6.5 * len(below)
    picture = base.mark_image(width=IMAGE, height=IMAGE, smooth=False, yOffset=middle)
    square: dict[str, Any] = {"shape": "square", "size": (IMAGE + 4) ** 2, "color": ORANGE, "strokeWidth": 3}
    frame = base.transform_filter(framed).mark_point(**square, opacity=1, yOffset=middle)
    layers: list[Any] = [picture.encode(x=x, y=y, url="image:N", tooltip=list(tip)), frame.encode(x=x, y=y)]
    for place, field in enumerate(below):
        words = base.mark_text(
            fontSize=10.5, limit=max(pitch, width // each) - 4, dy=middle + IMAGE / 2 + 9 + 13 * place
        )
        layers.append(words.encode(x=x, y=y, text=f"{field}:N"))
    return alt.layer(*layers).properties(width=width, height=high * lines)


def pitched(rows: Sequence[Mapping[str, Any]], field: str, more: str = "") -> int:
    """Return the pixels from one image to the next at which the words below them do not touch."""
    words = (f"{more}{word}" for row in rows for word in row.get(field, ()))
    return min(2 * PITCH, max(PITCH, widest(words, 10.5) + 8))


def png(image: Tensor) -> str:
    """Return an image (uint8, channels first) as a data URL."""
    from PIL import Image

    pixels = image.cpu().permute(1, 2, 0).numpy()
    file = io.BytesIO()
    Image.fromarray(pixels[:, :, 0] if pixels.shape[2] == 1 else pixels[:, :, :3]).save(file, "PNG", optimize=True)
    return f"data:image/png;base64,{base64.b64encode(file.getvalue()).decode()}"
