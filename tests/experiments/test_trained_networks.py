"""Trained networks: from where they begin, what is said of them, and which tickets are refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from tiny import same

import workbench as wb
from workbench.experiments import plane_between, trained_networks, winning_tickets

TINY: dict[str, Any] = {
    "train_size": 120,
    "model": "lenet(hidden=(16,))",
    "recipe": wb.Recipe(steps=12, batch_size=30),
    "evaluations": 3,
}


def but(**changes: Any) -> dict[str, Any]:
    return TINY | changes


@pytest.fixture
def ticket() -> wb.Ticket:
    lottery = {name: value for name, value in TINY.items() if name != "evaluations"}
    last = list(winning_tickets(**lottery, rounds=1, fraction=0.6, controls=(), replicas=1, seed=3))[-1]
    return wb.Ticket(last.rewound, last.mask)


def test_a_fresh_network_is_what_train_makes_of_the_replicas_own_weights():
    (one,) = trained_networks(**TINY)
    data, seed = wb.load("digits", train_size=120), wb.seeds(0, 1)[0]
    model = wb.models.named(TINY["model"], data, seed=seed)
    run = wb.train(model, wb.snapshot(model), data, TINY["recipe"], seed=seed)
    assert same(one.run.weights, run.weights)
    assert (one.start, one.density, one.test_accuracy) == ("fresh", 1.0, run.test_accuracy)


def test_it_is_measured_so_often_on_the_way_unless_the_recipe_says_when():
    (one,) = trained_networks(**TINY)
    assert [row["step"] for row in one.run.history if "test_accuracy" in row] == [4, 8, 12]
    (own,) = trained_networks(**but(recipe=wb.Recipe(steps=12, batch_size=30, evaluate_every=6)))
    assert [row["step"] for row in own.run.history if "test_accuracy" in row] == [6, 12]


def test_what_it_confuses_and_the_surest_mistakes_add_up():
    (one,) = trained_networks(**TINY)
    data = wb.load("digits", train_size=120)
    assert one.confusion.sum(1).tolist() == data.test.labels.bincount().tolist()
    assert one.test_accuracy == int(one.confusion.diagonal().sum()) / len(data.test)
    assert one.wrong_count == int(one.confusion.sum() - one.confusion.diagonal().sum())
    assert (one.predicted != one.wrong.labels).all()
    assert one.confidence.tolist() == sorted(one.confidence.tolist(), reverse=True)


def test_a_ticket_by_its_name_keeps_its_mask_and_begins_from_its_weights(tmp_path: Path, ticket: wb.Ticket):
    path = wb.keep(ticket, "small one", archive=tmp_path)
    named, placed, given = (
        list(trained_networks(**TINY, start=start, replicas=2, archive=archive))
        for start, archive in (("small one", tmp_path), (path, None), (ticket, None))
    )
    for outcomes in (named, placed, given):
        outcomes.sort(key=lambda outcome: outcome.replica)
        assert all(same(o.rewound, ticket.weights) and o.density < 0.5 for o in outcomes)
        pruned = [o.run.weights[name][~kept] for o in outcomes for name, kept in ticket.mask.items()]
        assert not any(bool(weights.any()) for weights in pruned)
        assert not same(outcomes[0].run.weights, outcomes[1].run.weights)  # another order of the data
    assert [o.start for o in named] == ["small one"] * 2
    assert same(named[1].run.weights, placed[1].run.weights)
    assert same(named[1].run.weights, given[1].run.weights)


def test_a_name_stands_for_what_it_was_given_last(tmp_path: Path, ticket: wb.Ticket):
    wb.keep(ticket, "it", archive=tmp_path)
    (first,) = trained_networks(**TINY, start="it", archive=tmp_path)
    dense = {name: torch.ones_like(kept) for name, kept in ticket.mask.items()}
    wb.keep(wb.Ticket(ticket.weights, dense), "it", archive=tmp_path)
    (second,) = trained_networks(**TINY, start="it", archive=tmp_path)
    assert first.density < second.density == 1.0


def test_a_ticket_of_another_network_is_refused_in_words(ticket: wb.Ticket):
    wider = but(model="lenet(hidden=(20,))")
    with pytest.raises(ValueError, match=r"start must be a ticket of lenet\(hidden=\(20,\)\) on digits, .* another"):
        next(iter(trained_networks(**wider, start=ticket)))


def test_a_name_that_is_not_there_is_refused_with_those_that_are(tmp_path: Path, ticket: wb.Ticket):
    wb.keep(ticket, "small one", archive=tmp_path)
    with pytest.raises(ValueError, match='ticket "smal one" is not known; did you mean "small one"'):
        next(iter(trained_networks(**TINY, start="smal one", archive=tmp_path)))


def test_children_of_a_ticket_span_a_plane_in_its_mask(ticket: wb.Ticket):
    plain = {name: value for name, value in TINY.items() if name != "evaluations"}
    small: dict[str, Any] = {"levels": 1, "points": 3, "checkpoints": 1}
    plane, *_ = plane_between(**plain, **small, start=ticket)
    other, *_ = plane_between(**plain, **small)
    assert plane.surface is not None
    assert plane.most_loss != other.most_loss
    with pytest.raises(ValueError, match='between must be "children" and rewind_step 0, got "draws" and 0'):
        next(iter(plane_between(**plain, **small, start=ticket, between="draws")))
