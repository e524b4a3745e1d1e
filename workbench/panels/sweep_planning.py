"""The plan of the form, made in the background: ten thousand points take a moment, in which a person may type on."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from workbench.panels.job import ending
from workbench.work.calls import Call


class Planning:
    """Makes the plan of a call and tells it, or what went wrong; asking for another leaves the one before.

    With it goes what says whether it has been left meanwhile: to be asked where nothing can come in between.
    """

    def __init__(self, tell: Callable[[Any, Callable[[], bool]], Any]) -> None:
        self.tell = tell
        self.thread: threading.Thread | None = None
        self._stop = threading.Event()

    def ask(self, call: Call) -> None:
        """Make the plan of this call of `wb.sweep.plan`."""
        self.leave()
        self._stop = stop = threading.Event()
        self.thread = threading.Thread(target=self._work, args=(call, stop), name="workbench plan")
        self.thread.start()

    def leave(self) -> None:
        """Tell no plan that is not told yet."""
        self._stop.set()

    def _work(self, call: Call, stop: threading.Event) -> None:
        try:
            made = call.run()
        except Exception as error:  # shown in the panel: here nobody would see it
            made = error
        if not stop.is_set() and not ending():
            self.tell(made, stop.is_set)
