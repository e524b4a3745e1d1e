"""The form: every field has its help, holds what was typed, and folds away what is rarely set."""

from __future__ import annotations

import contextlib
import dataclasses
import re
from typing import Any

import pytest

import workbench as wb
from workbench.panels import PANELS
from workbench.panels.draft import Draft
from workbench.panels.fields import field
from workbench.panels.form import Form
from workbench.panels.options import Flag, Number, Numbers, Several
from workbench.panels.wording import in_words
from workbench.training.recipe import Recipe
from workbench.work.calls import call


@pytest.mark.parametrize("panel", PANELS)
def test_every_field_has_its_help_a_sentence_in_the_words_of_the_form(panel: str):
    names = {field.name for field in dataclasses.fields(Recipe)} | call(PANELS[panel].function).arguments.keys()
    api = {name for name in names if "_" in name}
    for option, words in PANELS[panel].help.items():
        assert re.fullmatch(r"[A-Z].{20,}\.", words), f"{panel}, {option}: {words}"
        assert "`" not in words
        assert not api & set(re.findall(r"\w+", words)), f"{panel}, {option}: {words}"


@pytest.mark.parametrize("panel", PANELS)
def test_no_two_fields_of_a_panel_have_one_label(panel: str):
    labels = [option.label for option in PANELS[panel].options.values()]
    assert len(set(labels)) == len(labels)


def test_one_argument_has_one_label_but_where_it_means_something_else():
    labels: dict[str, set[str]] = {}
    for declaration in PANELS.values():
        for name, option in declaration.options.items():
            labels.setdefault(name, set()).add(option.label)
    for name in ("batch_norm", "train_size", "points", "score_replicas", "score_step", "seconds", "replicas"):
        assert len(labels[name]) == 1, labels[name]


@pytest.mark.parametrize("panel", PANELS)
def test_at_first_a_form_shows_few_fields_and_each_has_its_help(panel: str):
    draft = Draft(panel, PANELS[panel])
    form = Form(draft, draft.set)
    common = [option for option in PANELS[panel].options.values() if not option.rare]
    assert 1 <= len([option for option in common if not isinstance(option, Several)]) <= 8
    assert len(common) <= 9
    assert form.rare.layout.display == "none"
    for name, shown in form.fields.items():
        holder = shown.widget.children[0] if shown.ticks else shown.widget
        assert holder.tooltip == draft.declaration.help[name]


@pytest.mark.parametrize("panel", PANELS)
def test_a_field_shows_the_value_that_is_set_and_reads_it_back(panel: str):
    draft = Draft(panel, PANELS[panel])
    for name, option in draft.declaration.options.items():
        value, shown = draft.values[name], field(option, draft.values[name])
        if shown.ticks:
            assert tuple(tick for tick, box in shown.ticks.items() if box.value) == tuple(value)
        else:
            read = option.meant(shown.read(shown.widget.value))
            assert read == ((value,) if isinstance(option, Numbers) and option.single else value)


@pytest.mark.parametrize("text", ["1.5", "1,5", "two", "1e400", "-7", "nan", ""])
def test_what_is_typed_into_a_number_means_that_or_is_refused_by_the_label(text: str):
    numbers = {(o.label, o.whole): o for d in PANELS.values() for o in d.options.values() if type(o) is Number}
    for option in numbers.values():
        heard: list[object] = []
        shown = field(option, option.low)
        shown.changed(heard.append)
        shown.widget.value = text
        shown.show(heard[-1])
        assert shown.widget.value.replace("inf", "1e400") == text
        with contextlib.suppress(ValueError):
            option.check(heard[-1])
            assert heard[-1] is None if not text else heard[-1] == float(text)
            continue
        with pytest.raises(ValueError, match=f"^{option.label} must be "):
            option.check(heard[-1])


def test_whole_numbers_are_never_joined_from_the_digits_of_another():
    panel = wb.panel("lottery")
    panel.view.form.fields["rounds"].widget.value = "1.5"
    assert panel.values["rounds"] == 1.5
    assert "rounds must be a whole number from 0 to 100, got 1.5" in panel.view.text["problem"].value
    panel.view.form.fields["rounds"].widget.value = "1e1"
    assert panel.values["rounds"] == 10


def test_a_path_is_typed_beside_the_menu_of_what_is_known_which_has_all_names_whatever_is_typed():
    panel = wb.panel("lottery")
    field: Any = panel.view.form.fields["dataset"]
    field.widget.value = "/data/my own.npz"
    assert panel.values["dataset"] == "/data/my own.npz"
    assert field.menu.value is None
    assert field.menu.options == PANELS["lottery"].options["dataset"].choices
    field.menu.value = "mnist"
    assert (field.widget.value, panel.values["dataset"]) == ("mnist", "mnist")
    panel.set(dataset="digits")
    assert field.menu.value == "digits"


def test_epochs_and_steps_take_turns():
    panel = wb.panel("lottery")
    panel.view.form.fields["recipe.steps"].widget.value = "300"
    assert panel.call.arguments["recipe"].steps == 300
    panel.view.form.fields["recipe.epochs"].widget.value = "4"
    assert panel.call.arguments["recipe"] == dataclasses.replace(panel.draft.arguments["recipe"], epochs=4, steps=None)
    panel.view.form.fields["recipe.epochs"].widget.value = ""
    assert "epochs or steps" in panel.view.text["problem"].value
    assert "Recipe(" not in panel.view.text["problem"].value


def test_the_fold_opens_for_a_rare_option_that_is_changed_or_wrong_and_says_how_many():
    panel = wb.panel("lottery")
    form = panel.view.form
    assert form.more.description == "more options (13)"
    panel.set(learning_rate=0.05)
    assert form.more.value
    assert form.rare.layout.display is None
    assert form.more.description == "more options (13, 1 changed)"
    form.more.value = False
    panel.set(rounds=3)
    assert not form.more.value, "what was folded by hand stays so"
    panel.set(batch_size=-1)
    assert form.more.value


def test_a_slider_shows_what_is_set_also_between_stops_and_which_of_two_counts():
    panel = wb.panel("robust weights")
    sliders = panel.view.form.fields
    assert (sliders["eta"].widget.idle, sliders["lam"].widget.idle) == (False, True)
    panel.set(lam=0.25, by="lam")
    assert sliders["lam"].widget.value == 0.25
    assert (sliders["eta"].widget.idle, sliders["lam"].widget.idle) == (True, False)
    assert panel.wait(60) is not None


@pytest.mark.parametrize(
    ("message", "words"),
    [
        ("train_size must be at most 1347, got 9000", "training images (train_size) must be at most 1347, got 9000"),
        ("rounds must be whole", "rounds must be whole"),
        ("rewind_step must be from 0 to 9, got 20", "rewind to step (rewind_step) must be from 0 to 9, got 20"),
        ("learning_rate must be above 0, got -1", "learning rate (learning_rate) must be above 0, got -1"),
        ("controls[1] must be a name", "controls[1] must be a name"),
        ("lower it, or pass train_size=100", "lower it, or pass training images 100"),
        ("Recipe(epochs=4) trains four", "epochs 4 trains four"),
        ("the steps are few", "the steps are few"),
    ],
)
def test_a_message_of_the_library_is_said_in_the_words_of_the_form(message: str, words: str):
    assert in_words(message, PANELS["lottery"].options) == words


def test_flags_are_ticked():
    panel = wb.panel("rare gems")
    option = PANELS["rare gems"].options["matched"]
    assert isinstance(option, Flag)
    panel.view.form.fields["matched"].widget.value = True
    assert panel.values["matched"] is True
