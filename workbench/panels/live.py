"""The one place where a live chart is made.

A chart carries a megabyte of JavaScript, so there is one a panel, made when there is something to draw. While outcomes
come only its rows are new, and what a person chose in it stays.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import ipywidgets as widgets

from workbench.charts.grammar import ROWS, WIDTH, Picture
from workbench.charts.grammar.picks import PICKED
from workbench.charts.training_now import training_now
from workbench.panels.beside import Beside
from workbench.panels.browser import Place
from workbench.panels.chart import Chart, prepare
from workbench.panels.selection import Selection, offers, selected
from workbench.panels.specifications import Specifications
from workbench.work import html
from workbench.work.locks import Lock

PERIOD = 0.25  # seconds between two pictures, at least
NARROW, WIDE = 280, 1600  # pixels that charts are drawn for
NOW = "what trains now"  # in the menu: how the training goes, there before any outcome is

Guarded = Callable[[Callable[[], Any]], Any]


@dataclass(frozen=True)
class Shown:
    """What a chart shows: which picture, its rows, and the outcomes that they are of."""

    name: str
    picture: Picture[...]
    rows: list[dict[str, Any]]
    outcomes: list[Any]


class LiveChart:
    """A chart, as wide as its place, and a menu of the pictures it can show; `show(outcomes)` draws what is new.

    `guarded(draw)` draws where a person chose another picture or width, and has an error seen; `drawn()` is told of
    that, and `picked(selection)` of what was selected. With `now`, the menu has what trains now, which is also shown
    where the picture that is chosen has nothing to show yet: the `points` of the job, a `Curve`'s.
    """

    def __init__(
        self,
        pictures: Mapping[str, Picture[...]],
        guarded: Guarded = lambda draw: draw(),
        drawn: Callable[[], Any] = lambda: None,
        picked: Callable[[Selection], Any] = lambda selection: None,
        *,
        now: bool = False,
    ) -> None:
        prepare()
        trains = Picture(lambda outcomes: training_now.rows(self._points()), training_now.draw)
        self.pictures = {**pictures, NOW: trains} if now else dict(pictures)
        self.guarded, self.told, self.picked = guarded, drawn, picked
        self._lock = Lock()  # the publisher draws, and so do the menu and the width
        self.specifications = Specifications()
        self.given: tuple[object, list[Any], bool] = (None, [], False)  # whose outcomes, which, the last ones?
        self.drawn: tuple[Any, ...] | None = None
        self.drawn_at = 0.0
        self.shown: Shown | None = None
        self.params: dict[str, dict[str, Any]] = {}  # by picture: what a person chose in it
        self.menu = widgets.Dropdown(options=[*self.pictures], description="chart", style={"description_width": "auto"})
        self.place = Place()
        for widget, name in ((self.menu, "value"), (self.place, "width")):
            widget.observe(lambda _: guarded(self._chosen), names=name)
        self.hint = widgets.HTML(_hint())
        self.state = widgets.HTML()
        self.chart: Chart | None = None
        self.beside = Beside(lambda value: guarded(lambda: self.select(value)))
        self.box = widgets.VBox([widgets.HBox([self.menu, self.state]), self.place, self.hint, self.beside.box])
        self.box.add_class("wb-live")

    @property
    def name(self) -> str:
        """The picture that is chosen."""
        return str(self.menu.value)

    @property
    def picture(self) -> Picture[...]:
        """The picture that is chosen."""
        return self.pictures[self.name]

    @property
    def pixels(self) -> int:
        """How wide a chart is drawn: as wide as its place where a browser has told that, else as in a batch."""
        return min(max(self.place.width, NARROW), WIDE) if self.place.width else WIDTH

    @property
    def selection(self) -> Selection:
        """What is selected in the chart that is shown."""
        shown = self.shown
        if shown is None:
            return Selection()
        return selected(shown.picture, shown.rows, self.params.get(shown.name, {}), shown.outcomes)

    def select(self, value: Any) -> None:
        """Select what a click or a brush would: fields of marks, or the ends of a brush by axis; nothing for None."""
        if self.chart is not None:
            self.chart.params = _unselected(self.chart.params) | ({} if value is None else {PICKED: value})

    def offer(self, names: Iterable[str]) -> None:
        """Offer these pictures alone, and what trains now; the one that is chosen stays so, where it is among them."""
        offered, chosen = [*names, *([NOW] if NOW in self.pictures else [])], self.name
        if [*self.menu.options] != offered:
            self.menu.options = offered
            self.menu.value = chosen if chosen in offered else offered[0]

    def begin(self, *, keep: bool = False) -> None:
        """Forget what was drawn and what was selected: another run may have other layers, other measures.

        With `keep` it has the same.
        """
        self.specifications.begin(keep=keep)
        if not keep:
            self.select(None)
            self.params = {name: _unselected(params) for name, params in self.params.items()}

    def show(self, outcomes: list[Any], *, of: object = None, last: bool = False) -> None:
        """Draw the outcomes `of` a job, which only grow, at most four times a second, and always the last ones."""
        self.given = (of, outcomes, last)
        if last or time.monotonic() >= self.drawn_at + PERIOD:
            self.draw()

    def draw(self) -> None:
        """Draw the picture that is chosen, where it, its width or its outcomes are new."""
        with self._lock:
            is_new = self._draw()
        if is_new:
            self._follow()

    def send(self) -> None:
        """Send the last state once more."""
        if self.chart is not None:
            self.chart.send_state(["spec", "rows"])

    def _draw(self) -> bool:
        name, width, (of, outcomes, last) = self.name, self.pixels, self.given
        points = self._points() if NOW in (name, self.shown.name if self.shown else NOW) else ()
        now = (name, width, of, len(outcomes), last, *points[-1:])
        if now == self.drawn:
            return False
        rows = self.pictures[name].rows(outcomes)
        if not rows and not last and NOW in self.pictures:
            name, rows = NOW, self.pictures[NOW].rows(outcomes)
        assert len(rows) <= ROWS, f"{name} draws {len(rows)} rows; a live chart takes {ROWS}"
        if rows:
            source, picture = (of, len(outcomes), *points[-1:]), self.pictures[name]
            around = self.specifications.of(name, picture, rows, width, source, last=last)
            self._put(around, Shown(name, picture, rows, outcomes))
        else:
            self.hint.value, self.shown = _hint(self.pictures[name].needs if outcomes else "", last), None
        self._visible(bool(rows))
        self.drawn, self.drawn_at = now, time.monotonic()
        return True

    def _points(self) -> tuple[Any, ...]:
        return tuple(getattr(self.given[0], "points", ())) if NOW in self.pictures else ()

    def _chosen(self) -> None:
        """Draw what was chosen; that it is being drawn is said at once."""
        self.state.value = html.element("span", "drawing …", class_="wb-drawing")
        self.box.add_class("wb-redrawn")  # the last chart pales
        try:
            self.draw()
            self.told()
        finally:
            self.state.value = ""
            self.box.remove_class("wb-redrawn")

    def _put(self, specification: dict[str, Any], shown: Shown) -> None:
        """Have the browser draw it: rows alone where the rest is the same, with what was chosen in this picture."""
        chart = Chart() if self.chart is None else self.chart
        self.shown = shown
        with chart.hold_sync():
            chart.params = self.params.setdefault(shown.name, {})
            chart.spec, chart.rows = specification, shown.rows
        if self.chart is None:
            self.chart = chart
            chart.add_class("wb-chart")
            chart.observe(lambda change: self.guarded(lambda: self._told(change["new"])), names="params")
            self.box.children = [*self.box.children[:-1], chart, self.beside.box]

    def _told(self, params: dict[str, Any]) -> None:
        """Keep what a person chose; what is selected is shown beside the chart, and told."""
        shown = self.shown
        if shown is not None and params != self.params.get(shown.name):
            self.params[shown.name] = params
            self._follow()
            self.picked(self.selection)

    def _follow(self) -> None:
        shown = self.shown
        offered = offers(shown.picture, shown.rows) if shown else {}
        self.beside.show(offered, self.params.get(shown.name, {}).get(PICKED) if shown else None, self.selection)

    def _visible(self, there: bool) -> None:
        self.hint.layout.display = "none" if there else None
        if self.chart is not None:
            self.chart.layout.display = None if there else "none"


def _unselected(params: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in params.items() if name != PICKED}


def _hint(needs: str = "", last: bool = False) -> str:
    """Return what stands where no chart is: when it will be there, or what the run that has ended lacked."""
    words = "The chart appears with the first outcome that it can show."
    if last:
        words = f"Nothing of this run is in this chart: it needs {needs or 'an outcome'}."
    return html.element("div", words, class_="wb-hint")
