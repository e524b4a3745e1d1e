"""The experiment behind the first lesson: its rows, its controls, its seeds, its archive."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import torch
from tiny import same

import workbench as wb
from workbench.experiments import PRESETS, winning_tickets
from workbench.experiments.winning_tickets import Outcome
from workbench.nets.weights import Weights

TINY: dict[str, Any] = {
    "train_size": 200,
    "model": "lenet(hidden=(24, 12))",
    "recipe": wb.Recipe(steps=12),
    "rounds": 2,
    "fraction": 0.3,
    "rewind_step": 3,
    "replicas": 2,
}


@pytest.fixture(scope="module")
def outcomes() -> list[Outcome]:
    return list(winning_tickets(**TINY))


def sort(outcomes: list[Outcome]) -> list[Outcome]:
    return sorted(outcomes, key=lambda o: (o.replica, o.kind, o.round))


def of(outcomes: list[Outcome], kind: str, replica: int = 0) -> list[Outcome]:
    return [o for o in sort(outcomes) if (o.kind, o.replica) == (kind, replica)]


def test_there_is_a_row_for_every_ticket_and_every_control(outcomes: list[Outcome]):
    found = Counter((o.kind, o.replica, o.round) for o in outcomes)
    kinds = ("ticket", "random_mask", "random_uniform", "reinitialised")
    assert found == Counter((k, i, r) for k in kinds for i in (0, 1) for r in range(0 if k == "ticket" else 1, 3))
    assert {(o.seed, o.steps, o.rewind_step, o.collapsed) for o in outcomes} == {(0, 9, 3, 0)}


def test_a_control_has_the_density_of_its_round(outcomes: list[Outcome]):
    for o in outcomes:
        assert o.density == next(t.density for t in of(outcomes, "ticket") if t.round == o.round)


def test_controls_change_what_they_say(outcomes: list[Outcome]):
    for replica in (0, 1):
        tickets = of(outcomes, "ticket", replica)
        for ticket, control in zip(tickets[1:], of(outcomes, "reinitialised", replica), strict=True):
            assert same(ticket.mask, control.mask)
            assert not same(ticket.rewound, control.rewound)
        for ticket, control in zip(tickets[1:], of(outcomes, "random_mask", replica), strict=True):
            assert wb.masks.layers(ticket.mask) == wb.masks.layers(control.mask)
            assert wb.masks.overlap(ticket.mask, control.mask) < 0.9
            assert same(ticket.rewound, control.rewound)
        for control in of(outcomes, "random_uniform", replica):
            assert same(control.rewound, tickets[0].rewound)


def test_every_control_may_be_chosen_and_its_row_has_the_weights_that_it_began_from():
    found = list(winning_tickets(**TINY | {"replicas": 1, "controls": tuple(wb.sanity.CONTROLS)}))
    dense, tickets = found[0], {o.round: o for o in found if o.kind == "ticket"}
    for o in found[3:]:
        ticket = tickets[o.round]
        assert o.density == ticket.density
        new_values = [n for n, mask in o.mask.items() if not torch.equal(o.rewound[n][mask], dense.rewound[n][mask])]
        new = ("reinitialised", "signed", "sign_preserving", "trained_on")
        assert new_values == (list(o.mask) if o.kind in new else [])
        assert same(o.mask, ticket.mask) == bool(new_values)
    for o in (o for o in found if o.kind == "trained_on"):
        assert same(o.rewound, tickets[o.round - 1].run.weights | {n: o.rewound[n] for n in o.mask})
        assert all(torch.equal(o.rewound[n][m], tickets[o.round - 1].run.weights[n][m]) for n, m in o.mask.items())
    for o in (o for o in found if o.kind == "signed"):
        sizes = {n: o.rewound[n][mask].abs().unique().tolist() for n, mask in o.mask.items()}
        assert sizes == {n: [pytest.approx((2 / mask.shape[1]) ** 0.5)] for n, mask in o.mask.items()}


def dense_again(ticket: wb.Ticket, *, weights: Weights, seed: int = 0) -> wb.Ticket:
    """A throw-away control: all places."""
    return wb.Ticket(weights, {name: torch.ones_like(places) for name, places in ticket.mask.items()})


def test_a_control_that_joins_the_register_is_trained_by_its_name(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(wb.sanity.CONTROLS, "dense_again", dense_again)
    found = list(winning_tickets(**TINY | {"replicas": 1, "controls": ("dense_again",)}))
    assert [(o.kind, o.round, o.density) for o in found[3:]] == [("dense_again", 1, 1), ("dense_again", 2, 1)]
    assert same(found[-1].run.weights, found[0].run.weights)


def test_replicas_differ_in_their_initial_weights_and_share_the_split(outcomes: list[Outcome]):
    one, two = of(outcomes, "ticket", 0)[0], of(outcomes, "ticket", 1)[0]
    assert not same(one.rewound, two.rewound)
    assert one.run.seed != two.run.seed


def test_the_same_call_gives_the_same_outcomes_and_an_archive_finds_them(outcomes: list[Outcome], tmp_path: Path):
    folder = str(tmp_path / "archive")
    for _ in range(2):  # the second time from the disk
        again = list(winning_tickets(**TINY, archive=folder))
        for a, b in zip(sort(outcomes), sort(again), strict=True):
            assert repr(a) == repr(b)
            assert same(a.mask, b.mask)
            assert same(a.run.weights, b.run.weights)
    watched: list[Any] = []
    with wb.progress.watch(watched.append):
        list(winning_tickets(**TINY, archive=folder))
    assert all(len(p.path) == 1 for p in watched)  # replicas end; nothing was trained or evaluated again


def test_more_replicas_are_the_same_and_more(outcomes: list[Outcome]):
    more = list(winning_tickets(**TINY | {"replicas": 3, "controls": ()}))
    for a, b in zip(of(outcomes, "ticket", 1), of(more, "ticket", 1), strict=True):
        assert same(a.run.weights, b.run.weights)


def test_outcomes_make_the_table_of_the_lesson(outcomes: list[Outcome]):
    table = wb.table(outcomes)
    columns = ["kind", "seed", "replica", "round", "density", "test_accuracy", "test_loss", "steps", "seconds"]
    assert set(columns) <= set(table.columns)
    assert not table[columns].isna().to_numpy().any()
    assert {"mask", "run", "rewound"}.isdisjoint(table.columns)


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_is_options_of_the_experiment(name: str):
    options: dict[str, Any] = PRESETS[name] | {"dataset": "digits", "train_size": 100, "image_size": None}
    options |= {"rewind_step": 10**9}  # beyond its length: checked, and nothing is trained
    with pytest.raises(
        ValueError, match=r"rewind_step must be from 0 to \d+, got 1000000000; the recipe has \d+ steps"
    ):
        next(winning_tickets(**options))


def test_the_batch_normed_preset_is_the_one_that_was_measured():
    recipe = PRESETS["resnet8-cifar10"]["recipe"]
    assert (recipe.steps, recipe.learning_rate, recipe.weight_decay, recipe.batch_size) == (1200, 0.4, 1e-3, 128)
    assert [recipe.rate(step, 1200) for step in (0, 599, 600, 900)] == pytest.approx([0.4, 0.4, 0.04, 0.004])


@pytest.mark.parametrize(
    ("options", "parts"),
    [
        ({"dataset": "digts"}, ("digts", 'did you mean "digits"')),
        ({"model": "lenett"}, ('model "lenett" is not known', 'did you mean "lenet"')),
        ({"controls": ("random_mask", "shuffeld")}, ('control "shuffeld" is not known', "random_uniform")),
        ({"replicas": 0}, ("replicas must be a whole number from 1", "got 0", "three")),
        ({"rounds": -1}, ("rounds must be a whole number from 0, got -1",)),
        ({"fraction": 1.5}, ("fraction must be in (0, 1), got 1.5",)),
        ({"rewind_step": 12}, ("rewind_step must be from 0 to 11, got 12", "the recipe has 12 steps")),
        ({"seed": -1}, ("seed must be an integer from 0", "-1")),
        ({"train_size": 10**6}, ("train_size must be at most", "1000000")),
    ],
)
def test_bad_options_are_said_before_anything_is_trained(options: dict[str, Any], parts: tuple[str, ...]):
    seen: list[Any] = []
    with wb.progress.watch(seen.append), pytest.raises(ValueError, match=r".") as caught:
        next(winning_tickets(**TINY | options))
    assert all(part in str(caught.value) for part in parts), str(caught.value)
    assert not seen


def test_a_rate_that_diverges_ends_the_experiment_with_its_error_and_keeps_what_was_finished(tmp_path: Path):
    recipe = wb.Recipe(steps=60, learning_rate=1e6)
    with pytest.raises(wb.Diverged, match="learning_rate=100000"):
        list(winning_tickets(**{**TINY, "recipe": recipe}, archive=str(tmp_path / "a")))
