"""The panels of subset sums: many beside their law, and one that sliders move."""

from __future__ import annotations

from typing import Any

import pytest
from shown import drawn, whole

import workbench as wb
from workbench.panels import PANELS
from workbench.panels.static import static
from workbench.strong import SOLVERS

FEW: dict[str, Any] = {"dimensions": (1, 2), "candidates": (8, 12), "replicas": 3}
SMALL: dict[str, Any] = {"dimension": 4, "candidates": 20, "scale": 0.3}


def test_a_sweep_of_sums_runs_live_and_ends_with_the_last_rows():
    panel = wb.panel("subset sums", **FEW)
    panel.run()
    outcomes = panel.wait(60)
    assert len(outcomes) == 12
    assert drawn(panel.view.live) == whole("subset sum error by candidates", outcomes)
    assert "recalled, not verified" in panel.view.text["words"].value


def test_a_slider_moves_the_walk_and_what_is_said_of_it():
    panel = wb.panel("partial sums", **SMALL)
    fields = panel.view.form.fields
    (first,) = panel.wait(60)
    fields["dimension"].widget.value = 9.0
    (second,) = panel.wait(60)
    assert (first.dimension, second.dimension, type(second.dimension)) == (4, 9, int)
    assert drawn(panel.view.live) == whole("partial sums", [second])
    fields["scale"].widget.value = 0.01
    panel.wait(60)
    assert "Out of reach at scale 0.01" in panel.view.text["words"].value
    assert "wb.experiments.partial_sums(9, candidates=20, scale=0.01)" in panel.view.text["code"].value


@pytest.mark.parametrize(("name", "options"), [("subset sums", FEW), ("partial sums", SMALL)])
def test_in_a_batch_a_panel_leaves_a_small_picture(name: str, options: dict[str, Any]):
    panel = wb.panel(name, interactive=False, **options)
    picture, words = static(PANELS[name], panel.result)
    assert len(picture["text/html"]) < 80_000
    assert "recalled, not verified" in words["text/plain"]


def test_the_menus_list_every_solver():
    assert PANELS["subset sums"].options["solvers"].choices == ("auto", *SOLVERS)
    assert PANELS["partial sums"].options["solver"].choices == ("auto", *SOLVERS)


def test_a_call_of_sums_comes_from_json():
    call = wb.panel("subset sums", **FEW).call
    assert wb.Call.from_json(call.json()) == call
