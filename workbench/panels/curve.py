"""The curve of what trains now: looks at a training while it runs, few enough to cost it next to nothing.

curve = Curve()
with wb.progress.watch(curve):
    run = wb.train(model, start, data, recipe)
curve.points                                 loss and validation accuracy by step, of every training on the way
"""

from __future__ import annotations

import threading
import time
from collections import deque
from dataclasses import dataclass, field

from workbench.training.look import Look
from workbench.work.locks import Lock
from workbench.work.progress import Progress
from workbench.work.progress.words import doing, head

EVERY = 0.25  # seconds until a thread is looked at again
SOON = 0.01  # and at least, where a training is so short that it would have no curve
PARTS = 20  # of a training: a point for each
SHARE = 0.01  # of the CPU time of a thread that looks may take
MOST = 400  # points in all
RECENT = 5.0  # seconds that the speed is of


@dataclass(frozen=True, slots=True)
class Point:
    """What was seen of a training at `step` of `of`: the loss of that batch, accuracy on some validation images.

    `part` says in words what trained, `replica` which of several it was, or nothing; `number` counts the trainings that
    were seen, and tells those apart whose words are the same.
    """

    number: int
    part: str
    replica: str
    step: int
    of: int
    loss: float
    accuracy: float | None


@dataclass(slots=True)
class _Thread:
    """What is known of one thread that trains: where it is, how many steps it did, what looks cost it so far."""

    path: object = None
    done: int = 0
    steps: int = 0
    number: int = -1
    part: str = ""
    replica: str = ""
    looked: float = 0.0  # when, by the clock
    due: int = 0  # the step of the next part
    began: float = field(default_factory=time.thread_time)
    spent: float = 0.0
    price: float = 0.0  # of the last look at the accuracy


class Curve:
    """A watcher that keeps at most 400 points of the trainings it hears of, and their speed.

    The first step of every training is looked at, so that there is a point at once, then every quarter of a second, or
    every twentieth of a short one. The accuracy is left out wherever all looks together would take more than 1 % of the
    thread's CPU time. Where a look fails there are no more: whatever evaluates in earnest will say why.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._threads: dict[int, _Thread] = {}
        self._points: list[Point] = []
        self._number = 0
        self._counted = deque([(time.monotonic(), 0)])
        self._failed = False

    def __call__(self, progress: Progress) -> None:
        """Take note of a report; look, where that is due."""
        if progress.unit != "step":
            return
        thread = self._threads.get(threading.get_ident())
        if thread is None:
            thread = self._threads[threading.get_ident()] = _Thread()
        thread.steps += 1
        begins = thread.path is not progress.path or progress.done <= thread.done
        thread.done = progress.done
        if begins:
            self._begin(thread, progress)
        waited = (now := time.monotonic()) - thread.looked
        if begins or waited >= EVERY or (progress.done >= thread.due and waited >= SOON):
            thread.looked, thread.due = now, progress.done + max(1, (progress.of or 0) // PARTS)
            self._look(thread, progress)
            self._count(now)

    @property
    def points(self) -> tuple[Point, ...]:
        """What was seen so far, the oldest first."""
        with self._lock:
            return tuple(self._points)

    @property
    def speed(self) -> float:
        """Steps a second of all threads together, over the last few seconds; 0 where none was made."""
        now = time.monotonic()
        self._count(now)
        with self._lock:
            (began, before), (_, after) = self._counted[0], self._counted[-1]
        return (after - before) / (now - began) if now > began else 0.0

    def _begin(self, thread: _Thread, progress: Progress) -> None:
        with self._lock:
            self._number += 1
            thread.number = self._number
        thread.path, thread.part, thread.replica = progress.path, doing(progress), head(progress)

    def _count(self, now: float) -> None:
        with self._lock:
            self._counted.append((now, sum(thread.steps for thread in list(self._threads.values()))))
            while len(self._counted) > 2 and self._counted[1][0] <= now - RECENT:
                self._counted.popleft()

    def _look(self, thread: _Thread, progress: Progress) -> None:
        if progress.look is None or self._failed:
            return
        began = time.thread_time()
        affordable = not thread.price or (
            progress.done > 1 and thread.spent + thread.price <= SHARE * (began - thread.began)
        )
        try:
            seen = progress.look() if affordable else progress.look(accuracy=False)
        except Exception:
            self._failed = True
            return
        took = time.thread_time() - began
        thread.spent += took
        if affordable:
            thread.price = took
        if isinstance(seen, Look):
            where = (thread.number, thread.part, thread.replica)
            self._keep(Point(*where, seen.step, seen.of, seen.loss, seen.accuracy))

    def _keep(self, point: Point) -> None:
        with self._lock:
            self._points.append(point)
            if len(self._points) > MOST:
                self._points = thinned(self._points)


def thinned(points: list[Point]) -> list[Point]:
    """Return half of the points or a little more, the last of every training among them; the older ones go first."""
    last = {point.number: place for place, point in enumerate(points)}
    old = len(points) - MOST // 4
    kept = [p for place, p in enumerate(points) if place >= old or place % 3 == 0 or last[p.number] == place]
    return kept[-3 * MOST // 4 :]
