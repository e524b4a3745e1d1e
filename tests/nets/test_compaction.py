"""Smaller networks of masked ones: by hand, and of every model and every kind of mask."""

from __future__ import annotations

import copy
from typing import Any

import pytest
import torch
from compacted import check_same, distance, filters, lively, masks_of
from tiny import copied, made, narrow, same
from torch import nn

import workbench as wb
from workbench.nets.compaction import Alive, compaction, coupled
from workbench.nets.masks import Mask
from workbench.nets.plain_module import NORMS

DATA = made(shape=(3, 8, 8))
OTHER = (
    "lenet(hidden=(7, 5), norm=True)",
    "lenet(hidden=(7, 5), norm=True, affine=False)",
    "plain_cnn(channels=(4, 4), bias=True)",
    "plain_cnn(channels=(4, 4), norm=True)",
    "resnet8(width=4, affine=False)",
)


def three_two_one() -> tuple[nn.Sequential, Mask]:
    """Three inputs, two units, one output; the second unit reads the second input, and nothing reads it."""
    model = nn.Sequential(nn.Flatten(), nn.Linear(3, 2), nn.ReLU(), nn.Linear(2, 1))
    model.load_state_dict(
        {
            "1.weight": torch.tensor([[1.0, 2, 3], [4, 5, 6]]),
            "1.bias": torch.tensor([0.5, 7]),
            "3.weight": torch.tensor([[2.0, 9]]),
            "3.bias": torch.tensor([0.25]),
        }
    )
    return model, {
        "1.weight": torch.tensor([[True, False, True], [False, True, False]]),
        "3.weight": torch.tensor([[True, False]]),
    }


def test_a_unit_that_nothing_reads_goes_with_the_input_that_it_alone_reads():
    model, mask = three_two_one()
    smaller: Any = wb.compact(model, wb.snapshot(model), mask)
    assert {name: tensor.tolist() for name, tensor in smaller.state_dict().items()} == {
        "1.weight": [[1, 3]],
        "1.bias": [0.5],
        "1.index": [0, 2],
        "3.weight": [[2]],
        "3.bias": [0.25],
    }
    assert smaller(torch.tensor([[1.0, 10, 2]])).item() == 2 * (1 + 3 * 2 + 0.5) + 0.25
    assert (smaller[1].in_features, smaller[1].out_features) == (2, 1)
    places = compaction(model, mask).places
    assert {name: list(map(int, p)) for name, p in places.items()} == {
        "1.weight": [0, 2],
        "1.bias": [0],
        "3.weight": [0],
    }
    assert wb.alive(model, mask) == {"1.weight": Alive(3, 2, 2, 1), "3.weight": Alive(2, 1, 1, 1)}


def network_of(model: nn.Module, mask: wb.masks.Mask) -> Any:
    return compaction(model, mask).network


def test_a_unit_with_only_a_bias_stays_in_training_and_is_folded_for_inference():
    model, mask = three_two_one()
    mask = {"1.weight": torch.tensor([[True] * 3, [False] * 3]), "3.weight": torch.tensor([[True, True]])}
    assert not compaction(model, mask).places
    smaller: Any = wb.compact(model, wb.snapshot(model), mask, inference=True)
    assert smaller[1].weight.tolist() == [[1, 2, 3]]
    assert smaller[3].bias.item() == 0.25 + 9 * 7
    assert wb.alive(model, mask)["1.weight"] == Alive(3, 3, 2, 1)


def test_a_unit_without_a_bias_in_which_nothing_arrives_goes_in_training_too():
    model = nn.Sequential(nn.Flatten(), nn.Linear(3, 2, bias=False), nn.Tanh(), nn.Linear(2, 1))
    mask = wb.masks.full(model) | {"1.weight": torch.tensor([[True] * 3, [False] * 3])}
    assert network_of(model, mask)[3].in_features == 1
    sigmoid = nn.Sequential(nn.Flatten(), nn.Linear(3, 2, bias=False), nn.Sigmoid(), nn.Linear(2, 1))
    assert network_of(sigmoid, mask)[3].in_features == 2  # 1/2, whose weight learns


def test_running_statistics_stay_where_training_computes_them_and_decay_where_only_zeros_arrive():
    model = nn.Sequential(nn.Conv2d(1, 3, 1, bias=False), nn.BatchNorm2d(3, momentum=0.25), nn.ReLU(), nn.Flatten())
    model.append(nn.Linear(3 * 4, 2))
    mask = wb.masks.full(model)
    mask["4.weight"][:, 4:] = False  # nothing reads the second and the third channel
    mask["0.weight"][2] = False  # and nothing arrives in the third
    smaller: Any = compaction(model, mask)
    assert smaller.network[1].num_features == 2
    assert {name: (p.tolist(), f) for name, (p, f) in smaller.idle.items()} == {
        "1.running_mean": ([2], 0.75),
        "1.running_var": ([2], 0.75),
    }
    check_same(model, lively(model), mask, torch.randn(5, 1, 2, 2), 1e-5)
    vars(model[1])["momentum"] = None
    assert not compaction(model, mask).idle


