"""Edge-popup over filters: by hand on four filters, and what a search promises."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from tiny import Own, copied, last, made, narrow, pair, same, same_state
from torch import nn
from torch.func import functional_call

import workbench as wb
from workbench.data.batches import places_of
from workbench.nets.masks import Mask
from workbench.nets.weights import Weights
from workbench.pruning import filter_popup, filter_popup_search, filter_popup_steps
from workbench.pruning.filter_popup import by_filter, counts, initial_scores, kept_filters

DATA = made()
RECIPE = wb.Recipe(steps=12, batch_size=16, learning_rate=0.1, weight_decay=1e-4)
WEIGHTS = wb.initialise(Own(), rule="signed_constant")


def search(**options: Any) -> wb.Search:
    options.setdefault("density", 0.5)
    return last(filter_popup_search(Own(), WEIGHTS, DATA, RECIPE, **options))


# ---- by hand

HAND = nn.Sequential(nn.Flatten(), nn.Linear(2, 4, bias=False), nn.Linear(4, 2, bias=False))  # four rows, two classes
ROWS = {
    "1.weight": torch.tensor([[1.0, 2.0], [3.0, -1.0], [0.5, 0.5], [-2.0, 1.0]]),
    "2.weight": torch.tensor([[1.0, 0.0, 1.0, 0.0], [0.0, 1.0, 0.0, 1.0]]),
}
SCORES = {"1.weight": torch.tensor([0.4, -0.1, -0.3, 0.2])}


@pytest.mark.parametrize(
    ("density", "filters"),
    [(0.01, [0]), (0.25, [0]), (0.5, [0, 2]), (0.6, [0, 2]), (0.75, [0, 2, 3]), (1.0, [0, 1, 2, 3])],
)
def test_the_filters_of_largest_score_are_kept_whatever_its_sign_and_one_at_least(density: float, filters: list[int]):
    places = by_filter(HAND, wb.masks.full(HAND))
    kept = kept_filters(SCORES, places, counts(places, density))
    assert kept["1.weight"].nonzero().flatten().tolist() == filters


def test_a_step_by_hand():
    # kept are rows 0 and 2: of the image (1, 0), class 0, the hidden units are (1, 0, 0.5, 0) and the logits (1.5, 0);
    # of (0, 1), class 1, they are (2, 0, 0.5, 0) and (2.5, 0). With p = 1 / (1 + e^-1.5), q = 1 / (1 + e^-2.5), the
    # gradient of the mean loss by the logits is ((p - 1) / 2, (1 - p) / 2) and (q / 2, -q / 2); a row that feeds class
    # 0 has dW = ((p - 1) / 2, q / 2), one that feeds class 1 the opposite, and ds = sign(s) · Σ dW · w:
    recipe = wb.Recipe(steps=1, batch_size=2, learning_rate=0.1, momentum=0)
    (done,) = filter_popup_steps(HAND, ROWS, pair(), recipe, density=0.5, scores=SCORES)
    logits = dict(zip(done.batch.labels.tolist(), done.logits.tolist(), strict=True))
    assert logits == {0: pytest.approx([1.5, 0.0], abs=1e-7), 1: pytest.approx([2.5, 0.0], abs=1e-7)}
    p, q = (1 / (1 + torch.e**-x) for x in (1.5, 2.5))
    first, second = (p - 1) / 2, q / 2
    slopes = [first + 2 * second, -(-3 * first + second), -(0.5 * first + 0.5 * second), 2 * first - second]
    assert done.state.trained["1.weight"].tolist() == pytest.approx(
        [s - 0.1 * slope for s, slope in zip([0.4, -0.1, -0.3, 0.2], slopes, strict=True)]
    )


def test_an_inverted_step_keeps_the_filters_of_smallest_score():
    recipe = wb.Recipe(steps=1, batch_size=2, learning_rate=0.1, momentum=0)
    (done,) = filter_popup_steps(HAND, ROWS, pair(), recipe, density=0.5, scores=SCORES, invert=True)
    logits = dict(zip(done.batch.labels.tolist(), done.logits.tolist(), strict=True))
    assert logits[0] == pytest.approx([0, 3 - 2], abs=1e-7)  # rows 1 and 3, which feed class 1
    assert logits[1] == pytest.approx([0, -1 + 1], abs=1e-7)


def test_equal_scores_are_told_apart_by_the_seed():
    places = {"a": torch.ones(40, dtype=torch.bool)}
    equal, quota = {"a": torch.zeros(40)}, counts(places, 0.25)
    one, again, other = (kept_filters(equal, places, quota, seed) for seed in (1, 1, 2))
    assert same(one, again)
    assert not same(one, other)
    assert int(one["a"].count_nonzero()) == 10


def test_a_score_that_is_not_a_number_is_said():
    places = {"a": torch.ones(3, dtype=torch.bool)}
    with pytest.raises(ValueError, match="search with a smaller learning rate"):
        kept_filters({"a": torch.tensor([1.0, torch.nan, 2.0])}, places, {"a": 2})


# ---- whole filters, so many a layer


@pytest.mark.parametrize("name", ["lenet", "conv2", "resnet8", "mobilenet_v2"])
@pytest.mark.parametrize("density", [1.0, 0.5, 0.3, 0.01])
def test_filters_are_kept_whole_as_many_as_asked_a_layer_and_all_of_the_last(name: str, density: float):
    model = wb.models.named(narrow(name), DATA)
    mask = filter_popup(model, wb.snapshot(model), DATA, wb.Recipe(steps=1, batch_size=8), density=density)
    full = wb.masks.full(model)
    assert list(mask) == list(full)
    *others, classes = mask
    assert bool(mask[classes].all())
    for layer in others:
        rows = mask[layer].flatten(1)
        assert torch.equal(rows.any(1), rows.all(1))
        assert int(rows.any(1).count_nonzero()) == max(1, round(density * len(rows)))


def test_every_step_runs_the_frozen_weights_under_the_mask_of_the_step_before():
    values = list(filter_popup_search(Own(), WEIGHTS, DATA, RECIPE, density=0.5, every=1))
    steps = list(filter_popup_steps(Own(), WEIGHTS, DATA, RECIPE, density=0.5))
    for before, step in zip(values, steps[1:], strict=False):
        images = DATA.train.inputs(places_of(step.batch.ids, DATA.train.ids))
        network = copied(wb.masks.apply(WEIGHTS, before.kept) | before.buffers)
        assert torch.allclose(functional_call(Own().train(), network, (images,)), step.logits, atol=1e-6)


def test_only_filters_that_the_mask_keeps_are_kept_and_a_layer_without_a_mask_stays_whole():
    allowed = wb.masks.full(Own())
    allowed["conv.weight"][:2] = False
    value = search(mask=allowed)
    assert not bool(value.kept["conv.weight"][:2].any())
    assert wb.masks.kept_by_layer(value.kept) == {"conv.weight": 3 * 9, "fc.weight": 3 * 6 * 16}
    assert list(search(mask={"conv.weight": allowed["conv.weight"]}).kept) == ["conv.weight"]


def test_a_search_says_its_density_in_weights():
    value = search()
    assert value.density == wb.masks.density(value.kept) == (3 * 9 + 288) / (54 + 288)
    assert {name: tuple(score.shape) for name, score in value.scores.items()} == {"conv.weight": (6,)}


@pytest.mark.parametrize("norm", [False, True])
def test_a_filter_that_is_left_out_is_still_scored_behind_a_relu(norm: bool):
    # ReLU has no slope at 0, which is what a filter without weights gives: its score would stay for ever
    model = wb.models.lenet(DATA, hidden=(30,), norm=norm, affine=False)
    weights = wb.initialise(model, rule="signed_constant")
    places = by_filter(model, wb.masks.full(model))
    before = initial_scores(model, places, 0)["1.weight"]
    (step,) = filter_popup_steps(model, weights, DATA, wb.Recipe(steps=1, batch_size=16, momentum=0), density=0.3)
    out = ~kept_filters({"1.weight": before}, places, counts(places, 0.3))["1.weight"]
    moved = (step.state.trained["1.weight"].detach() != before)[out]
    assert int(moved.count_nonzero()) > 10  # of 21, less those that are below 0 for every image


# ---- what a search leaves alone, seeds, resuming


def test_a_search_changes_neither_weights_nor_statistics_nor_the_model():
    model, weights = Own(), copied(WEIGHTS)
    before, buffers = copied(model.state_dict()), copied(dict(model.named_buffers()))
    mask: Mask = wb.masks.full(model)
    scores: Weights = initial_scores(model, by_filter(model, mask), 0)
    given = copied(scores)
    value = last(filter_popup_search(model, weights, DATA, RECIPE, density=0.5, mask=mask, scores=scores))
    assert same(weights, WEIGHTS)
    assert same(model.state_dict(), before)
    assert same(dict(model.named_buffers()), buffers)
    assert same(mask, wb.masks.full(Own()))
    assert same(scores, given)
    assert not same(value.scores, given)  # they were trained
    assert not torch.equal(value.buffers["norm.running_mean"], buffers["norm.running_mean"])  # the ticket's own


def test_the_same_seed_gives_the_same_mask_and_another_another():
    model = wb.models.named("lenet(hidden=(40,))", DATA)
    start = wb.snapshot(model)
    one, again, other = (filter_popup(model, start, DATA, RECIPE, density=0.3, seed=seed) for seed in (3, 3, 4))
    assert same(one, again)
    assert not same(one, other)


@pytest.mark.parametrize("few", [False, True])
@pytest.mark.parametrize("optimiser", ["sgd", "adam"])
def test_a_search_goes_on_in_the_middle_with_the_same_bits(optimiser: str, few: bool, tmp_path: Path):
    allowed = wb.masks.full(Own())
    allowed["conv.weight"][0] = not few
    recipe = wb.Recipe(steps=12, batch_size=16, learning_rate=0.05, optimiser=optimiser)
    options: dict[str, Any] = {"density": 0.5, "mask": allowed, "every": 5}
    whole = list(filter_popup_search(Own(), WEIGHTS, DATA, recipe, **options))
    rest = list(filter_popup_search(Own(), WEIGHTS, DATA, recipe, **options, after=whole[0]))
    assert [value.step for value in whole] == [5, 10, 12]
    assert all(same_state(a.state, b.state) and same(a.kept, b.kept) for a, b in zip(whole[1:], rest, strict=True))
    archive = wb.Archive(str(tmp_path))
    call = wb.call(filter_popup_search, Own(), WEIGHTS, DATA, recipe, **options)
    next(archive.each(call))  # killed after its first value
    assert same(last(archive.each(call)).kept, whole[-1].kept)


def test_a_search_finds_better_filters_than_chance_and_its_inverse_worse():
    data = wb.load("digits", train_size=600)
    model = wb.models.lenet(data, hidden=(400,), norm=True, affine=False)
    weights = wb.initialise(model, rule="signed_constant")
    recipe = wb.Recipe(epochs=15, learning_rate=0.1, batch_size=64)

    def accuracy(**options: Any) -> float:
        value = last(filter_popup_search(model, weights, data, recipe, density=0.3, every=1000, **options))
        ticket = value.ticket(weights)
        return wb.evaluate(model, ticket.weights, data.test, mask=ticket.mask).accuracy

    best, worst = accuracy(), accuracy(invert=True)
    assert best > 0.4 > worst  # of ten classes, no weight trained
