"""Pruning in one shot: exact shares, its control, what matches, what the picture fills."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from tiny import same

import workbench as wb
from workbench.charts import CHARTS
from workbench.charts.accuracy_by_share import words
from workbench.charts.grammar import ROWS
from workbench.experiments import one_shot, prunable
from workbench.experiments.one_shot import Shot
from workbench.landscape import compare
from workbench.lottery.rounds import Round, midpoint, projection

TINY: dict[str, Any] = {
    "train_size": 200,
    "model": "lenet(hidden=(24, 12))",
    "recipe": wb.Recipe(steps=12),
    "shares": (0.9, 0.3),
    "rewind_step": 3,
    "replicas": 2,
}
PICTURE = CHARTS["accuracy by share"]


@pytest.fixture(scope="module")
def outcomes() -> list[Shot]:
    return list(one_shot(**TINY))


def of(outcomes: list[Shot], kind: str, replica: int = 0) -> list[Shot]:
    return [o for o in outcomes if (o.kind, o.replica) == (kind, replica)]


def as_round(o: Shot) -> Round:
    return Round(0, o.density, o.mask, o.run, o.rewound, o.run.weights)


def test_a_share_of_the_weights_is_removed_exactly(outcomes: list[Shot]):
    there = 64 * 24 + 24 * 12 + 12 * 10
    for replica in (0, 1):
        tickets = of(outcomes, "ticket", replica)
        assert [o.share for o in tickets] == [0, 0.3, 0.9]
        assert [there - wb.masks.kept(o.mask) for o in tickets] == [0, round(0.3 * there), round(0.9 * there)]
        assert {o.run.steps for o in tickets} == {9}


def test_the_smallest_weights_of_the_dense_solution_are_removed(outcomes: list[Shot]):
    dense, _, ticket = of(outcomes, "ticket")
    sizes = torch.cat([w.abs().flatten() for name, w in dense.run.weights.items() if name in ticket.mask])
    kept = torch.cat([m.flatten() for m in ticket.mask.values()])
    assert float(sizes[kept].min()) >= float(sizes[~kept].max())
    again = wb.load("digits", train_size=200)
    model = wb.models.lenet(again, hidden=(24, 12))
    seed = wb.seeds(0, 2)[0]
    run = wb.train(model, dense.rewound, again, TINY["recipe"], mask=ticket.mask, step=3, seed=seed)
    assert same(run.weights, ticket.run.weights)


def test_the_control_has_as_many_places_a_layer_and_others(outcomes: list[Shot]):
    for replica in (0, 1):
        tickets, controls = of(outcomes, "ticket", replica)[1:], of(outcomes, "random_mask", replica)
        assert [o.share for o in controls] == [0.3, 0.9]
        for ticket, control in zip(tickets, controls, strict=True):
            assert wb.masks.layers(ticket.mask) == wb.masks.layers(control.mask)
            assert wb.masks.overlap(ticket.mask, control.mask) < 0.8
            assert same(ticket.rewound, control.rewound)
    assert not [o for o in one_shot(**TINY | {"control": False, "replicas": 1}) if o.kind == "random_mask"]


def test_barriers_and_projection_are_those_of_the_landscape(outcomes: list[Shot]):
    data = wb.load("digits", train_size=200)
    model = wb.models.lenet(data, hidden=(24, 12))
    for replica in (0, 1):
        dense, *tickets = of(outcomes, "ticket", replica)
        assert (dense.barrier_error, dense.barrier_loss, dense.projection_error) == (0, 0, 0)
        for o in [*tickets, *of(outcomes, "random_mask", replica)]:
            ends = as_round(dense), as_round(o)
            assert o.barrier_error == pytest.approx(midpoint(model, *ends, data.test), abs=1e-12)
            assert o.barrier_loss == compare(model, *ends, data.test).barrier_loss
            assert o.projection_error == projection(model, *ends, data.test)
            assert o.dense_accuracy == dense.test_accuracy


def shots(outcomes: list[Shot], *accuracies: tuple[float, float, float]) -> list[Shot]:
    """Three replicas whose dense network, first and second share have these accuracies."""
    found = []
    for replica, values in enumerate(accuracies):
        for o, value in zip(of(outcomes, "ticket"), values, strict=True):
            run = replace(o.run, test_accuracy=value)
            found.append(replace(o, replica=replica, run=run, test_accuracy=value, dense_accuracy=values[0]))
    return found


def test_the_largest_share_that_matches_is_of_the_paired_interval(outcomes: list[Shot]):
    equal = shots(outcomes, (0.9, 0.9, 0.8), (0.8, 0.8, 0.7), (0.95, 0.95, 0.9))
    found = prunable(equal)
    assert found.density == pytest.approx(0.7, abs=1e-3)
    assert found.differences[1][1].mean == pytest.approx(-0.25 / 3)
    assert prunable(shots(outcomes, *[(0.9, 0.9, 0.9)] * 3)).density == pytest.approx(0.1, abs=1e-3)
    assert prunable(shots(outcomes, *[(0.9, 0.8, 0.9)] * 3)).density is None  # the smaller share fails
    assert prunable(shots(outcomes, *[(0.9, 0.8, 0.9)] * 3), margin=0.11).density == pytest.approx(0.1, abs=1e-3)
    assert prunable(outcomes).density is None  # two replicas have no interval
    assert len(prunable(outcomes, kind="random_mask").differences) == 2


@pytest.mark.parametrize("method", [*wb.pruning.METHODS, "random_mask(layers='erk')"])
def test_any_method_may_draw_the_ticket(method: str, tmp_path: Path):
    options: dict[str, Any] = TINY | {"replicas": 1, "shares": (0.5,), "archive": str(tmp_path)}
    dense, ticket, control = one_shot(**options, method=method)
    assert {o.method for o in (dense, ticket, control)} == {method}
    total = wb.masks.total(dense.mask)
    assert wb.masks.kept(ticket.mask) == wb.masks.kept(control.mask) == total - round(0.5 * total)
    by_magnitude = wb.pruning.magnitude(dense.run.weights, dense.mask, density=ticket.density, seed=dense.run.seed)
    assert same(ticket.mask, by_magnitude) == (method == "magnitude")
    assert len(list(tmp_path.glob("calls/prune-*"))) == 1


def test_it_goes_on_where_it_was_stopped_and_is_found_again(outcomes: list[Shot], tmp_path: Path):
    folder = str(tmp_path / "archive")
    options: dict[str, Any] = TINY | {"replicas": 1}
    whole = list(one_shot(**options))
    begun: Any = one_shot(**options, archive=folder)
    stopped = [next(begun) for _ in range(2)]
    begun.close()
    for _ in range(2):
        watched: list[Any] = []
        with wb.progress.watch(watched.append):
            again = list(one_shot(**options, archive=folder))
        assert all(same(a.run.weights, b.run.weights) for a, b in zip(again, whole, strict=True))
        assert [repr(o) for o in again] == [repr(o) for o in whole]
    assert [repr(o) for o in stopped] == [repr(o) for o in whole[:2]]
    assert not any(name == "share" for p in watched for name, _, _ in p.path)


@pytest.mark.parametrize(
    ("options", "parts"),
    [
        ({"method": "magnitud"}, ('did you mean "magnitude"',)),
        ({"shares": ()}, ("shares must be in (0, 1), each once, got []",)),
        ({"shares": (0.5, 1.0)}, ("shares must be in (0, 1)", "pass 0.9")),
        ({"shares": (90,)}, ("shares must be in (0, 1), each once, got [90.0]",)),
        ({"shares": (0.5, 0.5)}, ("each once, got [0.5, 0.5]",)),
        ({"shares": (0.99999,)}, ("a share of 0.99999 leaves none of 1944 weights",)),
        ({"batch_norm": "averge"}, ('batch-norm treatment "averge" is not known', 'did you mean "average"')),
        (
            {"replicas": 0},
            (
                "replicas must be a whole number from 1",
                "got 0",
            ),
        ),
        ({"rewind_step": -1}, ("rewind_step must be a whole number of steps from 0, got -1",)),
    ],
)
def test_bad_options_are_said_before_anything_is_trained(options: dict[str, Any], parts: tuple[str, ...]):
    seen: list[Any] = []
    with wb.progress.watch(seen.append), pytest.raises(ValueError, match=r".") as caught:
        next(one_shot(**TINY | options))
    assert all(part in str(caught.value) for part in parts), str(caught.value)
    assert not seen


# ---- the picture


def test_the_picture_fills_what_matches(outcomes: list[Shot]):
    equal = shots(outcomes, (0.9, 0.9, 0.8), (0.8, 0.8, 0.7), (0.95, 0.95, 0.9))
    rows = [row for row in PICTURE.rows(equal) if (row["role"], row["line"]) == ("point", "retrained")]
    assert [row["match"] for row in rows] == ["matches", "matches", "not shown to match"]
    assert [row["value"] for row in rows] == pytest.approx([2.65 / 3, 2.65 / 3, 0.8])
    assert [row["n"] for row in rows] == [3, 3, 3]
    assert {row["low"] for row in PICTURE.rows(outcomes) if row["role"] == "point"} == {None}  # two replicas
    assert PICTURE.rows(wb.table(outcomes)) == PICTURE.rows(outcomes)


def test_only_data_depend_on_the_numbers(outcomes: list[Shot]):
    one, two = (PICTURE.draw(PICTURE.rows(shots(outcomes, *[(0.9, x, 0.1)] * 3))).to_dict() for x in (0.9, 0.3))
    assert one.pop("data") != two.pop("data")
    assert one == two
    assert len(one["description"]) > 40
    assert PICTURE.rows([]) == []
    PICTURE.draw([]).to_dict()


def test_many_shares_are_at_most_500_rows(outcomes: list[Shot]):
    own = of(outcomes, "ticket")[1]
    many = [replace(own, share=1 - 0.97**i, density=0.97**i) for i in range(1, 300)]
    assert 300 < len(PICTURE.rows(many)) <= ROWS


def test_the_words_say_the_largest_share(outcomes: list[Shot]):
    said = words(shots(outcomes, (0.9, 0.9, 0.8), (0.8, 0.8, 0.7), (0.95, 0.95, 0.9)))
    assert said[0] == "In one shot: 30 % match (paired 95 % interval, at most 1 point worse)."
    assert said[1].startswith("Pruning 90 % adds ")
    assert "needs 3 replicas; there are 2" in words(outcomes)[0]
    assert words([]) == words(outcomes[:1]) == []
