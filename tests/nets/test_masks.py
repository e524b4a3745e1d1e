"""Masks: what may be pruned, counts by hand, exact choices."""

from __future__ import annotations

import pytest
import torch
from tiny import Own, four
from torch import nn

import workbench as wb
from workbench.nets import masks

TWO = {"a": torch.tensor([[True, False], [True, True]]), "b": torch.tensor([False, False, True])}


def test_prunable_are_weights_of_convolutions_and_linear_layers_only():
    assert list(masks.full(Own())) == ["conv.weight", "fc.weight"]
    assert list(masks.full(Own(), keep=("fc.weight",))) == ["conv.weight"]
    assert list(masks.full(nn.Linear(2, 2))) == ["weight"]
    assert all(bool(tensor.all()) and tensor.dtype == torch.bool for tensor in masks.full(Own()).values())


def test_a_frozen_weight_may_not_be_pruned():
    model = Own()
    model.conv.requires_grad_(False)
    assert list(masks.full(model)) == ["fc.weight"]


def test_counts_by_hand():
    assert (masks.total(TWO), masks.kept(TWO), masks.density(TWO)) == (7, 4, 4 / 7)
    assert masks.layers(TWO) == {"a": (3, 4), "b": (1, 3)}
    assert masks.collapsed(TWO) == []
    assert masks.collapsed(TWO | {"b": torch.zeros(3, dtype=torch.bool)}) == ["b"]


def test_overlap_is_both_over_either():
    other = {"a": torch.tensor([[True, True], [False, True]]), "b": torch.tensor([False, False, True])}
    assert masks.overlap(TWO, other) == 3 / 5
    assert masks.overlap(TWO, TWO) == 1
    nothing = {name: torch.zeros_like(tensor) for name, tensor in TWO.items()}
    assert masks.overlap(nothing, nothing) == 1


def test_applying_a_mask_zeroes_even_what_is_not_finite():
    weights = {"a": torch.tensor([[1.0, torch.inf], [2.0, 3.0]]), "bias": torch.ones(2)}
    found = masks.apply(weights, {"a": TWO["a"]})
    assert found["a"].tolist() == [[1, 0], [2, 3]]
    assert found["bias"] is weights["bias"]


def test_the_largest_are_kept_exactly_among_the_living():
    saliency = {"a": torch.tensor([[1.0, 9.0], [5.0, 2.0]]), "b": torch.tensor([7.0, 8.0, 4.0])}
    found = masks.keep_largest(saliency, TWO, 2)
    assert found["a"].tolist() == [[False, False], [True, False]]  # 5 and 4: 7, 8 and 9 are dead already
    assert found["b"].tolist() == [False, False, True]


@pytest.mark.parametrize("count", range(1, 8))
def test_ties_never_overshoot_and_are_broken_by_the_seed(count: int):
    dense = {"a": torch.ones(4, 2, dtype=torch.bool)}
    draws = [masks.keep_largest({"a": torch.ones(4, 2)}, dense, count, seed=seed) for seed in range(9)]
    assert [masks.kept(draw) for draw in draws] == [count] * 9
    assert len({str(draw["a"].tolist()) for draw in draws}) > 1


def test_shares_are_exact_and_a_full_layer_passes_the_rest_on():
    dense = {"a": torch.ones(10, dtype=torch.bool), "b": torch.ones(2, dtype=torch.bool)}
    assert masks.share_out(6, {"a": 1, "b": 1}, dense) == {"a": 4, "b": 2}
    assert masks.share_out(3, {"a": 1, "b": 1}, dense) == {"a": 2, "b": 1}  # 1.5 each: by name
    assert masks.share_out(12, {"a": 1, "b": 9}, dense) == {"a": 10, "b": 2}


def test_survivors_are_the_rounded_share():
    dense = {"a": torch.ones(7, dtype=torch.bool)}
    assert [masks.survivors(dense, density) for density in (1, 0.5, 0.2, 0.08)] == [7, 4, 1, 1]


@pytest.mark.parametrize(
    ("density", "parts"),
    [
        (5, ("density must be in (0, 1], got 5", "pass 0.05")),
        (0, ("got 0",)),
        (-0.1, ("got -0.1",)),
        (float("nan"), ("got nan",)),
        (0.01, ("keeps none of 7 weights", "the least is 0.14")),
        (0.9, ("asks for 6 weights, but the mask keeps 4", "denser mask")),
    ],
)
def test_a_density_out_of_range_is_said(density: float, parts: tuple[str, ...]):
    with pytest.raises(ValueError, match="density") as caught:
        masks.survivors(TWO, density)
    assert all(part in str(caught.value) for part in parts)


def test_a_saliency_that_is_not_a_number_is_an_error():
    saliency = {"a": torch.full((2, 2), torch.nan), "b": torch.ones(3)}
    with pytest.raises(ValueError, match="a saliency is NaN; the network that was scored diverged"):
        masks.keep_largest(saliency, TWO, 2)


def test_keep_must_name_what_could_be_pruned():
    with pytest.raises(ValueError, match=r"keep must name prunable weights, got \['fc'\].*'conv.weight', 'fc.weight'"):
        masks.full(Own(), keep=("fc",))
    with pytest.raises(ValueError, match="nothing is left to prune"):
        masks.full(four(), keep=("1.weight",))


def test_a_mask_of_another_model_is_named():
    with pytest.raises(ValueError, match=r"'conv.weight', which this model does not have"):
        masks.check(masks.full(Own()), wb.snapshot(four()))
