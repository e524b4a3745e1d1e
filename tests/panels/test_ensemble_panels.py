"""The panels of ensembles and of rare features, headless: they run, and end with the last rows."""

from __future__ import annotations

from typing import Any

import pytest
from shown import drawn, whole

import workbench as wb
from workbench.charts import CHARTS
from workbench.panels import PANELS

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
    menu = panel.view.live.menu
    panel.run()
    outcomes = panel.wait(120)
    assert outcomes
    for picture in PANELS[name].charts:
        menu.value = picture
        if CHARTS[picture].rows(outcomes):
            assert drawn(panel.view.live) == whole(picture, outcomes)  # its menus and colours too
    for sentence in PANELS[name].words(outcomes):
        assert sentence.split(";")[0].split("<")[0] in panel.view.text["words"].value
