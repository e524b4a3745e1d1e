"""The price of a call beside Run: what it took before, or what a few steps of it say, found out in the background."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from workbench.panels.job import at_work, ending
from workbench.panels.price import price
from workbench.work.calls import Call
from workbench.work.journal import Journal
from workbench.work.progress import Progress, Stopped, clock, watch

REST = 1.0  # seconds that a form must rest before a call is tried


class Pricing:
    """Finds out what a call takes and tells it in words; asking for another leaves the one before."""

    def __init__(self, tell: Callable[[str], Any]) -> None:
        self.tell = tell
        self.asked: Call | None = None
        self._stop = threading.Event()

    def ask(self, call: Call | None, archive: Any) -> None:
        """Find out about this call, unless that is under way; None leaves off."""
        if call is not None and call == self.asked:
            return
        self.leave()
        self.asked, stop = call, threading.Event()
        self._stop = stop
        self.tell("")
        if call is not None:
            threading.Thread(target=self._work, args=(call, archive, stop), name="workbench price").start()

    def leave(self) -> None:
        """Leave off: a run begins, which says more."""
        self.asked = None
        self._stop.set()

    def _work(self, call: Call, archive: Any, stop: threading.Event) -> None:
        try:
            words = self._before(call, archive) or self._tried(call, stop)
        except Exception:  # what is wrong with a call is said when it runs
            words = ""
        if not stop.is_set() and words and not ending():
            self.tell(words)

    def _before(self, call: Call, archive: Any) -> str:
        """What the last whole run of this very call took."""
        if archive is None:
            return ""
        text = call.json()
        took = next((r.seconds for r in Journal(archive).records() if r.state == "finished" and r.text == text), None)
        return "" if took is None else f"took {clock(took)} before"

    def _tried(self, call: Call, stop: threading.Event) -> str:
        """What a few steps of it say; nothing while other work would make them slower, and would be slowed by them."""

        def check(_: Progress) -> None:
            if ending():
                raise Stopped

        if stop.wait(REST) or at_work():
            return ""
        with watch(check):
            seconds = price(call, stop=stop)
        return "" if seconds is None else f"about {clock(max(1, seconds))}"
