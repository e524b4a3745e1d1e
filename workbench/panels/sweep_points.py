"""The points of a sweep as a list: a page of lines, each of which opens; a filter, pages, and what is opened below.

The widgets are made once; what they show is exchanged, so that thousands of points cost as much as twenty.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import ipywidgets as widgets

from workbench.panels.runs_table import dim
from workbench.panels.sweep_opened import log, opened
from workbench.panels.sweep_rows import STATES, Row, counted, varying
from workbench.sweep.store import Store
from workbench.work.html import Html, element, joined
from workbench.work.progress import clock

PAGE = 20  # points
DIGITS = 13  # of a key, with its dash, at the end of a point's name
OF_PLAN, IN_FOLDER = "of this plan", "all in the folder"


class SweepPoints:
    """The list, in `box`. `guarded(act)` does what a person asks for."""

    def __init__(self, guarded: Callable[[Callable[[], Any]], Any]) -> None:
        self.guarded = guarded
        self.store: Store | None = None
        self.planned: Sequence[Row] = ()
        self.others: Sequence[Row] = ()
        self.page, self.open = 0, ""  # the name of the point that is open
        style: dict[str, Any] = {"layout": {"width": "auto"}, "style": {"description_width": "auto"}}
        self.which = widgets.Dropdown(options=(OF_PLAN, IN_FOLDER), description="points", **style)
        self.state = widgets.Dropdown(options=("all", *STATES), description="state", **style)
        for menu in (self.which, self.state):
            menu.observe(lambda _: guarded(lambda: self.turn(0)), names="value")
        self.buttons = [widgets.Button() for _ in range(PAGE)]
        self.lines = [widgets.HTML() for _ in range(PAGE)]
        for place, button in enumerate(self.buttons):
            button.on_click(lambda _, place=place: guarded(lambda: self.toggle(place)))
        self.rows = [widgets.HBox(pair) for pair in zip(self.buttons, self.lines, strict=True)]
        self.back, self.on = (widgets.Button(description=words) for words in ("Page before", "Next page"))
        self.back.on_click(lambda _: guarded(lambda: self.turn(self.page - 1)))
        self.on.on_click(lambda _: guarded(lambda: self.turn(self.page + 1)))
        self.count, self.opened, self.log = widgets.HTML(), widgets.HTML(), widgets.HTML()
        top = widgets.HBox([widgets.HTML(element("b", "point")), widgets.HTML(_cells("state", "took", "notebook"))])
        self.list = widgets.VBox([top, *self.rows])
        self.pages = widgets.HBox([self.back, self.on])
        filters = widgets.HBox([self.which, self.state, self.count])
        self.box = widgets.VBox([filters, self.list, self.pages, self.opened, self.log])
        for box, name in ((filters, "filters"), (top, "top"), (self.list, "list"), (self.pages, "pages")):
            box.add_class(f"wb-sweep-{name}")
        for row in self.rows:
            row.add_class("wb-sweep-row")
        self._here: list[Row] = []
        self._told: Row | None = None  # what is opened, as it was read
        self.turn(0)

    def put(self, store: Store, planned: Sequence[Row], others: Sequence[Row]) -> None:
        """Show these points."""
        if self.store is not None and store.out != self.store.out:
            self.open, self.page = "", 0
        self.store, self.planned, self.others = store, planned, others
        self.turn(self.page)

    def shown(self) -> list[Row]:
        """The points that fit the filters."""
        whole = [*self.planned, *(self.others if self.which.value == IN_FOLDER else ())]
        return [row for row in whole if self.state.value in ("all", row.state)]

    def turn(self, page: int) -> None:
        """Show this page of them."""
        fits = self.shown()
        pages = max(1, -(-len(fits) // PAGE))
        self.page = min(max(page, 0), pages - 1)
        self._here = fits[self.page * PAGE :][:PAGE]
        varied = varying(fits)
        for place, widget in enumerate(self.rows):
            widget.layout.display = None if place < len(self._here) else "none"
            if place < len(self._here):
                self._fill(place, self._here[place], varied)
        self.list.layout.display = None if self._here else "none"
        self.pages.layout.display = None if pages > 1 else "none"
        dim(self.back, self.page == 0)
        dim(self.on, self.page == pages - 1)
        self._say(self.count, self._counted(len(fits)))
        self._show_open()

    def toggle(self, place: int) -> None:
        """Open the point of a line, or close it again."""
        if place < len(self._here):
            name = self._here[place].name
            self.open = "" if self.open == name else name
            self.turn(self.page)

    def _counted(self, fit: int) -> Html:
        first = self.page * PAGE + 1
        page = f"{first:,} to {first + len(self._here) - 1:,} of {fit:,} · " if fit > PAGE else ""
        states = counted([*self.planned, *(self.others if self.which.value == IN_FOLDER else ())]) or "none yet"
        beside = f" · {len(self.others):,} more in the folder" if self.others and self.which.value == OF_PLAN else ""
        return element("span", f"{page}{states}{beside}")

    def _fill(self, place: int, row: Row, varied: Sequence[str]) -> None:
        button = self.buttons[place]
        told = ", ".join(f"{name}={row.parameters[name]}" for name in varied if name in row.parameters)
        button.description = f"{'▾' if row.name == self.open else '▸'} {told or row.name[:-DIGITS]}"
        button.tooltip = row.name
        (button.add_class if row.name == self.open else button.remove_class)("wb-sweep-is-open")
        self._say(self.lines[place], line(row))

    def _show_open(self) -> None:
        row = next((row for row in (*self.planned, *self.others) if row.name == self.open), None)
        if row is None or self.store is None:
            self._told = None
            self._say(self.opened, joined())
            self._say(self.log, joined())
            return
        if row == self._told and row.state != "running":
            return  # its files are as they were
        self._told = row
        self._say(self.opened, opened(self.store, row))
        self._say(self.log, log(self.store, row))

    def _say(self, widget: widgets.HTML, html: str) -> None:
        if widget.value != html:
            widget.value = html


def line(row: Row) -> Html:
    """What stands beside the name of a point."""
    seconds = row.record.get("seconds")
    state = element("span", row.words, class_=f"wb-sweep-{row.state}")
    took = "" if seconds is None else clock(seconds)
    error = row.record.get("error", "") if row.state in ("failed", "stopped") else ""
    below = element("div", error, class_="wb-sweep-problem") if error else ""
    return joined(_cells(state, took, row.notebook), below)


def _cells(*cells: object) -> Html:
    return element("div", *(element("span", cell) for cell in cells), class_="wb-sweep-cells")
