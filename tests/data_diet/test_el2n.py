"""EL2N: by hand, a mean over networks, in eval mode, whatever the order."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
import torch
from tiny import Own, four, made, pair

import workbench as wb
from workbench.data_diet import el2n


def test_el2n_by_hand():
    # logits (ln 3, 0) and (0, 0): p = (3/4, 1/4) and (1/2, 1/2); labels 0 and 1
    weights = {"1.weight": torch.tensor([[math.log(3), 0.0], [0.0, 0.0]])}
    found = el2n(four(), [weights], pair())
    assert found.values.tolist() == pytest.approx([0.25 * math.sqrt(2), 0.5 * math.sqrt(2)])
    assert (found.replicas, found.split, found.ids.tolist()) == (1, "train", [0, 1])


def test_it_is_the_mean_over_networks():
    networks = [wb.initialise(Own(), seed=seed) for seed in range(3)]
    each = torch.stack([el2n(Own(), [w], made()).values for w in networks])
    both = el2n(Own(), networks, made(), step=7)
    assert torch.allclose(both.values, each.mean(0))
    assert (both.replicas, both.step) == (3, 7)
    assert 0 <= float(both.values.min()) <= float(both.values.max()) <= math.sqrt(2)


def test_the_order_of_the_examples_does_not_matter():
    data, weights = made(), [wb.initialise(Own())]
    turned = replace(data, train=data.train.take(torch.arange(len(data.train)).flip(0)))
    whole, reverse = el2n(Own().train(), weights, data), el2n(Own().train(), weights, turned)
    assert torch.allclose(reverse.on(data.train.ids), whole.values, atol=1e-6)


def test_it_needs_a_network_and_images():
    with pytest.raises(ValueError, match="el2n is a mean over networks, and there is none"):
        el2n(Own(), [], made())
    empty = replace(made(), validation=made().validation.take(torch.arange(0)))
    with pytest.raises(ValueError, match="there are no images to score"):
        el2n(Own(), [wb.initialise(Own())], empty, split="validation")
