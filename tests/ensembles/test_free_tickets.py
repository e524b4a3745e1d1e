"""FreeTickets: independent sparse runs, each at exactly its density."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tiny import Own, last, made, same

import workbench as wb
from workbench.ensembles import Member, free_tickets, mask_overlap, predict
from workbench.pruning.dynamic import dynamic_search
from workbench.work.seeds import number

DATA = made()
MODEL = Own()
RECIPE = wb.Recipe(steps=20, batch_size=16, learning_rate=0.05)


def tickets(**options: Any) -> list[Member]:
    return free_tickets(MODEL, DATA, RECIPE, density=0.3, **options)


@pytest.mark.parametrize("grow", ["gradient", "random"])
def test_every_ticket_has_exactly_its_density_and_zeros_are_zero(grow: str):
    found = tickets(grow=grow)
    assert len(found) == 3
    for member in found:
        assert wb.masks.kept(member.mask) == 103
        assert all(not member.weights[name][~kept].any() for name, kept in member.mask.items())
        assert (member.steps, member.stored, member.vote, member.loss) == (20, "values", 1.0, RECIPE.loss)


def test_a_ticket_is_a_run_of_dynamic_sparse_training_from_its_own_draw():
    for m, member in enumerate(tickets(members=2, seed=4)):
        start = wb.initialise(MODEL, seed=number(4, "member weights", m))
        how = {"density": 0.3, "drop": 0.5, "until": 1.0, "seed": number(4, "member", m)}
        whole = last(dynamic_search(MODEL, start, DATA, RECIPE, **how))
        assert same(member.weights, whole.ticket.weights)
        assert same(member.mask, whole.ticket.mask)


def test_tickets_are_independent_and_the_first_do_not_depend_on_how_many_there_are():
    three, two = tickets(), tickets(members=2)
    assert all(same(a.weights, b.weights) for a, b in zip(three[:2], two, strict=True))
    assert mask_overlap([member.mask for member in three]) < 0.5  # of two random ones at 0.3: 0.18


def test_they_train_side_by_side_and_say_which_member_is_being_trained():
    seen: set[tuple] = set()
    with wb.progress.watch(lambda p: seen.add(p.path)):
        several = tickets(members=2, workers=2)
    assert {(("replica", 0, 2),), (("replica", 1, 2),)} <= seen
    assert all(same(a.weights, b.weights) for a, b in zip(several, tickets(members=2, workers=1), strict=True))


def test_a_ticket_that_an_archive_has_is_not_trained_again(tmp_path: Path):
    first = tickets(members=1, archive=str(tmp_path))
    seen: list[wb.progress.Progress] = []
    with wb.progress.watch(seen.append):
        again = tickets(members=1, archive=str(tmp_path))
    assert {p.of for p in seen} == {1}  # the one member, and no step of it
    assert same(first[0].weights, again[0].weights)


def test_together_they_know_the_digits(digits: wb.Data):
    model = wb.models.lenet(digits, hidden=(64, 32))
    recipe = wb.Recipe(epochs=8, batch_size=32)
    found = free_tickets(model, digits, recipe, density=0.1, members=2)
    said = predict(model, found, digits.test)
    assert (said.probabilities().argmax(1) == said.labels).double().mean() > 0.6  # chance is 0.1


def test_no_member_is_said():
    with pytest.raises(ValueError, match="members must be a whole number from 1 to 10000, got 0"):
        tickets(members=0)
