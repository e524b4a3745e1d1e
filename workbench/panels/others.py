"""The jobs of a panel beside the one that it shows: what waits or works can be stopped, what is over can be shown."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ipywidgets as widgets

from workbench.panels.job import Job
from workbench.work.html import element

Act = Callable[[Job], Any]


class Others:
    """A line for each job, in `box`; `stop(job)` and `show(job)` do what its button says."""

    def __init__(self, stop: Act, show: Act) -> None:
        self.stop, self.show = stop, show
        self.lines: dict[Job, tuple[widgets.HTML, widgets.Button]] = {}
        self.box = widgets.VBox()
        self.box.add_class("wb-others")

    def tell(self, jobs: list[Job]) -> None:
        """Show what these jobs do."""
        if set(jobs) != set(self.lines):
            self.lines = {job: self.lines.get(job) or self._line(job) for job in jobs}
            self.box.children = [widgets.HBox([words, button]) for words, button in self.lines.values()]
        for job, (words, button) in self.lines.items():
            told = element("span", f"{job.call.function.__name__}{brief(job)} · {job.words()}")
            if words.value != told:
                words.value = told
            if button.description != (act := "Show" if job.over else "Stop"):
                button.description = act

    def _line(self, job: Job) -> tuple[widgets.HTML, widgets.Button]:
        button = widgets.Button(description="Stop", layout={"width": "auto"})
        button.on_click(lambda _: (self.show if job.over else self.stop)(job))
        return widgets.HTML(), button


def brief(job: Job) -> str:
    """Return the arguments of a job's call that are not the defaults, in one line."""
    text = repr(job.call).removeprefix("Call(").removesuffix(")").partition(", ")[2]
    return f"({text if len(text) <= 100 else text[:97] + '…'})"
