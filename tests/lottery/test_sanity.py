"""Controls: each changes what it says it changes, and nothing else."""

from __future__ import annotations

import pytest
import torch
from tiny import Own, copied, same

import workbench as wb
from workbench.lottery.sanity import CONTROLS, reinitialised, scattered, shuffled


@pytest.fixture
def ticket() -> wb.Ticket:
    model = Own()
    weights = wb.initialise(model)
    return wb.Ticket(weights, wb.pruning.magnitude(weights, wb.masks.full(model), density=0.3))


OTHER = wb.initialise(Own(), seed=9)


def test_shuffled_keeps_the_counts_of_every_layer_and_changes_places(ticket: wb.Ticket):
    found = shuffled(ticket, weights=OTHER, seed=1)
    assert wb.masks.layers(found.mask) == wb.masks.layers(ticket.mask)
    assert 0.05 < wb.masks.overlap(found.mask, ticket.mask) < 0.5


def test_scattered_keeps_the_total_exactly_and_not_the_layers(ticket: wb.Ticket):
    found = [scattered(ticket, weights=OTHER, seed=seed) for seed in range(3)]
    assert {wb.masks.kept(f.mask) for f in found} == {103}  # round(0.3 · 342)
    assert any(wb.masks.layers(f.mask) != wb.masks.layers(ticket.mask) for f in found)


def test_reinitialised_keeps_the_mask_and_takes_the_other_weights(ticket: wb.Ticket):
    found = reinitialised(ticket, weights=OTHER)
    assert same(found.mask, ticket.mask)
    assert same(found.weights, wb.masks.apply(OTHER, ticket.mask))


@pytest.mark.parametrize("name", CONTROLS)
def test_a_control_leaves_the_ticket_alone_and_is_drawn_by_its_seed(name: str, ticket: wb.Ticket):
    weights, mask = copied(ticket.weights), copied(ticket.mask)
    one, again, other = (CONTROLS[name](ticket, weights=OTHER, seed=seed) for seed in (1, 1, 2))
    assert same(ticket.weights, weights)
    assert same(ticket.mask, mask)
    assert same(one.mask, again.mask)
    assert same(one.mask, other.mask) == (name == "reinitialised")
    assert wb.masks.kept(one.mask) == wb.masks.kept(ticket.mask)
    assert all(torch.equal(one.weights[n][one.mask[n]], OTHER[n][one.mask[n]]) for n in mask)
