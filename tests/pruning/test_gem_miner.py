"""Gem-Miner: by hand on four weights, what a search promises, and the chain that leads to it from edge-popup."""

from __future__ import annotations

import math
import warnings
from itertools import islice, pairwise
from pathlib import Path
from typing import Any

import pytest
import torch
from tiny import Own, copied, four, last, made, pair, same, same_state
from torch.func import functional_call

import workbench as wb
from workbench.data.batches import places_of
from workbench.nets import masks
from workbench.nets.weights import Weights
from workbench.pruning import edge_popup_search, edge_popup_steps, gem_miner, gem_miner_search, gem_miner_steps
from workbench.pruning.edge_popup import initial_scores

DATA = made()
RECIPE = wb.Recipe(steps=12, batch_size=16, learning_rate=0.2)
WEIGHTS = {"1.weight": torch.tensor([[1.0, -2.0], [3.0, 4.0]])}
SCORES = {"1.weight": torch.tensor([[0.9, 0.4], [0.2, 0.7]])}
E4 = 1 / (1 + math.e**4)


def weights_of_own() -> Weights:
    return wb.initialise(Own(), rule="signed_constant")


def values(**options: Any) -> list[wb.Search]:
    options = {"density": 0.2, "l2": 1e-3, "period": 3} | options
    return list(gem_miner_search(Own(), weights_of_own(), DATA, RECIPE, **options))


# ---- four weights, by hand


def by_hand(l2: float, l1: float) -> torch.Tensor:
    # above a half are the scores of 1 and 4: the logits are (1, 0) of the first image, which is of class 0, and (0, 4)
    # of the second, of class 1. With a = 1 / (1 + e) and b = 1 / (1 + e⁴) the gradient of the mean loss by W is
    #   (-a/2,  b/2)     and each is handed on    1 · -a/2,   -2 ·  b/2      to all scores, whether they are kept or not
    #   ( a/2, -b/2)     as dp = dW · w           3 ·  a/2,    4 · -b/2
    a, b, p = 1 / (1 + math.e), E4, SCORES["1.weight"]
    slopes = torch.tensor([[-a / 2, -b], [3 * a / 2, -2 * b]])
    return (p - 0.5 * (slopes + 2 * l2 * p + l1)).clamp(0, 1)


@pytest.mark.parametrize(("l2", "l1"), [(0.0, 0.0), (0.1, 0.0), (0.0, 0.1), (0.05, 0.02), (2.0, 0.0)])
def test_a_step_by_hand(l2: float, l1: float):
    recipe = wb.Recipe(steps=1, batch_size=2, learning_rate=0.5, momentum=0)
    options: dict[str, Any] = {"density": 1.0, "scores": SCORES, "l2": l2, "l1": l1}
    (done,) = gem_miner_steps(four(), WEIGHTS, pair(), recipe, **options)
    place = dict(zip(done.batch.labels.tolist(), done.logits.tolist(), strict=True))
    assert place == {0: [1.0, 0.0], 1: [0.0, 4.0]}
    assert torch.allclose(done.state.trained["1.weight"], by_hand(l2, l1))


def test_a_step_too_far_ends_at_zero_and_one():
    recipe = wb.Recipe(steps=1, batch_size=2, learning_rate=100.0, momentum=0)
    (done,) = gem_miner_steps(four(), WEIGHTS, pair(), recipe, density=1.0, scores=SCORES, l2=0.0)
    assert done.state.trained["1.weight"].tolist() == [[1.0, 1.0], [0.0, 1.0]]


def test_an_event_removes_the_smallest_scores_and_inverted_the_largest():
    recipe = wb.Recipe(steps=2, batch_size=2, learning_rate=1e-6, momentum=0)
    what: dict[str, Any] = {"density": 0.5, "scores": SCORES, "l2": 0.0}
    right, wrong = (gem_miner(four(), WEIGHTS, pair(), recipe, **what, invert=invert) for invert in (False, True))
    assert right["1.weight"].tolist() == [[True, False], [False, True]]
    assert wrong["1.weight"].tolist() == [[False, True], [True, False]]


