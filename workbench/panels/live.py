"""The one place where a live chart is made.

A `JupyterChart` carries a megabyte of JavaScript, so there is one a panel, made when there is something to draw, and it
works offline. Its specification is drawn once for each picture and width; after that only the rows in it are new
(0.6 ms, against 60 ms and more for a chart). Menus and colours may come from the rows, so that it is drawn anew now and
then, and from the last outcomes always.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import altair as alt
import ipywidgets as widgets

from workbench.charts.grammar import ROWS, WIDTH, Picture
from workbench.charts.grammar.looks import GREY
from workbench.charts.training_now import training_now
from workbench.panels.browser import Place
from workbench.work import html
from workbench.work.locks import Lock

PERIOD = 0.25  # seconds between two pictures, at least
RARELY = 20  # times as long as it took to draw a specification, until it is drawn anew
NARROW, WIDE = 280, 1600  # pixels that charts are drawn for
NOW = "what trains now"  # in the menu: how the training goes, there before any outcome is

Guarded = Callable[[Callable[[], Any]], Any]
_offline = Lock()


@dataclass(frozen=True)
class Around:
    """A specification without its data, from which outcomes it was drawn, and until when it may be used for more."""

    specification: dict[str, Any]
    source: tuple[object, int]
    until: float


class LiveChart:
    """A chart, as wide as its place, and a menu of the pictures it can show; `show(outcomes)` draws what is new.

    `guarded(draw)` draws where a person chose another picture or width, and has an error seen; `drawn()` is told of
    that. Where the picture that is chosen has nothing to show yet, what trains now is shown in its place.
    """

    def __init__(
        self,
        pictures: Mapping[str, Picture],
        guarded: Guarded = lambda draw: draw(),
        drawn: Callable[[], Any] = lambda: None,
    ) -> None:
        self.pictures, self.told = pictures, drawn
        self._lock = Lock()  # the publisher draws, and so do the menu and the width
        self.around: dict[tuple[str, str, int], Around] = {}  # by picture, what it is about, and width
        self.keep = False
        self.given: tuple[object, list[Any], bool] = (None, [], False)  # whose outcomes, which, the last ones?
        self.drawn: tuple[str, int, object, int, bool, int] | None = None
        self.points: Sequence[Any] = ()
        self.drawn_at = 0.0
        self.menu = widgets.Dropdown(options=list(pictures), description="chart", style={"description_width": "auto"})
        self.place = Place()
        for widget, name in ((self.menu, "value"), (self.place, "width")):
            widget.observe(lambda _: guarded(self._chosen), names=name)
        self.hint = widgets.HTML(_hint())
        self.state = widgets.HTML()
        self.chart: alt.JupyterChart | None = None
        self.box = widgets.VBox([widgets.HBox([self.menu, self.state]), self.place, self.hint])
        self.box.add_class("wb-live")
        threading.Thread(target=_prepare, name="workbench offline").start()

    @property
    def name(self) -> str:
        """The picture that is chosen."""
        return str(self.menu.value)

    @property
    def picture(self) -> Picture:
        """The picture that is chosen."""
        return self.pictures[self.name]

    @property
    def pixels(self) -> int:
        """How wide a chart is drawn: as wide as its place where a browser has told that, else as in a batch."""
        return min(max(self.place.width, NARROW), WIDE) if self.place.width else WIDTH

    def begin(self, *, keep: bool = False) -> None:
        """Forget what was drawn: another run may have other layers, other measures.

        With `keep` it has the same: the picture of every run differs in its data and its `about` alone.
        """
        self.keep = keep
        if not keep:
            self.around = {}

    def show(self, outcomes: list[Any], *, of: object = None, last: bool = False, points: Sequence[Any] = ()) -> None:
        """Draw the outcomes `of` a job, which only grow, at most four times a second, and always the last ones.

        `points` are of what trains now: they are shown until there is something of the picture that is chosen.
        """
        self.given, self.points = (of, outcomes, last), points
        if last or time.monotonic() >= self.drawn_at + PERIOD:
            self.draw()

    def draw(self) -> None:
        """Draw the picture that is chosen, where it, its width or its outcomes are new."""
        with self._lock:
            name, width, (of, outcomes, last) = self.name, self.pixels, self.given
            now = (name, width, of, len(outcomes), last, 0 if last else len(self.points))
            if now == self.drawn:
                return
            rows = self._rows(name)
            if not rows and self.points and not last:
                name, rows = NOW, training_now.rows(self.points)
            assert len(rows) <= ROWS, f"{name} draws {len(rows)} rows; a live chart takes {ROWS}"
            if rows:
                around = self._around((name, str(rows[0].get("about", "")), width), rows, (of, len(outcomes)), last)
                self._put({**around, "data": {"values": rows}})
            else:
                self.hint.value = _hint(self.pictures[name].needs if outcomes else "", last)
            self._visible(bool(rows))
            self.drawn, self.drawn_at = now, time.monotonic()

    def _rows(self, name: str) -> list[dict[str, Any]]:
        return training_now.rows(self.points) if name == NOW else self.pictures[name].rows(self.given[1])

    def send(self) -> None:
        """Send the last state once more."""
        if self.chart is not None:
            self.chart.send_state(key="spec")

    def _chosen(self) -> None:
        """Draw what was chosen; that it is being drawn is said at once."""
        self.state.value = html.element("span", "drawing …", class_="wb-drawing")
        try:
            self.draw()
            self.told()
        finally:
            self.state.value = ""

    def _put(self, specification: dict[str, Any]) -> None:
        if self.chart is not None:
            self.chart.spec = specification
            return
        _prepare()
        empty = alt.Chart(alt.Data(values=[])).mark_point()
        self.chart = alt.JupyterChart(empty, embed_options={"actions": False, "renderer": "svg"})
        self.chart.spec = specification
        self.chart.add_class("wb-chart")
        self.box.children = [*self.box.children, self.chart]

    def _around(
        self, key: tuple[str, str, int], rows: list[dict[str, Any]], source: tuple[object, int], last: bool
    ) -> dict[str, Any]:
        """Return the specification without its data, drawn anew where its words have changed or its time is over."""
        around, began = self.around.get(key), time.monotonic()
        if around is not None and (self.keep or around.source == source or not (last or began >= around.until)):
            return around.specification
        name, _, width = key
        specification = _specification((training_now if name == NOW else self.pictures[name]).draw(rows, width))
        ended = time.monotonic()
        self.around[key] = Around(specification, source, ended + RARELY * (ended - began))
        return specification

    def _visible(self, there: bool) -> None:
        self.hint.layout.display = "none" if there else None
        if self.chart is not None:
            self.chart.layout.display = None if there else "none"


def _prepare() -> None:
    """Have the browser's half of a chart at hand, without a network: made once a kernel, in a second."""
    with _offline:
        alt.JupyterChart.enable_offline()


def _hint(needs: str = "", last: bool = False) -> str:
    """Return what stands where no chart is: when it will be there, or what the run that has ended lacked."""
    words = "The chart appears with the first outcome that it can show."
    if last:
        words = f"Nothing of this run is in this chart: it needs {needs or 'an outcome'}."
    return html.element("div", words, class_="wb-hint")


def _specification(chart: Any) -> dict[str, Any]:
    """Return the chart's specification without its data; what is grey takes the colour of the page's text."""
    specification = {name: part for name, part in chart.to_dict().items() if name != "data"}
    return json.loads(json.dumps(specification).replace(GREY, "currentColor"))
