"""Dynamic sparse training: what drops and what grows, by hand; the density at every step; resuming."""

from __future__ import annotations

import math
import sys
from typing import Any

import pytest
import torch
from tiny import Own, copied, four, made, pair, same, same_state

import workbench as wb
from workbench.pruning.dynamic import Evolved, dynamic, dynamic_search, dynamic_steps, rewire
from workbench.pruning.rewiring import drop_share, random_start, rewired
from workbench.training.steps import gradients, steps

DATA = made()
RECIPE = wb.Recipe(steps=24, batch_size=16, learning_rate=0.05, weight_decay=1e-3)


def search(recipe: wb.Recipe = RECIPE, **options: Any) -> list[Evolved]:
    how = {"density": 0.3, "rewire_every": 2, "every": 5} | options
    return list(dynamic_search(Own(), wb.initialise(Own()), DATA, recipe, **how))


def walk(recipe: wb.Recipe = RECIPE, **options: Any) -> Any:
    how = {"density": 0.3, "rewire_every": 2} | options
    return dynamic_steps(Own(), wb.initialise(Own()), DATA, recipe, **how)


# ---- what drops and what grows, on four weights

WEIGHTS = {"w": torch.tensor([[0.5, -3.0], [0.1, 0.0]])}
NOW = {"w": torch.tensor([[True, True], [True, False]])}
SALIENCY = {"w": torch.tensor([[9.0, 9.0], [1.0, 2.0]])}


def test_the_smallest_weight_drops_and_the_largest_saliency_elsewhere_grows():
    # 0.4 of three weights is one: 0.1 drops; of it and the free place, that with saliency 2 grows
    found = rewired(WEIGHTS, NOW, SALIENCY, share=0.4)
    assert found["w"].tolist() == [[True, True], [False, True]]


def test_what_was_just_dropped_may_grow_again():
    back = {"w": torch.tensor([[9.0, 9.0], [3.0, 2.0]])}
    assert rewired(WEIGHTS, NOW, back, share=0.4)["w"].tolist() == NOW["w"].tolist()


def test_a_share_below_one_weight_changes_nothing():
    assert same(rewired(WEIGHTS, NOW, SALIENCY, share=0.33), NOW)


def test_only_what_may_be_kept_grows():
    may = {"w": torch.tensor([[True, True], [True, False]])}
    assert same(rewired(WEIGHTS, NOW, SALIENCY, share=0.4, mask=may), NOW)


def test_every_layer_keeps_its_count():
    weights = wb.initialise(Own())
    now = random_start(wb.masks.full(Own()), density=0.3)
    other = {name: torch.rand(kept.shape) for name, kept in now.items()}
    found = rewired(weights, now, other, share=0.5)
    assert wb.masks.layers(found) == wb.masks.layers(now)
    assert not same(found, now)
    for name, kept in now.items():
        count = int(kept.count_nonzero())
        assert int((kept & found[name]).count_nonzero()) >= count - int(0.5 * count)


def test_the_dropped_share_falls_with_a_cosine():
    assert drop_share(0, 100, 0.3) == pytest.approx(0.3)
    assert drop_share(50, 100, 0.3) == pytest.approx(0.15)
    assert drop_share(25, 100, 0.3) == pytest.approx(0.15 * (1 + math.sqrt(0.5)))
    assert drop_share(100, 100, 0.3) == pytest.approx(0)


def test_the_start_has_the_density_by_either_rule():
    full = wb.masks.full(Own())  # 6 x 1 x 3 x 3 = 54 and 3 x 96 = 288
    assert wb.masks.layers(random_start(full, density=1 / 3, layers="uniform")) == {
        "conv.weight": (18, 54),
        "fc.weight": (96, 288),
    }
    # erk: 114 places by 6 + 1 + 3 + 3 = 13 to 3 + 96 = 99: 13.2 and 100.8
    assert wb.masks.layers(random_start(full, density=1 / 3)) == {"conv.weight": (13, 54), "fc.weight": (101, 288)}
    assert not same(random_start(full, density=0.3), random_start(full, density=0.3, seed=1))


# ---- in the live state of a run


