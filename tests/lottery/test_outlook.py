"""What a search by Gem-Miner will do: the time for decay by hand, the balance of loss and λ as a search finds it."""

from __future__ import annotations

import math
import warnings

import pytest
from tiny import Own, made, same

import workbench as wb
from workbench.lottery import gem_miner_outlook
from workbench.pruning import gem_miner_search

DATA, MODEL = made(), Own()
WEIGHTS = wb.initialise(MODEL, rule="signed_constant")


def outlook(recipe: wb.Recipe, **options: float) -> wb.lottery.Outlook:
    return gem_miner_outlook(MODEL, WEIGHTS, DATA, recipe, **({"density": 0.2} | options))  # type: ignore[arg-type]


def test_the_time_for_decay_by_hand():
    steps = wb.Recipe(steps=60, batch_size=16, learning_rate=0.1, momentum=0.9)
    assert math.isclose(outlook(steps, l2=0.01).decay, 2 * 0.01 * 60 * 0.1 / (1 - 0.9))  # 1.2 nats
    halved = wb.Recipe(steps=60, batch_size=16, learning_rate=0.1, momentum=0.9, schedule="cosine")
    assert math.isclose(outlook(halved, l2=0.01).decay, 0.61)  # the mean of the cosine is a half, and a step more
    plain = wb.Recipe(steps=60, batch_size=16, learning_rate=0.1, momentum=0.0)
    assert math.isclose(outlook(plain, l2=0.0, l1=0.1).decay, -math.log(1 - 0.1 * 6))  # falls by λ Σ rate = 0.6
    assert outlook(plain, l2=0.0).decay == 0
    adam = wb.Recipe(steps=60, batch_size=16, learning_rate=0.01, optimiser="adam")
    assert math.isclose(outlook(adam, l2=1e-6).decay, -math.log(1 - 0.6))  # by its rate, whatever λ is


def test_an_idle_lambda_is_told():
    recipe = wb.Recipe(steps=60, batch_size=16, learning_rate=0.1)
    idle, felt = outlook(recipe, l2=0.005), outlook(recipe, l2=0.007)  # R = 0.6 and 0.84, on both sides of log 2
    assert (idle.idle, felt.idle) == (True, False)
    assert "it is idle, and freezing does all" in str(idle)
    assert "is felt" in str(felt)


def test_the_natural_density_is_what_a_search_without_freezing_settles_at_within_a_factor_of_four(digits: wb.Data):
    model = wb.models.lenet(digits, norm=True, affine=False)
    weights = wb.initialise(model, rule="signed_constant")
    recipe = wb.Recipe(steps=500, batch_size=128, learning_rate=0.3, schedule="cosine")
    for l2 in (6e-4, 1e-3):
        seen = gem_miner_outlook(model, weights, digits, recipe, density=0.05, l2=l2)
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "after step")
            *_, found = gem_miner_search(model, weights, digits, recipe, density=1.0, l2=l2, every=10**6)
        assert 0.5 * seen.held <= found.density_rounded <= 5 * seen.held


def test_a_lambda_that_removes_everything_is_told_before_the_search(digits: wb.Data):
    model = wb.models.lenet(digits, norm=True, affine=False)
    weights = wb.initialise(model, rule="signed_constant")
    recipe = wb.Recipe(steps=300, batch_size=64, learning_rate=0.3)
    seen = gem_miner_outlook(model, weights, digits, recipe, density=0.05, l2=0.05)
    assert "layers may collapse; take a smaller λ" in str(seen)


def test_nothing_is_changed_and_the_same_is_said_again():
    before, own = wb.snapshot(MODEL), dict(WEIGHTS)
    recipe = wb.Recipe(steps=30, batch_size=16, learning_rate=0.1)
    assert outlook(recipe) == outlook(recipe)
    assert same(before, wb.snapshot(MODEL))
    assert same(own, WEIGHTS)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"l2": -1.0}, "l2 must be at least 0"),
        ({"density": 0.0}, "density must be"),
        ({"period": 60}, "has no time for it"),
        ({"until": 2.0}, "until must be"),
    ],
)
def test_what_cannot_be_searched_is_said(options: dict[str, float], message: str):
    with pytest.raises(ValueError, match=message):
        outlook(wb.Recipe(steps=60, batch_size=16), **options)
