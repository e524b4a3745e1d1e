"""Pruning methods: each by hand, and what all of them promise."""

from __future__ import annotations

import inspect
from typing import Any

import pytest
import torch
from tiny import Own, copied, four, made, same

import workbench as wb
from workbench.nets.masks import Mask
from workbench.nets.weights import Weights
from workbench.pruning import METHODS, magnitude, prune, random_mask

DATA = made()
RECIPE = wb.Recipe(steps=2, batch_size=16)
WEIGHTS = {"1.weight": torch.tensor([[0.5, -3.0], [0.1, 2.0]])}


def pruned(name: str, *, density: float, seed: int = 0, weights: Weights | None = None) -> Mask:
    """Ask a method for a mask of Own."""
    model = Own()
    weights, full = wb.initialise(model) if weights is None else weights, wb.masks.full(model)
    before = copied(weights), wb.snapshot(model)
    mask = prune(name, model, weights, DATA, RECIPE, density=density, mask=full, seed=seed)
    assert same(before[0], weights)  # what came in comes out unchanged
    assert same(before[1], wb.snapshot(model))
    assert wb.masks.density(full) == 1
    return mask


# ---- what every method promises

every = pytest.mark.parametrize("name", METHODS)


@every
@pytest.mark.parametrize("density", [1.0, 0.9, 0.5, 1 / 3, 0.2, 0.1, 0.034, 1 / 342])
def test_a_method_keeps_exactly_the_density(name: str, density: float):
    found = pruned(name, density=density)
    assert wb.masks.kept(found) == round(density * 342)  # 54 of the convolution, 288 of the linear layer
    assert {n: (t.shape, t.dtype) for n, t in found.items()} == {
        n: (t.shape, torch.bool) for n, t in wb.masks.full(Own()).items()
    }


@every
def test_the_same_seed_gives_the_same_mask_and_another_breaks_ties_otherwise(name: str):
    ties = {n: torch.ones_like(t) for n, t in wb.snapshot(Own()).items()}
    one, again, other = (pruned(name, density=0.3, seed=seed, weights=ties) for seed in (1, 1, 2))
    assert same(one, again)
    assert not same(one, other)
    assert wb.masks.kept(one) == wb.masks.kept(other)


@every
@pytest.mark.parametrize("density", [0.0, -0.5, 1.5, 5.0, float("nan"), 0.001])
def test_a_density_out_of_range_is_said(name: str, density: float):
    with pytest.raises(ValueError, match="density"):
        pruned(name, density=density)


@every
def test_a_seed_out_of_range_is_said(name: str):
    with pytest.raises(ValueError, match="seed must be an integer from 0"):
        pruned(name, density=0.5, seed=-1)


@every
def test_a_layer_that_collapses_is_named(name: str):
    weights = wb.initialise(Own())
    weights["conv.weight"] = weights["conv.weight"] * 1e-6
    found = pruned(name, density=0.02, weights=weights)
    gone = [layer for layer, (kept, _) in wb.masks.layers(found).items() if not kept]
    assert wb.masks.collapsed(found) == gone
    if name == "magnitude":
        assert gone == ["conv.weight"]


@pytest.mark.parametrize("name", [name for name, f in METHODS.items() if "invert" in inspect.signature(f).parameters])
def test_inverted_it_keeps_others_as_many(name: str):
    found, inverted = pruned(name, density=0.1), pruned(f"{name}(invert=True)", density=0.1)
    assert wb.masks.kept(found) == wb.masks.kept(inverted)
    assert wb.masks.overlap(found, inverted) < 0.1


@every
def test_what_a_method_returns_may_be_changed(name: str):
    full = wb.masks.full(Own())
    for tensor in prune(name, Own(), wb.snapshot(Own()), DATA, RECIPE, density=1.0, mask=full).values():
        tensor.fill_(False)
    assert wb.masks.density(full) == 1


# ---- a method is chosen by its name


@every
def test_by_name_a_method_is_handed_what_it_asks_for(name: str):
    model, weights = Own(), wb.initialise(Own())
    half = random_mask(wb.masks.full(model), density=0.5, seed=3)
    given = {"model": model, "weights": weights, "data": DATA, "recipe": RECIPE, "mask": half}
    asked = {thing: given[thing] for thing in inspect.signature(METHODS[name]).parameters if thing in given}
    by_name = prune(name, model, weights, DATA, RECIPE, density=0.3, mask=half, seed=1)
    assert same(by_name, METHODS[name](**asked, density=0.3, seed=1))
    assert wb.masks.kept(by_name) == round(0.3 * 342)
    assert all(not (by_name[layer] & ~half[layer]).any() for layer in half)


