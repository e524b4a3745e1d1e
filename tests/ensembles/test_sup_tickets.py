"""Sup-tickets: the cycles of the rate, the averages by hand, the density, and batch-norm's statistics."""

from __future__ import annotations

from dataclasses import fields

import pytest
import torch
from tiny import Own, made, same

import workbench as wb
from workbench.ensembles import Member, sup_tickets
from workbench.ensembles.sup_tickets import Cyclic, superpose
from workbench.nets.batch_norm import recompute_batch_norm
from workbench.pruning.dynamic import dynamic_steps
from workbench.work.seeds import number

DATA = made()
MODEL = Own()
RECIPE = wb.Recipe(steps=40, batch_size=16, learning_rate=0.05)


def ticket(weights: list[float]) -> wb.Ticket:
    tensor = torch.tensor(weights)
    return wb.Ticket({"w": tensor}, {"w": tensor != 0})


def sup(recipe: wb.Recipe = RECIPE, **options: object) -> Member:
    return sup_tickets(MODEL, DATA, recipe, **{"density": 0.3, "last": 0.3} | options)  # type: ignore[arg-type]


def test_tickets_are_averaged_and_pruned_back_by_hand():
    # the mean is (2, -1, 1.5, 0), of which the two largest stay
    second = superpose(ticket([4.0, 2.0, 0.0, 0.0]), ticket([0.0, -4.0, 3.0, 0.0]), 2)
    assert second.weights["w"].tolist() == [2.0, 0.0, 1.5, 0.0]
    assert second.mask["w"].tolist() == [True, False, True, False]
    # a third counts a third: 2/3 (2, 0, 1.5, 0) + 1/3 (0, 0, 3, 9) = (4/3, 0, 2, 3)
    third = superpose(second, ticket([0.0, 0.0, 3.0, 9.0]), 3)
    assert third.weights["w"].tolist() == pytest.approx([0.0, 0.0, 2.0, 3.0])


def test_the_average_is_pruned_over_all_layers_together():
    a, b = torch.tensor([5.0, 4.0]), torch.tensor([1.0, 0.0])
    one = wb.Ticket({"a": a, "b": b}, {"a": torch.tensor([True, False]), "b": torch.tensor([True, False])})
    two = wb.Ticket({"a": a, "b": b}, {"a": torch.tensor([False, True]), "b": torch.tensor([True, False])})
    found = superpose(one, two, 2)  # the means are (2.5, 2) and (1, 0)
    assert found.mask["a"].tolist() == [True, True]
    assert found.mask["b"].tolist() == [False, False]


def test_tickets_of_other_densities_are_not_superposed():
    with pytest.raises(ValueError, match="must keep equally many weights, got 1 and 2"):
        superpose(ticket([1.0, 0.0]), ticket([1.0, 1.0]), 2)


def test_the_rate_goes_in_cycles_at_the_end_and_as_before_until_then():
    recipe = wb.Recipe(steps=80, learning_rate=0.1, schedule="multistep")
    cyclic = Cyclic(**{f.name: getattr(recipe, f.name) for f in fields(recipe)}, cycles=2, last=0.2)
    rates = [cyclic.rate(step, 80) for step in range(80)]
    assert (cyclic.first(80), cyclic.cycle(80)) == (64, 8)
    assert rates[:64] == [recipe.rate(step, 64) for step in range(64)]
    assert rates[64:72] == pytest.approx([0.001, 0.002, 0.003, 0.004, 0.005, 0.004, 0.003, 0.002])
    assert rates[72:] == pytest.approx(rates[64:72])


@pytest.mark.parametrize("grow", ["gradient", "random"])
def test_one_network_of_exactly_the_density_remains(grow: str):
    found = sup(grow=grow)
    assert wb.masks.kept(found.mask) == 103
    assert all(not found.weights[name][~kept].any() for name, kept in found.mask.items())
    assert (found.steps, found.stored, len(found.history)) == (40, "values", 40)


def test_batch_norm_is_taken_anew():
    found = sup()
    assert same(found.weights, recompute_batch_norm(MODEL, found.weights, DATA.train))
    assert int(found.weights["norm.num_batches_tracked"]) == 1  # one pass over 50 images, not the 40 steps


def test_without_exploring_it_is_the_plain_mean_of_the_cycles_ends_and_the_beginning():
    """Then all cheap tickets have one mask, and nothing is pruned: 28 steps, and three cycles of four."""
    found = sup(explore=0.0, seed=5)
    start, own = wb.initialise(MODEL, seed=number(5, "member weights")), number(5, "member")
    cyclic = Cyclic(**{f.name: getattr(RECIPE, f.name) for f in fields(RECIPE)}, cycles=3, last=0.3)
    walk = dynamic_steps(MODEL, start, DATA, cyclic, density=0.3, drop=0.5, until=0.7, seed=own)
    cheap = [step.state.copy() for step in walk if step.step in (28, 32, 36, 40)]
    assert cheap[0].mask is not None
    assert same(found.mask, cheap[0].mask)
    for name, _ in MODEL.named_parameters():
        mean = torch.stack([state.trained[name].detach() for state in cheap]).mean(0)
        assert torch.allclose(found.weights[name], mean, atol=1e-6)


def test_exploring_changes_the_connections_of_the_cheap_tickets():
    assert not same(sup(explore=0.0).mask, sup(explore=0.5).mask)


def test_seeds_differ_and_the_same_seed_does_not():
    one, again, other = sup(seed=1), sup(seed=1), sup(seed=2)
    assert same(one.weights, again.weights)
    assert not same(one.mask, other.mask)


def test_it_learns_the_digits(digits: wb.Data):
    model = wb.models.lenet(digits, hidden=(64, 32))
    found = sup_tickets(model, digits, wb.Recipe(epochs=15, batch_size=32), density=0.15)
    assert wb.evaluate(model, found.weights, digits.test).accuracy > 0.6  # chance is 0.1


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"last": 0.05}, "the last 0.05 of 40 steps is too short for 3 cycles"),
        ({"cycles": 0}, "cycles must be a whole number from 1, got 0"),
        ({"last": 1.0}, r"last must be in \(0, 1\), got 1"),
        ({"explore": 1.0}, r"explore must be in \[0, 1\)"),
        ({"density": 0.0}, "density must be in"),
    ],
)
def test_what_is_out_of_range_is_said(options: dict, message: str):
    with pytest.raises(ValueError, match=message):
        sup(**options)