@pytest.mark.parametrize("name", [*map(narrow, wb.models.MODELS), *OTHER])
def test_a_smaller_network_computes_what_the_masked_one_does(name: str):
    model = wb.models.named(name, DATA)
    weights = lively(model)
    before = copied(weights)
    images = torch.randn(4, *DATA.shape, dtype=torch.float64)
    mask = filters(wb.masks.full(model), 0.5, [])
    smaller: Any = wb.compact(model, weights, mask, inference=True)
    assert distance(wb.compact(model, weights, mask).eval()(images.float()), smaller(images.float())) < 2e-5
    double = copy.deepcopy(model).double()  # where rounding is no excuse
    for norm in [layer for layer in double.modules() if isinstance(layer, NORMS)]:
        norm.eps = 0.1  # what is constant in a batch is not divided by next to nothing, layer after layer
    doubles = {name: t.double() if t.is_floating_point() else t for name, t in weights.items()}
    for mask in masks_of(model):
        check_same(double, doubles, mask, images, 1e-8)
    assert same(weights, before)


@pytest.mark.parametrize("name", [*map(narrow, wb.models.MODELS), *OTHER])
def test_what_is_alive_is_what_is_on_a_live_path(name: str):
    model = wb.models.named(name, DATA)
    for share in (0.5, 0.1):
        mask = {
            n: kept & (torch.rand(*kept.shape[:2], *[1] * (kept.dim() - 2)) < share)
            for n, kept in wb.masks.full(model).items()
        }
        live = wb.live_paths(model, mask, DATA.shape).live
        for weight, alive in wb.alive(model, mask).items():
            rows, columns = live[weight].flatten(1), live[weight].transpose(0, 1).flatten(1)
            depthwise = live[weight].shape[1] == 1 < alive.inputs
            assert alive.units_alive == int(rows.any(1).sum()), weight
            assert alive.inputs_alive == int((rows if depthwise else columns).any(1).sum()), weight


def test_half_of_the_filters_of_a_residual_network_are_half_of_its_channels():
    model = wb.models.resnet8(DATA, width=8)
    assert coupled(model)[0] == ("conv.weight", "blocks.0.conv2.weight")
    mask = filters(wb.masks.full(model), 1.0, [])
    for name in mask.keys() - {"fc.weight"}:
        mask[name][::2] = False
    smaller: Any = wb.compact(model, lively(model), mask, inference=True)
    convolutions = [(m.in_channels, m.out_channels) for m in smaller.modules() if isinstance(m, nn.Conv2d)]
    assert convolutions == [(3, 4), (4, 4), (4, 4), (4, 8), (8, 8), (4, 8), (8, 16), (16, 16), (8, 16)]
    assert not [m for m in smaller.modules() if isinstance(m, nn.BatchNorm2d)]


def test_a_constant_beside_a_border_of_zeros_is_a_map():
    model = nn.Sequential(nn.Conv2d(1, 2, 1), nn.ReLU(), nn.Conv2d(2, 1, 3, padding=1), nn.Flatten(), nn.Linear(16, 2))
    mask = wb.masks.full(model)
    mask["0.weight"][1] = False
    weights = lively(model) | {"0.bias": torch.tensor([0.0, 2.0])}
    weights["2.weight"] = torch.ones_like(weights["2.weight"])
    smaller: Any = wb.compact(model, weights, mask, inference=True)
    assert smaller[2].weight.shape == (1, 1, 3, 3)
    zeros = smaller[2](torch.zeros(1, 1, 4, 4)) - weights["2.bias"].view(1, -1, 1, 1)
    assert torch.allclose(
        zeros[0, 0], torch.tensor([[8.0, 12, 12, 8], [12, 18, 18, 12], [12, 18, 18, 12], [8, 12, 12, 8]])
    )
    state = copied(smaller.state_dict()) | {"2.constant": torch.zeros(1, 1, 3, 3)}
    smaller.load_state_dict(state)  # and the map that was made is made anew
    assert not bool((smaller[2](torch.zeros(1, 1, 4, 4)) - weights["2.bias"]).any())
    smaller[2].constant += 1
    assert smaller[2](torch.zeros(1, 1, 2, 2)).flatten().tolist() == pytest.approx([4 + weights["2.bias"].item()] * 4)


@pytest.mark.parametrize("seen", [False, True])
def test_a_smaller_network_is_exported_and_its_state_is_loaded_into_a_copy(seen: bool):
    model = wb.models.resnet8(DATA, width=4)
    weights, images = lively(model), torch.randn(3, *DATA.shape)
    smaller: Any = wb.compact(model, weights, filters(wb.masks.full(model), 0.5, coupled(model)), inference=True)
    expected = smaller(images)
    if not seen:
        smaller.load_state_dict(smaller.state_dict())
    program = torch.export.export(smaller, (images,), dynamic_shapes=({0: torch.export.Dim("batch")},))
    assert distance(expected, program.module()(images)) < 1e-6
    assert distance(smaller(images[:2]), program.module()(images[:2])) < 1e-6
    twin = copy.deepcopy(smaller)
    for tensor in twin.state_dict().values():
        tensor.zero_()
    twin.load_state_dict(smaller.state_dict())
    assert torch.equal(twin(images), smaller(images))