def test_by_name_all_that_is_prunable_may_be_kept_and_data_may_be_left_out():
    weights, full = wb.initialise(Own()), wb.masks.full(Own())
    assert same(prune("magnitude", Own(), weights, density=0.2), magnitude(weights, full, density=0.2))
    with pytest.raises(ValueError, match="edge_popup needs data and recipe"):
        prune("edge_popup", Own(), weights, density=0.2)


def test_by_name_options_go_in_brackets():
    by_name = prune("random_mask(layers='erk')", Own(), wb.initialise(Own()), density=0.2)
    assert same(by_name, random_mask(wb.masks.full(Own()), density=0.2, layers="erk"))


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("magnitud", 'pruning method "magnitud" is not known; did you mean "magnitude"'),
        ("magnitude(", r'pruning method "magnitude\(" is not known; did you mean "magnitude"'),
        ("magnitude(scop='layer')", 'option of magnitude "scop" is not known; did you mean "scope"'),
        ("magnitude(seed=3)", 'option of magnitude "seed" is not known'),
    ],
)
def test_a_name_that_is_not_known_is_said(name: str, message: str):
    with pytest.raises(ValueError, match=message):
        prune(name, Own(), wb.initialise(Own()), density=0.2)


def test_a_method_that_joins_is_served(monkeypatch: pytest.MonkeyPatch):
    def smallest(weights: Weights, mask: Mask, *, density: float, power: int = 1, seed: int = 0) -> Mask:
        saliency = {name: -(weights[name].abs() ** power) for name in mask}
        return wb.masks.keep_largest(saliency, mask, wb.masks.survivors(mask, density), seed=seed)

    monkeypatch.setitem(METHODS, "smallest", smallest)
    assert prune("smallest(power=2)", four(), WEIGHTS, density=0.25)["1.weight"].tolist() == [
        [False, False],
        [True, False],
    ]
    with pytest.raises(ValueError, match='"smalest" is not known; did you mean "smallest"'):
        prune("smalest", four(), WEIGHTS, density=0.25)


# ---- magnitude, by hand


@pytest.mark.parametrize(
    ("density", "kept"),
    [
        (1.0, [[True, True], [True, True]]),
        (0.75, [[True, True], [False, True]]),
        (0.5, [[False, True], [False, True]]),
        (0.25, [[False, True], [False, False]]),
    ],
)
def test_four_weights_by_hand(density: float, kept: list[list[bool]]):
    found = magnitude(WEIGHTS, wb.masks.full(four()), density=density)
    assert found["1.weight"].tolist() == kept


def test_only_survivors_survive():
    mask = {"1.weight": torch.tensor([[True, False], [True, True]])}
    assert magnitude(WEIGHTS, mask, density=0.5)["1.weight"].tolist() == [[True, False], [False, True]]
    with pytest.raises(ValueError, match=r"density 1.0 asks for 4 weights, but the mask keeps 3"):
        magnitude(WEIGHTS, mask, density=1.0)


def test_inverted_the_smallest_are_kept():
    for scope in ("global", "layer"):
        found = magnitude(WEIGHTS, wb.masks.full(four()), density=0.5, scope=scope, invert=True)
        assert found["1.weight"].tolist() == [[True, False], [True, False]]


LAYERS = {"a": torch.tensor([4.0, 3.0, 2.0, 1.0]), "b": torch.tensor([0.4, 0.3, 0.2, 0.1])}
FULL = {"a": torch.ones(4, dtype=torch.bool), "b": torch.ones(4, dtype=torch.bool)}


def test_globally_there_is_one_threshold_and_by_layer_one_density():
    assert wb.masks.layers(magnitude(LAYERS, FULL, density=0.5)) == {"a": (4, 4), "b": (0, 4)}
    by_layer = magnitude(LAYERS, FULL, density=0.5, scope="layer")
    assert [t.tolist() for t in by_layer.values()] == [[True, True, False, False]] * 2


