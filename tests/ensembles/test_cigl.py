"""CigL in small form: the random mask, the average by hand, the density, and batch-norm's statistics."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from tiny import Own, made, same

import workbench as wb
from workbench.ensembles import Member, cigl
from workbench.ensembles.cigl import largest, thinned
from workbench.nets.batch_norm import recompute_batch_norm
from workbench.nets.weights import Weights
from workbench.pruning.dynamic import dynamic, dynamic_steps
from workbench.work.seeds import number

DATA = made()
MODEL = Own()
RECIPE = wb.Recipe(steps=40, batch_size=16, learning_rate=0.05)


def one(**options: Any) -> Member:
    return cigl(MODEL, DATA, RECIPE, density=0.3, **options)


def test_the_random_mask_leaves_out_a_share_and_scales_the_rest():
    weights = {"w": torch.full((100, 100), 3.0), "bias": torch.full((5,), 3.0)}
    found = thinned(weights, 7, names=["w"], leave_out=0.25, seed=0)
    assert sorted(set(found["w"].flatten().tolist())) == [0.0, 4.0]  # 3 / 0.75
    assert float(found["w"].mean()) == pytest.approx(3, abs=0.1)  # six deviations: 4 sqrt(0.25 · 0.75 / 10 000) = 0.017
    assert torch.equal(found["bias"], weights["bias"])


def test_every_step_has_a_random_mask_of_its_own_and_the_same_one_again():
    weights = {"w": torch.ones(50)}
    how = {"names": ["w"], "leave_out": 0.5}
    a, b, again = (thinned(weights, step, **how, seed=0)["w"] for step in (1, 2, 1))
    assert torch.equal(a, again)
    assert not torch.equal(a, b)
    assert not torch.equal(a, thinned(weights, 1, **how, seed=1)["w"])


def test_the_largest_of_every_layer_stay_by_hand():
    mean = {"a": torch.tensor([1.0, -3.0, 2.0]), "b": torch.tensor([9.0, 8.0])}
    mask = {"a": torch.tensor([True, False, True]), "b": torch.tensor([False, True])}
    found = largest(mean, mask)
    assert found["a"].tolist() == [False, True, True]
    assert found["b"].tolist() == [True, False]
    empty = {"a": torch.zeros(3, dtype=torch.bool), "b": torch.tensor([True, True])}
    assert largest(mean, empty)["a"].tolist() == [False, False, False]


@pytest.mark.parametrize("grow", ["gradient", "random"])
def test_one_network_of_exactly_the_density_remains(grow: str):
    found = one(grow=grow)
    assert wb.masks.kept(found.mask) == 103
    assert all(not found.weights[name][~kept].any() for name, kept in found.mask.items())
    assert (found.steps, found.stored, len(found.history)) == (40, "values", 40)


def test_batch_norm_is_taken_anew():
    found = one()
    assert same(found.weights, recompute_batch_norm(MODEL, found.weights, DATA.train))


def test_without_a_random_mask_and_with_one_point_it_is_rigls_last_ticket():
    found = one(leave_out=1e-12, average=0.025, seed=3)  # a fortieth of the run: the last step alone
    start, own = wb.initialise(MODEL, seed=number(3, "member weights")), number(3, "member")
    ticket = dynamic(MODEL, start, DATA, RECIPE, density=0.3, until=1 - 0.0125, seed=own)
    assert same(found.mask, ticket.mask)
    assert all(torch.equal(found.weights[name], ticket.weights[name]) for name, _ in MODEL.named_parameters())


def test_it_is_the_mean_of_what_the_last_half_passes_through_without_the_random_masks():
    found = one(average=0.5, leave_out=0.2, seed=3)
    start, own = wb.initialise(MODEL, seed=number(3, "member weights")), number(3, "member")
    kept_names = list(wb.masks.full(MODEL))

    def thin(trained: Weights, step: int) -> Weights:
        return thinned(trained, step, names=kept_names, leave_out=0.2, seed=own)

    walk = dynamic_steps(MODEL, start, DATA, RECIPE, density=0.3, until=0.75, seed=own, weights_of=thin)
    passed = [(step.state.copy(), step.step) for step in walk]
    points = [state for state, step in passed if step > 20]
    mask = points[-1].mask
    assert mask is not None
    for name in kept_names:
        mean = torch.stack([state.trained[name].detach() for state in points]).mean(0)
        assert torch.allclose(found.weights[name], torch.where(found.mask[name], mean, 0), atol=1e-6)
        least = mean.abs().flatten().sort(descending=True).values[int(mask[name].count_nonzero()) - 1]
        assert torch.equal(found.mask[name], mean.abs() >= least * (1 - 1e-6))
    assert not same(found.mask, mask)  # places that the last mask no longer has are in the average


def test_seeds_differ_and_the_same_seed_does_not():
    first, again, other = one(seed=1), one(seed=1), one(seed=2)
    assert same(first.weights, again.weights)
    assert not same(first.mask, other.mask)


def test_it_learns_the_digits(digits: wb.Data):
    model = wb.models.lenet(digits, hidden=(64, 32))
    found = cigl(model, digits, wb.Recipe(epochs=15, batch_size=32), density=0.15)
    assert wb.evaluate(model, found.weights, digits.test).accuracy > 0.6  # chance is 0.1


@pytest.mark.parametrize("name", ["leave_out", "average"])
@pytest.mark.parametrize("share", [0.0, 1.0, -1.0])
def test_a_share_out_of_range_is_said(name: str, share: float):
    with pytest.raises(ValueError, match=rf"{name} must be in \(0, 1\), got {share:g}"):
        one(**{name: share})
