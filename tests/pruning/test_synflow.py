"""SynFlow by hand, its law of conservation, and what it promises: no layer is emptied before all would be."""

from __future__ import annotations

import pytest
import torch
from tiny import Own, copied, made, same, split_of
from torch import nn

import workbench as wb
from workbench.data.data import Data
from workbench.nets.flow import Flow
from workbench.pruning import magnitude, synflow

DATA = made()


def one_pixel() -> Data:
    split = split_of(torch.zeros(2, 1, 1, 1, dtype=torch.uint8), torch.tensor([0, 0]))
    return Data("pixel", split, split, split, ("0",), torch.arange(0))


def two_paths() -> nn.Sequential:
    """Four weights on two paths from one pixel to one output: 4 · 0.5 = 2 and 1 · 3 = 3."""
    model = nn.Sequential(nn.Flatten(), nn.Linear(1, 2, bias=False), nn.ReLU(), nn.Linear(2, 1, bias=False))
    model.load_state_dict({"1.weight": torch.tensor([[4.0], [-1.0]]), "3.weight": torch.tensor([[0.5, -3.0]])})
    return model


def listed(mask: wb.masks.Mask) -> list[bool]:
    return [bool(kept) for tensor in mask.values() for kept in tensor.flatten()]


@pytest.mark.parametrize("rounds", [1, 3, 100])
def test_four_weights_by_hand(rounds: int):
    model = two_paths()
    weights = wb.snapshot(model)
    assert listed(synflow(model, weights, one_pixel(), density=0.5, rounds=rounds)) == [False, True, False, True]
    by_size = magnitude(weights, wb.masks.full(model), density=0.5)
    assert listed(by_size) == [True, False, False, True]  # half of either path, so that nothing passes


def test_inverted_the_largest_flow_goes_first():
    model = two_paths()
    kept = synflow(model, wb.snapshot(model), one_pixel(), density=0.5, rounds=1, invert=True)
    assert listed(kept) == [True, False, True, False]


def test_what_has_no_flow_any_more_goes_next():
    # in one round each path keeps 2 or 3 at both its weights; pruned one by one, the other half of a broken path is 0
    model = two_paths()
    kept = {seed: listed(synflow(model, wb.snapshot(model), one_pixel(), density=0.5, rounds=2, seed=seed))
            for seed in range(5)}  # fmt: skip
    assert all(places == [False, True, False, True] for places in kept.values())


def test_the_flow_through_a_layer_is_the_same_for_all_layers():
    model = wb.models.lenet(DATA, hidden=(7, 5))
    flow = Flow(model, DATA.shape, way_on="none")
    tensors = flow.tensors(wb.snapshot(model))
    leaves = {name: tensors[name].requires_grad_() for name in wb.masks.full(model)}
    total = flow(tensors | leaves)
    slopes = torch.autograd.grad(total, list(leaves.values()))
    sums = [float((slope * leaf.detach()).sum()) for slope, leaf in zip(slopes, leaves.values(), strict=True)]
    assert sums == pytest.approx([float(total.detach())] * 3, rel=1e-12)


def test_biases_running_means_and_signs_do_not_matter_but_the_scale_of_norms_does():
    weights = wb.initialise(Own())
    mask = synflow(Own(), weights, DATA, density=0.2, rounds=10)
    moved = weights | {
        name: torch.full_like(weights[name], 50.0) for name in ("norm.bias", "fc.bias", "norm.running_mean")
    }
    moved |= {"fc.weight": -weights["fc.weight"], "norm.weight": -weights["norm.weight"]}
    assert same(mask, synflow(Own(), moved, DATA, density=0.2, rounds=10))
    scale = torch.tensor([1.0, 1, 1, 1, 1, 1e-6])
    for scaled in ({"norm.weight": scale}, {"norm.running_var": 1 / scale**2}):
        kept = synflow(Own(), weights | scaled, DATA, density=0.2, rounds=10)
        assert not kept["conv.weight"][5].any()


def test_no_image_is_read():
    other = made(n=7)
    weights = wb.initialise(Own())
    assert same(synflow(Own(), weights, DATA, density=0.3), synflow(Own(), weights, other, density=0.3))


@pytest.mark.parametrize("make", [wb.models.lenet, wb.models.conv2, wb.models.resnet8], ids=lambda make: make.__name__)
def test_hardly_a_weight_is_dead_and_no_layer_is_lost(make: object):
    data = made(shape=(1, 8, 8))
    model = make(data)  # pyright: ignore[reportCallIssue]
    mask = synflow(model, wb.snapshot(model), data, density=0.01, rounds=100)
    paths = wb.live_paths(model, mask, data.shape)
    assert not paths.alarm
    assert paths.effective_density > 0.9 * paths.density


def test_in_one_round_a_wide_layer_is_lost_that_a_hundred_keep():
    data = made(shape=(1, 28, 28))
    model = wb.models.lenet(data, hidden=(100, 2000, 100))
    weights = wb.snapshot(model)
    once, often = (synflow(model, weights, data, density=1e-4, rounds=rounds) for rounds in (1, 100))
    assert wb.live_paths(model, once, data.shape).effective_density == 0
    assert not wb.live_paths(model, often, data.shape).alarm


def test_norms_that_look_at_what_comes_in_multiply_by_their_weights_alone():
    model = nn.Sequential(
        nn.Conv2d(1, 4, 3), nn.GroupNorm(2, 4), nn.ReLU6(), nn.Flatten(), nn.LayerNorm(16), nn.Linear(16, 3)
    )
    weights = wb.initialise(model)
    mask = synflow(model, weights, DATA, density=0.3)
    assert wb.live_paths(model, mask, DATA.shape).effective_density == pytest.approx(0.3, abs=0.02)
    dark = synflow(model, weights | {"1.weight": torch.tensor([1.0, 0, 1, 1])}, DATA, density=0.3)
    assert not dark["0.weight"][1].any()


def test_what_comes_in_is_left_alone_and_only_what_the_mask_keeps_may_be_kept():
    model, weights = Own(), wb.initialise(Own())
    half = wb.pruning.random_mask(wb.masks.full(model), density=0.5, seed=3)
    before, state = copied(weights), wb.snapshot(model)
    mask = synflow(model, weights, DATA, density=0.3, mask=half)
    assert wb.masks.kept(mask) == 103
    assert not any((mask[name] & ~half[name]).any() for name in mask)
    assert same(before, weights)
    assert same(state, wb.snapshot(model))
    assert same(synflow(model, weights, DATA, density=0.5, mask=half), half)


def test_a_flow_beyond_float64_is_said():
    model = nn.Sequential(nn.Flatten(), *[nn.Linear(16, 16, bias=False) for _ in range(12)])
    weights = {name: torch.full_like(tensor, 1e38) for name, tensor in wb.snapshot(model).items()}
    with pytest.raises(ValueError, match=r"the flow is beyond float64: .* scale them down"):
        synflow(model, weights, DATA, density=0.5)


def test_options_out_of_range_are_said():
    with pytest.raises(ValueError, match=r"rounds must be a whole number from 1.*100 are the paper's"):
        synflow(Own(), wb.initialise(Own()), DATA, density=0.5, rounds=0)
