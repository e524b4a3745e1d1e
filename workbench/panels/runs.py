"""The runs panel: what an archive holds, to be found again, looked at side by side, named, starred, deleted, passed on.

    runs = Runs("runs")             shown in a notebook, it lists the jobs of this folder
    runs.select(*ids); runs.draw(); runs.save_csv()

All that it does is a call of the library: `wb.jobs`, `record.renamed`, `record.compared`, `export.save_html`.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import ipywidgets as widgets

from workbench.charts.grammar import Picture, Rows
from workbench.panels import PANELS, markup
from workbench.panels.export import pictures, save_csv, save_html, titles
from workbench.panels.live import LiveChart
from workbench.panels.runs_table import RunsTable, dim
from workbench.work.archive import ArchiveLike
from workbench.work.cleaning import clean
from workbench.work.html import Html, element, joined, table
from workbench.work.jobs import Record
from workbench.work.journal import Journal
from workbench.work.public_names import public_name
from workbench.work.stored_calls import stored_calls

EXPORTS = "exports"  # a folder beside the notebook
ABOUT = "Every run of a panel is kept here. Tick some to draw their curves together, compare, name, or save them."


class Runs:
    """The widgets over an archive, in `box`. `insert(text)` puts a text into a new cell; without one, below its own."""

    def __init__(self, archive: ArchiveLike, insert: Callable[[str], Any] | None = None) -> None:
        self.journal = Journal(archive)
        self.exports = Path(EXPORTS)
        self.asked_to_delete: tuple[str, ...] = ()
        self.table = RunsTable(self._selection_changed, self._guarded)
        self.scripts = widgets.Checkbox(description="and what scripts keep", indent=False, layout={"width": "auto"})
        self.scripts.observe(lambda _: self._guarded(self.refresh), names="value")
        self.name = widgets.Text(description="name", continuous_update=False, placeholder="of the one that is ticked")
        acts = {
            "Draw": self.draw,
            "Open in a cell": self.open,
            "Compare two": self.compare,
            "Star": self.star,
            "Save CSV": self.save_csv,
            "Save HTML": self.save_html,
            "Delete": self.delete,
            "Clear": self.table.select,
        }
        self.buttons = {words: self._button(words, act) for words, act in acts.items()}
        rename = self._button("Rename", lambda: self.rename(self.name.value))
        self.buttons["Rename"] = rename
        self.text = {name: widgets.HTML() for name in ("error", "said", "compared", "code")}
        self.live = LiveChart({"none yet": Picture(_nothing)}, self._guarded)
        self.insert = insert or self.live.place.insert
        head = [widgets.HTML(markup.head("Runs", ABOUT)), widgets.HTML(markup.look("runs.css"))]
        room = self._button("Free space", self.clean)
        room.tooltip = "removes tensors that nothing here uses any more, once they are a day old"
        reload = widgets.HBox([self._button("Refresh", self.refresh), self.scripts, room])
        does = widgets.HBox([*(self.buttons[words] for words in acts), widgets.HBox([self.name, rename])])
        for box in (reload, does):
            box.add_class("wb-runs-acts")
        texts = (self.text["error"], self.text["said"])
        shown = (self.text["compared"], self.text["code"], self.live.box)
        self.box = widgets.VBox([*head, reload, self.table.box, does, *texts, *shown])
        self.box.add_class("wb-panel")
        self.box.add_class("wb-runs")
        self.live.box.layout.display = "none"
        self._guarded(self.refresh)
        self._selection_changed()

    @property
    def selected(self) -> list[Record]:
        """The jobs that are ticked, in the order in which they were."""
        return list(self.table.selected.values())

    def select(self, *ids: str) -> None:
        """Tick these jobs and no others."""
        self.table.select(*ids)

    def refresh(self) -> None:
        """Read the archive again; what is damaged there is said."""
        records, problems = self.journal.listed()
        if self.scripts.value:
            functions = {name for declaration in PANELS.values() if (name := public_name(declaration.function))}
            stored, damaged = stored_calls(self.journal.opened, functions)
            records, problems = sorted([*records, *stored], key=lambda r: r.began, reverse=True), problems + damaged
        self.table.put(records)
        empty = f'Nothing is kept in "{self._folder}" yet. What a panel runs from now on appears here.'
        self._say("said", *(problems or ([] if records else [empty])))
        self._selection_changed()

    def draw(self) -> None:
        """Draw the jobs that are ticked: lines over one another; what has no lines, one job at a time."""
        named = titles(self._some(1))
        read = {name: record.read() for name, record in named.items()}
        self._say("said", *(problem for _, problems in read.values() for problem in problems))
        outcomes = {name: values for name, (values, _) in read.items()}
        charts = pictures(named, outcomes)
        if not charts:
            raise ValueError("no panel draws what these jobs gave; open them in a cell")
        self.live.begin()
        self.live.given = (None, [], False)  # or the menu would draw old outcomes in new pictures
        self.live.pictures = charts
        self.live.menu.options = list(charts)
        self.live.box.layout.display = None
        self.live.show(list(outcomes.items()), of=object(), last=True)

    def open(self) -> str:
        """Give the code that reads the jobs that are ticked, into a new cell where that is possible."""
        named = titles(self._some(1))
        sources = [record.source for record in named.values()]
        lines = [f"    {json.dumps(name)}: {source}," for name, source in zip(named, sources, strict=True)]
        made = f"outcomes = {sources[0]}" if len(sources) == 1 else "\n".join(["outcomes = {", *lines, "}"])
        code = f"import workbench as wb\n\n{made}"
        self._html("code", element("div", element("b", "In a cell"), markup.block(code), class_="wb-code"))
        self.insert(code)
        return code

    def compare(self) -> None:
        """Show what differs between two jobs: of their calls, and of where they ran."""
        a, b = self._some(2, 2)
        frame, (first, second) = a.compared(b), titles([a, b])
        rows = list(frame.itertuples(index=False))
        told = table(rows, head=("argument", first, second), caption="What differs")
        self._html(
            "compared",
            element(
                "div", told if rows else "They are the same call, made on the same machine.", class_="wb-runs-compared"
            ),
        )

    def rename(self, name: str) -> None:
        """Give the job that is ticked a name."""
        (record,) = self._some(1, 1)
        record.renamed(name)
        self.refresh()
        self._say("said", f'It is called "{name.strip()}" now.' if name.strip() else "It has no name now.")

    def star(self) -> None:
        """Star the jobs that are ticked; where all of them are, take their stars."""
        starred = not all(record.starred for record in self._some(1))
        for record in self.selected:
            record.starred_as(starred)
        self.refresh()

    def delete(self) -> None:
        """Delete the jobs that are ticked, once a person has asked twice."""
        records = self._some(1)
        if self.asked_to_delete != (ids := tuple(record.id for record in records)):
            self.asked_to_delete = ids
            self.buttons["Delete"].description = f"Delete {len(ids)} for good"
            self._say("said", f"Press it again to delete {', '.join(titles(records))} for good.")
            return
        try:
            for record in records:
                record.delete()
        finally:
            self.refresh()
        kept = "Tensors that others may share stay for a day; after it, Free space removes what nothing uses."
        self._say("said", f"Deleted {len(ids)} job{'s' if len(ids) != 1 else ''}. {kept}")

    def clean(self) -> None:
        """Remove tensors that nothing uses any more."""
        self._say("said", f"{clean(self.journal.opened) / 1e6:,.1f} MB of tensors that nothing uses were removed.")

    def save_csv(self) -> None:
        """Write the tables of the jobs that are ticked as one CSV."""
        self._save(save_csv, "csv", 'pandas.read_csv(path, comment="#") reads it.')

    def save_html(self) -> None:
        """Write the jobs that are ticked as one page of HTML, with their charts."""
        self._save(save_html, "html", "It opens in any browser, offline too.")

    def _save(self, save: Callable[[list[Record], Path], Path], kind: str, words: str) -> None:
        """Write in another thread: charts take seconds, and the kernel stays free."""
        records = self._some(1)
        number, name = len(records), records[0].id.removesuffix(".json")[-22:]
        path = self.exports / f"{'job' if number == 1 else f'{number}-jobs'}-{name}.{kind}"

        def write() -> None:
            self.exports.mkdir(parents=True, exist_ok=True)
            self._say("said", f"Written to {save(records, path).resolve()}. {words}")

        self._say("said", f"Writing {path} …")
        self.writer = threading.Thread(target=lambda: self._guarded(write), name="workbench export")
        self.writer.start()

    def _some(self, least: int, most: int | None = None) -> list[Record]:
        number = len(self.selected)
        if number < least or (most is not None and number > most):
            asked = {(1, None): "one job or more", (1, 1): "one job", (2, 2): "two jobs"}[least, most]
            there = f"{number or 'none'} {'is' if number < 2 else 'are'}"
            raise ValueError(f"this asks for {asked} to be ticked, and {there}")
        return self.selected

    def _selection_changed(self) -> None:
        number = len(self.selected)
        self.asked_to_delete = ()
        self.buttons["Delete"].description = "Delete"
        for words, button in self.buttons.items():
            dim(button, number != {"Compare two": 2, "Rename": 1}.get(words, number or -1))
        self.name.value = self.selected[0].name if number == 1 else ""

    @property
    def _folder(self) -> str:
        return os.fspath(self.journal.opened.folder)

    def _button(self, words: str, act: Callable[[], Any]) -> widgets.Button:
        button = widgets.Button(description=words)
        button.on_click(lambda _: self._guarded(act))
        return button

    def _guarded(self, act: Callable[[], Any]) -> None:
        """Do what is asked for; an exception in a callback would be seen by nobody."""
        try:
            self._html("error", joined())
            act()
        except ValueError as error:  # in words already
            self._html("error", markup.alert(str(error)))
        except Exception as error:
            self._html("error", markup.failure(error))

    def _say(self, name: str, *lines: str) -> None:
        self._html(name, element("div", *(element("p", line) for line in lines), role="status"))

    def _html(self, name: str, html: Html) -> None:
        if self.text[name].value != html:
            self.text[name].value = html

    def _ipython_display_(self) -> None:
        from IPython.display import display

        display(self.box)


def _nothing(outcomes: Any) -> Rows:
    """Draw nothing, before there is a choice."""
    return []
