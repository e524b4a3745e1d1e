"""A chart in two steps, rows and drawing, and what stands around it: a title, menus, what a screen reader says."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Generic, ParamSpec, TypeVar

import altair as alt

from workbench.charts.grammar import columns, extents, legends, picks
from workbench.charts.grammar.looks import GREY
from workbench.charts.grammar.room import SIDE, WIDTH, grid, wide, widest, wrapped
from workbench.charts.grammar.rows import Rows
from workbench.numbers.asked import asked
from workbench.work import rules

P = ParamSpec("P")
Draw = TypeVar("Draw", bound=Callable[[Rows, int], Any])
FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif"

AXIS, SMALL = 62, 140  # pixels of the axis at the left of small pictures, and of one of them at least
SQUARE = 260  # pixels of a side, at most
LEAST, MOST = 100, 20_000  # pixels of the width of a chart


class Picture(Generic[P]):
    """A chart. Call it with outcomes, or a table of them, to draw it; a live one takes the two steps apart.

    `rows(outcomes)` are at most 500 dicts, `draw(rows, width)` fits them into a width in pixels, `words(outcomes)` are
    the sentences under the picture. What is drawn around the data is drawn anew where the first row's `about` changes,
    now and then, and at the end of a run. What a chart `asks` of outcomes, or of a table of them, are the names of
    columns and of the experiment that makes them. One that a finished run may leave empty says in `needs` what that run
    lacks; one that draws what no data frame has (images, paths) says in `holds` what it asks of outcomes. `around` is
    what the drawing is dressed in, where it is declared. `selects` are the fields of the rows by which a person picks
    marks; `brushed` has instead, for the two axes of a brush, the parameters that name the field there (`picks`).
    `tabled` are fields, with their words, that its table has beside those of tips.
    """

    __name__: str
    means: Any = None  # of a chart of means: how it is declared, and the function that gives a dict a replica
    numbers: Any = None

    def __init__(
        self,
        rows: Callable[P, Rows],
        draw: Callable[[Rows, int], Any] | None = None,
        *,
        asks: tuple[str, str] = ("", ""),
        needs: str = "",
        holds: str = "",
        around: Mapping[str, Any] | None = None,
        selects: Sequence[str] = (),
        brushed: Mapping[str, str] | None = None,
        tabled: Mapping[str, str] | None = None,
    ) -> None:
        functools.update_wrapper(self, rows)  # its name, docstring and signature
        self.selects, self.brushed = tuple(selects), dict(brushed or {})
        self.tabled = dict(tabled or {})
        self._rows, self._draw, self._around = rows, draw, around
        self._words: Callable[[Any], list[str]] | None = None
        self.asks, self.needs, self.holds = asks, needs, holds

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> Any:
        rows = self.rows(*args, **kwargs)
        chart = self.draw(rows)
        if not rows and len(args) and not _nothing(args[0]):
            lacks = f"nothing of these is in this chart: it needs {self.needs or 'an outcome with a value'}"
            chart.title.subtitle = wrapped(lacks, WIDTH - 8)
        return chart

    def __repr__(self) -> str:
        return f"Picture({self.__name__})"

    def rows(self, *args: P.args, **kwargs: P.kwargs) -> Rows:
        """Return what is drawn, a dict each. Raises a ValueError for what is no outcome, or has not what it draws."""
        given = inspect.signature(self._rows).bind(*args, **kwargs)
        first = next(iter(given.arguments), "")
        if first:
            given.arguments[first] = self._asked(given.arguments[first])
        return self._rows(*given.args, **given.kwargs)

    def records(self, outcomes: Any) -> Rows:
        """Return what a chart of means averages, a dict a replica."""
        return list(self.numbers(self._asked(outcomes)))

    def _asked(self, outcomes: Any) -> Any:
        if self.holds and hasattr(outcomes, "to_dict"):
            there = "which a data frame does not hold"
            raise ValueError(f"{self.__name__} draws {self.holds}, {there}, got one; pass the outcomes themselves")
        return asked(self.__name__, outcomes, *self.asks) if any(self.asks) else outcomes

    def draw(self, rows: Rows, width: int = WIDTH) -> Any:
        """Return the rows as an altair chart that is at most so many pixels wide, legends and labels included."""
        assert self._draw is not None, f"{self!r} has no drawing"
        width = rules.whole("width", width, least=LEAST, most=MOST, unit="pixels", way_on=f"{WIDTH} is a page's")
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise rules.refused("rows", "the dicts of a picture", rows, f"{self.__name__}.rows(outcomes) gives them")
        chart = extents.bounded(self._draw(rows, width), rows)
        chart = dress(chart, rows, width, **self._around) if self._around else chart
        return picks.selectable(chart, self.selects, brush=bool(self.brushed)) if self.selects else chart

    def picked(self, rows: Rows, selection: Any, params: Mapping[str, Any] | None = None) -> Rows:
        """Return those of the rows that a person picked, one value a field, as plain dicts.

        `selection` is what `JupyterChart(chart).selections.picked.value` holds: {field: value} dicts of clicks, or the
        ends of a brush by axis; `params` are the chart's menus, which say what is on the axes of a brush.
        """
        return picks.picked(rows, selection, self.selects, self.brushed, params or {})

    def table(self, rows: Rows) -> Rows:
        """Return what is drawn as a table to read: a dict for each mark, by the words that its tip has too."""
        shown = {name: name for name in (rows[0].get("names", ()) if self.brushed and rows else ())}
        return columns.tabled(rows, self.draw(rows), self.selects, self.tabled | shown) if rows else []

    def words(self, outcomes: Any) -> list[str]:
        """Return the sentences under the picture, none where it has none."""
        return self._words(outcomes) if self._words else []

    def drawing(self, draw: Draw) -> Draw:
        """Decorate the function that draws the rows."""
        self._draw = draw
        return draw

    def sentences(self, words: Callable[[Any], list[str]]) -> Callable[[Any], list[str]]:
        """Decorate the function that says the picture in sentences: it is given a list, or a table, and never none."""

        @functools.wraps(words)
        def said(outcomes: Any) -> list[str]:
            outcomes = asked(self.__name__, outcomes, *self.asks)
            return words(outcomes) if len(outcomes) else []

        self._words = said
        return said


def _nothing(outcomes: Any) -> bool:
    return hasattr(outcomes, "__len__") and not len(outcomes)


def picture(
    *,
    asks: tuple[str, str] = ("", ""),
    needs: str = "",
    holds: str = "",
    selects: Sequence[str] = (),
    brushed: Mapping[str, str] | None = None,
    tabled: Mapping[str, str] | None = None,
    **around: Any,
) -> Callable[[Callable[P, Rows]], Picture[P]]:
    """Decorate the function that makes a chart's rows; its drawing and its sentences follow.

    `around` are the title, the subtitle and the menus that `dress` puts around the drawing, and the description, where
    that is not `described`.
    """
    words: dict[str, Any] = {"asks": asks, "needs": needs, "holds": holds, "selects": selects}
    words |= {"brushed": brushed, "tabled": tabled}
    return lambda rows: Picture(rows, **words, around=around and {"description": described(rows), **around})


def described(chart: Callable[..., Any]) -> str:
    """Return what a screen reader says of a chart: the first paragraph of its docstring, without the word "Draw"."""
    first = " ".join(inspect.cleandoc(chart.__doc__ or "").split("\n\n")[0].split()).removeprefix("Draw ")
    return first[:1].upper() + first[1:]


def dress(
    chart: Any,
    rows: Rows,
    width: int,
    *,
    title: str,
    description: str,
    subtitle: str = "",
    menus: Mapping[str, str] | None = None,
    buttons: bool = False,
) -> Any:
    """Return the whole chart over its rows: a title that fits, what a screen reader says, and the house's colours.

    `{about}` in the subtitle is what the first row says of all; its lines stay, and long ones are broken. Legends name
    what rows have. Of `menus` by field, with their words, each offers its field's values as `shown` (or `shown_field`).
    """
    about = rows[0].get("about", "") if rows else "nothing finished"
    lines = wrapped(subtitle.replace("{about}", about).strip(), width - 8, 12)
    below: Any = {"subtitle": lines, "subtitleFontSize": 12} if any(lines) else {}
    names = {field: f"shown_{field}" if len(menus or ()) > 1 else "shown" for field in menus or ()}
    each = [menu((row[of] for row in rows), words, names[of], buttons=buttons) for of, words in (menus or {}).items()]
    chart = legends.named(chart, rows, names)  # a copy: altair's own ways copy all that a chart is made of, every time
    chart.title, chart.description = alt.TitleParams(wrapped(title, width - 8, 14, bold=True), **below), description
    params = [] if chart.params is alt.Undefined else chart.params
    chart.params = [*params, *(made.param for made in each)] or alt.Undefined
    chart.data, chart.config = alt.Data(values=rows), alt.Config.from_dict(_CONFIG)
    return chart


def headed(chart: Any, heading: str | None) -> Any:
    """Return one picture of several under its heading, whose lines stay; without one it is as it was."""
    if not heading:
        return chart
    lines = str(heading).split("\n")
    return chart.properties(title=alt.TitleParams(lines, fontSize=12, fontWeight="normal", offset=6))


def small(chart: Any, rows: Rows, width: int, *, height: int | None = None, field: str = "heading") -> Any:
    """Return a small picture for each value of a field, side by side under its lines, by the `order` of the rows.

    Without a height they are squares.
    """
    count = max(1, len({row["order"] for row in rows}))
    least = max(SMALL, widest((line for row in rows for line in row[field].split("\n")), 11))
    room = grid(width - AXIS, count, left=0, right=4, gap=20, least=least)  # the axis up stands once in a line
    words: dict[str, Any] = {"labelAnchor": "start", "labelFontSize": 11, "labelLineHeight": 14}
    header = alt.Header(title=None, labelExpr="split(datum.label, '\\n')", **words)
    facet = alt.Facet(f"{field}:N", header=header, sort=alt.EncodingSortField("order", op="min"))
    inner = room.inner if height else min(room.inner, SQUARE)
    chart = chart.properties(width=inner, height=height or inner)
    chart = chart.facet(facet, columns=room.columns, data=alt.Data(values=rows))
    chart.data = alt.Undefined  # it is the whole chart's
    return chart.resolve_axis(x="independent") if count % room.columns else chart  # no axis where no picture is


def menu(options: Iterable[str], words: str, name: str = "shown", *, buttons: bool = False) -> alt.Parameter:
    """Return a menu of the names that there are (or buttons), the first one chosen; `datum.field == shown` asks it."""
    options = list(dict.fromkeys(options)) or [""]
    bind = (alt.binding_radio if buttons else alt.binding_select)(options=options, name=f"{words}: ")
    return alt.param(name=name, value=options[0], bind=bind)


def legend(title: str | None, names: Iterable[str], width: int, **more: Any) -> alt.Legend:
    """Return a legend above the picture, in as many columns as fit into the width."""
    entry = max((wide(name) for name in names), default=40) + 34
    columns = max(1, (width - SIDE) // entry)  # it begins where the pictures do
    how: dict[str, Any] = {"orient": "top", "symbolSize": 80, "symbolOpacity": 1, "labelLimit": width - SIDE - 24}
    return alt.Legend(title=title, columns=columns, **how | more)


_WORDS = {"labelColor": GREY, "titleColor": GREY, "labelFontSize": 12, "titleFontSize": 12.5}
_PLAIN = {"titleFontWeight": "normal"}
_LINES = {"domainColor": GREY, "tickColor": GREY, "gridColor": GREY, "gridOpacity": 0.22}
_CONFIG = {
    "background": "transparent",
    "font": FONT,
    "view": {"stroke": None},
    "axis": {**_WORDS, **_PLAIN, **_LINES, "titlePadding": 10, "labelPadding": 5},
    "legend": {**_WORDS, **_PLAIN, "titleFontSize": 12},
    "header": _WORDS,
    "title": {"color": GREY, "subtitleColor": GREY, "fontSize": 14, "fontWeight": 600, "anchor": "start", "offset": 14},
    "text": {"color": GREY, "fontSize": 12},
}