def test_a_score_of_a_half_is_rounded_down():
    half = {"1.weight": torch.tensor([[0.5, 0.50001], [0.0, 1.0]])}
    recipe = wb.Recipe(steps=1, batch_size=2, learning_rate=1e-9, momentum=0)
    (done,) = gem_miner_steps(four(), WEIGHTS, pair(), recipe, density=1.0, scores=half, l2=0.0)
    place = dict(zip(done.batch.labels.tolist(), done.logits.tolist(), strict=True))
    assert place == {0: [0.0, 0.0], 1: [-2.0, 4.0]}


# ---- density


@pytest.mark.parametrize("scope", ["global", "layer"])
@pytest.mark.parametrize("density", [0.9, 0.5, 1 / 3, 0.05, 2 / 342])
def test_a_search_keeps_exactly_its_bound_and_what_it_froze_never_returns(scope: str, density: float):
    found = values(density=density, scope=scope, every=1)
    counts = [masks.kept(one.kept) for one in found]
    expected = [342, *(round(342 * (round(342 * density) / 342) ** (j / 3)) for j in (1, 2, 3))]
    assert counts == [expected[min(3, step // 3)] for step in range(1, 13)]
    for one, after in pairwise(found):
        assert one.bound == masks.density(one.kept) == one.density
        for name in one.kept:
            assert not (after.kept[name] & ~one.kept[name]).any()  # nested
            assert not (one.rounded[name] & ~one.kept[name]).any()
            assert 0 <= float(one.scores[name].min()) <= float(one.scores[name].max()) <= 1
            assert not one.scores[name][~one.kept[name]].any()


def test_by_layer_every_layer_loses_the_same_share():
    assert masks.layers(values(density=0.5, scope="layer")[-1].kept) == {
        "conv.weight": (27, 54),
        "fc.weight": (144, 288),
    }


@pytest.mark.parametrize("value", [0.0, 1.0, 0.7])
def test_the_density_is_exact_where_all_scores_are_one_and_the_same(value: float):
    ties = {name: torch.full(tensor.shape, value) for name, tensor in masks.full(Own()).items()}
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "after step")  # of zeros none is above a half
        found = [values(scores=ties, seed=seed)[-1] for seed in (1, 1, 2)]
    assert [masks.kept(one.kept) for one in found] == [round(0.2 * 342)] * 3
    assert same(found[0].kept, found[1].kept)
    assert not same(found[0].kept, found[2].kept)


def test_densities_on_the_way_are_met_exactly_and_are_nested():
    found = values(density=0.05, through=(0.5, 0.2), period=2, every=100)
    assert [masks.kept(one.kept) for one in found] == [171, 68, 17]
    assert found[0].step < found[1].step < found[2].step == 12
    assert all(not (b.kept[n] & ~a.kept[n]).any() for a, b in pairwise(found) for n in a.kept)


def test_nothing_is_frozen_at_density_one_and_half_of_the_scores_round_up():
    found = values(density=1.0, l2=0.0, period=None)[-1]
    assert found.density == found.bound == 1.0
    assert 0.4 < found.density_rounded < 0.6
    assert masks.kept(found.ticket(weights_of_own()).mask) == 342
    assert same(found.ticket(weights_of_own(), rounded=True).mask, found.rounded)


def test_freezing_may_end_early():
    counts = [masks.kept(one.kept) for one in values(until=0.5, period=2, every=2)]
    assert counts == [200, 117, 68, 68, 68, 68]  # three events: 342 · 0.2^(1/3), …


def test_only_what_the_mask_keeps_is_ever_kept():
    allowed = wb.pruning.random_mask(masks.full(Own()), density=0.4)
    found = values(mask=allowed, every=1)
    assert all(not (one.kept[name] & ~allowed[name]).any() for one in found for name in allowed)
    assert masks.kept(found[-1].kept) == round(0.2 * 342)


# ---- frozen weights, trained scores


def test_every_step_runs_the_frozen_weights_under_the_rounded_mask():
    model, weights, before = Own(), weights_of_own(), None
    for step in gem_miner_steps(model, weights, DATA, RECIPE, density=0.2, period=3):
        if before is not None:
            rounded = {name: score > 0.5 for name, score in before.trained.items()}
            images = DATA.train.inputs(places_of(step.batch.ids, DATA.train.ids))
            network = masks.apply(weights, rounded) | before.buffers
            assert torch.allclose(functional_call(Own().train(), copied(network), (images,)), step.logits, atol=1e-6)
        before = step.state.copy()


def test_no_search_changes_weights_statistics_or_the_callers_model():
    model, weights = Own(), wb.initialise(Own())
    before, own = copied(weights), wb.snapshot(model)
    found = last(gem_miner_search(model, weights, DATA, RECIPE, density=0.2))
    assert same(before, weights)
    assert same(own, wb.snapshot(model))
    ticket = found.ticket(weights)
    for name, tensor in ticket.weights.items():
        expected = weights[name] * found.kept[name] if name in found.kept else weights[name]
        assert torch.equal(tensor, expected) == (name not in found.buffers)


def test_lambda_is_the_weight_decay_of_the_scores():
    ends = [
        last(gem_miner_search(Own(), weights_of_own(), DATA, recipe, density=0.2, l2=l2, period=3))
        for recipe, l2 in (
            (RECIPE, 0.01),
            (wb.Recipe(steps=12, batch_size=16, learning_rate=0.2, weight_decay=0.02), 0.0),
        )
    ]
    assert same_state(ends[0].state, ends[1].state)


def test_the_same_seed_gives_the_same_search_and_another_another():
    assert same_state(values(seed=3)[-1].state, values(seed=3)[-1].state)
    assert not same(values(seed=3)[-1].kept, values(seed=4)[-1].kept)


@pytest.mark.parametrize("optimiser", ["sgd", "adam"])
@pytest.mark.parametrize("at", [2, 3, 4])  # before an event, at one, after one
def test_a_search_goes_on_with_the_same_bits(optimiser: str, at: int):
    recipe = wb.Recipe(steps=12, batch_size=16, optimiser=optimiser, learning_rate=0.05, schedule="cosine")
    what: dict[str, Any] = {"density": 0.2, "l2": 1e-3, "period": 3}
    given = (Own(), weights_of_own(), DATA, recipe)
    whole = list(gem_miner_search(*given, **what, every=1))
    rest = list(gem_miner_search(*given, **what, every=1, after=whole[at - 1]))
    assert [one.step for one in rest] == list(range(at + 1, 13))
    for one, other in zip(whole[at:], rest, strict=True):
        assert same_state(one.state, other.state)
        assert same(one.kept, other.kept)
        assert same(one.rounded, other.rounded)


def test_an_archive_keeps_a_search_and_goes_on_in_its_middle(tmp_path: Path):
    call = wb.call(gem_miner_search, Own(), weights_of_own(), DATA, RECIPE, density=0.2, period=2, every=4)
    whole, folder = list(call.each()), str(tmp_path / "archive")
    assert [one.step for one in islice(wb.Archive(folder).each(call), 1)] == [4]
    for one, other in zip(whole, wb.Archive(folder).each(call), strict=True):
        assert same_state(one.state, other.state)
        assert same(one.kept, other.kept)
        assert same(one.rounded, other.rounded)
        assert (one.bound, one.density) == (other.bound, other.density)


def test_a_gem_is_accurate_before_training_and_its_random_rival_is_not(digits: wb.Data):
    model = wb.models.lenet(digits, norm=True, affine=False)
    weights = wb.initialise(model, rule="signed_constant")
    recipe = wb.Recipe(steps=300, batch_size=64, learning_rate=0.3, schedule="cosine")
    found, worst = (
        last(gem_miner_search(model, weights, digits, recipe, density=0.05, l2=5e-4, invert=invert))
        for invert in (False, True)
    )
    good, bad = (
        wb.evaluate(model, ticket.weights, digits.test, mask=ticket.mask).accuracy
        for ticket in (found.ticket(weights, rounded=True), worst.ticket(weights, rounded=True))
    )
    assert good > 0.85 > 0.4 > bad


# ---- collapse is told


def test_a_lambda_that_removes_a_layer_is_told_once_and_the_kept_mask_is_exact(digits: wb.Data):
    model = wb.models.lenet(digits, norm=True, affine=False)
    weights = wb.initialise(model, rule="signed_constant")
    recipe = wb.Recipe(steps=200, batch_size=64, learning_rate=0.3)
    with pytest.warns(UserWarning, match=r"no score of .* is above 1/2.*λ = 0.05 is too large") as told:
        found = last(gem_miner_search(model, weights, digits, recipe, density=0.05, l2=0.05))
    assert len(told) == len({str(one.message).partition(" of ")[2] for one in told}) <= 3
    assert found.density_rounded == 0
    assert found.collapsed == list(found.kept)
    assert masks.kept(found.kept) == round(0.05 * masks.total(found.kept))


# ---- from edge-popup to Gem-Miner: Rare Gems, table 3


def test_gradual_edge_popup_comes_down_by_the_bound_and_lets_weights_return():
    found = list(
        edge_popup_search(
            Own(), weights_of_own(), DATA, RECIPE, density=0.2, scope="global", gradual=True, period=3, every=1
        )
    )
    counts = [masks.kept(one.kept) for one in found]
    assert counts == [342] * 2 + [200] * 3 + [117] * 3 + [68] * 4
    returned = sum(int((b.kept[n] & ~a.kept[n]).sum()) for a, b in pairwise(found) for n in a.kept)
    assert returned > 0


@pytest.mark.parametrize("selection", ["carried", "exact"])
def test_gradual_edge_popup_goes_on_with_the_same_bits(selection: str):
    what: dict[str, Any] = {"density": 0.2, "gradual": True, "period": 3, "l2": 1e-3, "selection": selection}
    whole = list(edge_popup_search(Own(), weights_of_own(), DATA, RECIPE, **what, every=4))
    rest = list(edge_popup_search(Own(), weights_of_own(), DATA, RECIPE, **what, every=4, after=whole[0]))
    for one, other in zip(whole[1:], rest, strict=True):
        assert same_state(one.state, other.state)
        assert same(one.kept, other.kept)


def test_the_regulariser_of_edge_popup_shrinks_its_scores():
    def size(l2: float) -> float:
        done = last(edge_popup_steps(Own(), weights_of_own(), DATA, RECIPE, density=0.2, l2=l2))
        return sum(float(score.detach().abs().sum()) for score in done.state.trained.values())

    assert size(0.1) < 0.9 * size(0.0)
    assert initial_scores(Own(), masks.full(Own()), 0).keys() == masks.full(Own()).keys()


def test_global_edge_popup_at_once_loses_a_layer_and_gradually_it_does_not(digits: wb.Data):
    model = wb.models.lenet(digits, norm=True, affine=False)
    weights = wb.initialise(model, rule="signed_constant")
    recipe = wb.Recipe(steps=400, batch_size=64, learning_rate=0.1, schedule="cosine", weight_decay=5e-4)
    what: dict[str, Any] = {"density": 0.05, "scope": "global"}
    at_once, gradual = (
        last(edge_popup_search(model, weights, digits, recipe, **what, gradual=gradual)) for gradual in (False, True)
    )
    assert at_once.collapsed == ["4.weight", "7.weight"]  # whose scores are drawn smaller, their fan-in being larger
    assert not gradual.collapsed
    assert masks.kept(at_once.kept) == masks.kept(gradual.kept)


# ---- what is refused


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"density": 5.0}, r"density must be in \(0, 1\], got 5.0"),
        ({"l2": -1.0}, "l2 must be at least 0, got -1"),
        ({"l1": math.nan}, "l1 must be at least 0, got nan"),
        ({"period": 0}, "period must be a whole number of steps from 1, got 0"),
        ({"period": 12}, "has no time for it: the first comes after 12, and the search has 12"),
        ({"until": 0.2, "period": 3}, r"the first comes after 3, and the search has 12 \(until=0.2\)"),
        ({"until": 0.0}, r"until must be in \(0, 1\], got 0"),
        ({"through": (0.1,)}, r"through.* must be .*0.1"),
        ({"through": (0.9, 0.89), "period": 5}, "through=0.89 has no event of its own"),
        ({"scope": "layers"}, 'scope "layers" is not known; did you mean "layer"'),
        ({"every": 0}, "every must be a whole number of steps from 1, got 0"),
        ({"mask": {}}, "the mask names no weight"),
        ({"seed": -1}, "seed must be an integer from 0"),
        ({"scores": {n: 2 * torch.ones(t.shape) for n, t in masks.full(Own()).items()}}, r"scores must be in \[0, 1\]"),
    ],
)
def test_an_option_out_of_range_is_said(options: dict[str, Any], message: str):
    with pytest.raises(ValueError, match=message):
        values(**options)


def test_a_recipe_of_no_steps_is_said():
    with pytest.raises(ValueError, match="a search takes one step at least"):
        list(gem_miner_search(Own(), weights_of_own(), DATA, wb.Recipe(steps=0), density=1.0))
