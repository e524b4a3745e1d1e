"""Pruning until successive rounds disconnect: when it ends, what it says, what stands beside it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tiny import same

import workbench as wb
from workbench.charts import CHARTS
from workbench.charts.barrier_between_rounds import words
from workbench.charts.grammar import ROWS
from workbench.experiments import disconnections, matching_beside, until_disconnected
from workbench.experiments.until_disconnected import Successive
from workbench.lottery.rounds import Round, midpoint, projection, rounds

TINY: dict[str, Any] = {
    "train_size": 200,
    "model": "lenet(hidden=(24, 12))",
    "recipe": wb.Recipe(steps=12),
    "rounds": 5,
    "fraction": 0.5,
    "rewind_step": 3,
    "threshold": 0.9,
    "replicas": 1,
}
PICTURE = CHARTS["barrier between rounds"]


@pytest.fixture(scope="module")
def outcomes() -> list[Successive]:
    return list(until_disconnected(**TINY))


def as_round(o: Successive) -> Round:
    return Round(o.round, o.density, o.mask, o.run, o.rewound, o.run.weights)


def test_each_round_is_the_lotterys_and_is_compared_with_the_one_before(outcomes: list[Successive]):
    data, seed = wb.load("digits", train_size=200), wb.seeds(0, 1)[0]
    model = wb.models.lenet(data, hidden=(24, 12), seed=seed)
    options = {"rounds": 5, "fraction": 0.5, "rewind_step": 3, "seed": seed}
    found = list(rounds(model, wb.snapshot(model), data, TINY["recipe"], **options))
    assert [o.round for o in outcomes] == [0, 1, 2, 3, 4, 5]
    assert outcomes[0].barrier_error is None
    for o, r, last in zip(outcomes[1:], found[1:], found, strict=False):
        assert same(o.run.weights, r.run.weights)
        assert o.barrier_error == pytest.approx(midpoint(model, last, r, data.test), abs=1e-12)
        assert o.projection_error == projection(model, last, r, data.test)
        assert o.dense_accuracy == found[0].run.test_accuracy


def test_it_ends_with_the_first_round_above_the_threshold_but_never_with_round_1(outcomes: list[Successive]):
    barriers = [o.barrier_error or 0 for o in outcomes]
    for round in (2, 3, 4):
        threshold = barriers[round] - 1e-9
        if threshold <= 0:
            continue
        first = next(r for r in range(2, 6) if barriers[r] > threshold)
        for beyond in (0, 1):
            found = list(until_disconnected(**TINY | {"threshold": threshold, "beyond": beyond}))
            assert [o.round for o in found] == list(range(min(first + beyond, 5) + 1))
            assert [o.disconnected for o in found] == [b > threshold for b in barriers[: len(found)]]
            assert disconnections(found) == {0: outcomes[first].density}
    assert max(barriers[2:5]) > 0  # one of them was tried at least
    assert disconnections(outcomes) == {0: None}


def made(outcomes: list[Successive], barriers: dict[int, list[float]], gap: float = 0.0) -> list[Successive]:
    """Replicas with these barriers from round 1 on; the ticket is worse by the gap from round 2 on."""
    found = []
    for replica, values in barriers.items():
        for o, value in zip(outcomes, [None, *values], strict=False):
            accuracy = 0.9 + 0.01 * replica - (gap if o.round >= 2 else 0)
            scores = {"test_accuracy": accuracy, "dense_accuracy": 0.9 + 0.01 * replica}
            run = replace(o.run, test_accuracy=accuracy)
            apart = (value or 0) > 0.02
            found.append(replace(o, replica=replica, barrier_error=value, disconnected=apart, threshold=0.02, run=run,
                                 **scores))  # fmt: skip
    return found


THREE = {0: [0.5, 0.0, 0.0, 0.3], 1: [0.0, 0.1], 2: [0.0, 0.0, 0.0, 0.0, 0.0]}


def test_a_bump_after_the_dense_round_disconnects_nothing(outcomes: list[Successive]):
    found = made(outcomes, THREE)
    density = [o.density for o in outcomes]
    assert disconnections(found) == {0: density[4], 1: density[2], 2: None}
    assert disconnections(list(reversed(found))) == disconnections(found)


def test_matching_beside_goes_as_far_as_all_replicas_do(outcomes: list[Successive]):
    density = [o.density for o in outcomes]
    assert matching_beside(made(outcomes, THREE)).density == density[2]  # the shortest replica ends there
    assert matching_beside(made(outcomes, THREE, gap=0.05)).density == density[1]
    with pytest.raises(ValueError, match="a sparse round of every replica"):
        matching_beside(outcomes[:1])


def test_it_goes_on_where_it_was_stopped_and_is_found_again(outcomes: list[Successive], tmp_path: Path):
    folder = str(tmp_path / "archive")
    begun: Any = until_disconnected(**TINY, archive=folder)
    stopped = [next(begun) for _ in range(3)]
    begun.close()
    for _ in range(2):
        watched: list[Any] = []
        with wb.progress.watch(watched.append):
            again = list(until_disconnected(**TINY, archive=folder))
        assert [repr(o) for o in again] == [repr(o) for o in outcomes]
        assert all(same(a.run.weights, b.run.weights) for a, b in zip(again, outcomes, strict=True))
    assert [repr(o) for o in stopped] == [repr(o) for o in outcomes[:3]]
    assert not any(name == "round" for p in watched for name, _, _ in p.path)


@pytest.mark.parametrize(
    ("options", "parts"),
    [
        ({"rounds": 1}, ("rounds must be a whole number from 2, got 1",)),
        ({"threshold": 2.0}, ("threshold must be in (0, 1), got 2.0", "pass 0.02")),
        ({"beyond": -1}, ("beyond must be a whole number from 0, got -1",)),
        ({"split": "tests"}, ('split "tests" is not known', 'did you mean "test"')),
        ({"fraction": 0.0}, ("fraction must be in (0, 1), got 0.0",)),
        ({"rewind_step": 12}, ("rewind_step must be from 0 to 11, got 12",)),
        (
            {"replicas": 0},
            (
                "replicas must be a whole number from 1",
                "got 0",
            ),
        ),
    ],
)
def test_bad_options_are_said_before_anything_is_trained(options: dict[str, Any], parts: tuple[str, ...]):
    seen: list[Any] = []
    with wb.progress.watch(seen.append), pytest.raises(ValueError, match=r".") as caught:
        next(until_disconnected(**TINY | options))
    assert all(part in str(caught.value) for part in parts), str(caught.value)
    assert not seen


# ---- the picture


def test_the_picture_shows_barriers_accuracy_and_who_is_disconnected(outcomes: list[Successive]):
    rows = PICTURE.rows(made(outcomes, THREE, gap=0.05))
    barriers = [row for row in rows if (row["role"], row.get("line")) == ("point", "barrier")]
    assert [row["n"] for row in barriers] == [3, 3, 2, 2, 1]  # of round 1, 2, …: fewer replicas go on
    assert barriers[0]["value"] == pytest.approx(0.5 / 3)
    assert [row["match"] for row in rows if row.get("line") == "accuracy"][:3] == [
        "matches",
        "matches",
        "not shown to match",
    ]
    assert {(row["replica"], row["value"]) for row in rows if row["role"] == "mark"} == {(0, 0.5), (0, 0.3), (1, 0.1)}
    assert PICTURE.rows(wb.table(outcomes)) == PICTURE.rows(outcomes)


def test_only_data_depend_on_the_numbers(outcomes: list[Successive]):
    one, two = (PICTURE.draw(PICTURE.rows(made(outcomes, THREE, gap))).to_dict() for gap in (0.0, 0.3))
    assert one.pop("data") != two.pop("data")
    assert one == two
    assert len(one["description"]) > 40
    assert PICTURE.rows([]) == []
    PICTURE.draw([]).to_dict()


def test_many_rounds_and_replicas_are_at_most_500_rows(outcomes: list[Successive]):
    own = made(outcomes, {0: [0.5, 0.5]})[2]
    many = [replace(own, replica=i, round=r, density=0.97**r) for i in range(3) for r in range(1, 300)]
    assert 300 < len(PICTURE.rows(many)) <= ROWS


def test_the_words_say_where(outcomes: list[Successive]):
    said = words(made(outcomes, THREE, gap=0.05))
    assert said == [
        "Successive rounds disconnect in 2 of 3 replicas, at 25 %, 6.2 % (2 points of error).",
        "The ticket matches down to 50 % (paired 95 % interval, at most 1 point worse).",
    ]
    assert words(outcomes) == ["No successive rounds are disconnected so far (threshold 90 points of error)."]
    assert words([]) == words(outcomes[:1]) == []
