"""Edge-popup: by hand on four weights, and what a search promises."""

from __future__ import annotations

from itertools import islice
from pathlib import Path
from typing import Any

import pytest
import torch
from tiny import Own, copied, four, last, made, pair, same, same_state
from torch.func import functional_call

import workbench as wb
from workbench.nets.masks import Mask
from workbench.nets.weights import Weights
from workbench.pruning import edge_popup, edge_popup_search, edge_popup_steps
from workbench.pruning.edge_popup import initial_scores
from workbench.pruning.straight_through import mask_of

DATA = made()
RECIPE = wb.Recipe(steps=12, batch_size=16, learning_rate=0.1, weight_decay=1e-4)
WEIGHTS = {"1.weight": torch.tensor([[1.0, -2.0], [3.0, 4.0]])}
SCORES = {"1.weight": torch.tensor([[0.4, -0.1], [-0.3, 0.2]])}


def weights_of_own() -> Weights:
    return wb.initialise(Own(), rule="signed_constant")


def search(**options: Any) -> wb.Search:
    options.setdefault("density", 0.3)
    return last(edge_popup_search(Own(), weights_of_own(), DATA, RECIPE, **options))


# ---- four weights, by hand


@pytest.mark.parametrize(
    ("density", "places"),
    [
        (0.25, [[True, False], [False, False]]),
        (0.5, [[True, False], [True, False]]),
        (0.75, [[True, False], [True, True]]),
        (1.0, [[True, True], [True, True]]),
    ],
)
def test_the_largest_scores_are_kept_whatever_their_sign(density: float, places: list[list[bool]]):
    assert mask_of(SCORES, wb.masks.full(four()), density)["1.weight"].tolist() == places


def test_inverted_the_smallest_are_kept():
    full = wb.masks.full(four())
    assert mask_of(SCORES, full, 0.25, invert=True)["1.weight"].tolist() == [[False, True], [False, False]]
    assert mask_of(SCORES, full, 0.5, invert=True)["1.weight"].tolist() == [[False, True], [False, True]]


@pytest.mark.parametrize("selection", ["carried", "exact"])
def test_a_step_by_hand(selection: str):
    # kept are 1 and 3 of the first column: the logits are (1, 3) of the first image, which is of class 0, and (0, 0) of
    # the second, of class 1. With q = 1 / (1 + e²) = 0.1192 the gradient of the mean loss by W is
    #   ((q - 1) / 2,  1/4)      and each is handed on      1 · (q - 1) / 2 · (+1),    -2 · 1/4 · (-1)
    #   ((1 - q) / 2, -1/4)      as dW · w · sign(s):       3 · (1 - q) / 2 · (-1),     4 · -1/4 · (+1)
    recipe = wb.Recipe(steps=1, batch_size=2, learning_rate=0.1, momentum=0)
    options: dict[str, Any] = {"density": 0.5, "scores": SCORES, "selection": selection}
    (done,) = edge_popup_steps(four(), WEIGHTS, pair(), recipe, **options)
    place = dict(zip(done.batch.labels.tolist(), done.logits.tolist(), strict=True))
    assert place == {0: [1.0, 3.0], 1: [0.0, 0.0]}
    half = (1 - 1 / (1 + torch.e**2)) / 2
    expected = torch.tensor([[0.4 + 0.1 * half, -0.1 - 0.05], [-0.3 + 0.3 * half, 0.2 + 0.1]])
    assert torch.allclose(done.state.trained["1.weight"], expected)
    found = mask_of(done.state.trained, wb.masks.full(four()), 0.5)
    assert found["1.weight"].tolist() == [[True, False], [False, True]]  # 0.444 and 0.3; 3 · (-0.168) has gone down


def test_an_inverted_step_keeps_the_smallest_by_hand():
    recipe = wb.Recipe(steps=1, batch_size=2, learning_rate=0.1, momentum=0)
    options: dict[str, Any] = {"density": 0.5, "scores": SCORES, "invert": True}
    (done,) = edge_popup_steps(four(), WEIGHTS, pair(), recipe, **options)
    place = dict(zip(done.batch.labels.tolist(), done.logits.tolist(), strict=True))
    assert place == {0: [0.0, 0.0], 1: [-2.0, 4.0]}  # -2 and 4 are kept


