"""The panels of pairs and of what is around one network: they run, and leave a picture and sentences."""

from __future__ import annotations

from typing import Any

import pytest
from shown import drawn, whole

import workbench as wb
from workbench.panels import PANELS

FEW: dict[str, Any] = {"train_size": 100, "model": "lenet(hidden=(12, 8))", "epochs": None, "steps": 6, "replicas": 1}
OWN: dict[str, dict[str, Any]] = {
    "pairs": {"rounds": 2},
    "perturbation": {"at": (1,), "distances": (1.0,), "rewind_step": 1, "points": 3},
    "one shot": {"shares": (0.5,)},
    "until disconnected": {"rounds": 2},
}


@pytest.mark.parametrize("name", OWN)
def test_a_panel_runs_live_and_ends_with_the_last_rows(name: str):
    panel = wb.panel(name, **FEW | OWN[name])
    panel.run()
    outcomes = panel.wait(60)
    (picture,) = PANELS[name].charts
    assert outcomes
    assert drawn(panel.view.live) == whole(picture, outcomes)
    for sentence in PANELS[name].words(outcomes):
        assert sentence.split(";")[0] in panel.view.text["words"].value


@pytest.mark.parametrize("name", OWN)
def test_in_a_batch_a_panel_leaves_a_small_picture(name: str):
    panel = wb.panel(name, interactive=False, **FEW | OWN[name])
    from workbench.panels.static import static

    picture, words = static(PANELS[name], panel.result)
    assert len(picture["text/html"]) < 80_000
    assert words["text/plain"]
