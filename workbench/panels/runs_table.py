"""The list of the runs panel: a page of jobs, a box to tick and a line of text for each, filters, an order, pages.

The widgets are made once; what they show is exchanged, so that an archive of thousands costs as much as one of fifteen.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import ipywidgets as widgets

from workbench.panels.export import clock_time, declared, title
from workbench.work.html import Html, element, joined
from workbench.work.jobs import STATES, Record
from workbench.work.progress import clock

PAGE = 15  # jobs
PARTS = 4  # of a call, that a line has room for
ORDERS: dict[str, Callable[[Record], Any]] = {
    "newest first": lambda record: 0,  # as they come
    "starred first": lambda record: not record.starred,
    "longest first": lambda record: -record.seconds,
    "most values first": lambda record: -record.count,
    "by name": lambda record: (not record.name, record.name.lower()),
    "by question": lambda record: question(record),
    "by state": lambda record: STATES.index(record.state),
}
HEAD = ("question", "what differs from the defaults", "began", "took", "state", "values")


def dim(button: widgets.Button, off: bool) -> None:
    """Have a button look as if it did nothing now. Disabled, it would lose the focus."""
    (button.add_class if off else button.remove_class)("wb-off")


def question(record: Record) -> str:
    """The name of the panel that asks what a job asked, or its function."""
    panel = declared(record.function)
    return panel[0] if panel else record.function


class RunsTable:
    """The jobs that fit the filters, in `box`; `selected` are those that are ticked, by id, also on other pages.

    `changed()` is called when a person ticks one, `guarded(act)` does what a person asks for.
    """

    def __init__(self, changed: Callable[[], Any], guarded: Callable[[Callable[[], Any]], Any]) -> None:
        self.records: Sequence[Record] = ()
        self.selected: dict[str, Record] = {}
        self.page, self._changed, self._filling = 0, changed, False
        menu = {"layout": {"width": "auto"}, "style": {"description_width": "auto"}}
        words = {"description": "find", "placeholder": "a word of the name, question or call"}
        self.words = widgets.Text(continuous_update=False, **words, **menu)
        self.question = widgets.Dropdown(options=["all"], description="question", **menu)
        self.state = widgets.Dropdown(options=["all", *STATES], description="state", **menu)
        self.starred = widgets.Checkbox(description="starred only", indent=False, **menu)
        self.order = widgets.Dropdown(options=list(ORDERS), description="order", **menu)
        for one in (self.words, self.question, self.state, self.starred, self.order):
            one.observe(lambda _: guarded(lambda: self.turn(0)), names="value")
        self.boxes = [widgets.Checkbox(indent=False, layout={"width": "auto"}) for _ in range(PAGE)]
        self.lines = [widgets.HTML() for _ in range(PAGE)]
        for place, box in enumerate(self.boxes):
            box.observe(lambda change, place=place: guarded(lambda: self._ticked(place, change.new)), names="value")
        self.rows = [widgets.HBox(pair) for pair in zip(self.boxes, self.lines, strict=True)]
        self.back, self.on = (widgets.Button(description=words) for words in ("Newer page", "Older page"))
        self.back.on_click(lambda _: guarded(lambda: self.turn(self.page - 1)))
        self.on.on_click(lambda _: guarded(lambda: self.turn(self.page + 1)))
        self.count = widgets.HTML()
        filters = widgets.HBox([self.words, self.question, self.state, self.order, self.starred])
        pages = widgets.HBox([self.back, self.on, self.count])
        top = widgets.HBox([widgets.HTML(element("b", "job")), widgets.HTML(_cells(*HEAD, ""))])
        self.list = widgets.VBox([top, *self.rows])
        self.box = widgets.VBox([filters, self.list, pages])
        for box, name in ((filters, "filters"), (top, "top"), (self.list, "list"), (pages, "pages")):
            box.add_class(f"wb-runs-{name}")
        for row in self.rows:
            row.add_class("wb-runs-row")

    def put(self, records: Sequence[Record]) -> None:
        """Show these jobs; those that are ticked stay so while they are there."""
        self.records = records
        self.selected = {record.id: record for record in records if record.id in self.selected}
        questions = ["all", *sorted({question(record) for record in records})]
        if questions != list(self.question.options):
            chosen = self.question.value
            self.question.options = questions
            self.question.value = chosen if chosen in questions else "all"
        self.turn(self.page)

    def shown(self) -> list[Record]:
        """The jobs that fit the filters, in their order."""
        words = str(self.words.value).lower().split()
        fits = [
            record
            for record in self.records
            if self.question.value in ("all", question(record))
            and self.state.value in ("all", record.state)
            and (record.starred or not self.starred.value)
            and all(word in _searched(record) for word in words)
        ]
        return sorted(fits, key=ORDERS[str(self.order.value)])

    def turn(self, page: int) -> None:
        """Show this page of them."""
        fits = self.shown()
        pages = max(1, -(-len(fits) // PAGE))
        self.page = min(max(page, 0), pages - 1)
        here = fits[self.page * PAGE :][:PAGE]
        self._filling = True
        try:
            for place, row in enumerate(self.rows):
                row.layout.display = None if place < len(here) else "none"
                if place < len(here):
                    self._fill(place, here[place])
        finally:
            self._filling = False
        self._here = here
        dim(self.back, self.page == 0)
        dim(self.on, self.page == pages - 1)
        first = self.page * PAGE + 1
        shown = f"{first:,} to {first + len(here) - 1:,} of {len(fits):,}" if here else "none"
        whole = "" if len(fits) == len(self.records) else f" (of {len(self.records):,} in all)"
        self.count.value = element("span", f"{shown}{whole} · {len(self.selected)} selected", role="status")

    def select(self, *ids: str) -> None:
        """Tick these jobs and no others. A ValueError for one that is not there."""
        there = {record.id: record for record in self.records}
        if strange := [name for name in ids if name not in there]:
            raise ValueError(f'there is no job "{strange[0]}" here; refresh() reads the archive again')
        self.selected = {name: there[name] for name in ids}
        self.turn(self.page)
        self._changed()

    def _fill(self, place: int, record: Record) -> None:
        box = self.boxes[place]
        box.description = f"{'★ ' if record.starred else ''}{title(record)}"
        box.tooltip = record.id
        box.value = record.id in self.selected
        self.lines[place].value = line(record)

    def _ticked(self, place: int, ticked: bool) -> None:
        if self._filling or place >= len(self._here):
            return
        record = self._here[place]
        if ticked:
            self.selected[record.id] = record
        else:
            self.selected.pop(record.id, None)
        self.turn(self.page)
        self._changed()


def line(record: Record) -> Html:
    """What stands beside the name of a job."""
    parts = [f"{name.removeprefix('recipe.')}={value}" for name, value in record.changed.items()]
    few = ", ".join(parts[:PARTS]) + (f" and {len(parts) - PARTS} more" if len(parts) > PARTS else "")
    problem = record.error or record.problem
    state = element("span", record.state, class_=f"wb-runs-{record.state}", title=problem or record.state)
    call = element("span", few or "all defaults", title=", ".join(parts))
    took, count = clock(record.seconds), f"{record.count:,}"
    return _cells(question(record), call, clock_time(record), took, state, count, problem)


def _cells(*cells: object) -> Html:
    *few, problem = cells
    below = element("div", problem, class_="wb-runs-problem") if problem else ""
    return joined(element("div", *(element("span", cell) for cell in few), class_="wb-runs-cells"), below)


def _searched(record: Record) -> str:
    parts = " ".join(f"{name}={value}" for name, value in record.changed.items())
    return f"{title(record)} {record.id} {question(record)} {record.function} {parts}".lower()
