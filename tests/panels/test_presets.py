"""Named settings set a whole form; Reset and Undo bring back what was there."""

from __future__ import annotations

import re

import pytest

import workbench as wb
from workbench.panels import PANELS
from workbench.panels.declaration import USUAL, Preset
from workbench.panels.draft import Draft
from workbench.panels.form import Form

NAMED = [(panel, name) for panel, declaration in PANELS.items() for name in declaration.settings]
MNIST = "LeNet on MNIST, as Frankle 2019 but 3 epochs"


def form_of(panel: str) -> tuple[Draft, Form]:
    draft = Draft(panel, PANELS[panel])

    def put(**options: object) -> None:
        draft.set(**options)
        form.show(draft.values)

    form = Form(draft, put)
    return draft, form


@pytest.mark.parametrize(("panel", "name"), NAMED)
def test_every_preset_makes_a_call_and_is_the_one_that_the_menu_shows(panel: str, name: str):
    preset = PANELS[panel].settings[name]
    draft, form = form_of(panel)
    form.settings.menu.value = name
    for option, value in preset.options.items():
        assert draft.state[option] == value
    assert draft.call
    assert form.settings.menu.value == name
    assert not form.more.value


@pytest.mark.parametrize("panel", PANELS)
def test_a_panel_whose_usual_settings_take_longer_than_half_a_minute_has_a_quick_preset(panel: str):
    prices = {name: preset.price for name, preset in PANELS[panel].settings.items()}
    if "min" in prices[USUAL]:
        assert any(re.fullmatch(r"about ([12]?\d|30) s", price) for price in prices.values())


def test_the_menu_says_names_and_prices_and_that_the_form_differs():
    draft, form = form_of("lottery")
    labels = [label for label, _ in form.settings.menu.options]
    assert labels[0].startswith("usual settings: about ")
    assert any(label.startswith(f"{MNIST}: about ") for label in labels)
    form.settings.menu.value = MNIST
    draft.set(rounds=2)
    form.show(draft.values)
    assert form.settings.menu.value == ""
    assert form.settings.menu.label == f"{MNIST}, changed"


def test_reset_goes_back_to_the_preset_then_to_the_usual_settings_and_undo_takes_it_back():
    draft, form = form_of("lottery")
    settings, usual = form.settings, draft.state
    assert (settings.reset.disabled, settings.undo.disabled) == (True, True)
    settings.menu.value = MNIST
    preset = draft.state
    draft.set(rounds=2, weight_decay=0.5)
    form.show(draft.values)
    changed = draft.state
    settings.reset.click()
    assert draft.state == preset
    settings.undo.click()
    assert draft.state == changed
    assert settings.undo.disabled
    settings.reset.click()
    settings.reset.click()
    assert draft.state == usual
    assert settings.menu.value == USUAL


def test_where_results_are_kept_is_no_setting(tmp_path):
    draft, form = form_of("lottery")
    draft.set(archive=str(tmp_path))
    form.settings.menu.value = MNIST
    form.settings.reset.click()
    assert draft.arguments["archive"] == str(tmp_path)
    assert form.settings.menu.value == USUAL


def test_a_preset_is_chosen_in_a_panel():
    panel = wb.panel("lottery")
    panel.view.form.settings.menu.value = MNIST
    assert panel.call.arguments["dataset"] == "mnist"
    assert panel.call.arguments["recipe"] == wb.experiments.PRESETS["lenet-mnist"]["recipe"]
    panel.view.form.fields["rounds"].widget.value = "3"
    assert panel.view.form.settings.menu.label == f"{MNIST}, changed"


def test_presets_of_the_experiments_are_all_offered_once():
    offered = [preset for declaration in PANELS.values() for preset in declaration.presets.values()]
    for register in ("PRESETS", "CALIBRATION_PRESETS", "RARE_GEMS_PRESETS", "STRONG_PRESETS", "SUBSET_SUM_PRESETS"):
        for options in getattr(wb.experiments, register).values():
            assert any(preset.options == options for preset in offered), options
    assert all(isinstance(preset, Preset) for preset in offered)
