"""What a panel looks like: the form, Run and Stop, progress, the live chart, words, code, table.

A view knows no panel: it shows a draft and the jobs that it is told of, and hands on what a person does. Callbacks may
run in the main thread or in another (it depends on ipykernel's version), so that they do only that and return; the
job's publisher is the one thread that shows what happens during a run.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import ipywidgets as widgets

from workbench.panels import markup
from workbench.panels.draft import Draft
from workbench.panels.form import Form
from workbench.panels.job import Job
from workbench.panels.live import LiveChart

PERIOD = 2.0  # seconds between two tables
BRIEF = 0.1  # seconds; there is no stopping a live panel's call that is over sooner, and its button keeps still


class View:
    """The widgets of one panel, in `box`. `put(**options)`, `run()` and `stop()` do what a person asks for."""

    def __init__(
        self, draft: Draft, *, put: Callable[..., Any], run: Callable[[], Any], stop: Callable[[], Any]
    ) -> None:
        self.draft, self.declaration, self.put = draft, draft.declaration, put
        self.job: Job | None = None  # the last one that was told of
        self.tabled: tuple[Job | None, int] = (None, -1)  # whose outcomes are in the words and the table, and how many
        self.tabled_at = 0.0
        self.form = Form(draft, self._put)
        self.run = self._button("Run", run, "play", "wb-run")
        self.stop = self._button("Stop", stop, "stop", "wb-stop")
        head = widgets.HTML(markup.head(self.declaration.title, self.declaration.about))
        names = ("status", "problem", "error", "words", "code", "table")
        text = self.text = {name: widgets.HTML() for name in names}
        text["status"].add_class("wb-status")
        buttons = (self.stop,) if self.declaration.live else (self.run, self.stop)
        go = widgets.HBox([*buttons, text["status"]])
        go.add_class("wb-go")
        self.live = LiveChart(self.declaration.pictures, self._guarded)
        above, below = (text["problem"], text["error"]), (text["words"], text["code"], text["table"])
        self.box = widgets.VBox([head, self.form.box, go, *above, self.live.box, *below])
        self.box.add_class("wb-panel")
        self._say("status", markup.status(None))
        self.changed()

    def changed(self) -> None:
        """Show options that were set, and the call that they make, or what is wrong with them."""
        self.form.show(self.draft.values)
        try:
            self._say("code", markup.code(self.draft.call))
            self._say("problem", "")
        except Exception as error:
            self._say("code", "")
            self._say("problem", markup.wrong(str(error)))
        self._buttons()

    def began(self, job: Job) -> None:
        """Make room for a new run; of a live panel what is there stays until the next is."""
        self.job, self.tabled_at = job, 0.0
        live = self.declaration.live
        self.live.begin(keep=live)
        for name in ("error",) if live else ("error", "words", "table"):
            self._say(name, "")
        self._buttons()

    def tell(self, job: Job) -> None:
        """Show what a job did so far; whatever goes wrong here is shown too, and hurts no run."""
        self.job = job
        self._guarded(lambda: self._tell(job))

    def _tell(self, job: Job) -> None:
        last, values = not job.running, list(job.values)
        self._buttons()
        self._say("status", markup.status(job))
        if self.declaration.live and not last:
            return
        self.live.show(values, of=job, last=last)
        if (job, len(values)) != self.tabled and (last or time.monotonic() >= self.tabled_at + PERIOD):
            self._say("words", markup.sentences(self.declaration.words(values)))
            self._say("table", markup.outcomes_table(self.draft.name, self.declaration.table(values)))
            self.tabled, self.tabled_at = (job, len(values)), time.monotonic()
        if last:
            if job.error is not None:
                self._say("error", markup.failure(job.error))
            self._send()

    def _send(self) -> None:
        """Send the last state once more: messages above a thousand a second are dropped without a word."""
        for widget in (self.run, self.stop, *self.text.values()):
            widget.send_state()
        self.live.chart.send_state(key="spec")

    def _buttons(self) -> None:
        job = self.job
        runs = job is not None and job.running
        brief = self.declaration.live and job is not None and job.seconds < BRIEF
        self.run.disabled = runs or bool(self.text["problem"].value)
        self.stop.disabled = not runs or brief

    def _button(self, words: str, act: Callable[[], Any], icon: str, style: str) -> widgets.Button:
        button = widgets.Button(description=words, icon=icon)
        button.add_class(style)
        button.on_click(lambda _: self._guarded(act))
        return button

    def _put(self, **options: Any) -> None:
        self._guarded(lambda: self.put(**options))

    def _guarded(self, act: Callable[[], Any]) -> None:
        """Do what is asked for; an exception in a callback, or in the publisher, would be seen by nobody."""
        try:
            act()
        except Exception as error:
            self._say("error", markup.failure(error))

    def _say(self, name: str, html: str) -> None:
        if self.text[name].value != html:
            self.text[name].value = html