def test_initial_scores_are_uniform_within_one_over_the_root_of_the_fan_in():
    model = Own(200)
    drawn = initial_scores(model, wb.masks.full(model), 3)
    for name, fan_in in (("conv.weight", 9), ("fc.weight", 3200)):
        scaled = drawn[name] * fan_in**0.5
        assert -1 <= float(scaled.min()) < -0.99
        assert 0.99 < float(scaled.max()) < 1
        assert abs(float(scaled.mean())) < 0.1
    assert same(drawn, initial_scores(model, wb.masks.full(model), 3))
    assert not torch.equal(drawn["fc.weight"], initial_scores(model, wb.masks.full(model), 4)["fc.weight"])


# ---- density

LAYERS = {"a": torch.tensor([4.0, -3.0, 2.0, 1.0]), "b": torch.tensor([0.4, 0.3, -0.2, 0.1, 0.05, 0.01])}
FULL: Mask = {name: torch.ones_like(score, dtype=torch.bool) for name, score in LAYERS.items()}


def test_globally_there_is_one_threshold_and_by_layer_one_density():
    assert wb.masks.layers(mask_of(LAYERS, FULL, 0.5, "global")) == {"a": (4, 4), "b": (1, 6)}
    assert wb.masks.layers(mask_of(LAYERS, FULL, 0.5, "layer")) == {"a": (2, 4), "b": (3, 6)}
    assert wb.masks.layers(mask_of(LAYERS, FULL, 0.4)) == {"a": (2, 4), "b": (2, 6)}  # 1.6 and 2.4: largest remainder


@pytest.mark.parametrize("scope", ["layer", "global"])
@pytest.mark.parametrize("density", [1.0, 0.9, 0.5, 1 / 3, 0.05, 1 / 342])
def test_a_search_keeps_exactly_the_density(scope: str, density: float):
    found = search(density=density, scope=scope)
    assert wb.masks.kept(found.kept) == round(density * 342)
    assert found.density == wb.masks.density(found.kept)
    assert found.collapsed == [name for name, (count, _) in wb.masks.layers(found.kept).items() if not count]


def test_layers_have_their_share_by_largest_remainder():
    assert wb.masks.layers(search(density=0.05).kept) == {"conv.weight": (3, 54), "fc.weight": (14, 288)}  # 2.7, 14.4


def test_a_layer_that_collapses_is_named():
    scores = initial_scores(Own(), wb.masks.full(Own()), 0)
    found = search(density=0.05, scope="global", scores=scores | {"conv.weight": scores["conv.weight"] * 1e-9})
    assert found.collapsed == ["conv.weight"]
    assert repr(found) == "Search(step=12, of=12, density=0.04971, collapsed=['conv.weight'])"


@pytest.mark.parametrize("scope", ["layer", "global"])
def test_only_what_the_mask_keeps_is_ever_kept(scope: str):
    model, allowed = Own(), wb.pruning.random_mask(wb.masks.full(Own()), density=0.4)
    for done in edge_popup_steps(model, weights_of_own(), DATA, RECIPE, density=0.3, scope=scope, mask=allowed):
        assert all(not done.state.trained[name][~allowed[name]].any() for name in allowed)
    found = search(mask=allowed, scope=scope).kept
    assert all(not (found[name] & ~allowed[name]).any() for name in found)
    assert wb.masks.kept(found) == round(0.3 * 342)


def test_a_layer_that_the_mask_does_not_name_is_kept_whole():
    found = search(mask=wb.masks.full(Own(), keep=("fc.weight",)))
    assert wb.masks.layers(found.kept) == {"conv.weight": (16, 54)}
    assert torch.equal(found.ticket(weights_of_own()).weights["fc.weight"], weights_of_own()["fc.weight"])


