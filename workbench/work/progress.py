"""Progress: what long work says of itself while it runs, and how it is stopped.

Work calls `report(done, of)`; whoever called it may `watch`. The watcher is the house's only ambient value (a
`ContextVar`, none by default) and never changes a number. It may raise `Stopped`: the work then ends at that step,
and what it had yielded is kept.

    with wb.progress.bar():
        run = wb.train(model, start, data, recipe)
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, TypeVar

from workbench.work import rules
from workbench.work.locks import Lock

Path = tuple[tuple[str, int, int | None], ...]
SIDE_BY_SIDE = ("replica", "channel")  # names of parts that do not come one after another
T = TypeVar("T")


class Stopped(Exception):  # noqa: N818
    """Raised by a watcher to end the work that reports to it; nothing went wrong."""


@dataclass(frozen=True, slots=True)
class Progress:
    """`done` of `of` steps, at a `path` such as `(("replica", 1, 3), ("round", 2, 9))`: names, places from 0, totals.

    A total of None is not known; work at such a place is an aside (an evaluation between two steps, say), which
    counts for nothing in the share.
    """

    path: Path
    done: int
    of: int | None

    @property
    def share(self) -> float:
        """The share of the whole path that is done, in [0, 1], as if its parts came one after another."""
        return _fold(self.path, _share(self.done, self.of))


Watcher = Callable[[Progress], Any]
_watcher: ContextVar[Watcher | None] = ContextVar("workbench_watcher", default=None)
_path: ContextVar[Path] = ContextVar("workbench_path", default=())


def report(done: int, of: int | None = None) -> None:
    """Say that `done` of `of` steps are done. Costs next to nothing when nobody watches."""
    if (watcher := _watcher.get()) is not None:
        watcher(Progress(_path.get(), done, of))


@contextmanager
def watch(f: Watcher) -> Iterator[None]:
    """Have `f(Progress)` called for every report made inside, possibly from several threads at once.

    Watchers nest: the outer one hears a report first, so that a Stop from outside always arrives. `f` may raise
    `Stopped`.
    """
    rules.function("f", f, "wb.progress.bar() watches by itself")
    outer = _watcher.get()

    def both(progress: Progress) -> None:
        if outer is not None:
            outer(progress)
        f(progress)

    token = _watcher.set(f if outer is None else both)
    try:
        yield
    finally:
        _watcher.reset(token)


@contextmanager
def within(name: str, index: int, of: int | None = None) -> Iterator[None]:
    """Put `(name, index, of)` at the end of the path of what is reported inside.

    Never yield inside it: a generator shares its consumer's context, and would leave its path there. `walk` is for
    generators.
    """
    token = _path.set((*_path.get(), (name, index, of)))
    try:
        yield
    finally:
        _path.reset(token)


def walk(
    name: str, iterator: Iterable[T], of: int | None = None, *, index: int | None = None
) -> Generator[T, None, None]:
    """Yield from `iterator` with the path set around each inner `next`, never across a yield.

    The place on the path counts the values (the one being made), or is always `index` where that is given.
    """
    inner, count = iter(iterator), 0
    try:
        while True:
            with within(name, count if index is None else index, of):
                try:
                    value = next(inner)
                except StopIteration:
                    return
            yield value
            count += 1
    finally:
        getattr(inner, "close", bool)()


class Total:
    """One number, and the time left, for work that reports from several threads at once.

    `share` is in [0, 1] and never falls, except when all was done and new work begins. Shares of parts side by side are
    added; all other parts of a path are taken to come one after another.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._begin()

    def _begin(self) -> None:
        self.share = 0.0
        self._beside: dict[Path, dict[int, float]] = {}  # of parts side by side, by what they are parts of
        self._first: tuple[float, float] | None = None  # (time, share) of the first report: resumed work begins late

    def __call__(self, progress: Progress) -> float:
        """Take a report into account and return the share done."""
        path, share = progress.path, _share(progress.done, progress.of)
        with self._lock:
            if any(of is None for _, _, of in path):
                return self.share  # an aside
            if self.share >= 1:
                last = max((i + 1 for i, (name, _, _) in enumerate(path) if name in SIDE_BY_SIDE), default=0)
                if _fold(path[last:], share) >= 1:
                    return self.share  # the last part says once more that it is done
                self._begin()
            for at in reversed(range(len(path))):
                share = self._with_others(path, at, share)
            self.share = max(self.share, share)
            self._first = self._first or (time.monotonic(), self.share)
            return self.share

    def _with_others(self, path: Path, at: int, share: float) -> float:
        if path[at][0] not in SIDE_BY_SIDE:
            return _fold(path[at : at + 1], share)
        shares, (_, index, of) = self._beside.setdefault(path[:at], {}), path[at]
        shares[index] = max(shares.get(index, 0.0), share)
        return min(sum(shares.values()) / of, 1.0) if of else 0.0

    def left(self) -> float | None:
        """Seconds left, if it goes on as fast as it went so far; None while nothing can be said."""
        with self._lock:
            if self._first is None or self.share <= self._first[1]:
                return None
            begun, share = self._first
            return (time.monotonic() - begun) * (1 - self.share) / (self.share - share)


