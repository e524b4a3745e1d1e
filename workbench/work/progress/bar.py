"""A bar: the progress of work as a line of text with the time left."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from workbench.work import rules
from workbench.work.locks import Lock
from workbench.work.progress.reports import Progress, watch
from workbench.work.progress.total import Total
from workbench.work.progress.words import clock


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
            share = self._share(progress)
            wait = now - self.written
            due = wait >= 0.1 if self.terminal else wait >= 60 or (wait >= 1 and share >= self.shown + 0.1)
            if due:
                self.written, self.shown = now, share
                left = self.total.left()
                self._write(share, "" if left is None else f"{clock(left)} left")

    def _share(self, progress: Progress) -> float:
        """Return the share that is done; where all was, and other work begins, that of the new work alone."""
        if self.total.share >= 1 and not progress.aside and progress.share < 1 and progress.own < 1:
            self.total = Total()
        return self.total(progress)

    def finish(self) -> None:
        with self.lock:
            if self.latest is not None:
                share = self.total.share if self.latest.done == self.latest.of else self._share(self.latest)
                self._write(share, f"in {clock(time.monotonic() - self.began)}", last=True)

    def _write(self, share: float, time_text: str, last: bool = False) -> None:
        filled = int(20 * share)
        text = f"[{'#' * filled}{'.' * (20 - filled)}] {100 * share:3.0f} %  {self.total.words()}  {time_text}".rstrip()
        if self.terminal:
            text = "\r" + text.ljust(self.width)
            self.width = len(text) - 1
        self.stream.write(text + ("\n" if last or not self.terminal else ""))
        self.stream.flush()
