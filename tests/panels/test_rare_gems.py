"""The panel of tickets at initialisation: every option is reached, its script is the run, its table has tickets."""

from __future__ import annotations

import inspect
import re
from typing import Any

import pytest
from shown import drawn, whole

import workbench as wb
from workbench.experiments import Tried
from workbench.panels import PANELS
from workbench.panels.draft import Draft
from workbench.panels.fields import from_line

GEMS = PANELS["rare gems"]
FEW: dict[str, Any] = {
    "train_size": 150,
    "model": "lenet(hidden=(12, 8), norm=True, affine=False)",
    "epochs": None,
    "steps": 4,
    "search.epochs": None,
    "search.steps": 6,
    "methods": ("gem_miner", "random_mask"),
    "densities": (0.2,),
    "controls": ("shuffled",),
    "learning_rates": (0.05,),
    "glimpses": 3,
    "replicas": 1,
}


def test_every_parameter_but_the_archive_is_an_option():
    options = {name.partition(".")[0] for name in GEMS.options}
    assert {*inspect.signature(GEMS.function).parameters} - options == {"archive"}


def test_of_two_recipes_the_first_goes_by_the_last_word_of_an_option():
    draft = Draft("rare gems", GEMS)
    draft.set(epochs=3, **{"search.epochs": 7})
    recipes = draft.call.arguments
    assert (recipes["recipe"].epochs, recipes["search"].epochs) == (3, 7)
    draft.set(search=wb.Recipe(epochs=9))
    assert draft.values["search.epochs"] == 9


@pytest.mark.parametrize(
    ("text", "methods"),
    [
        ("gem_miner(l2=0.1, through=(1, 2)), imp", ("gem_miner(l2=0.1, through=(1, 2))", "imp")),
        ("a(x=1, y=(2, 3)), b(z=4)", ("a(x=1, y=(2, 3))", "b(z=4)")),
        (" snip ,, dense", ("snip", "dense")),
        ("snip(, dense", ("snip(", "dense")),
    ],
)
def test_a_comma_within_parentheses_parts_no_names(text: str, methods: tuple[str, ...]):
    assert from_line(GEMS.options["methods"], text) == methods


def test_a_method_that_is_not_known_is_said_before_a_run():
    draft = Draft("rare gems", GEMS)
    draft.set(methods=("gem_minor",))
    with pytest.raises(ValueError, match='"gem_minor" is not known; did you mean "gem_miner"'):
        _ = draft.call


def test_a_run_ends_with_the_last_rows_its_script_and_a_table_of_tickets_alone():
    panel = wb.panel("rare gems", **FEW)
    panel.run()
    outcomes = panel.wait(120)
    assert panel.view.text["error"].value == ""
    assert drawn(panel.view.live) == whole("search by step", outcomes)
    trained = [outcome for outcome in outcomes if isinstance(outcome, Tried)]
    assert f"Table ({len(trained)} rows)" in panel.view.text["table"].value
    assert len(outcomes) > len(trained) == 4
    script: dict[str, Any] = {}
    exec(panel.call.script(), script)
    assert _accuracies(script["result"]) == _accuracies(outcomes)


def test_what_is_only_seen_of_a_search_is_no_row_and_no_error():
    outcomes = list(GEMS.function("digits", **_options()))
    seen = [outcome for outcome in outcomes if not isinstance(outcome, Tried)]
    assert seen
    assert GEMS.table([]).empty
    for end in range(1, len(seen)):
        assert GEMS.table(seen[:end]).empty


def test_the_table_has_the_columns_of_a_ticket():
    frame = GEMS.table(list(GEMS.function("digits", **_options())))
    asked = {"method", "control", "density", "density_rounded", "accuracy_before", "accuracy_after", "search_steps"}
    assert asked <= {*frame}
    assert not {"scores", "bound", "words"} & {*frame}


def _accuracies(outcomes: list[Any]) -> list[tuple[Any, ...]]:
    """What every ticket came to; methods run side by side, so that their order may differ."""
    trained = [outcome for outcome in outcomes if isinstance(outcome, Tried)]
    return sorted((t.method, t.control, t.accuracy_before, t.accuracy_after) for t in trained)


def _options() -> dict[str, Any]:
    draft = Draft("rare gems", GEMS)
    draft.set(**FEW)
    return {name: value for name, value in draft.call.arguments.items() if name != "dataset"}


def test_in_a_batch_without_a_search_the_first_chart_that_shows_something_is_left():
    from workbench.panels.static import static

    panel = wb.panel("rare gems", interactive=False, **FEW | {"methods": ("random_mask",)})
    picture, *_ = static(GEMS, panel.result)
    assert picture["text/plain"].startswith("The density of every layer")


def test_in_a_batch_the_panel_leaves_a_picture_and_its_words():
    from workbench.panels.static import static

    panel = wb.panel("rare gems", interactive=False, **FEW)
    picture, *_ = static(GEMS, panel.result)
    assert len(picture["text/html"]) < 100_000
    assert re.search(r"gem_miner, asked for 20 %", " ".join(GEMS.words(panel.result)))
