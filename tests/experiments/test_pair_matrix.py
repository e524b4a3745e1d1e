"""All pairs of a small lottery: how many, what they hold, and the picture of them."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import workbench as wb
from workbench.charts import CHARTS
from workbench.charts.every_pair import words
from workbench.charts.grammar import ROWS
from workbench.experiments import pair_matrix, winning_tickets
from workbench.experiments.pair_matrix import Pair

TINY: dict[str, Any] = {
    "train_size": 200,
    "model": "lenet(hidden=(24, 12))",
    "recipe": wb.Recipe(steps=12),
    "rounds": 2,
    "fraction": 0.5,
    "rewind_step": 3,
    "replicas": 2,
}
PICTURE = CHARTS["pair matrix"]


@pytest.fixture(scope="module")
def outcomes() -> list[Pair]:
    return list(pair_matrix(**TINY))


def by_name(outcomes: list[Pair]) -> dict[tuple[int, int, int, int], Pair]:
    return {(o.replica_a, o.round_a, o.replica_b, o.round_b): o for o in outcomes}


def test_there_is_one_outcome_for_every_pair(outcomes: list[Pair]):
    names = [(replica, r) for replica in (0, 1) for r in (0, 1, 2)]
    expected = {(*a, *b) for i, a in enumerate(names) for b in names[i + 1 :]}
    assert len(outcomes) == 15
    assert by_name(outcomes).keys() == expected


def test_within_a_seed_masks_are_nested_and_between_seeds_the_dense_ones_are_equal(outcomes: list[Pair]):
    found = by_name(outcomes)
    for replica in (0, 1):
        for r, s in ((0, 1), (0, 2), (1, 2)):
            pair = found[replica, r, replica, s]
            assert pair.overlap == pytest.approx(pair.density_b / pair.density_a)
    assert found[0, 0, 1, 0].overlap == 1
    assert found[0, 2, 1, 2].overlap < 0.5
    assert found[0, 0, 1, 0].angle > 0.9  # two draws have nothing in common
    assert found[0, 1, 0, 2].angle < 0.5


def test_the_tickets_are_those_of_winning_tickets(outcomes: list[Pair]):
    tickets = [o for o in winning_tickets(**TINY, controls=()) if o.kind == "ticket"]
    accuracy = {(o.replica, o.round): o.test_accuracy for o in tickets}
    for o in outcomes:
        assert o.accuracy_a == accuracy[o.replica_a, o.round_a]
        assert o.accuracy_b == accuracy[o.replica_b, o.round_b]


def test_the_same_call_gives_the_same_pairs_and_an_archive_trains_nothing_again(outcomes: list[Pair], tmp_path: Path):
    folder = str(tmp_path / "archive")
    for _ in range(2):  # the second time from the disk
        watched: list[Any] = []
        with wb.progress.watch(watched.append):
            assert by_name(list(pair_matrix(**TINY, archive=folder))) == by_name(outcomes)
    assert not any(name == "round" for p in watched for name, _, _ in p.path)


@pytest.mark.parametrize(
    ("options", "parts"),
    [
        ({"batch_norm": "avrage"}, ('batch-norm treatment "avrage" is not known', 'did you mean "average"')),
        ({"mask": "dense"}, ('mask on the path "dense" is not known', "denser")),
        ({"split": "tests"}, ('split "tests" is not known', 'did you mean "test"')),
        (
            {"replicas": 0},
            (
                "replicas must be a whole number from 1",
                "got 0",
            ),
        ),
        ({"replicas": 1, "rounds": 0}, ("a pair needs two networks",)),
        ({"rewind_step": 12}, ("rewind_step must be from 0 to 11, got 12", "the recipe has 12 steps")),
        ({"fraction": 1.5}, ("fraction must be in (0, 1), got 1.5",)),
        ({"model": "lenett"}, ('model "lenett" is not known', 'did you mean "lenet"')),
    ],
)
def test_bad_options_are_said_before_anything_is_trained(options: dict[str, Any], parts: tuple[str, ...]):
    seen: list[Any] = []
    with wb.progress.watch(seen.append), pytest.raises(ValueError, match=r".") as caught:
        next(pair_matrix(**TINY | options))
    assert all(part in str(caught.value) for part in parts), str(caught.value)
    assert not seen


# ---- the picture


def test_the_picture_has_a_row_for_every_pair_and_names_it(outcomes: list[Pair]):
    rows = pairs = PICTURE.rows(outcomes)
    assert {row["pair"] for row in pairs} == {f"{o.replica_a}·{o.round_a} {o.replica_b}·{o.round_b}" for o in outcomes}
    assert {row["about"] for row in rows} == {"6 networks; batch-norm: average"}
    for row in pairs:
        o = by_name(outcomes)[tuple(int(n) for n in row["pair"].replace("·", " ").split())]  # type: ignore[index]
        assert (row["angle"], row["barrier_error"]) == (o.angle, o.barrier_error)
        assert row["order_a"] < row["order_b"]
    assert PICTURE.rows(wb.table(outcomes)) == rows


def test_more_pairs_than_a_live_chart_takes_are_thinned_and_it_says_so(outcomes: list[Pair]):
    names = [(replica, r) for replica in range(3) for r in range(20)]
    many = [
        replace(outcomes[0], replica_a=a[0], round_a=a[1], replica_b=b[0], round_b=b[1])
        for i, a in enumerate(names)
        for b in names[i + 1 :]
    ]
    rows = PICTURE.rows(many)
    assert len(rows) <= ROWS
    assert "30 of 60 networks, rounds evenly spread (the table has all)" in rows[-1]["about"]
    shown = {row["b"].split("·")[1] for row in rows}
    assert len(shown) == 10
    assert {"0", "19"} <= shown


def test_a_pair_without_a_common_weight_has_no_angle_in_the_picture(outcomes: list[Pair]):
    (row,) = PICTURE.rows([replace(outcomes[0], angle=math.nan)])
    assert row["angle"] is None
    assert "none in common" in row["words"]
    json.dumps(PICTURE.draw([row]).to_dict(), allow_nan=False)


def test_the_four_maps_are_linked_by_one_selection_and_only_data_depend_on_the_numbers(outcomes: list[Pair]):
    one, two = (PICTURE.draw(PICTURE.rows(some)).to_dict() for some in (outcomes, outcomes[:3]))
    (pick,) = [param for param in one["params"] if len(param.get("views", ())) == 4 and param["name"] != "picked"]
    assert len(pick["views"]) == 4
    assert one.pop("data") != two.pop("data")
    assert one["title"].pop("subtitle") != two["title"].pop("subtitle")  # says how many networks
    assert one == two
    assert len(one["description"]) > 40
    assert PICTURE.rows([]) == []
    PICTURE.draw([]).to_dict()


def test_the_words_tell_successive_rounds_from_different_seeds(outcomes: list[Pair]):
    own, others = ([o for o in outcomes if (o.replica_a == o.replica_b) is one] for one in (True, False))
    same = [replace(o, barrier_error=0.01, disagreement=0.02, angle=0.1) for o in own]
    other = [replace(o, barrier_error=0.3, disagreement=0.1, angle=0.9) for o in others]
    assert words([*same, *other])[1:] == [
        "Successive rounds of one seed: error barrier 1.0 points (n = 2), angle 0.10, differ on 2.0 points (n = 2).",
        "Different seeds at one round: error barrier 30.0 points, angle 0.90, differ on 10.0 points (mean of 3 pairs).",
    ]
    assert words([]) == []
