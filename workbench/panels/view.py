"""What a panel looks like: the form, Run and Stop, progress, the live chart, words, tables, the call.

A view computes nothing: it shows its panel's draft and the jobs that it is told of, and hands on what a person does.
Callbacks may run in the main thread or in another (it depends on ipykernel's version), so that they do only that and
return; the job's publisher is the one thread that shows what happens during a run.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, TypeVar

import ipywidgets as widgets

from workbench.panels import markup
from workbench.panels.draft import Draft
from workbench.panels.form import Form
from workbench.panels.job import Job
from workbench.panels.keeping import Keeping
from workbench.panels.live import LiveChart
from workbench.panels.others import Others
from workbench.panels.past import Past
from workbench.panels.pricing import Pricing
from workbench.panels.turns import Queue
from workbench.panels.wording import in_words
from workbench.work.calls import Call

T = TypeVar("T")
PERIOD = 2.0  # seconds between two tables
BRIEF = 0.1  # seconds; there is no stopping a live panel's call that is over sooner, and its button keeps still
INSERTED = {
    "cell": "It stands in a new cell below.",
    "clipboard": "It is in the clipboard.",
    "nothing": "The browser does not let it into the clipboard: mark the text, and copy it.",
}
TEXTS = ("status", "price", "note", "problem", "error", "older", "words", "drawn", "code", "table")


class View:
    """The widgets of one panel, in `box`.

    `put(**options)`, `run()`, `stop(job)` and `show(job)` do what a person asks for.
    """

    def __init__(
        self,
        draft: Draft,
        turns: Queue,
        *,
        put: Callable[..., Any],
        run: Callable[[], Any],
        stop: Callable[[Job], Any],
        show: Callable[[Job], Any],
    ) -> None:
        self.draft, self.declaration, self.turns, self.put = draft, draft.declaration, turns, put
        self.job: Job | Past | None = None  # the last one that was told of
        self.tabled: tuple[Any, ...] = ()  # whose outcomes are in the words and the tables
        self.tabled_at = 0.0
        self.call: Call | None = None  # that of the form; None where it makes none
        live = self.declaration.live
        self.form = Form(draft, self._put)
        self.run = self._button("Run", lambda: self._run(run), "play", "wb-run")
        self.stop = self._button("Stop", lambda: self._stop(stop), "stop", "wb-stop")
        self.insert = self._button("Into a new cell", self._insert, "", "wb-insert")
        self.back = self._button("Set the form to it", self._set_back, "undo", "wb-back")
        text = self.text = {name: widgets.HTML() for name in TEXTS}
        text["status"].add_class("wb-status")
        self.kept = widgets.Text(description="kept in", placeholder="nowhere", continuous_update=False)
        self.kept.add_class("wb-kept")
        self.kept.observe(lambda change: self._put(archive=change["new"].strip() or None), names="value")
        self.go = widgets.HBox(
            [self.stop, text["status"]] if live else [self.run, self.stop, text["price"], text["status"], self.kept]
        )
        self.go.add_class("wb-go")
        self.again = self._button("Go on with it", lambda: (self._set_back(), run()), "play", "wb-again")
        self.older = widgets.HBox([text["older"], self.back, self.again])
        self.older.add_class("wb-older")
        self.others = Others(stop, lambda job: self.guarded(lambda: show(job)))
        self.live = LiveChart(self.declaration.pictures, self.guarded, self._drawn, now=not live)
        self.keeping = Keeping(self.note, self.guarded)
        code = widgets.VBox([text["code"], self.insert])
        parts = [widgets.HTML(markup.head(self.declaration.title, self.declaration.about)), self.form.box, self.go]
        parts += [text["note"], text["problem"], text["error"], self.others.box, self.older, self.live.box]
        self.box = widgets.VBox([*parts, text["words"], text["drawn"], text["table"], self.keeping.box, code])
        self.box.add_class("wb-panel")
        self.pricing = Pricing(lambda words: self._say("price", markup.price(words)))
        self.live.place.observe(lambda _: self._price(), names="width")  # told by a browser alone: somebody looks
        self.live.place.observe(lambda told: self.note(INSERTED.get(told["new"], "")), names="inserted")
        self._say("status", markup.status(None))
        self.changed()

    def changed(self) -> None:
        """Show options that were set, and the call that they make, or what is wrong with them."""
        self.form.show(self.draft.values)
        archive = self.draft.archive
        self.kept.value = "" if archive is None else str(getattr(archive, "folder", archive))
        try:
            self.call = self.draft.call
            self._say("code", markup.code(self.call, archive))
            self._say("problem", "")
        except Exception as error:
            self.call = None
            self._say("code", "")
            self._say("problem", markup.wrong(str(error)))
        self._state()
        self._price()

    def _price(self) -> None:
        if self.live.place.width and not self.declaration.live and not (self.job is not None and self.job.running):
            self.pricing.ask(self.call, self.draft.archive)

    def began(self, job: Job | Past) -> None:
        """Make room for a new run; of a live panel what is there stays until the next is."""
        self.job, self.tabled_at = job, 0.0
        self.pricing.leave()
        self._say("price", "")
        live = self.declaration.live
        self.live.offer(self.declaration.charts_of(job.call.arguments.get("dataset")))
        self.live.begin(keep=live)
        if isinstance(job, Job) and not live:
            self.live.place.said = f"{self.declaration.title}: begun"
            self.keeping.show([], None)
        for name in ("error", "note") if live else ("error", "note", "words", "drawn", "table"):
            self._say(name, "")
        self._state()

    def tell(self, job: Job | Past) -> None:
        """Show what a job did so far; whatever goes wrong here is shown too, and hurts no run."""
        self.job = job
        self.guarded(lambda: self._tell(job))

    def tell_of_others(self) -> None:
        """Show what the jobs do that are not shown themselves."""
        self.guarded(self._others)

    def note(self, words: str) -> None:
        """Say something about what was just asked for."""
        self._say("note", markup.note(words))
        self._state()

    def _tell(self, job: Job | Past) -> None:
        last, values = not job.running, list(job.values)
        self._state()
        self._say("status", markup.status(job))
        if self.declaration.live and not last:
            return
        self.live.show(values, of=job, last=last)
        if (job, len(values), last) != self.tabled[:3] and (last or time.monotonic() >= self.tabled_at + PERIOD):
            self._say_outcomes(values, last)
        if last:
            self.keeping.show([] if self.declaration.live else values, self.draft.archive)
            if isinstance(job, Job) and not self.declaration.live:
                self.live.place.said = f"{self.declaration.title}: {job.words()}"
            if job.notes:
                self._say("note", markup.note(" ".join(job.notes)))
            if job.error is not None:
                words = in_words(str(job.error), self.declaration.options) if type(job.error) is ValueError else ""
                self._say("error", markup.failure(job.error, words))
            self._send()

    def _drawn(self) -> None:
        """Say what belongs to the picture that was just drawn."""
        if self.job is not None:
            self._say_outcomes(list(self.job.values), not self.job.running, numbers=True)

    def _say_outcomes(self, values: list[Any], last: bool, *, numbers: bool = False) -> None:
        """Say in words and tables what there is; the numbers of a chart, which is drawn for them, at the end alone."""
        picture = self.live.picture
        now = (self.job, len(values), last, self.live.name)
        if now == self.tabled:
            return
        self._say("words", markup.sentences(picture.words(values)))
        if last or numbers:
            self._say("drawn", markup.drawn_table(self.live.name, picture.table(picture.rows(values))))
        self._say("table", markup.outcomes_table(self.draft.name, self.declaration.table(values)))
        self.tabled, self.tabled_at = now, time.monotonic()

    def _send(self) -> None:
        """Send the last state once more: messages above a thousand a second are dropped without a word."""
        for widget in (self.run, self.stop, *self.text.values()):
            widget.send_state()
        self.live.send()

    def _state(self) -> None:
        """Show which buttons do something, and whether what is shown is of the form's call. Buttons keep the focus."""
        job, call = self.job, self.call
        runs = job is not None and job.running and not (self.declaration.live and job.seconds < BRIEF)
        for button, does in ((self.run, call is not None), (self.stop, runs)):
            (button.remove_class if does else button.add_class)("wb-off")
        older = job is not None and not self.declaration.live and job.call != call
        self._say("older", markup.older(job.call) if older and job is not None else "")
        self.older.layout.display = None if older else "none"
        self.insert.layout.display = None if call is not None else "none"
        self._others()

    def _others(self) -> None:
        jobs = [] if self.declaration.live else [job for job in self.turns.jobs if job is not self.job]
        self.others.tell(jobs)

    def _run(self, run: Callable[[], Any]) -> None:
        if self.call is None:
            self.note("Nothing runs: what is wrong with the form is said below.")
        else:
            run()

    def _stop(self, stop: Callable[[Job], Any]) -> None:
        if isinstance(self.job, Job) and self.job.running:
            stop(self.job)
        else:
            self.note("Nothing runs here.")

    def _insert(self) -> None:
        if self.call is not None:
            self.live.place.insert(self.call.script())

    def _set_back(self) -> None:
        if self.job is not None:
            self.put(**{name: value for name, value in self.job.call.arguments.items() if name != "archive"})

    def _button(self, words: str, act: Callable[[], Any], icon: str, style: str) -> widgets.Button:
        button = widgets.Button(description=words, icon=icon)
        button.add_class(style)
        button.on_click(lambda _: self.guarded(act))
        return button

    def _put(self, **options: Any) -> None:
        self.guarded(lambda: self.put(**options))

    def guarded(self, act: Callable[[], T]) -> T | None:
        """Do what is asked for; an exception in a callback, or in the publisher, would be seen by nobody."""
        try:
            return act()
        except Exception as error:
            self._say("error", markup.failure(error))

    def _say(self, name: str, html: str) -> None:
        if self.text[name].value != html:
            self.text[name].value = html
