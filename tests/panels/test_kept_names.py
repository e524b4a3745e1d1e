"""What was kept under a name is offered by the panels that can begin from it, and goes into their call as a name."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

import workbench as wb
from workbench.panels import PANELS
from workbench.panels.draft import Draft
from workbench.panels.fields import Suggested, field


@pytest.mark.parametrize(("panel", "option"), [("train", "start"), ("plane", "start"), ("kept data", "score")])
def test_a_menu_offers_what_is_kept_when_the_panel_is_made(
    panel: str, option: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(tmp_path)
    data = wb.load("digits", train_size=20)
    model = wb.models.named("lenet", data)
    wb.keep(wb.Ticket(wb.snapshot(model), wb.masks.full(model)), "this one")
    wb.keep(wb.scores.by_id("mine", torch.arange(20), data), "this one")
    offered = field(PANELS[panel].options[option], Draft(panel, PANELS[panel]).values[option])
    assert isinstance(offered, Suggested)
    assert "this one" in offered.menu.options


def test_a_kept_name_goes_into_the_script_of_a_call():
    draft = Draft("train", PANELS["train"])
    draft.set(start="this one", epochs=2)
    assert 'start="this one"' in draft.call.script()
    assert wb.Call.from_json(draft.call.json()) == draft.call