def test_a_mask_that_changes_between_steps_holds_from_then_on():
    allowed = wb.pruning.random_mask(wb.masks.full(Own()), density=0.1)
    logits = []
    for done in edge_popup_steps(Own(), weights_of_own(), DATA, RECIPE, density=0.1):
        logits.append(done.logits)
        if done.step == 5:
            done.state.remask(allowed)
            state = done.state.copy()
    again = next(edge_popup_steps(Own(), weights_of_own(), DATA, RECIPE, density=0.1, state=state))
    network = wb.masks.apply(weights_of_own(), allowed) | state.buffers  # all that may be kept is
    images = DATA.train.inputs((again.batch.ids - 100) // 3)
    assert torch.allclose(functional_call(Own().train(), copied(network), (images,)), logits[5], atol=1e-6)
    assert torch.equal(again.logits, logits[5])


# ---- frozen weights, trained scores


@pytest.mark.parametrize("selection", ["carried", "exact"])
@pytest.mark.parametrize("scope", ["layer", "global"])
def test_every_step_runs_the_frozen_weights_under_the_mask_of_the_scores(selection: str, scope: str):
    model, weights = Own(), weights_of_own()
    scores, buffers = initial_scores(model, wb.masks.full(model), 0), {}
    for done in edge_popup_steps(model, weights, DATA, RECIPE, density=0.3, scope=scope, selection=selection):
        ticket = wb.Ticket(weights | buffers, mask_of(scores, wb.masks.full(model), 0.3, scope, 0))
        images = DATA.train.inputs((done.batch.ids - 100) // 3)
        expected = functional_call(Own().train(), copied(ticket.weights), (images,))
        assert torch.allclose(done.logits, expected, atol=1e-6)
        scores, buffers = copied(done.state.trained), copied(done.state.buffers)


def test_nothing_but_scores_is_trained_and_the_norms_statistics_follow():
    model, weights = Own(), wb.initialise(Own())  # with biases, which stay as well
    before, own = copied(weights), wb.snapshot(model)
    found = last(edge_popup_search(model, weights, DATA, RECIPE, density=0.3))
    assert same(before, weights)
    assert same(own, wb.snapshot(model))
    assert found.scores.keys() == found.state.trained.keys() == {"conv.weight", "fc.weight"}
    ticket = found.ticket(weights)
    assert same(ticket.mask, found.kept)
    for name, tensor in ticket.weights.items():
        if name in found.kept:
            assert torch.equal(tensor, weights[name] * found.kept[name])
        else:
            assert torch.equal(tensor, weights[name]) == (name not in found.buffers)
    assert found.buffers.keys() == {"norm.running_mean", "norm.running_var", "norm.num_batches_tracked"}
    assert int(found.buffers["norm.num_batches_tracked"]) == 12


def test_carried_and_exact_selection_train_the_same_bits_for_hundreds_of_steps():
    recipe = wb.Recipe(steps=300, batch_size=16, schedule="cosine")
    for scope in ("layer", "global"):
        ends = [
            last(edge_popup_search(Own(), weights_of_own(), DATA, recipe, density=0.2, scope=scope, selection=how))
            for how in ("carried", "exact")
        ]
        assert same_state(ends[0].state, ends[1].state)
        assert same(ends[0].kept, ends[1].kept)


def test_ties_are_broken_by_the_seed_in_both_selections():
    ties = {name: torch.ones(tensor.shape) for name, tensor in wb.masks.full(Own()).items()}
    full, recipe = wb.masks.full(Own()), wb.Recipe(steps=40, batch_size=16)
    assert same(mask_of(ties, full, 0.3, seed=1), mask_of(ties, full, 0.3, seed=1))
    assert not same(mask_of(ties, full, 0.3, seed=1), mask_of(ties, full, 0.3, seed=2))
    for scope in ("layer", "global"):
        what: dict[str, Any] = {"density": 0.3, "scope": scope, "scores": ties, "seed": 1}
        ends = [
            last(edge_popup_search(Own(), weights_of_own(), DATA, recipe, selection=how, **what))
            for how in ("carried", "exact")
        ]
        assert same_state(ends[0].state, ends[1].state)


def test_a_search_finds_a_network_and_the_inverted_one_a_bad_one(digits: wb.Data):
    model = wb.models.lenet(digits, hidden=(200,), norm=True, affine=False)
    weights = wb.initialise(model, rule="scaled_constant", density=0.2)
    recipe = wb.Recipe(steps=60, batch_size=64)
    found, worst = (
        last(edge_popup_search(model, weights, digits, recipe, density=0.2, invert=invert)) for invert in (False, True)
    )
    good, bad = (wb.evaluate(model, one.ticket(weights).weights, digits.test) for one in (found, worst))
    drawn = mask_of(initial_scores(model, wb.masks.full(model), 0), wb.masks.full(model), 0.2)
    assert good.accuracy > 0.85 > 0.4 > wb.evaluate(model, weights, digits.test, mask=drawn).accuracy > bad.accuracy


# ---- seeds, own scores, weights of examples


def test_the_same_seed_gives_the_same_mask_and_another_another():
    assert same_state(search(seed=3).state, search(seed=3).state)
    assert not same(search(seed=3).kept, search(seed=4).kept)


def test_own_scores_are_where_a_search_begins():
    own = initial_scores(Own(), wb.masks.full(Own()), 9)
    before = copied(own)
    ends = [search(scores=own, seed=seed, order_seed=1, augment_seed=1).scores for seed in (0, 1)]
    assert same(*ends)
    assert not same(search(order_seed=1, augment_seed=1).scores, ends[0])
    assert same(own, before)


def test_examples_of_weight_zero_teach_nothing():
    none, momentum = torch.zeros(len(DATA.train)), wb.Recipe(steps=3, batch_size=16)
    options: dict[str, Any] = {"density": 0.3, "example_weights": none}
    done = last(edge_popup_steps(Own(), weights_of_own(), DATA, momentum, **options))
    assert same({n: t.detach() for n, t in done.state.trained.items()}, initial_scores(Own(), wb.masks.full(Own()), 0))


# ---- yields, resuming, the archive


def test_about_twenty_are_yielded_the_last_one_always():
    def yielded(steps: int, **options: Any) -> list[int]:
        recipe = wb.Recipe(steps=steps, batch_size=4)
        return [s.step for s in edge_popup_search(Own(), weights_of_own(), DATA, recipe, density=0.5, **options)]

    assert yielded(43) == [*range(2, 43, 2), 43]
    assert yielded(7) == [1, 2, 3, 4, 5, 6, 7]
    assert yielded(10, every=4) == [4, 8, 10]


def test_the_method_is_its_search_run_to_its_end():
    assert same(edge_popup(Own(), weights_of_own(), DATA, RECIPE, density=0.3, seed=2), search(seed=2).kept)


def test_what_was_yielded_is_not_changed_by_later_steps():
    first, *_ = found = list(edge_popup_search(Own(), weights_of_own(), DATA, RECIPE, density=0.3))
    assert [one.step for one in found] == list(range(1, 13))
    assert not same(first.scores, found[-1].scores)
    assert first.state.step == 1
    assert all(torch.equal(first.scores[name], first.state.trained[name]) for name in first.scores)


@pytest.mark.parametrize("optimiser", ["sgd", "adam"])
@pytest.mark.parametrize("scope", ["layer", "global"])
def test_a_search_goes_on_with_the_same_bits(optimiser: str, scope: str):
    recipe = wb.Recipe(steps=12, batch_size=16, optimiser=optimiser, learning_rate=0.05, schedule="cosine")
    allowed = wb.pruning.random_mask(wb.masks.full(Own()), density=0.6)
    what: dict[str, Any] = {"density": 0.3, "scope": scope, "mask": allowed, "every": 5}
    whole = list(edge_popup_search(Own(), weights_of_own(), DATA, recipe, **what))
    rest = list(edge_popup_search(Own(), weights_of_own(), DATA, recipe, **what, after=whole[0]))
    assert [one.step for one in rest] == [10, 12]
    for one, other in zip(whole[1:], rest, strict=True):
        assert same_state(one.state, other.state)
        assert same(one.kept, other.kept)
    assert list(edge_popup_search(Own(), weights_of_own(), DATA, recipe, **what, after=whole[-1])) == []


@pytest.mark.parametrize("channels_last", [False, True])
def test_an_archive_keeps_a_search_and_goes_on_with_the_same_bits(channels_last: bool, tmp_path: Path):
    data = made(24, (3, 8, 8))
    model = wb.models.resnet8(data, width=8, affine=False)
    weights = wb.initialise(model, rule="signed_constant")
    recipe = wb.Recipe(steps=6, batch_size=8, channels_last=channels_last, weight_decay=1e-3)
    call = wb.call(edge_popup_search, model, weights, data, recipe, density=0.3, every=2)
    whole, archive = list(call.each()), wb.Archive(str(tmp_path / "archive"))
    assert [one.step for one in islice(archive.each(call), 1)] == [2]
    found = list(wb.Archive(str(tmp_path / "archive")).each(call))  # the first from the disk, the others after it
    again = list(archive.each(call))
    assert [one.step for one in found] == [2, 4, 6]
    for values in (found, again):
        for one, other in zip(whole, values, strict=True):
            assert same_state(one.state, other.state)
            assert same(one.kept, other.kept)
            assert same(one.scores, other.scores)
            assert same(one.buffers, other.buffers)


# ---- what is refused


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"density": 5.0}, r"density must be in \(0, 1\], got 5.0"),
        ({"scope": "layers"}, 'scope "layers" is not known; did you mean "layer"'),
        ({"selection": "exakt"}, 'selection "exakt" is not known; did you mean "exact"'),
        ({"every": 0}, "every must be a whole number of steps from 1, got 0"),
        ({"mask": {}}, "the mask names no weight, so there is nothing to keep"),
        ({"seed": -1}, "seed must be an integer from 0"),
        ({"mask": {"fc.bias": torch.ones(3, dtype=torch.bool)}}, r"mask must name prunable weights, got \['fc.bias'\]"),
        ({"mask": {"fc.weight": torch.ones(3, dtype=torch.bool)}}, "the mask of fc.weight must have the shape"),
        ({"scores": {"fc.weight": torch.ones(3, 96)}}, r"scores must name what may be pruned.*got \['fc.weight'\]"),
        ({"scores": {n: torch.ones(2) for n in ("conv.weight", "fc.weight")}}, r"finite floats of the shape \(6, 1"),
    ],
)
def test_an_option_out_of_range_is_said(options: dict[str, Any], message: str):
    with pytest.raises(ValueError, match=message):
        search(**options)


