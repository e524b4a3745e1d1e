"""SNIP by hand, and against a plain loop."""

from __future__ import annotations

import math

import pytest
import torch
from tiny import Own, copied, four, made, pair, same
from torch import nn
from torch.nn import functional

import workbench as wb
from workbench.data.batches import Order
from workbench.pruning import snip

DATA = made()
LN3 = math.log(3)
# of (1, 0) the logits are 3 and 3 - ln 3, its class has 3/4: g = (-1/8, 1/8); of (0, 1) they are alike: g = (1/4, -1/4)
WEIGHTS = {"1.weight": torch.tensor([[3.0, 1.0], [3.0 - LN3, 1.0]])}  # |g w|: 0.375, 0.25; 0.238, 0.25


@pytest.mark.parametrize(
    ("density", "invert", "kept"),
    [
        (0.25, False, [[True, False], [False, False]]),
        (0.75, False, [[True, True], [False, True]]),  # the second largest weight goes
        (0.25, True, [[False, False], [True, False]]),
        (0.75, True, [[False, True], [True, True]]),
    ],
)
def test_four_weights_by_hand(density: float, invert: bool, kept: list[list[bool]]):
    mask = snip(four(), WEIGHTS, pair(), density=density, batch_size=2, invert=invert)
    assert mask["1.weight"].tolist() == kept


def test_of_two_that_are_alike_the_seed_keeps_one():
    kept = {str(snip(four(), WEIGHTS, pair(), density=0.5, batch_size=2, seed=seed)) for seed in range(8)}
    assert len(kept) == 2


def test_under_a_mask_the_gradient_is_that_of_the_masked_network():
    mask = {"1.weight": torch.tensor([[False, True], [True, True]])}
    # without the 3, of (1, 0) the logits are 0 and 3 - ln 3, its class has 0.13: |g w| of the other is 0.435 · 1.9
    assert snip(four(), WEIGHTS, pair(), density=0.25, batch_size=2, mask=mask)["1.weight"].tolist() == [
        [False, False],
        [True, False],
    ]


def plain(weights: dict[str, torch.Tensor], batches: int, size: int, seed: int) -> dict[str, torch.Tensor]:
    """|g · w| of a network in train mode, by torch alone."""
    network = Own()
    network.load_state_dict(weights)
    order = Order(len(DATA.train), size, seed)
    for batch in range(batches):
        places = order(batch)
        loss = functional.cross_entropy(network(DATA.train.inputs(places)), DATA.train.labels[places])
        (loss / batches).backward()
    parameters = dict(network.named_parameters())
    return {name: (p.grad * p).abs().detach() for name, p in parameters.items() if p.dim() > 1 and p.grad is not None}


@pytest.mark.parametrize(("batches", "size"), [(1, 16), (3, 16), (2, 60)])
def test_it_is_the_saliency_of_a_plain_loop_in_train_mode(batches: int, size: int):
    weights = wb.initialise(Own())
    mask = snip(Own(), weights, DATA, density=0.3, batches=batches, batch_size=size, seed=4)
    saliency = plain(weights, batches, size, 4)
    kept = torch.cat([saliency[name][mask[name]] for name in mask])
    gone = torch.cat([saliency[name][~mask[name]] for name in mask])
    assert kept.min() >= gone.max() * (1 - 1e-4)


@pytest.mark.parametrize("method", ["snip", "grasp"])
def test_running_statistics_do_not_matter_and_are_left_as_they_are(method: str):
    weights = wb.initialise(Own())
    moved = weights | {"norm.running_mean": torch.full((6,), 7.0), "norm.running_var": torch.full((6,), 1e4)}
    before, model = copied(moved), Own().eval()
    state = wb.snapshot(model)
    masks = [wb.pruning.prune(method, model, w, DATA, density=0.3) for w in (weights, moved)]
    assert same(*masks)
    assert same(before, moved)
    assert same(state, wb.snapshot(model))
    assert not model.training


@pytest.mark.parametrize("method", ["snip", "grasp"])
def test_nothing_is_dropped_out(method: str):
    model = nn.Sequential(nn.Flatten(), nn.Linear(16, 8), nn.Dropout(0.9), nn.ReLU(), nn.Linear(8, 3))
    weights = wb.initialise(model)
    masks = [wb.pruning.prune(method, model, weights, DATA, density=0.3) for _ in range(2)]
    assert same(*masks)
    assert model.training


@pytest.mark.parametrize("method", ["snip", "grasp"])
def test_where_all_saliencies_are_zero_the_seed_decides_and_the_density_is_exact(method: str):
    weights = {name: torch.zeros_like(tensor) for name, tensor in wb.snapshot(Own()).items()}
    masks = [wb.pruning.prune(method, Own(), weights, DATA, density=0.3, seed=seed) for seed in (0, 0, 1)]
    assert same(masks[0], masks[1])
    assert not same(masks[0], masks[2])
    assert {wb.masks.kept(mask) for mask in masks} == {103}


@pytest.mark.parametrize("method", ["snip", "grasp"])
def test_a_loss_that_is_not_finite_is_said(method: str):
    weights = {name: tensor * 1e30 for name, tensor in wb.initialise(four()).items()}
    with pytest.raises(ValueError, match="not finite; scale the weights down"):
        wb.pruning.prune(f"{method}(batch_size=2)", two_layers(), wide(weights), pair(), density=0.5)


def two_layers() -> nn.Module:
    return nn.Sequential(nn.Flatten(), nn.Linear(2, 2, bias=False), nn.Linear(2, 2, bias=False))


def wide(weights: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    return {"1.weight": weights["1.weight"], "2.weight": weights["1.weight"]}


@pytest.mark.parametrize("method", ["snip", "grasp"])
@pytest.mark.parametrize(
    ("option", "message"),
    [
        ("batches=0", "batches must be a whole number from 1"),
        ("batch_size=0", "batch_size must be a whole number from 1"),
    ],
)
def test_options_out_of_range_are_said(method: str, option: str, message: str):
    with pytest.raises(ValueError, match=message):
        wb.pruning.prune(f"{method}({option})", Own(), wb.initialise(Own()), DATA, density=0.5)


def test_a_batch_of_one_has_no_statistics():
    model = wb.models.lenet(DATA, hidden=(4,), norm=True)
    with pytest.raises(ValueError, match="two images at least, got one; 128 is the usual batch_size"):
        snip(model, wb.snapshot(model), DATA, density=0.5, batch_size=1)