def test_gradient_growth_takes_the_largest_dense_gradient_by_hand():
    """The four weights are (1, 0; -0.01, 0), the first column kept; the gradient is that of image 1, which is (0, 1).

    Its logits are (0, 0), so that the gradient is (0, 0.5; 0, -0.5): -0.01 drops, and one of the second column grows.
    """
    start = {"1.weight": torch.tensor([[1.0, 0.0], [-0.01, 0.0]])}
    mask = {"1.weight": torch.tensor([[True, False], [True, False]])}
    ids, recipe = torch.tensor([1]), wb.Recipe(steps=2, batch_size=2, learning_rate=1e-9)
    assert gradients(four(), start, pair(), ids)["1.weight"].tolist() == [[0.0, 0.5], [0.0, -0.5]]
    state = next(iter(steps(four(), start, pair(), recipe, mask=mask))).state
    rewire(state, four(), start, pair(), recipe, ids=ids, share=0.5)
    assert state.mask is not None
    assert state.mask["1.weight"][:, 0].tolist() == [True, False]
    assert int(state.mask["1.weight"][:, 1].count_nonzero()) == 1
    assert state.trained["1.weight"].detach()[1, 0] == 0


def test_what_grows_starts_at_zero_with_zero_momentum():
    seen = walk()
    before = {}
    for step in seen:
        mask = {name: kept.clone() for name, kept in step.state.mask.items()}
        for name, kept in mask.items():
            born = kept & ~before.get(name, kept)
            assert not step.state.trained[name].detach()[born].any()
            assert not step.state.optimiser[name]["momentum_buffer"][born].any()
            if step.step == 2 and name == "fc.weight":
                assert born.any()
        before = mask


@pytest.mark.parametrize("grow", ["gradient", "random"])
@pytest.mark.parametrize("density", [0.9, 0.3, 0.05])
def test_the_density_is_exact_and_zeros_are_zero_at_every_step(grow: str, density: float):
    for step in walk(grow=grow, density=density):
        assert wb.masks.kept(step.state.mask) == round(342 * density)
        for name, kept in step.state.mask.items():
            assert not step.state.trained[name].detach()[~kept].any()


def changes(**options: Any) -> list[int]:
    """The steps after which the mask was another."""
    found, before = [], random_start(wb.masks.full(Own()), density=0.3)
    for step in walk(**options):
        if not same(step.state.mask, before):
            found.append(step.step)
        before = {name: kept.clone() for name, kept in step.state.mask.items()}
    return found


def test_the_mask_changes_as_often_as_asked_and_then_no_more():
    assert changes(grow="random", rewire_every=4, until=0.75) == [4, 8, 12]  # at 16 of 18 the share is below a weight
    assert changes(grow="random", rewire_every=4, until=0.25) == [4]


def test_no_other_loop_is_in_it():
    """Where nothing is rewired, it is `steps` under the random mask, by bits."""
    start, mask = wb.initialise(Own()), random_start(wb.masks.full(Own()), density=0.3)
    plain = [s.state.copy() for s in steps(Own(), start, DATA, RECIPE, mask=mask)]
    ours = [s.state.copy() for s in walk(rewire_every=1000)]
    assert all(same_state(a, b) for a, b in zip(plain, ours, strict=True))


def test_an_annealed_loss_grows_by_its_own_step(monkeypatch: pytest.MonkeyPatch):
    seen = []
    spied = lambda *a, **b: seen.append(b["step"]) or gradients(*a, **b)  # noqa: E731
    monkeypatch.setattr(sys.modules["workbench.pruning.dynamic"], "gradients", spied)
    list(walk(rewire_every=4))
    assert seen == [4, 8, 12, 16]


# ---- the values


def test_values_come_now_and_then_and_at_the_end():
    found = search()
    assert [value.step for value in found] == [5, 10, 15, 20, 24]
    assert [value.step for value in search(every=None)] == list(range(1, 25))
    assert all(value.density == 103 / 342 for value in found)
    assert repr(found[0]) == "Evolved(step=5/24, density=0.3012)"


