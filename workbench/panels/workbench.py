"""The workbench: all panels in tabs, by topic; what one of them learns from, the others do too.

wb.workbench("lottery", dataset="mnist")   in a notebook: the tabs, the lottery first
wb.workbench(call, interactive=False)      in a batch: the panel of a call, run at once
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal, overload

import ipywidgets as widgets

from workbench.panels import PANELS, markup
from workbench.panels.panel import Panel
from workbench.panels.register import panel
from workbench.panels.runs import Runs
from workbench.work.calls import Call

SHARED = ("dataset", "train_size", "image_size", "model", "recipe.device", "archive")  # of all panels that have it
SWEEPS = "Sweeps"  # the tab of notebooks over a grid
RUNS = "Runs"  # that of what is kept


def topics() -> dict[str, list[str]]:
    """Return the names of the panels by topic, in the order in which they are registered."""
    named: dict[str, list[str]] = {}
    for name, declaration in PANELS.items():
        named.setdefault(declaration.topic, []).append(name)
    return named


@overload
def workbench(name: str | Call = "lottery", *, interactive: Literal[True] = True, **options: Any) -> Workbench: ...
@overload
def workbench(name: str | Call = "lottery", *, interactive: bool, **options: Any) -> Workbench | Panel: ...
def workbench(name: str | Call = "lottery", *, interactive: bool = True, **options: Any) -> Workbench | Panel:
    """Return all panels in tabs, the one of this name, or of this call, first, with these options set.

    In a batch (`interactive=False`) it is that panel alone, which has run its call when it is returned. What a person
    sets in one panel of the data, the model, the device or the archive holds in the others that have it. Raises a
    ValueError for a name or an option that is not known.
    """
    shown = panel(name, interactive=interactive, **options)
    return Workbench(shown, options) if interactive else shown


class Workbench:
    """Panels in tabs. `panel` is the one that is shown, `result` what it made."""

    def __init__(self, shown: Panel, options: dict[str, Any]) -> None:
        self.panel = shown
        names = {name.rpartition(".")[2]: name for name in SHARED}
        self.shared = {
            names.get(name, name): value for name, value in options.items() if names.get(name, name) in SHARED
        }
        self.runs: Runs | None = None
        self.topics = topics()
        self.menus = {topic: self._menu(topic, names) for topic, names in self.topics.items()}
        self.places = {topic: widgets.VBox() for topic in (*self.topics, SWEEPS, RUNS)}
        self.about = {topic: widgets.HTML() for topic in self.topics}
        heads = {topic: widgets.HBox([self.menus[topic], self.about[topic]]) for topic in self.topics}
        pages = [widgets.VBox([heads[topic], self.places[topic]]) for topic in self.topics]
        pages += [self.places[SWEEPS], self.places[RUNS]]
        self.tabs = widgets.Tab(pages, titles=(*self.topics, SWEEPS, RUNS))
        self.box = widgets.VBox([widgets.HTML(markup.look()), self.tabs])
        self.box.add_class("wb-bench")
        self._open(shown.name)
        self.tabs.observe(lambda _: self._turn(), names="selected_index")

    @property
    def result(self) -> Any:
        """What the panel that is shown made."""
        return self.panel.result

    def _menu(self, topic: str, names: list[str]) -> widgets.Dropdown:
        questions = [(PANELS[name].title, name) for name in names]
        menu = widgets.Dropdown(
            options=questions,
            description="question",
            layout={"width": "min(100%, 440px)"},
            style={"description_width": "auto"},
        )
        menu.observe(lambda change: self._show(topic, change["new"]), names="value")
        return menu

    def _open(self, name: str) -> None:
        topic = PANELS[name].topic
        self.tabs.selected_index = list(self.topics).index(topic)
        if self.menus[topic].value == name:
            self._show(topic, name)
        else:
            self.menus[topic].value = name

    def _turn(self) -> None:
        """Show what a tab holds: its panel, the sweeps, or the runs as they are now."""
        topic = (*self.topics, SWEEPS, RUNS)[self.tabs.selected_index or 0]
        if topic == RUNS:
            self._show_runs()
        elif topic == SWEEPS:
            self.places[SWEEPS].children = [panel("sweep").view.box]
        else:
            self._show(topic, str(self.menus[topic].value))

    def _show(self, topic: str, name: str) -> None:
        shown = self.panel = panel(name)
        shown.typed = self._typed
        held = {**shown.values, "archive": shown.archive}
        changed = {option: value for option, value in self.shared.items() if held.get(option, value) != value}
        shown.set(**changed)
        self.places[topic].children = [shown.view.box]
        self.about[topic].value = markup.about(shown.declaration.about)

    def _show_runs(self) -> None:
        archive = self.shared.get("archive", self.panel.archive)
        if archive is None:
            self.places[RUNS].children = [widgets.HTML(markup.note('Nothing is kept: name a folder in "kept in".'))]
            return
        runs = self.runs if self.runs is not None and self.runs.journal.archive == archive else None
        runs = Runs(archive, insert=self.panel.view.live.place.insert) if runs is None else runs
        runs.refresh()
        self.runs, self.places[RUNS].children = runs, [runs.box]

    def save(self, folder: str | Path) -> Path:
        """Write the table of what the panel that is shown made to `outcomes.parquet` in a folder."""
        return self.panel.save(folder)

    def _typed(self, options: dict[str, Any]) -> None:
        self.shared |= {name: value for name, value in options.items() if name in SHARED}

    def __repr__(self) -> str:
        return f"Workbench({self.panel!r})"

    def _ipython_display_(self) -> None:
        from IPython.display import display

        display(self.box)
