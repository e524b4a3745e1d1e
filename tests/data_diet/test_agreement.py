"""Gradient agreement: one where all examples pull one way, and by hand where they do not."""

from __future__ import annotations

import math

import pytest
import torch
from tiny import Own, copied, four, made, pair, same

import workbench as wb
from workbench.data_diet import agreement


def test_two_examples_by_hand():
    # zero weights: the gradient of (x, y) is (1/2 - y) xᵀ; the two have no pixel in common, so they are orthogonal,
    # equally long, and each is at 45° to their mean
    found = agreement(four(), {"1.weight": torch.zeros(2, 2)}, pair(), batches=2, batch_size=1)
    assert found == pytest.approx(1 / math.sqrt(2))


def test_the_whole_data_in_every_batch_agrees_wholly():
    model = Own()
    weights = wb.initialise(model)
    before = copied(weights)
    assert agreement(model, weights, made(), batches=3, batch_size=50) == pytest.approx(1, abs=1e-5)
    assert same(before, weights)
    assert model.training


def test_it_is_drawn_by_its_seed_and_larger_batches_agree_more():
    model = Own()
    weights = wb.initialise(model)
    one = agreement(model, weights, made(), batches=8, batch_size=2, seed=1)
    assert one == agreement(model, weights, made(), batches=8, batch_size=2, seed=1)
    assert one != agreement(model, weights, made(), batches=8, batch_size=2, seed=2)
    assert one < agreement(model, weights, made(), batches=8, batch_size=25, seed=1)


def test_one_batch_agrees_with_nothing():
    with pytest.raises(ValueError, match="batches must be a whole number from 2"):
        agreement(Own(), wb.initialise(Own()), made(), batches=1)
