"""The panels of the data diet: names typed with commas, pictures that can be chosen, a batch."""

from __future__ import annotations

from typing import Any

import pytest
from shown import off, shows_every_picture

import workbench as wb
from workbench.panels import PANELS

FEW: dict[str, Any] = {"train_size": 100, "model": "lenet(hidden=(12, 8))", "epochs": None, "steps": 6}
OWN: dict[str, dict[str, Any]] = {
    "scores": {"replicas": 2, "scores": ("el2n", "forgetting", "input_norm"), "label_noise": 0.1},
    "forgetting": {"label_noise": 0.1},
    "data diet": {
        "replicas": 1, "rounds": 1, "fraction": 0.9, "subsets": ("all", "window(skip=5)"), "sizes": (50,),
        "pretrain_steps": (0, 2), "score_replicas": 1,
    },
    "kept data": {"replicas": 1, "subsets": ("random",), "shares": (0.5,), "score_replicas": 1},
}  # fmt: skip


@pytest.mark.parametrize("name", OWN)
def test_a_panel_runs_live_and_every_picture_can_be_chosen(name: str):
    panel = wb.panel(name, **FEW | OWN[name])
    assert panel.view
    panel.run()
    outcomes = panel.wait(120)
    assert outcomes
    shows_every_picture(panel, outcomes)


@pytest.mark.parametrize("name", OWN)
def test_in_a_batch_a_panel_leaves_a_small_picture_and_sentences(name: str):
    panel = wb.panel(name, interactive=False, **FEW | OWN[name])
    from workbench.panels.static import static

    picture, words = static(PANELS[name], panel.result)
    assert len(picture["text/html"]) < 80_000
    assert words["text/plain"]
    assert wb.Call.from_json(panel.call.json()) == panel.call


def test_subsets_are_typed_with_commas_and_wrong_ones_are_said_at_once():
    panel = wb.panel("data diet")
    field = panel.view.form.fields["subsets"].widget
    assert field.value == "all, random, easiest, hardest"
    field.value = "random, window(skip=500)"
    assert panel.call.arguments["subsets"] == ("random", "window(skip=500)")
    panel.set(subsets=("easiest",))
    assert field.value == "easiest"
    field.value = "easiet"
    assert "did you mean &quot;easiest&quot;?" in panel.view.text["problem"].value
    assert off(panel.view.run)
    field.value = " "
    assert "subsets must be one or more names with commas between" in panel.view.text["problem"].value


def test_a_box_is_ticked_or_not():
    panel = wb.panel("kept data")
    box = panel.view.form.fields["same_steps"].widget
    assert box.value is True
    box.value = False
    assert panel.call.arguments["same_steps"] is False
    panel.set(same_steps=True)
    assert box.value is True
    panel.set(same_steps="yes")
    assert "as many steps as for all the data must be True or False, got" in panel.view.text["problem"].value
    panel.set(same_steps=True)
    assert panel.view.text["problem"].value == ""


def test_published_curves_of_cifar10_are_offered_for_runs_on_cifar10_alone():
    view = wb.panel("data diet", **FEW | OWN["data diet"]).view
    beside = "accuracy by subset beside published"
    view.live.menu.value = beside
    assert beside in view.live.menu.options
    view.run.click()
    wb.panel("data diet").wait(120)
    assert beside not in view.live.menu.options
    assert view.live.name == "accuracy by subset"
    assert beside in view.declaration.charts_of("cifar10")
