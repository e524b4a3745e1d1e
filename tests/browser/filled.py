"""What a notebook imports to look at every panel: `filled(name)` is a panel as it is after a run of samples."""

from __future__ import annotations

import sys
from pathlib import Path

import ipywidgets as widgets

import workbench as wb
from workbench.panels.job import Job
from workbench.panels.panel import Panel

tests = Path(__file__).parents[1]
sys.path += [str(tests), str(tests / "charts")]
from samples import PANEL_OF, sample  # noqa: E402

frame = widgets.VBox()  # one panel after another


def filled(name: str) -> Panel:
    """Show a panel in the frame, all its options unfolded, and give it outcomes as if it had just run."""
    panel = wb.panel(name, archive=None)
    if panel.declaration.only:
        panel.set(dataset=next(iter(panel.declaration.only.values())))  # so that all charts are offered
    frame.children = [panel.view.box]
    if not panel.declaration.live:
        chart = next(chart for chart in panel.declaration.charts if PANEL_OF[chart] == name)  # two panels may share one
        job = Job(panel.call, None)
        vars(job).update(begun=True, over=True, values=sample(chart), _end="finished")
        job.ended = job.began + 12.0
        panel.show(job)
    return panel