def test_a_score_that_is_not_a_number_is_said():
    nan = {"1.weight": torch.tensor([[0.4, float("nan")], [0.1, 0.2]])}
    with pytest.raises(ValueError, match="a score is NaN: the search diverged"):
        mask_of(nan, wb.masks.full(four()), 0.5)
    with pytest.raises(ValueError, match=r"the scores of 1\.weight must be finite floats"):
        edge_popup(four(), WEIGHTS, pair(), wb.Recipe(steps=1), density=0.5, scores=nan)


@pytest.mark.parametrize("scope", ["layer", "global"])
def test_a_score_that_becomes_nan_stops_the_search_at_that_step(scope: str):
    found = edge_popup_steps(Own(), weights_of_own(), DATA, RECIPE, density=0.3, scope=scope, selection="exact")
    scores = next(found).state.trained["fc.weight"].detach()
    scores[0, :5] = torch.nan
    with pytest.raises(ValueError, match="a score is NaN: the search diverged"):
        next(found)


def test_a_search_of_another_model_is_not_gone_on_with():
    other = next(edge_popup_search(Own(5), wb.initialise(Own(5)), DATA, RECIPE, density=0.3))
    with pytest.raises(ValueError, match=r"the state is of another model or mask, conv.weight has the shape \(6, 1"):
        search(after=other)


def test_a_recipe_of_no_steps_is_said():
    with pytest.raises(ValueError, match="a search takes one step at least, and the recipe has 0"):
        edge_popup(four(), WEIGHTS, pair(), wb.Recipe(steps=0), density=0.5)
