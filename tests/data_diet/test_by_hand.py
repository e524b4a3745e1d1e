"""EL2N, GraNd, loss and margin by hand, on a model of two parameters; and what all scores of networks promise."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
import torch
from tiny import Own, copied, made, same, split_of
from torch import nn

import workbench as wb
from workbench.data.data import Data
from workbench.data_diet import SCORES, el2n, grand, loss, margin

OF_NETWORKS = {name: SCORES[name] for name in ("el2n", "grand", "loss", "margin")}


def three() -> Data:
    """Three images of one pixel: 1, 1 and 0, of the classes 0, 1 and 0."""
    images = torch.tensor([255, 255, 0], dtype=torch.uint8).reshape(3, 1, 1, 1)
    split = split_of(images, torch.tensor([0, 1, 0]))
    return Data("three", split, split, split, ("0", "1"), torch.arange(0))


def two(bias: bool = False) -> nn.Module:
    return nn.Sequential(nn.Flatten(), nn.Linear(1, 2, bias=bias))


# logits (ln 3, 0) for the pixel 1, (0, 0) for 0: p = (3/4, 1/4) and (1/2, 1/2), p - y = ∓1/4, ±3/4, ∓1/2
WEIGHTS = {"1.weight": torch.tensor([[math.log(3)], [0.0]])}
ROOT = math.sqrt(2)


def test_el2n_is_the_length_of_the_error():
    assert el2n(two(), [WEIGHTS], three()).values.tolist() == pytest.approx([ROOT / 4, 3 * ROOT / 4, ROOT / 2])


def test_grand_is_the_length_of_the_error_times_that_of_the_input():
    assert grand(two(), [WEIGHTS], three()).values.tolist() == pytest.approx([ROOT / 4, 3 * ROOT / 4, 0])


def test_a_bias_counts_as_an_input_of_one():
    found = grand(two(bias=True), [WEIGHTS | {"1.bias": torch.zeros(2)}], three())
    assert found.values.tolist() == pytest.approx([ROOT / 4 * ROOT, 3 * ROOT / 4 * ROOT, ROOT / 2])


def test_loss_and_margin_are_larger_where_it_is_harder():
    assert loss(two(), [WEIGHTS], three()).values.tolist() == pytest.approx([math.log(4 / 3), math.log(4), math.log(2)])
    assert margin(two(), [WEIGHTS], three()).values.tolist() == pytest.approx([-math.log(3), math.log(3), 0])


@pytest.mark.parametrize("name", OF_NETWORKS)
def test_a_score_is_the_mean_over_networks(name: str):
    networks = [wb.initialise(Own(), seed=seed) for seed in range(3)]
    each = torch.stack([OF_NETWORKS[name](Own(), [w], made()).values for w in networks])
    found = OF_NETWORKS[name](Own(), networks, made(), step=7)
    assert torch.allclose(found.values, each.mean(0), rtol=1e-5)
    assert (found.name, found.replicas, found.step, found.split) == (name, 3, 7, "train")


@pytest.mark.parametrize("name", OF_NETWORKS)
def test_the_order_of_the_examples_does_not_matter_even_for_a_model_in_train_mode(name: str):
    data, weights = made(), [wb.initialise(Own())]
    turned = replace(data, train=data.train.take(torch.arange(len(data.train)).flip(0)))
    alone = replace(data, train=data.train.take(torch.tensor([17])))
    whole = OF_NETWORKS[name](Own().eval(), weights, data)
    for other in (turned, alone):
        found = OF_NETWORKS[name](Own().train(), weights, other)
        assert torch.allclose(found.values, whole.on(other.train.ids), rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("name", OF_NETWORKS)
def test_the_callers_model_mode_and_weights_are_not_touched(name: str):
    model, weights = Own().train(), wb.initialise(Own(), seed=3)
    before, own = copied(model.state_dict()), copied(weights)
    OF_NETWORKS[name](model, [weights], made())
    assert model.training
    assert model.norm.training
    assert same(model.state_dict(), before)
    assert same(weights, own)
    assert all(p.grad is None and p.requires_grad for p in model.parameters())


@pytest.mark.parametrize("name", OF_NETWORKS)
def test_it_needs_a_network_of_this_model_and_images(name: str):
    with pytest.raises(ValueError, match=f"{name} is a mean over networks, and there is none"):
        OF_NETWORKS[name](Own(), [], made())
    empty = replace(made(), validation=made().validation.take(torch.arange(0)))
    with pytest.raises(ValueError, match="this split is empty"):
        OF_NETWORKS[name](Own(), [wb.initialise(Own())], empty, split="validation")
    with pytest.raises(ValueError, match="the weights must have the shapes of the model"):
        OF_NETWORKS[name](Own(), [wb.initialise(Own(channels=4))], made())


@pytest.mark.parametrize("name", OF_NETWORKS)
def test_it_can_be_stopped_between_networks(name: str):
    def stop(progress: wb.progress.Progress) -> None:
        raise wb.progress.Stopped

    with wb.progress.watch(stop), pytest.raises(wb.progress.Stopped):
        OF_NETWORKS[name](Own(), [wb.initialise(Own())], made())
