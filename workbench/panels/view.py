"""What a panel looks like: the form, Run and Stop, progress, the live chart, words, code, table.

Callbacks may run in the main thread or in another (it depends on ipykernel's version), so that they only hand on what
was done and return; the job's publisher is the one thread that shows what happens during a run.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import ipywidgets as widgets

from workbench.panels import pages
from workbench.panels.form import Form
from workbench.panels.job import Job
from workbench.panels.live import LiveChart
from workbench.panels.style import CSS

if TYPE_CHECKING:
    from workbench.panels.panel import Panel

PERIOD = 2.0  # seconds between two tables
BRIEF = 0.1  # seconds; there is no stopping a live panel's call that is over sooner, and its button keeps still


class View:
    """The widgets of one panel, in `box`."""

    def __init__(self, panel: Panel) -> None:
        self.panel, declaration = panel, panel.declaration
        self.told: tuple[Job | None, int] = (None, -1)  # whose outcomes are in the words, and how many
        self.at = 0.0
        self.form = Form(declaration, panel.values, self._typed)
        self.run = self._button("Run", self.panel.run, "play", "wb-run")
        self.stop = self._button("Stop", self.panel.stop, "stop", "wb-stop")
        names = ("status", "problem", "error", "words", "code", "table")
        self.text = {name: widgets.HTML() for name in names}
        self.text["status"].add_class("wb-status")
        buttons = (self.stop,) if declaration.live else (self.run, self.stop)
        go = widgets.HBox([*buttons, self.text["status"]])
        go.add_class("wb-go")
        self.live = LiveChart(declaration.charts)
        head = widgets.HTML(CSS + pages.head(declaration.title, declaration.about))
        wrong, below = (
            (self.text["problem"], self.text["error"]),
            (self.text["words"], self.text["code"], self.text["table"]),
        )
        self.box = widgets.VBox([head, self.form.box, go, *wrong, self.live.box, *below])
        self.box.add_class("wb-panel")
        self.changed()
        self._put("status", pages.status(panel.job))

    def changed(self) -> None:
        """Show the call that the options make now, or what is wrong with them."""
        try:
            self._put("code", pages.code(self.panel.call))
            self._put("problem", "")
        except Exception as error:
            self._put("code", "")
            self._put("problem", pages.wrong(str(error)))
        self._buttons()

    def began(self) -> None:
        """Make room for a new run; of a live panel what is there stays until the next is."""
        self.at = 0.0
        live = self.panel.declaration.live
        self.live.begin(keep=live)
        for name in ("error",) if live else ("error", "words", "table"):
            self._put(name, "")
        self._buttons()

    def tell(self, job: Job) -> None:
        """Show what a job did so far; whatever goes wrong here is shown too, and hurts no run."""
        try:
            self._tell(job)
        except Exception as error:
            self._put("error", pages.failure(error))

    def _tell(self, job: Job) -> None:
        last, values = not job.running, list(job.values)
        self._buttons()
        self._put("status", pages.status(job))
        if self.panel.declaration.live and not last:
            return
        self.live.show(values, of=job, last=last)
        if (job, len(values)) != self.told and (last or time.monotonic() >= self.at + PERIOD):
            self._put("words", pages.sentences(self.panel.declaration.words(values)))
            self._put("table", pages.outcomes_table(self.panel.name, values))
            self.told, self.at = (job, len(values)), time.monotonic()
        if last:
            if job.error is not None:
                self._put("error", pages.failure(job.error))
            self._send()

    def _send(self) -> None:
        """Send the last state once more: messages above a thousand a second are dropped without a word."""
        for widget in (self.run, self.stop, *self.text.values()):
            widget.send_state()
        self.live.chart.send_state(key="spec")

    def _buttons(self) -> None:
        job, runs = self.panel.job, self.panel.running
        brief = self.panel.declaration.live and job is not None and job.seconds < BRIEF
        self.run.disabled = runs or bool(self.text["problem"].value)
        self.stop.disabled = not runs or brief

    def _button(self, words: str, act: Callable[[], Any], icon: str, style: str) -> Any:
        button = widgets.Button(description=words, icon=icon)
        button.add_class(style)
        button.on_click(lambda _: self._guarded(act))
        return button

    def _typed(self, name: str, value: Any) -> None:
        also = getattr(self.panel.declaration.options[name], "also", {})
        self._guarded(lambda: self.panel.set(**{name: value}, **also))

    def _guarded(self, act: Callable[[], Any]) -> None:
        """Do what a callback asks; an exception there would be seen by nobody."""
        try:
            act()
        except Exception as error:
            self._put("error", pages.failure(error))

    def _put(self, name: str, html: str) -> None:
        if self.text[name].value != html:
            self.text[name].value = html
