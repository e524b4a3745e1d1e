"""Recipes: lengths and rates by hand, and every number out of range said."""

from __future__ import annotations

import math
from dataclasses import FrozenInstanceError
from typing import Any

import pytest

import workbench as wb


def rates(of: int, **options: Any) -> list[float]:
    recipe = wb.Recipe(steps=of, learning_rate=0.8, **options)
    return [recipe.rate(step, of) for step in range(of)]


def test_a_constant_rate():
    assert rates(3) == [0.8, 0.8, 0.8]


def test_multistep_multiplies_at_shares_of_the_length():
    found = rates(8, schedule="multistep", milestones=(0.5, 0.75), decay=0.5)
    assert found == pytest.approx([0.8] * 4 + [0.4] * 2 + [0.2] * 2)


def test_cosine_begins_at_the_rate_and_ends_just_above_zero():
    assert rates(4, schedule="cosine") == pytest.approx(
        [0.8, 0.4 * (1 + math.sqrt(0.5)), 0.4, 0.4 * (1 - math.sqrt(0.5))]
    )


def test_warmup_rises_in_equal_steps_and_then_the_schedule_goes_on():
    assert rates(6, warmup=4) == pytest.approx([0.2, 0.4, 0.6, 0.8, 0.8, 0.8])
    assert rates(4, warmup=1, schedule="multistep", milestones=(0.5,)) == pytest.approx([0.8, 0.8, 0.08, 0.08])


def test_a_recipe_is_a_value():
    assert wb.Recipe(epochs=2) == wb.Recipe(epochs=2)
    assert hash(wb.Recipe(epochs=2)) == hash(wb.Recipe(epochs=2))
    with pytest.raises(FrozenInstanceError):
        wb.Recipe(epochs=2).steps = 3  # type: ignore[misc]


@pytest.mark.parametrize(
    ("options", "parts"),
    [
        ({}, ("epochs or steps", "epochs=None, steps=None", "Recipe(epochs=4)")),
        ({"epochs": 1, "steps": 1}, ("epochs or steps", "epochs=1, steps=1")),
        ({"epochs": 0}, ("epochs must be above 0", "got 0", "epochs=0.5")),
        ({"epochs": 0.0}, ("epochs must be above 0", "got 0.0")),
        ({"epochs": -1}, ("epochs must be above 0", "got -1")),
        ({"epochs": math.inf}, ("epochs must be above 0", "got inf")),
        ({"steps": -1}, ("steps must be a whole number from 0", "got -1")),
        ({"learning_rate": 0.0}, ("learning_rate must be above 0", "got 0.0", "0.1 is the usual one")),
        ({"learning_rate": math.nan}, ("learning_rate must be above 0", "got nan")),
        ({"learning_rate": math.inf}, ("learning_rate", "got inf")),
        ({"momentum": 1.0}, ("momentum must be in [0, 1)", "got 1.0", "0.9")),
        ({"weight_decay": -0.1}, ("weight_decay must be at least 0", "got -0.1")),
        ({"batch_size": 0}, ("batch_size must be a whole number from 1", "got 0", "128")),
        ({"decay": 0.0}, ("decay must be in (0, 1]", "got 0.0")),
        ({"mixup": -0.1}, ("mixup must be at least 0", "got -0.1", "0.2 is a usual one")),
        ({"mixup": math.nan}, ("mixup must be at least 0", "got nan")),
        ({"mixup": math.inf}, ("mixup", "got inf")),
        ({"warmup": -1}, ("warmup must be a whole number of steps from 0 to 10000000000", "got -1")),
        ({"evaluate_every": 0}, ("evaluate_every must be a whole number of steps from 1", "got 0")),
        ({"milestones": (0.5, 2.0)}, ("milestones[1] must be in (0, 1), got 2.0", "they are shares")),
        ({"optimiser": "sdg"}, ('optimiser "sdg" is not known', 'did you mean "sgd"')),
        ({"schedule": "cosin"}, ('schedule "cosin" is not known', 'did you mean "cosine"')),
        ({"precision": "float16"}, ('precision "float16" is not known', "bfloat16")),
        ({"augment": "crop+flop"}, ('augmentation "crop+flop" is not known', 'did you mean "crop+flip"')),
        ({"nesterov": True, "momentum": 0.0}, ("nesterov needs", "momentum=0.9")),
        ({"nesterov": True, "optimiser": "adam"}, ("nesterov needs", '"sgd"')),
    ],
)
def test_what_is_out_of_range_is_said_with_the_way_on(options: dict[str, Any], parts: tuple[str, ...]):
    length: dict[str, Any] = {} if {"epochs", "steps"} & options.keys() or not options else {"steps": 1}
    with pytest.raises(ValueError, match=r".") as caught:
        wb.Recipe(**length, **options)
    assert all(part in str(caught.value) for part in parts), str(caught.value)
