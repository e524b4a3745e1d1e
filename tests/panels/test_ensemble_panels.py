"""The panels of ensembles and of rare features, headless: they run, and end with the last rows."""

from __future__ import annotations

from typing import Any

import pytest
from shown import shows_every_picture

import workbench as wb

SMALL: dict[str, Any] = {
    "train_size": 60,
    "model": "lenet(hidden=(12,), norm=True)",
    "epochs": None,
    "steps": 3,
    "replicas": 1,
    "methods": ("robust", "ordinary"),
    "density": 0.3,
}
OWN: dict[str, dict[str, Any]] = {
    "ensembles": SMALL,
    "shift": {**SMALL, "corruptions": ("contrast",), "severities": (1,)},
    "easy to hard": {**SMALL, "score_replicas": 1},
    "rare features": {"train_size": 60, "epochs": None, "steps": 3, "replicas": 1, "lams": (float("inf"), 1.0)},
}


def test_lambdas_and_radii_are_typed_one_or_the_other():
    panel = wb.panel("ensembles")
    fields = panel.view.form.fields
    fields["etas"].widget.value = "0, 0.5"
    assert fields["lams"].widget.value == ""
    assert panel.call.arguments["lams"] is None
    assert panel.call.arguments["etas"] == (0.0, 0.5)
    fields["lams"].widget.value = "inf, 2"
    assert panel.call.arguments["etas"] is None
    assert panel.call.arguments["lams"] == (float("inf"), 2.0)
    assert 'lams=(float("inf"), 2.0)' in panel.call.script()


@pytest.mark.parametrize("name", OWN)
def test_a_panel_runs_live_and_ends_with_the_last_rows(name: str):
    panel = wb.panel(name, **OWN[name])
    assert panel.view
    panel.run()
    outcomes = panel.wait(120)
    assert outcomes
    shows_every_picture(panel, outcomes)
