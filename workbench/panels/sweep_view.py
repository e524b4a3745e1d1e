"""What the panel of sweeps looks like: the form, the plan, Start and Stop, progress, the points, the lines to copy."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import ipywidgets as widgets

from workbench.panels import markup
from workbench.panels.browser import Place
from workbench.panels.job import Job, ending
from workbench.panels.runs_table import dim
from workbench.panels.sweep_draft import SweepDraft
from workbench.panels.sweep_form import SweepForm
from workbench.panels.sweep_planning import Planning
from workbench.panels.sweep_points import SweepPoints
from workbench.panels.sweep_reporting import Reporting
from workbench.panels.sweep_rows import Reader
from workbench.panels.view import INSERTED
from workbench.sweep.plan import Plan
from workbench.work.calls import Call
from workbench.work.cores import cores
from workbench.work.html import element, joined
from workbench.work.locks import Lock

TITLE = "Sweeps"
ABOUT = "Run notebooks over a grid of their parameters, here or on a cluster. What is finished is kept, and runs once."
PERIOD = 2.0  # seconds between two looks into the folder
SETTLING = 20  # looks after the end, at most
TEXTS = ("plan", "status", "note", "problem", "error", "older", "code")


class SweepView:
    """The widgets, in `box`. `start()` and `stop()` do what a person asks for."""

    def __init__(self, draft: SweepDraft, start: Callable[[], Any], stop: Callable[[], Any]) -> None:
        self.draft = draft
        self.job: Job | None = None
        self.call: Call | None = None  # that of the form; None where it makes none
        self.plan: Plan | None = None  # whose points are listed
        self.lock = Lock(threading.RLock)
        self.text = {name: widgets.HTML() for name in TEXTS}
        self.text["status"].add_class("wb-status")
        self.planning = Planning(self._planned)
        self.reader = Reader(draft.out)
        self.looked = 0.0
        self.form = SweepForm(draft, lambda: self.guarded(self.changed))
        self.start = self._button("Start", lambda: self._start(start), "play", "wb-run")
        self.stop = self._button("Stop", lambda: self._stop(stop), "stop", "wb-stop")
        self.refresh = self._button("Refresh", self.look, "", "wb-refresh")
        self.reporting = Reporting(lambda: self.reader.store.out, self.guarded)
        self.insert = self._button("Into a new cell", self._insert, "", "wb-insert")
        self.points = SweepPoints(self.guarded)
        self.place = Place()
        self.place.observe(lambda told: self.note(INSERTED.get(told["new"], "")), names="inserted")
        self.go = widgets.HBox([self.start, self.stop, self.text["status"]])
        self.go.add_class("wb-go")
        acts = widgets.HBox([self.refresh, self.reporting.box])
        acts.add_class("wb-sweep-acts")
        head = [widgets.HTML(markup.head(TITLE, ABOUT)), widgets.HTML(markup.look("sweep.css")), self.place]
        said = [self.text[name] for name in ("note", "problem", "error", "older")]
        code = widgets.VBox([self.text["code"], self.insert])
        self.box = widgets.VBox([*head, self.form.box, self.text["plan"], self.go, *said, self.points.box, acts, code])
        self.box.add_class("wb-panel")
        self.box.add_class("wb-sweep")
        self._say("status", markup.status(None))
        self.changed()

    def changed(self) -> None:
        """Show the plan and the lines of what the form holds, or what is wrong with it."""
        with self.lock:
            wrong, self.call = self.form.check(), None
            try:
                self.call = self.draft.call
                self._code()
            except ValueError as error:
                wrong = wrong or str(error)
            self._say("problem", markup.wrong(wrong) if wrong else "")
            self.planning.leave()
            if self.call is None:
                self._say("plan", "")
                self._say("code", "")
                self._state()
            else:
                self._say("plan", element("p", "planning …", class_="wb-sweep-plan"))
                self.planning.ask(self.call.arguments["plan"])
            self._state()

    def look(self) -> None:
        """Read the folder again."""
        self.reader = Reader(self.plan.out if self.plan is not None else self.draft.out)
        self._list()

    def began(self, job: Job) -> None:
        """Make room for a new run."""
        with self.lock:
            self.job, self.looked = job, 0.0
            for name in ("error", "note"):
                self._say(name, "")
            self.place.said = f"{TITLE}: begun"
            self._state()

    def tell(self, job: Job) -> None:
        """Show what a run did so far; whatever goes wrong here is shown too, and hurts no run."""
        self.guarded(lambda: self._tell(job))
        for _ in range(SETTLING if not job.running else 0):  # where it was stopped, points say so a moment later
            if ending() or not any(row.state == "running" for row in self.points.planned):
                break
            time.sleep(PERIOD / 4)
            self.guarded(self._list)

    def note(self, words: str) -> None:
        """Say something about what was just asked for."""
        self._say("note", markup.note(words))

    def _tell(self, job: Job) -> None:
        last = not job.running
        if last or time.monotonic() >= self.looked + PERIOD:
            self._follow(job)
            self._list()
            self.looked = time.monotonic()
        with self.lock:
            begun = bool(job.values) or any(row.state == "running" for row in self.points.planned)
            self._say("status", markup.status(job, "" if begun or last else "its workers start · "))
            self._state()
            if not last:
                return
            self.place.said = f"{TITLE}: {job.words()}"
            failed = sum(ended.state == "failed" for ended in job.values)
            if job.error is not None:
                self._say("error", markup.failure(job.error))
            elif failed:
                words = f"{failed:,} of {len(job.values):,} points failed"
                self.note(f"{words}. Start tries them again; open one to see why.")
            if self.call is not None:
                self.planning.ask(self.call.arguments["plan"])  # what is finished now
            for widget in (self.start, self.stop, *self.text.values()):  # a message may have been dropped on the way
                widget.send_state()

    def _follow(self, job: Job) -> None:
        """List the points of the run, whatever the form says now."""
        call = job.call.arguments["plan"]
        if self.plan is None or getattr(self, "followed", None) is not job:
            plan = call.run()
            with self.lock:
                self.followed, self.plan = job, plan
                self.reader = Reader(plan.out)

    def _planned(self, plan: Any, left: Callable[[], bool]) -> None:
        """Show a plan that was made, or what is wrong with it."""
        self.guarded(lambda: self._show_plan(plan, left))

    def _show_plan(self, plan: Any, left: Callable[[], bool]) -> None:
        with self.lock:
            if left():
                return
            if not isinstance(plan, Plan):
                known = isinstance(plan, ValueError)
                self._say("problem", markup.wrong(str(plan)) if known else markup.failure(plan))
                self.form.say(str(plan))
                self._say("plan", "")
                self.call = None
                self._state()
                return
            words = joined(element("b", "Plan"), f": {plan.words(self._workers())}")
            self._say("plan", element("p", words, f" They go to {plan.out}.", class_="wb-sweep-plan", role="status"))
            if self._works:
                return
            if self.plan is None or self.plan.out != plan.out:
                self.reader = Reader(plan.out)
            self.plan = plan
        self._list()

    def _list(self) -> None:
        """Read the folder, outside the lock, and show its points."""
        reader, plan = self.reader, self.plan
        planned, others = reader.read(() if plan is None else plan.points)
        with self.lock:
            if plan is self.plan:
                self.points.put(reader.store, planned, others)

    def _workers(self) -> int:
        told = {} if self.call is None else self.call.arguments
        return int(told.get("workers") or max(1, cores() // told.get("cores", 1)))

    @property
    def _works(self) -> bool:
        return self.job is not None and self.job.ended is None

    def _state(self) -> None:
        """Show which buttons do something, and whether what runs is what the form says. Buttons keep the focus."""
        dim(self.start, self.call is None or self._works)
        dim(self.stop, not self._works)
        older = self.job is not None and self._works and self.call is not None and self.job.call != self.call
        words = "What runs is another sweep than the form makes now"
        told = element("div", element("b", words), element("details", *self._script()), class_="wb-older")
        self._say("older", told if older else "")
        self.insert.layout.display = None if self.call is not None else "none"

    def _script(self) -> list[str]:
        script = "" if self.job is None else self.job.call.script().strip()
        return [element("summary", "Its script"), markup.block(script)]

    def _code(self) -> None:
        assert self.call is not None
        cell = (element("b", "The same from a cell"), markup.block(self.call.script().strip()))
        terminal = (element("b", "The same in a terminal"), markup.block(self.draft.line()))
        self._say("code", element("div", *terminal, *cell, class_="wb-code"))

    def _start(self, start: Callable[[], Any]) -> None:
        if self._works:
            self.note("It runs already; stop it first, or wait for its end.")
        elif self.call is None:
            self.note("Nothing starts: what is wrong with the form is said beside it.")
        else:
            start()

    def _stop(self, stop: Callable[[], Any]) -> None:
        if self._works:
            stop()
        else:
            self.note("Nothing runs here.")

    def _insert(self) -> None:
        if self.call is not None:
            self.place.insert(self.call.script())

    def _button(self, words: str, act: Callable[[], Any], icon: str, style: str) -> widgets.Button:
        button = widgets.Button(description=words, icon=icon)
        button.add_class(style)
        button.on_click(lambda _: self.guarded(act))
        return button

    def guarded(self, act: Callable[[], Any]) -> None:
        """Do what is asked for; an exception in a callback, or in a thread, would be seen by nobody."""
        try:
            act()
        except ValueError as error:  # in words already
            self._say("error", markup.alert(str(error)))
        except Exception as error:
            self._say("error", markup.failure(error))

    def _say(self, name: str, html: str) -> None:
        if self.text[name].value != html:
            self.text[name].value = html
