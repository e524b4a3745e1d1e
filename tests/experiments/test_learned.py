"""A lesson says which settings it was written for, and stops at networks that have not learned."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

import workbench as wb
from workbench.experiments import check_learned, written_for

DIGITS = wb.load("digits")
LESSONS = sorted(path.stem for path in (Path(__file__).parents[2] / "notebooks").glob("*.ipynb"))


def of_classes(*labels: int) -> wb.Data:
    """Data whose test images have these labels."""
    test = DIGITS.test
    return replace(
        DIGITS,
        test=replace(test, images=test.images[: len(labels)], labels=torch.tensor(labels), ids=test.ids[: len(labels)]),
    )


def test_networks_that_come_a_fifth_of_the_way_from_chance_to_one_have_learned():
    even = of_classes(0, 0, 1, 1)  # chance 1/2, so the bar is at 60 %
    assert check_learned([0.6, 0.7], even).startswith("The networks learned: test accuracy 65.0 % (n = 2)")
    with pytest.raises(ValueError, match=r"the dense networks must have learned, to 60 % at least.*train for longer"):
        check_learned([0.59, 0.9], even, title="dense networks")
    uneven = of_classes(0, 0, 0, 1)  # naming class 0 always is right in 3 of 4: the bar is at 80 %
    with pytest.raises(ValueError, match="to 80 % at least"):
        check_learned([0.75], uneven)
    assert check_learned([0.75], uneven, least=0)


@pytest.mark.parametrize("accuracies", [(0.9,), [np.float64(0.9), 0.95], range(1, 2)])
def test_accuracies_may_be_of_any_kind_of_numbers(accuracies: object):
    assert "learned" in check_learned(accuracies, DIGITS)  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize("accuracies", [(), (float("nan"),), (1.5,)])
def test_what_is_no_accuracy_is_refused(accuracies: tuple[float, ...]):
    with pytest.raises(ValueError, match=r"accuracies|no networks"):
        check_learned(accuracies, DIGITS)


@pytest.mark.parametrize("lesson", LESSONS)
def test_the_defaults_of_a_lesson_are_what_it_was_written_for(lesson: str):
    assert written_for(lesson, {}) == "These are the settings that the lesson was written for."
    assert "seed" not in written_for(lesson, {"seed": 7, "out": "elsewhere", "device": "cpu", "unknown": 3})


def test_other_settings_are_named_with_those_it_was_written_for():
    told = written_for("01_winning_tickets", {"dataset": "cifar10", "model": "lenet", "rounds": 2})
    assert told.startswith("The lesson was written for dataset = 'fashion-mnist', rounds = ")
    assert "here dataset = 'cifar10', rounds = 2." in told
    assert "model" not in told


def test_a_lesson_that_there_is_not_is_refused_with_the_nearest():
    with pytest.raises(ValueError, match='did you mean "02_rare_gems"'):
        written_for("02_rare_gem", {})
