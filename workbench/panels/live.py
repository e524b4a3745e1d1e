"""The one place where a live chart is made.

A `JupyterChart` carries a megabyte of JavaScript, so there is one a panel, and it works offline. Its specification is
drawn once for each picture; after that only the rows in it are new (0.6 ms, against 60 ms and more for a chart). Menus
and colours may come from the rows, so that it is drawn anew now and then, and from the last outcomes always.
"""

from __future__ import annotations

import html
import json
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import altair as alt
import ipywidgets as widgets

from workbench.charts import CHARTS
from workbench.charts.grammar import ROWS
from workbench.charts.grammar.looks import GREY

PERIOD = 0.25  # seconds between two pictures, at least
RARELY = 20  # times as long as it took to draw a specification, until it is drawn anew


@dataclass(frozen=True)
class Around:
    """A specification without its data, from which outcomes it was drawn, and until when it may be used for more."""

    specification: dict[str, Any]
    source: tuple[object, int]
    until: float


class LiveChart:
    """A chart and a menu of the pictures it can show; `show(outcomes)` draws what is new."""

    def __init__(self, names: Sequence[str]) -> None:
        alt.JupyterChart.enable_offline()
        self._lock = threading.Lock()  # the publisher draws, and so does the menu
        self.around: dict[str, Around] = {}
        self.keep = False
        self.given: tuple[object, list[Any], bool] = (None, [], False)  # whose outcomes, which, the last ones?
        self.drawn: tuple[str, object, int, bool] | None = None
        self.at = 0.0
        self.menu = widgets.Dropdown(options=list(names), description="chart", style={"description_width": "auto"})
        self.menu.observe(lambda _: self.draw(), names="value")
        self.chart = alt.JupyterChart(_empty(), embed_options={"actions": False, "renderer": "svg"})
        self.chart.add_class("wb-chart")
        self.hint = widgets.HTML(_hint())
        self.box = widgets.VBox([self.menu, self.hint, self.chart])
        self.box.add_class("wb-live")
        self._visible(False)

    def begin(self, *, keep: bool = False) -> None:
        """Forget what was drawn: another run may have other layers, other measures.

        With `keep` it has the same: the picture of every run differs in its data and its `about` alone.
        """
        self.keep = keep
        if not keep:
            self.around = {}

    def show(self, outcomes: list[Any], *, of: object = None, last: bool = False) -> None:
        """Draw the outcomes `of` a job, which only grow, at most four times a second, and always the last ones."""
        self.given = (of, outcomes, last)
        if last or time.monotonic() >= self.at + PERIOD:
            self.draw()

    def draw(self) -> None:
        """Draw the picture that is chosen, where it or its outcomes are new."""
        with self._lock:
            name, (of, outcomes, last) = str(self.menu.value), self.given
            now = (name, of, len(outcomes), last)
            if now == self.drawn:
                return
            rows = CHARTS[name].rows(outcomes)
            assert len(rows) <= ROWS, f"{name} draws {len(rows)} rows; a live chart takes {ROWS}"
            if rows:
                self.chart.spec = {**self._around(name, rows, (of, len(outcomes)), last), "data": {"values": rows}}
            else:
                self.hint.value = _hint(CHARTS[name].needs if outcomes else "", last)
            self._visible(bool(rows))
            self.drawn, self.at = now, time.monotonic()

    def _around(self, name: str, rows: list[dict[str, Any]], source: tuple[object, int], last: bool) -> dict[str, Any]:
        """Return the specification without its data, drawn anew where its words have changed or its time is over."""
        about = f"{name}: {rows[0].get('about', '')}"
        found, began = self.around.get(about), time.monotonic()
        outdated = found is not None and not self.keep and found.source != source and (last or began >= found.until)
        if found is None or outdated:
            specification = _specification(CHARTS[name].draw(rows))
            ended = time.monotonic()
            found = self.around[about] = Around(specification, source, ended + RARELY * (ended - began))
        return found.specification

    def _visible(self, there: bool) -> None:
        self.hint.layout.display = "none" if there else None
        self.chart.layout.display = None if there else "none"


def _hint(needs: str = "", last: bool = False) -> str:
    """Return what stands where no chart is: when it will be there, or what the run that has ended lacked."""
    said = "The chart appears with the first outcome that it can show."
    if last:
        said = f"Nothing of this run is in this chart: it needs {needs or 'an outcome'}."
    return f'<div class="wb-hint">{html.escape(said)}</div>'


def _specification(chart: Any) -> dict[str, Any]:
    """Return the chart's specification without its data; what is grey takes the colour of the page's text."""
    specification = {name: part for name, part in chart.to_dict().items() if name != "data"}
    return json.loads(json.dumps(specification).replace(GREY, "currentColor"))


def _empty() -> alt.Chart:
    return alt.Chart(alt.Data(values=[])).mark_point()
