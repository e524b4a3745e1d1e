"""The panels of strong tickets: every option is reached, the script is the run, the table has tickets alone."""

from __future__ import annotations

import inspect
from typing import Any

import pytest
from shown import drawn, whole

import workbench as wb
from workbench.experiments import Strong
from workbench.panels import PANELS
from workbench.panels.draft import Draft
from workbench.panels.static import static

NAMES = ("strong tickets", "strong costs", "price of structure", "block mask")
TICKETS = PANELS["strong tickets"]
TRAINED: dict[str, Any] = {"train_size": 150, "model": "plain_cnn(channels=(2,))", "epochs": None, "steps": 5}
FEW: dict[str, dict[str, Any]] = {
    "strong tickets": {**TRAINED, "structures": ("filter", "edge_popup"), "ratios": (3.0,), "replicas": 1}
    | {"popup.epochs": None, "popup.steps": 3},
    "strong costs": {**TRAINED, "ratios": (3.0,), "images": 4, "repeats": 1, "replicas": 1},
    "price of structure": {"outputs": (2,), "candidates": (5, 10), "replicas": 1},
    "block mask": {"hidden": (8, 20), "replicas": 1},
}


@pytest.mark.parametrize("name", NAMES)
def test_every_parameter_but_the_archive_is_an_option(name: str):
    options = {option.partition(".")[0] for option in PANELS[name].options}
    assert {*inspect.signature(PANELS[name].function).parameters} - options == {"archive"}


@pytest.mark.parametrize("name", NAMES)
def test_the_defaults_are_the_functions_own_and_make_a_call(name: str):
    assert Draft(name, PANELS[name]).call.arguments == wb.call(PANELS[name].function).arguments


def test_one_margin_or_several_may_be_tried():
    draft = Draft("strong tickets", TICKETS)
    for margin in (1.5, (1.0, 1.5)):
        draft.set(margin=margin)
        assert draft.call.arguments["margin"] == margin
    draft.set(margin=0.0)
    with pytest.raises(ValueError, match="margin of scale must be a number from"):
        _ = draft.call


def test_of_two_recipes_the_first_goes_by_the_last_word_of_an_option():
    draft = Draft("strong tickets", TICKETS)
    draft.set(epochs=3, **{"popup.epochs": 7})
    assert (draft.call.arguments["recipe"].epochs, draft.call.arguments["popup"].epochs) == (3, 7)


@pytest.mark.parametrize("name", NAMES)
def test_what_a_panel_is_about_says_what_is_measured(name: str):
    words = PANELS[name].about
    assert "measured" in words or "smaller than the random network, not than the target" in words


def test_a_run_ends_with_the_last_rows_its_script_and_a_table_of_tickets_alone():
    panel = wb.panel("strong tickets", **FEW["strong tickets"])
    panel.run()
    outcomes = panel.wait(120)
    assert panel.view.text["error"].value == ""
    assert drawn(panel.view.live) == whole("strong layers", outcomes)
    tickets = [outcome for outcome in outcomes if isinstance(outcome, Strong)]
    assert f"Table ({len(tickets)} rows)" in panel.view.text["table"].value
    assert len(outcomes) > len(tickets) == 2
    script: dict[str, Any] = {}
    exec(panel.call.script(), script)
    again = [outcome for outcome in script["result"] if isinstance(outcome, Strong)]
    assert [(o.structure, o.logit_error) for o in again] == [(o.structure, o.logit_error) for o in tickets]


@pytest.mark.parametrize("name", NAMES)
def test_in_a_batch_a_panel_leaves_a_picture_and_its_words(name: str):
    panel = wb.panel(name, interactive=False, **FEW[name])
    picture, words = static(PANELS[name], panel.result)
    assert len(picture["text/html"]) < 100_000
    assert words["text/plain"] == "\n".join(PANELS[name].words(panel.result)) != ""


def test_layers_alone_are_an_empty_table():
    layers = list(wb.panel("strong tickets", interactive=False, **FEW["strong tickets"]).result)
    assert TICKETS.table(layers[:1]).empty
