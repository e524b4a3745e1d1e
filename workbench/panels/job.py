"""A job: a call that runs in the background while the kernel stays free, and tells what it did.

A thread of its own works; a second one, the publisher, says the latest at most ten times a second, and the last
always (a thousand messages a second are dropped by Jupyter without a word). Neither is a daemon, for a daemon inside
torch aborts the interpreter's exit: both end when the main thread has.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import closing
from contextvars import copy_context
from typing import Any
from weakref import WeakSet

from workbench.panels.curve import Curve, Point
from workbench.work.calls import Call
from workbench.work.journal import Journal
from workbench.work.journal import job as kept_job
from workbench.work.progress import Progress, Stopped, Total, clock, watch

PERIOD = 0.1  # seconds between two messages, at least
HEARTBEAT = 1.0  # and at most, while it runs
LATELY = 3.0  # seconds within which a thread that has reported counts as working
_begun: WeakSet[Job] = WeakSet()


def at_work() -> bool:
    """Whether any job of this kernel works."""
    return any(job.running for job in list(_begun))


def ending() -> bool:
    """Whether the interpreter is ending."""
    return not threading.main_thread().is_alive()


class Job:
    """One run of a call. `values` is what was yielded (or the one value returned), and only grows.

    `state` is waiting, running, stopping, finished, stopped or failed; it is `over` once its last message is out.
    `tell(job)` is called by the publisher alone, and is None in a batch; `check()` is called at every step by whatever
    trains, and raises `Stopped` there. With a `journal` its values are kept there as they come; what it says on the way
    is in `notes`.
    """

    def __init__(self, call: Call, tell: Callable[[Job], Any] | None, *, journal: Journal | None = None) -> None:
        self.call, self.tell, self.journal = call, tell, journal
        self.values: list[Any] = []
        self.error: BaseException | None = None
        self.notes: list[str] = []
        self.record = ""  # its name in the journal
        self.total, self.curve = Total(), Curve()
        self.began = time.monotonic()
        self.ended: float | None = None
        self.begun = self.over = self._forgotten = False
        self._end = ""
        self._threads_seen: dict[int, float] = {}  # when a thread reported last
        self._stop, self._news, self._done = threading.Event(), threading.Event(), threading.Event()
        self._threads = [
            threading.Thread(target=copy_context().run, args=(self._work,), name="workbench job"),
            threading.Thread(target=copy_context().run, args=(self._publish,), name="workbench publisher"),
        ]

    def start(self) -> Job:
        """Begin, and return at once."""
        self.begun, self.began = True, time.monotonic()
        _begun.add(self)
        for thread in self._threads:
            thread.start()
        return self

    def run(self) -> Any:
        """Work in this thread, as a batch does; return the result, or raise what went wrong."""
        self.begun, self.began = True, time.monotonic()
        self._work()
        if self.error is not None:
            raise self.error
        if self.state == "stopped":
            kept = "" if self.journal is None else "; what was finished is kept: run again, it goes on from there"
            raise KeyboardInterrupt(f"stopped after {clock(self.seconds)}{kept}")
        return self.result

    def stop(self) -> None:
        """Ask it to end at the next step; what it finished is kept. One that has not begun never will."""
        self._stop.set()
        self._news.set()
        if not self.begun:
            self._end = "stopped"
            self._done.set()

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until it is over and its last message is out; False when that took longer than `timeout` seconds."""
        return self._done.wait(timeout)

    @property
    def state(self) -> str:
        """One word for it."""
        if self.running:
            return "stopping" if self._stop.is_set() else "running"
        return self._end or "waiting"

    @property
    def running(self) -> bool:
        """Whether it works."""
        return self.begun and self.ended is None

    @property
    def result(self) -> Any:
        """Exactly what the function returned: of a generator the list of what it yielded so far."""
        if self.call.generates:
            return list(self.values)
        return self.values[0] if self.values else None

    @property
    def seconds(self) -> float:
        """How long it has run."""
        return (self.ended or time.monotonic()) - self.began if self.begun else 0.0

    @property
    def points(self) -> tuple[Point, ...]:
        """What was seen of its trainings so far."""
        return self.curve.points

    def forget(self) -> None:
        """Let go of its values, where the journal has all of them."""
        if self.over and self.record and not self.notes:
            self.values, self._forgotten = [], True

    def recall(self) -> None:
        """Read again what it had let go of."""
        if self._forgotten and self.journal is not None:
            self.values, self._forgotten = kept_job(self.journal.archive, self.record).values(), False

    @property
    def threads(self) -> int:
        """How many threads have reported progress lately."""
        now = time.monotonic()
        return sum(now - heard < LATELY for heard in list(self._threads_seen.values()))

    def words(self) -> str:
        """How far it is, in words, with the time left."""
        if not self.running:
            return f"{self.state} after {clock(self.seconds)}" if self.begun else self.state
        left = self.total.left()
        ahead = "" if left is None else f" · {clock(left)} left"
        return f"{self.state} · {self.total.words() or 'beginning'}{ahead}"

    def check(self, progress: Progress | None = None) -> None:
        """Take note of progress; raise `Stopped` when it was asked to stop or the interpreter is ending."""
        if self._stop.is_set() or ending():
            raise Stopped
        if progress is not None:
            self._threads_seen[threading.get_ident()] = time.monotonic()
            self.total(progress)
            if self.tell is not None:
                self.curve(progress)
            self._news.set()

    def _work(self) -> None:
        writing = None
        try:
            if self.journal is not None:
                writing = self.journal.begin(self.call)
                self.record = writing.id
            with watch(self.check), closing(self.call.each()) as values:
                for value in values:
                    if writing is not None:
                        writing.add(value)  # first: what is shown is on the disk
                    self.values.append(value)
                    self.check()
            self._end = "finished"
        except (Stopped, KeyboardInterrupt):
            self._end = "stopped"
        except BaseException as error:
            self.error, self._end = error, "failed"
        finally:
            if writing is not None:
                writing.end(self._end, self.seconds, self.error)
                self.notes += [writing.problem] if writing.problem else []
            self.ended = time.monotonic()
            self._news.set()

    def _publish(self) -> None:
        try:
            assert self.tell is not None
            while self.running and not ending():
                self.tell(self)
                time.sleep(PERIOD)
                self._news.wait(HEARTBEAT)
                self._news.clear()
            if not ending():
                self.tell(self)
        finally:
            self._done.set()
