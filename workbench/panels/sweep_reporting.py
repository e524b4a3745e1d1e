"""A button that makes the report of a sweep in the background, and says where it is."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import ipywidgets as widgets

from workbench.panels.sweep_opened import link
from workbench.sweep.store import Store
from workbench.work.html import element


class Reporting:
    """The button and what came of it, in `box`; `folder()` is that of the sweep, `guarded(act)` tells what fails."""

    def __init__(self, folder: Callable[[], str], guarded: Callable[[Callable[[], Any]], Any]) -> None:
        self.folder, self.guarded = folder, guarded
        self.thread: threading.Thread | None = None
        self.said = widgets.HTML()
        self.button = widgets.Button(description="Make the report", tooltip="one page of HTML, in the sweep's folder")
        self.button.on_click(lambda _: guarded(self.make))
        self.box = widgets.HBox([self.button, self.said])

    def make(self) -> None:
        """Make it in another thread: it takes seconds, and the kernel stays free."""
        if self.thread is None or not self.thread.is_alive():
            self.said.value = element("span", "Making the report …", role="status")
            self.thread = threading.Thread(target=lambda: self.guarded(self._write), name="workbench report")
            self.thread.start()

    def _write(self) -> None:
        from workbench.sweep.review.report import report  # papermill takes a second to import

        out, said = self.folder(), element("span", "There is no report; what went wrong is said above.", role="status")
        try:
            name = report(out).removeprefix(out.rstrip("/")).lstrip("/")
            said = element("span", link(Store(out), name, "The report"), f"{name} in the folder", role="status")
        finally:
            self.said.value = said
