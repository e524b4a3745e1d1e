"""The landscape panel: numbers typed with commas, pictures that follow what is measured, a batch."""

from __future__ import annotations

from typing import Any

import pytest
from shown import made, off, shows_every_picture

import workbench as wb
from workbench.panels import PANELS

FEW: dict[str, Any] = {
    "train_size": 100,
    "model": "resnet8(width=4)",
    "epochs": None,
    "steps": 6,
    "rewind_steps": (0, 2),
    "points": 3,
    "score_replicas": 1,
    "replicas": 1,
}


def test_several_numbers_are_typed_with_commas():
    panel = wb.panel("landscape")
    field = panel.view.form.fields["rewind_steps"].widget
    field.value = "0, 5,20"
    assert panel.call.arguments["rewind_steps"] == (0, 5, 20)
    panel.set(rewind_steps=(1, 2))
    assert field.value == "1, 2"


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("0, soon", "parted at steps must be a whole number from 0 up, got 'soon'"),
        ("0, 2.5", "parted at steps must be a whole number from 0 up, got 2.5"),
        ("-1", "parted at steps must be a whole number from 0 up, got -1"),
        ("", "parted at steps must be 1 or more numbers with commas between"),
    ],
)
def test_wrong_numbers_are_said_at_once(typed: str, words: str):
    panel = wb.panel("landscape")
    panel.view.form.fields["rewind_steps"].widget.value = typed
    assert words in panel.view.text["problem"].value.replace("&#x27;", "'")
    assert off(panel.view.run)


def test_it_runs_live_and_every_picture_can_be_chosen():
    panel = wb.panel("landscape", **FEW)
    panel.run()
    partings = panel.wait(120)
    assert len(partings) == 2 * 2 * 3
    shows_every_picture(panel, partings)


def test_the_words_round_a_live_picture_follow_what_is_there():
    panel = wb.panel("landscape", **FEW)
    panel.run()
    partings = panel.wait(120)
    live = panel.view.live
    live.menu.value = "error along path"
    live.show([p for p in partings if p.split == "train"], last=True)
    assert "on train images" in str(made(live).spec["title"])
    live.show(partings, last=True)
    assert "on test images" in str(made(live).spec["title"])


def test_in_a_batch_it_leaves_a_small_picture_and_sentences():
    panel = wb.panel("landscape", interactive=False, **FEW)
    from workbench.panels.static import static

    picture, words = static(PANELS["landscape"], panel.result)
    assert len(picture["text/html"]) < 80_000
    assert "the error barrier is" in words["text/plain"]
    assert wb.Call.from_json(panel.call.json()) == panel.call
