"""What a call will cost, in seconds: it is begun, watched for a moment, and stopped."""

from __future__ import annotations

import threading
import time
from contextlib import closing
from dataclasses import replace

from workbench.work import rules
from workbench.work.calls import Call
from workbench.work.progress import Progress, Stopped, Total, watch

PATIENCE = 4  # times the seconds asked for, until the share must have moved


def price(call: Call, *, stop: threading.Event | None = None, seconds: float = 1.5) -> float | None:
    """Return about how many seconds a call takes on this machine as it is now, loading included.

    The call is begun without an archive and watched for so many `seconds` from its first step on, in this thread and
    those that it starts, then stopped; what is left is taken to go on at the same pace. A call that ends before is
    measured whole. None where nothing can be said: it was stopped by `stop`, has to download its data, goes wrong, or
    does not say how far it is. Nothing of it is kept, and nothing is written.
    """
    rules.instance("call", call, Call, "a Call", "wb.call(wb.train, …) makes one")
    rules.number("seconds", seconds, above=0, way_on="1.5 is enough")
    watcher, began = _Watcher(stop, seconds), time.monotonic()
    if "archive" in call.arguments:
        call = replace(call, arguments=call.arguments | {"archive": None})
    try:
        with watch(watcher), closing(call.each()) as values:
            for _ in values:
                watcher.check()
    except Exception:  # a Stop, or what is wrong with the call, which running it says
        return watcher.price(began)
    return time.monotonic() - began


class _Watcher:
    """Stops what it watches when it has seen enough, or is asked to."""

    def __init__(self, stop: threading.Event | None, seconds: float) -> None:
        self.stop, self.seconds, self.total = stop, seconds, Total()
        self.first: float | None = None  # when something that counts was reported first
        self.whole: tuple[float, float] | None = None  # when there was enough, and what was left then

    def __call__(self, progress: Progress) -> None:
        self.check()
        if any(name.startswith("download") for name, _, _ in progress.path):
            raise Stopped
        now = time.monotonic()
        self.total(progress)
        if progress.aside:
            return
        self.first = self.first or now
        watched = now - self.first
        if watched < self.seconds:
            return
        left = self.total.left()
        if left is not None:
            self.whole = self.whole or (now, left)
        if left is not None or watched > PATIENCE * self.seconds:
            raise Stopped

    def check(self) -> None:
        """Raise `Stopped` where that was asked for, or enough was seen."""
        if self.whole is not None or (self.stop is not None and self.stop.is_set()):
            raise Stopped

    def price(self, began: float) -> float | None:
        """Return the seconds of the whole call, begun at `began`, as far as that can be said."""
        if self.whole is None or (self.stop is not None and self.stop.is_set()):
            return None
        now, left = self.whole
        return now - began + left
