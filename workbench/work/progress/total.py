"""One share of a whole call, which never falls, and the time left."""

from __future__ import annotations

import math
import time

from workbench.work.locks import Lock
from workbench.work.progress.reports import SIDE_BY_SIDE, TURN, Path, Progress, fold
from workbench.work.progress.words import describe, head


class Total:
    """One number, and the time left, for work that reports from several threads at once.

    `share` is in [0, 1] and never falls. Shares of parts that are worked on at once, or in turns, are added, each times
    what it costs; all other parts of a path are taken to come one after another.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self.share = 0.0
        self._beside: dict[Path, dict[int, float]] = {}  # of parts side by side, by what they are parts of
        self._marks: list[tuple[float, float]] = []  # (time, share), at most one a percent; resumed work begins late
        self._working: dict[int, Progress] = {}  # what each of the parts side by side said last, while it works
        self._in: Path = ()  # what those are parts of
        self._ended = False  # whether the only one of them has

    def __call__(self, progress: Progress) -> float:
        """Take a report into account and return the share done."""
        with self._lock:
            self._hear(progress)
            if progress.aside:
                return self.share
            self.share = max(self.share, self._reached(progress))
            if not self._marks or self.share >= self._marks[-1][1] + 0.01:
                self._marks.append((time.monotonic(), self.share))
            return self.share

    def _reached(self, progress: Progress) -> float:
        """Return the share that is done by a report, given what was reported before of parts beside it."""
        path, share = progress.path, progress.own
        for at, (begin, length) in zip(reversed(range(len(path))), reversed(progress.shares), strict=True):
            name, index, _ = path[at]
            if name == TURN or name in SIDE_BY_SIDE:
                shares = self._beside.setdefault(path[:at], {})
                shares[index] = max(shares.get(index, 0.0), length * share)
                share = sum(shares.values())
            else:
                share = begin + length * share
        return min(share, 1.0)

    def _hear(self, progress: Progress) -> None:
        """Note what a part side by side says; of those that are finished, the last, and only while no other works."""
        at = next((at for at, (name, _, _) in enumerate(progress.path) if name in SIDE_BY_SIDE), None)
        around, index = (progress.path, 0) if at is None else (progress.path[:at], progress.path[at][1])
        if at is None or around != self._in:
            self._in, self._working = around, {}
        ended = at is not None and not progress.aside and fold(progress.shares[at + 1 :], progress.own) >= 1
        self._working.pop(index, None)
        if ended and self._working:
            return
        if self._ended:
            self._working = {}
        self._ended = ended
        # without its look, which would keep a network alive
        self._working[index] = Progress(progress.path, progress.done, progress.of, progress.unit)

    def words(self) -> str:
        """What is being done, in words: of parts side by side which they are, and what the first of them does."""
        with self._lock:
            working = dict(sorted(self._working.items()))
        if not working:
            return ""
        first = next(iter(working.values()))
        if len(working) == 1:
            return describe(first)
        return f"{head(first, list(working))}: {describe(first, alone=True)}"

    def left(self) -> float | None:
        """Seconds left, if it goes on as fast as it went so far; None while nothing can be said.

        Parts cost not quite what was said of them, and fewer threads work towards the end: so it is the geometric mean
        of what the whole time tells and what the last half of it does.
        """
        with self._lock:
            if not self._marks or self.share <= self._marks[0][1]:
                return None
            now, (first, _) = time.monotonic(), self._marks[0]
            later = [mark for mark in self._marks if mark[0] <= (first + now) / 2 and mark[1] < self.share]
            paces = [(self.share - share) / max(now - begun, 1e-9) for begun, share in (later[0], later[-1])]
            return (1 - self.share) / math.sqrt(paces[0] * paces[1])