@pytest.mark.parametrize("grow", ["gradient", "random"])
def test_going_on_after_a_value_gives_the_same_bits(grow: str):
    whole = search(grow=grow)
    for at in (0, 2):
        rest = search(grow=grow, after=whole[at])
        assert [value.step for value in rest] == [value.step for value in whole[at + 1 :]]
        for a, b in zip(whole[at + 1 :], rest, strict=True):
            assert same(a.ticket.weights, b.ticket.weights)
            assert same(a.ticket.mask, b.ticket.mask)
            assert same_state(a.state, b.state)
    assert search(grow=grow, after=whole[-1]) == []


def test_an_archive_takes_it_up_where_it_stopped(tmp_path: Any):
    things = (Own(), wb.initialise(Own()), DATA, RECIPE)
    call = wb.call(dynamic_search, *things, density=0.3, rewire_every=2, every=8)
    archive = wb.Archive(str(tmp_path / "archive"))
    first = archive.each(call)
    next(first)
    first.close()
    again = list(archive.each(call))
    whole = search(every=8)
    assert [value.step for value in again] == [8, 16, 24]
    assert all(same(a.ticket.weights, b.ticket.weights) for a, b in zip(again, whole, strict=True))


def test_the_verb_is_the_last_value():
    ticket = dynamic(Own(), wb.initialise(Own()), DATA, RECIPE, density=0.3, rewire_every=2)
    last = search()[-1].ticket
    assert same(ticket.weights, last.weights)
    assert same(ticket.mask, last.mask)


def test_what_came_in_is_unchanged_and_seeds_differ():
    model, start = Own(), wb.initialise(Own())
    before, inside = copied(start), wb.snapshot(model)
    may = wb.masks.full(model)
    a = dynamic(model, start, DATA, RECIPE, density=0.3, rewire_every=2, mask=may)
    b = dynamic(model, start, DATA, RECIPE, density=0.3, rewire_every=2, seed=1)
    assert same(start, before)
    assert same(inside, wb.snapshot(model))
    assert wb.masks.density(may) == 1
    assert not same(a.mask, b.mask)


def test_nothing_grows_where_a_mask_forbids_it():
    may = wb.masks.full(Own())
    may["fc.weight"][:, ::2] = False
    for step in walk(mask=may, grow="random"):
        assert not (step.state.mask["fc.weight"].cpu() & ~may["fc.weight"]).any()


def test_it_learns_the_digits(digits: wb.Data):
    model = wb.models.lenet(digits, hidden=(64, 32))
    ticket = dynamic(model, wb.initialise(model), digits, wb.Recipe(epochs=10, batch_size=32), density=0.1)
    assert wb.evaluate(model, ticket.weights, digits.test).accuracy > 0.6  # chance is 0.1


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"grow": "gradients"}, 'way to grow "gradients" is not known; did you mean "gradient"'),
        ({"layers": "erc"}, 'rule for layers "erc" is not known; did you mean "erk"'),
        ({"drop": 1.0}, r"drop must be in \(0, 1\).*got 1.0"),
        ({"until": 0}, r"until must be in \(0, 1\].*got 0"),
        ({"rewire_every": 0}, "rewire_every must be a whole number of steps from 1, got 0"),
        ({"every": 0}, "every must be a whole number of steps from 1, got 0"),
        ({"mask": {}}, "the mask names no weight, so there is nothing to keep"),
        ({"mask": {"fc.weight": torch.ones(3, 96)}}, r"a mask must hold bool tensors, but fc.weight is torch\.float32"),
        ({"mask": {"fc.bias": torch.ones(3).bool()}}, r"mask must name prunable weights, got \['fc.bias'\]"),
        ({"density": 5.0}, r"density must be in \(0, 1\], got 5.0"),
    ],
)
def test_what_is_out_of_range_is_said(options: dict[str, Any], message: str):
    with pytest.raises(ValueError, match=message):
        search(**options)


def test_a_recipe_of_no_steps_is_said():
    with pytest.raises(ValueError, match="trains for one step at least, and the recipe has 0"):
        search(wb.Recipe(steps=0))
    with pytest.raises(ValueError, match="trains for one step at least"):
        dynamic(Own(), wb.initialise(Own()), DATA, wb.Recipe(steps=0), density=0.5)
