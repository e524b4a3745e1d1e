"""Whose turn it is: what happens where a panel is asked for a run while another works.

A queue runs calls one after another, in the order in which they were asked for, and none twice. A live panel, whose
calls take a moment, runs only the latest: what is outdated before its turn is left out.
"""

from __future__ import annotations

from collections.abc import Callable

from workbench.panels.job import Job
from workbench.work.calls import Call

PATIENCE = 0.5  # seconds that a live panel's call may take once its options have changed
KEPT = 8  # jobs of a panel that are over, and still listed

Make = Callable[[Call], Job]


class Queue:
    """Jobs one after another. `jobs` are all of them in their order, those that wait last.

    `make(call)` makes a job that has not begun, `begin(job)` begins it.
    """

    def __init__(self, make: Make, begin: Callable[[Job], None]) -> None:
        self.make, self.begin = make, begin
        self.jobs: list[Job] = []

    @property
    def working(self) -> Job | None:
        """The job that works now, its last message included."""
        return next((job for job in self.jobs if job.begun and not job.over), None)

    def ask(self, call: Call) -> str:
        """Begin a call, or have it wait for its turn; in words why it does not begin at once."""
        waiting = [job for job in self.jobs if not job.over]
        if any(job.call == call for job in waiting):
            return "This call runs already, or waits for its turn: it is not done twice."
        job = self.make(call)
        over = [job for job in self.jobs if job.over]
        self.jobs = [*over[-KEPT:], *waiting, job]
        if waiting:
            return f"It waits for its turn, after {len(waiting)} other run{'s' if len(waiting) > 1 else ''}."
        self.begin(job)
        return ""

    @property
    def is_outdated(self) -> bool:
        """Whether what works is to be left for another call."""
        return False

    def follow(self, call: Call | None) -> None:
        """Take note that the options make another call, or none."""

    def told(self, job: Job) -> None:
        """Take note that a message of a job is out; begin the next one, where it was the last."""
        job.over = not job.running
        following = next((job for job in self.jobs if not job.begun), None)
        if following is not None and self.working is None:
            self.begin(following)

    def stop(self, job: Job | None = None) -> None:
        """Stop one job, or all of them; one that waits never begins."""
        for each in list(self.jobs) if job is None else [job]:
            each.stop()
            if not each.begun:
                each.over = True
                self.jobs.remove(each)


class Latest(Queue):
    """The call as it is now, once what ran has been shown: a moved slider leaves out calls."""

    def __init__(self, make: Make, begin: Callable[[Job], None]) -> None:
        super().__init__(make, begin)
        self.next: Call | None = None

    @property
    def is_outdated(self) -> bool:
        return self.next is not None

    def ask(self, call: Call) -> str:
        self.next = call
        self._go_on()
        return ""

    def follow(self, call: Call | None) -> None:
        if call is None:
            self.next = None
        elif not self.jobs or self.jobs[-1].call != call:
            self.ask(call)

    def told(self, job: Job) -> None:
        job.over = not job.running
        self._go_on()

    def stop(self, job: Job | None = None) -> None:
        self.next = None
        super().stop(job)

    def _go_on(self) -> None:
        if self.next is None:
            return
        working = self.working
        if working is None:
            job, self.next = self.make(self.next), None
            self.jobs = [job]
            self.begin(job)
        elif working.running and working.seconds > PATIENCE and working.call != self.next:
            working.stop()