def test_inverted_the_smallest_are_kept_among_those_that_may_be():
    mask = {"1.weight": torch.tensor([[True, False], [True, True]])}
    assert magnitude(WEIGHTS, mask, density=0.5, invert=True)["1.weight"].tolist() == [[True, False], [True, False]]
    assert wb.masks.layers(magnitude(LAYERS, FULL, density=0.5, invert=True)) == {"a": (0, 4), "b": (4, 4)}
    by_layer = magnitude(LAYERS, FULL, density=0.5, scope="layer", invert=True)
    assert [t.tolist() for t in by_layer.values()] == [[False, False, True, True]] * 2


def test_an_unknown_scope_is_said():
    with pytest.raises(ValueError, match='scope "gobal" is not known; did you mean "global"'):
        magnitude(LAYERS, FULL, density=0.5, scope="gobal")


def test_a_mask_of_another_shape_is_said():
    with pytest.raises(ValueError, match=r"the mask of 1.weight must have the shape of its weights, got \(3,\)"):
        magnitude(WEIGHTS, {"1.weight": torch.ones(3, dtype=torch.bool)}, density=0.5)


# ---- random masks, by hand

ERK = {
    "a": torch.ones(10, 10, dtype=torch.bool),  # 20 of 100
    "b": torch.ones(2, 3, dtype=torch.bool),  # 5 of 6
    "c": torch.ones(4, 3, 3, 3, dtype=torch.bool),  # 13 of 108
}


def counts(mask: Mask) -> list[int]:
    return [kept for kept, _ in wb.masks.layers(mask).values()]


def test_erdos_renyi_kernel_densities_by_hand():
    # 21 of 214 by 20 : 5 : 13 are 11.05, 2.76 and 7.18; the one that is left goes to the largest remainder
    assert counts(random_mask(ERK, density=0.1, layers="erk")) == [11, 3, 7]


def test_erdos_renyi_densities_leave_the_kernel_out_by_hand():
    # 21 of 214 by 10 + 10 : 2 + 3 : (4 + 3) · 9 are 4.8, 1.2 and 15.0
    assert counts(random_mask(ERK, density=0.1, layers="erdos-renyi")) == [5, 1, 15]


def test_erdos_renyi_kernel_fills_a_small_layer_and_shares_out_the_rest():
    # of 107 b would get 14.1, has 6; the other 101 by 20 : 13 are 61.2 and 39.8
    assert counts(random_mask(ERK, density=0.5, layers="erk")) == [61, 6, 40]


def test_uniform_is_every_layer_at_one_density():
    assert counts(random_mask(ERK, density=0.5, layers="uniform")) == [50, 3, 54]


@pytest.mark.parametrize("layers", ["global", "uniform", "erk", "erdos-renyi"])
@pytest.mark.parametrize("density", [0.01, 0.05, 0.3, 0.77, 0.99, 1.0])
def test_totals_are_exact_whatever_the_layers_get(layers: str, density: float):
    assert sum(counts(random_mask(ERK, density=density, layers=layers))) == round(density * 214)


def test_counts_are_as_given():
    given = {"a": 7, "b": 0, "c": 108}
    assert counts(random_mask(ERK, layers=given)) == [7, 0, 108]


def test_random_places_come_from_those_that_are_kept():
    half = magnitude({n: torch.rand(t.shape) for n, t in ERK.items()}, ERK, density=0.5)
    for layers in ("global", "uniform", "erk", "erdos-renyi"):
        found = random_mask(half, density=0.2, layers=layers)
        assert all(not (found[name] & ~half[name]).any() for name in half)


def test_places_are_evenly_spread():
    kept = torch.stack([random_mask(ERK, density=0.3, seed=seed)["a"] for seed in range(300)]).sum(0)
    assert 0.3 * 300 - 50 < int(kept.min()) < int(kept.max()) < 0.3 * 300 + 50  # six deviations of 8


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, r"random_mask needs a density in \(0, 1\]"),
        ({"density": 0.5, "layers": "ekr"}, 'rule for layers "ekr" is not known; did you mean "erk"'),
        ({"layers": {"a": 1}}, r"counts by layer must name every layer.*got \{'a': 1\}"),
        ({"layers": {"a": 101, "b": 0, "c": 0}}, "each from 0 to what is there"),
        ({"layers": {"a": 1, "b": 1, "c": 1}, "density": 0.5}, "add up to 3, not to density 0.5; leave it out"),
    ],
)
def test_random_masks_say_what_they_need(options: dict[str, Any], message: str):
    with pytest.raises(ValueError, match=message):
        random_mask(ERK, **options)
