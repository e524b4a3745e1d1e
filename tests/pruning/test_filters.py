"""Filter pruning: by hand on a small convolution, and what it promises of every network."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
import torch
from tiny import Own, copied, made, narrow, same
from torch import Tensor, nn

import workbench as wb
from workbench.nets.compaction import coupled
from workbench.nets.following import follow
from workbench.nets.masks import Mask
from workbench.nets.plain_module import private

DATA = made()


def kept_rows(mask: Mask, name: str) -> list[int]:
    rows = mask[name].flatten(1)
    assert torch.equal(rows, rows.any(1)[:, None] & rows.any(0))  # whole filters, less what read other ones
    return rows.any(1).nonzero().flatten().tolist()


# ---- by hand

HAND = nn.Sequential(nn.Conv2d(1, 4, (1, 2), bias=False), nn.ReLU(), nn.Flatten(), nn.Linear(4, 2, bias=False))
ROWS = {
    "0.weight": torch.tensor([[1.0, -2.0], [0.5, 0.5], [-4.0, 1.0], [0.0, 2.0]]).view(4, 1, 1, 2),  # ‖w‖₁ = 3, 1, 5, 2
    "3.weight": torch.tensor([[0.0, 9.0, 0.0, 9.0], [0.0, 0.0, 0.1, 0.0]]),
}


@pytest.mark.parametrize(
    ("share", "filters"),
    [(0.0, [0, 1, 2, 3]), (0.1, [0, 1, 2, 3]), (0.25, [0, 2, 3]), (0.5, [0, 2]), (0.75, [2]), (0.99, [2])],
)
def test_the_filters_of_largest_l1_norm_stay_and_one_at_least(share: float, filters: list[int]):
    mask = wb.pruning.filters(HAND, ROWS, share=share)
    assert kept_rows(mask, "0.weight") == filters
    assert mask["3.weight"].tolist() == [[i in filters for i in range(4)]] * 2  # the classes stay, and read the rest


class Stream(nn.Module):
    """A residual stream of three channels: stem + block, then a linear layer."""

    def __init__(self) -> None:
        super().__init__()
        self.stem, self.inner, self.outer = (nn.Conv2d(c, 3, 1, bias=False) for c in (1, 3, 3))
        self.fc = nn.Linear(3, 2, bias=False)

    def forward(self, images: Tensor) -> Tensor:
        stream = self.stem(images).relu()
        return self.fc((stream + self.outer(self.inner(stream).relu())).relu().mean((2, 3)))


def stream_weights() -> dict[str, Tensor]:
    weights = wb.snapshot(Stream())
    weights["stem.weight"] = torch.tensor([3.0, 1.0, -2.0]).view(3, 1, 1, 1)
    weights["outer.weight"] = torch.tensor([[0.0, 0.5, 0.0], [2.0, 0.0, -2.0], [0.5, 0.5, 0.5]]).view(3, 3, 1, 1)
    weights["inner.weight"] = torch.tensor([[1.0, 0.0, 0.0], [2.0, 0.0, 0.0], [3.0, 0.0, 0.0]]).view(3, 3, 1, 1)
    return weights  # sums of the stream: 3 + 0.5, 1 + 4, 2 + 1.5; alone, stem would lose its filter 1 and outer its 0


def test_layers_that_are_summed_lose_a_filter_together_by_the_sum_of_their_norms():
    weights = stream_weights()
    weights["stem.weight"][2] = -1.0  # 1 + 1.5 is the smallest sum
    mask = wb.pruning.filters(Stream(), weights, share=1 / 3)
    assert kept_rows(mask, "stem.weight") == kept_rows(mask, "outer.weight") == [0, 1]
    assert kept_rows(mask, "inner.weight") == [1, 2]


def test_equal_sums_are_told_apart_by_the_seed():
    weights = stream_weights()  # filters 0 and 2 of the stream are equal
    masks = [wb.pruning.filters(Stream(), weights, share=1 / 3, seed=seed) for seed in range(20)]
    kept = [tuple(kept_rows(mask, "stem.weight")) for mask in masks]
    assert {*kept} == {(0, 1), (1, 2)}
    assert same(masks[0], wb.pruning.filters(Stream(), weights, share=1 / 3, seed=0))


@pytest.mark.parametrize("keep", ["stem.weight", "outer.weight"])
def test_a_layer_that_is_kept_keeps_those_that_are_summed_with_it(keep: str):
    mask = wb.pruning.filters(Stream(), stream_weights(), share=0.5, keep=[keep])
    assert kept_rows(mask, "stem.weight") == kept_rows(mask, "outer.weight") == [0, 1, 2]
    assert len(kept_rows(mask, "inner.weight")) == 1
    partial = {name: tensor for name, tensor in wb.masks.full(Stream()).items() if name != keep}
    mask = wb.pruning.filters(Stream(), stream_weights(), partial, share=0.5)
    assert mask.keys() == partial.keys()
    assert len(kept_rows(mask, "inner.weight")) == 1
    assert all(len(kept_rows(mask, name)) == len(mask[name]) for name in partial if name != "inner.weight")


class HeadFirst(nn.Module):
    """What makes the classes stands first in the class, and there are two of it, whose logits are summed."""

    def __init__(self) -> None:
        super().__init__()
        self.fc, self.other = nn.Linear(4, 3), nn.Linear(4, 3)
        self.conv = nn.Conv2d(1, 4, 3)

    def forward(self, images: Tensor) -> Tensor:
        features = self.conv(images).relu().mean((2, 3))
        return self.fc(features) + self.other(features)


def test_the_classes_stay_wherever_their_layer_stands():
    model = HeadFirst()
    mask = wb.pruning.filters(model, wb.snapshot(model), share=0.5)
    assert kept_rows(mask, "fc.weight") == kept_rows(mask, "other.weight") == [0, 1, 2]
    assert len(kept_rows(mask, "conv.weight")) == 2
    ending = nn.Sequential(nn.Flatten(), nn.Linear(16, 4), nn.ReLU(), nn.Linear(4, 3), nn.LogSoftmax(1))
    mask = wb.pruning.filters(ending, wb.snapshot(ending), share=0.5)
    assert [len(kept_rows(mask, name)) for name in mask] == [2, 3]


def test_a_network_whose_sums_cannot_be_followed_is_said():
    class Asking(Own):
        def forward(self, images: Tensor) -> Tensor:
            return super().forward(images if float(images.sum()) > 0 else -images)

    with pytest.raises(ValueError, match="Asking cannot be made smaller"):
        wb.pruning.filters(Asking(), wb.snapshot(Asking()))


# ---- under a mask


def test_a_filter_that_the_mask_removed_is_among_the_first_to_go_and_the_norm_is_of_what_it_keeps():
    mask = wb.masks.full(HAND)
    mask["0.weight"][2] = False  # of norm 5
    assert kept_rows(wb.pruning.filters(HAND, ROWS, mask, share=0.5), "0.weight") == [0, 3]
    assert kept_rows(wb.pruning.filters(HAND, ROWS, mask, share=0.0), "0.weight") == [0, 1, 3]
    mask = wb.masks.full(HAND)
    mask["0.weight"][0, 0, 0, 1] = False  # |1|, of 3
    twice = wb.pruning.filters(HAND, ROWS, mask, share=0.5)
    assert twice["0.weight"].flatten(1).tolist() == [[False] * 2, [False] * 2, [True] * 2, [True] * 2]
    mask["0.weight"][2, 0, 0, 1] = False
    assert wb.pruning.filters(HAND, ROWS, mask, share=0.5)["0.weight"].flatten(1)[2].tolist() == [True, False]


def test_what_came_in_is_unchanged_and_pruning_again_by_the_same_share_changes_nothing():
    model = Own()
    weights, mask = wb.snapshot(model), wb.masks.full(model)
    weights_before, mask_before = copied(weights), copied(mask)
    once = wb.pruning.filters(model, weights, mask, share=0.5)
    assert same(weights, weights_before)
    assert same(mask, mask_before)
    assert same(once, wb.pruning.filters(model, weights, once, share=0.5))


# ---- every network

FAMILIES = ["lenet", "lenet5", "plain_cnn", "conv2", "resnet8", "wide_resnet28", "resnet18", "vgg16", "mobilenet_v2"]


@pytest.mark.parametrize("name", FAMILIES)
@pytest.mark.parametrize("share", [0.0, 0.5, 0.99])
def test_every_layer_loses_its_share_of_whole_filters_and_the_last_none(name: str, share: float):
    model = wb.models.named(narrow(name), DATA)
    mask = wb.pruning.filters(model, wb.snapshot(model), share=share)
    *others, classes = mask
    assert mask.keys() == wb.masks.full(model).keys()
    assert len(kept_rows(mask, classes)) == len(DATA.classes)
    for layer in others:
        n = len(mask[layer])
        assert len(kept_rows(mask, layer)) == max(1, n - round(share * n))
    for layer, part in follow(private(model), mask).calls.items():  # nothing is left that reads what is gone
        if isinstance(layer, (nn.Linear, nn.Conv2d)) and part.reads is not None:
            gone = ~part.inputs[0].arrives.repeat_interleave(part.features)
            assert not mask[f"{part.name}.weight"][:, gone].any()
    for group in coupled(model):
        assert len({tuple(kept_rows(mask, layer)) for layer in group}) == 1


# ---- what is refused


@pytest.mark.parametrize("share", [1.0, -0.1, 50.0, float("nan")])
def test_a_share_out_of_range_is_said(share: float):
    with pytest.raises(ValueError, match=r'share must be in \[0, 1\), got .*; for "30 % removed" pass 0\.3'):
        wb.pruning.filters(HAND, ROWS, share=share)


@pytest.mark.parametrize("keep", [["0.bias"], ["0"], ["0.weihgt"]])
def test_a_name_in_keep_that_is_none_of_the_weights_is_said(keep: Sequence[str]):
    with pytest.raises(ValueError, match=f'name in keep "{keep[0]}" is not known'):
        wb.pruning.filters(HAND, ROWS, keep=keep)


def test_weights_or_a_mask_of_another_model_and_a_diverged_network_are_said():
    with pytest.raises(ValueError, match="the weights must have the names of the model"):
        wb.pruning.filters(Stream(), ROWS)
    with pytest.raises(ValueError, match="mask"):
        wb.pruning.filters(Stream(), stream_weights(), wb.masks.full(HAND))
    with pytest.raises(ValueError, match="a saliency is NaN"):
        wb.pruning.filters(HAND, {name: tensor * torch.nan for name, tensor in ROWS.items()})
