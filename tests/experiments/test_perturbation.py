"""Perturb and return: where training begins, what is the control, what is told."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from tiny import same

import workbench as wb
from workbench.charts import CHARTS
from workbench.charts.barrier_by_distance import words
from workbench.charts.grammar import ROWS
from workbench.experiments import perturbation
from workbench.experiments.perturbation import Returned
from workbench.landscape import distance, path
from workbench.lottery.rounds import rounds

TINY: dict[str, Any] = {
    "train_size": 200,
    "model": "lenet(hidden=(24, 12))",
    "recipe": wb.Recipe(steps=12),
    "at": (0, 2),
    "fraction": 0.5,
    "rewind_step": 3,
    "distances": (2.0, 1.0),
    "points": 5,
    "replicas": 2,
}
PICTURE = CHARTS["barrier by distance"]


@pytest.fixture(scope="module")
def outcomes() -> list[Returned]:
    return list(perturbation(**TINY))


def of(outcomes: list[Returned], replica: int, r: int) -> list[Returned]:
    return [o for o in outcomes if (o.replica, o.round) == (replica, r)]


def test_every_round_has_its_distances_and_its_controls(outcomes: list[Returned]):
    for replica in (0, 1):
        for r, density in ((0, 1.0), (2, 0.25)):
            own = of(outcomes, replica, r)
            assert [o.kind for o in own] == ["child", "perturbed", "perturbed", "independent"]
            assert [o.distance for o in own[:3]] == [0, 1, 2]
            assert own[3].distance > 0
            assert {round(o.density, 2) for o in own} == {density}
    assert {o.run.steps for o in outcomes} == {9}


def test_a_distance_of_one_is_the_way_to_the_projection_of_the_last_solution(outcomes: list[Returned]):
    data = wb.load("digits", train_size=200)
    own = of(outcomes, 0, 2)
    seed = wb.seeds(0, 2)[0]
    model = wb.models.lenet(data, hidden=(24, 12), seed=seed)
    options = {"rounds": 2, "fraction": 0.5, "rewind_step": 3, "seed": seed}
    lottery = list(rounds(model, wb.snapshot(model), data, TINY["recipe"], **options))
    last = lottery[2]
    unit = distance(lottery[1].run.weights, last.rewound, last.mask)
    assert [o.length / unit for o in own[:3]] == pytest.approx([0, 1, 2])
    for o in own:
        assert o.away == pytest.approx(distance(o.run.weights, last.run.weights, last.mask) / unit)
        assert all(not bool(o.run.weights[name][~kept].any()) for name, kept in last.mask.items())
        line = path(model, last.run.weights, o.run.weights, data, points=5)
        assert o.barrier_error == line.barrier()
        assert o.solution_accuracy == last.run.test_accuracy
    # the child begins where the solution did and differs in noise alone
    again = wb.train(model, last.rewound, data, TINY["recipe"], mask=last.mask, step=3, seed=own[0].run.seed)
    assert same(again.weights, own[0].run.weights)
    assert {o.run.seed for o in own} == {own[0].run.seed}
    assert own[0].run.seed != seed


def test_connected_is_a_barrier_of_at_most_the_threshold():
    low, high = (list(perturbation(**TINY | {"threshold": t, "replicas": 1, "at": (1,)})) for t in (0.0001, 0.9))
    assert [o.connected for o in low] == [o.barrier_error <= 0.0001 for o in low]
    assert all(o.connected for o in high)
    assert not all(o.connected for o in low)


def test_the_same_call_gives_the_same_outcomes_and_an_archive_finds_them(outcomes: list[Returned], tmp_path: Path):
    folder = str(tmp_path / "archive")
    options: dict[str, Any] = TINY | {"replicas": 1, "seed": 5}
    first = list(perturbation(**options, archive=folder))
    watched: list[Any] = []
    with wb.progress.watch(watched.append):
        again = list(perturbation(**options, archive=folder))
    assert [repr(o) for o in first] == [repr(o) for o in again]
    assert all(same(a.run.weights, b.run.weights) for a, b in zip(first, again, strict=True))
    assert all(len(p.path) == 1 for p in watched)  # a replica ends; nothing was trained or measured again


def test_it_goes_on_where_it_was_stopped(tmp_path: Path):
    folder = str(tmp_path / "archive")
    options: dict[str, Any] = TINY | {"replicas": 1}
    whole = list(perturbation(**options))
    begun: Any = perturbation(**options, archive=folder)
    stopped = [next(begun) for _ in range(3)]
    begun.close()
    again = list(perturbation(**options, archive=folder))
    assert [repr(o) for o in again] == [repr(o) for o in whole]
    assert [repr(o) for o in stopped] == [repr(o) for o in whole[:3]]


@pytest.mark.parametrize(
    ("options", "parts"),
    [
        ({"at": ()}, ("at must name rounds", "got []")),
        ({"at": (-1, 2)}, ("at must name rounds", "got [-1, 2]")),
        ({"distances": (0.0, 1.0)}, ("distances must be above 0", "the child is at 0")),
        ({"distances": (1.0, 1.0)}, ("each once, got [1.0, 1.0]",)),
        ({"points": 4}, ("points must be odd and at least 3", "got 4")),
        ({"threshold": 2.0}, ("threshold must be in (0, 1), got 2.0", "pass 0.02")),
        ({"batch_norm": "kept"}, ('batch-norm treatment "kept" is not known', 'did you mean "keep"')),
        ({"rewind_step": 12}, ("rewind_step must be from 0 to 11, got 12",)),
        ({"recipe": wb.Recipe(steps=0), "rewind_step": 0}, ("the recipe must have a step or more",)),
        ({"at": (9,), "fraction": 0.9}, ("rounds must be at most 3, got 9", "rounds=3 works")),
    ],
)
def test_bad_options_are_said_before_anything_is_trained(options: dict[str, Any], parts: tuple[str, ...]):
    seen: list[Any] = []
    with wb.progress.watch(seen.append), pytest.raises(ValueError, match=r".") as caught:
        next(perturbation(**TINY | options))
    assert all(part in str(caught.value) for part in parts), str(caught.value)
    assert not seen


# ---- the picture


def three(outcomes: list[Returned], *barriers: float) -> list[Returned]:
    """The dense round of three replicas, with these barriers at every distance."""
    own = of(outcomes, 0, 0)
    return [
        replace(o, replica=i, barrier_error=barrier if o.distance > 1 else 0.0)
        for i, barrier in enumerate(barriers)
        for o in own
    ]


def test_the_picture_is_the_mean_over_replicas_with_its_interval(outcomes: list[Returned]):
    rows = PICTURE.rows(three(outcomes, 0.1, 0.2, 0.3))
    points = [r for r in rows if r["role"] == "point" and r["shape"] == "perturbed"]
    far = next(r for r in points if r["distance"] == 2 and r["measure"] == "barrier_error")
    within = wb.intervals.share([0.1, 0.2, 0.3])  # Student's would reach below no error at all
    assert (far["value"], far["n"]) == (pytest.approx(0.2), 3)
    assert (far["low"], far["high"]) == (pytest.approx(within.low), pytest.approx(within.high))
    assert within.low > 0 > 0.2 - 4.302652729911275 * 0.1 / 3**0.5
    assert {r["low"] for r in PICTURE.rows(outcomes) if r.get("shape") == "perturbed"} == {None}  # two replicas
    assert next(r["value"] for r in rows if r["role"] == "rule") == 0.02
    assert PICTURE.rows(wb.table(outcomes)) == PICTURE.rows(outcomes)


def test_only_data_depend_on_the_numbers(outcomes: list[Returned]):
    one, two = (PICTURE.draw(PICTURE.rows(three(outcomes, *b))).to_dict() for b in ((0.1, 0.2, 0.3), (0.0, 0.0, 0.1)))
    assert one.pop("data") != two.pop("data")
    assert one == two
    assert len(one["description"]) > 40
    assert PICTURE.rows([]) == []
    PICTURE.draw([]).to_dict()


def test_many_densities_and_distances_are_at_most_500_rows(outcomes: list[Returned]):
    own = of(outcomes, 0, 0)[1]
    many = [replace(own, density=0.9**i, distance=float(d)) for i in range(40) for d in range(1, 20)]
    assert 300 < len(PICTURE.rows(many)) <= ROWS


def test_the_words_say_how_far(outcomes: list[Returned]):
    assert "returns from up to 1 times the way" in words(three(outcomes, 0.1, 0.2, 0.3))[0]
    assert "returns from up to 2 times the way" in words(three(outcomes, 0.01, 0.02, 0.03))[0]
    nowhere = [replace(o, barrier_error=0.5) for o in three(outcomes, 0.5, 0.5, 0.5)]
    assert "returns from none of the distances" in words(nowhere)[0]
    assert "Other noise alone: error barrier 50.0 ± 0.0 points (n = 3)." in words(nowhere)
    assert words([]) == []
    assert torch.is_tensor(outcomes[0].path.alphas)