def _share(done: int, of: int | None) -> float:
    return min(done / of, 1.0) if of else 0.0


def _fold(path: Path, share: float) -> float:
    for _, index, of in reversed(path):
        share = min((index + share) / of, 1.0) if of else 0.0
    return share


@contextmanager
def bar(stream: Any = None) -> Iterator[None]:
    """Show the progress of the work inside as a line of text with the time left.

    On a terminal the line is rewritten up to ten times a second; anywhere else a line is added now and then. The
    last state is always shown. `stream` is any text stream, standard output by default.
    """
    line = _Bar(sys.stdout if stream is None else stream)
    try:
        with watch(line):
            yield
    finally:
        line.finish()


class _Bar:
    def __init__(self, stream: Any) -> None:
        rules.function("stream.write", getattr(stream, "write", None), "a stream of text such as sys.stderr has one")
        self.stream, self.total = stream, Total()
        self.terminal = bool(getattr(stream, "isatty", bool)())
        self.lock = Lock()
        self.began = self.written = time.monotonic()
        self.shown, self.heard, self.width = 0.0, 0.0, 0
        self.latest: Progress | None = None

    def __call__(self, progress: Progress) -> None:
        now = time.monotonic()
        if now - self.heard < 0.1 and progress.done != progress.of:  # keeps a report at 2 microseconds, not 10
            self.latest = progress
            return
        with self.lock:
            self.latest, self.heard = progress, now
            share = self.total(progress)
            wait = now - self.written
            due = wait >= 0.1 if self.terminal else wait >= 60 or (wait >= 1 and share >= self.shown + 0.1)
            if due:
                self.written, self.shown = now, share
                left = self.total.left()
                self._write(progress, share, "" if left is None else f"{clock(left)} left")

    def finish(self) -> None:
        with self.lock:
            if self.latest is not None:
                share = self.total.share if self.latest.done == self.latest.of else self.total(self.latest)
                self._write(self.latest, share, f"in {clock(time.monotonic() - self.began)}", last=True)

    def _write(self, progress: Progress, share: float, time_text: str, last: bool = False) -> None:
        filled = int(20 * share)
        text = f"[{'#' * filled}{'.' * (20 - filled)}] {100 * share:3.0f} %  {describe(progress)}  {time_text}".rstrip()
        if self.terminal:
            text = "\r" + text.ljust(self.width)
            self.width = len(text) - 1
        self.stream.write(text + ("\n" if last or not self.terminal else ""))
        self.stream.flush()


def describe(progress: Progress) -> str:
    """The path and the steps in words: `3 replicas, round 3/9, 312/469`."""
    parts = [
        f"{of} {name}s" if name in SIDE_BY_SIDE else f"{name} {index + 1}" + (f"/{of}" if of else "")
        for name, index, of in progress.path
    ]
    return ", ".join([*parts, f"{progress.done}" + (f"/{progress.of}" if progress.of else "")])


def clock(seconds: float) -> str:
    """Seconds for people: `8 s`, `2 min 05 s`, `3 h 20 min`."""
    seconds = round(rules.number("seconds", seconds, least=0))
    if seconds < 60:
        return f"{seconds} s"
    if seconds < 3600:
        return f"{seconds // 60} min {seconds % 60:02d} s"
    return f"{seconds // 3600} h {seconds % 3600 // 60:02d} min"
