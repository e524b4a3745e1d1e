"""Children share all but the noise of training."""

from __future__ import annotations

from pathlib import Path

import pytest
from tiny import Own, copied, made, same

import workbench as wb
from workbench.landscape import Child, children
from workbench.nets.weights import Weights

DATA = made()
RECIPE = wb.Recipe(steps=12, batch_size=10, learning_rate=0.2, schedule="cosine")


@pytest.fixture(scope="module")
def starts() -> dict[int, Weights]:
    return wb.weights_along(Own(), wb.initialise(Own()), DATA, RECIPE, at=[0, 4])


def born(starts: dict[int, Weights], **options: object) -> dict[tuple[int, int], Child]:
    return {(c.step, c.child): c for c in children(Own(), starts, DATA, RECIPE, **options)}  # type: ignore[arg-type]


def test_there_are_n_children_of_every_step(starts: dict[int, Weights]):
    found = born(starts, n=3)
    assert sorted(found) == [(k, i) for k in (0, 4) for i in range(3)]
    assert {c.run.steps for c in found.values() if c.step == 4} == {8}


def test_siblings_differ_in_the_noise_alone(starts: dict[int, Weights]):
    found = born(starts)
    assert len({c.seed for c in found.values()}) == 2
    assert found[0, 0].seed == found[4, 0].seed
    assert not same(found[4, 0].run.weights, found[4, 1].run.weights)
    child = found[4, 1]
    again = wb.train(Own(), starts[4], DATA, RECIPE, step=4, seed=child.seed)
    assert same(again.weights, child.run.weights)  # batch-norm's statistics among them


def test_a_child_begins_at_its_place_in_the_schedule(starts: dict[int, Weights]):
    first = born(starts)[4, 0].run.history[0]
    assert first["step"] == 5
    assert first["learning_rate"] == RECIPE.rate(4, 12)


def test_children_of_a_ticket_keep_its_zeros(starts: dict[int, Weights]):
    mask = wb.pruning.magnitude(starts[4], wb.masks.full(Own()), density=0.3)
    for child in born({4: starts[4]}, mask=mask).values():
        assert child.run.density == pytest.approx(0.3, abs=0.01)
        assert not child.run.weights["fc.weight"][~mask["fc.weight"]].any()


def test_an_archive_gives_the_same_children_without_training(starts: dict[int, Weights], tmp_path: Path):
    first = born(starts, archive=str(tmp_path))
    reports: list[object] = []
    with wb.progress.watch(reports.append):
        again = born(starts, archive=str(tmp_path))
    assert all(same(first[which].run.weights, again[which].run.weights) for which in first)
    assert not [r for r in reports if r.of == 8]  # type: ignore[attr-defined]


def test_the_starting_points_stay_as_they_were(starts: dict[int, Weights]):
    before = {k: copied(w) for k, w in starts.items()}
    born(starts)
    assert all(same(before[k], starts[k]) for k in starts)


def test_one_child_has_nobody_to_be_compared_with(starts: dict[int, Weights]):
    with pytest.raises(ValueError, match="n must be a whole number from 2 to 1000, got 1"):
        born(starts, n=1)


# ---- starting points: several steps of one training


def test_the_weights_along_a_training_are_those_at_each_step():
    model, start = Own(), wb.initialise(Own())
    found = wb.weights_along(model, start, DATA, RECIPE, at=[0, 3, 12], seed=5)
    assert same(found[0], start)
    for k in (3, 12):
        assert same(found[k], wb.weights_at(model, start, DATA, RECIPE, step=k, seed=5))
    assert same(found[12], wb.train(model, start, DATA, RECIPE, seed=5).weights)
    assert wb.weights_along(model, start, DATA, RECIPE, at=[]) == {}


def test_the_training_ends_at_the_last_step_asked_for():
    reports: list[object] = []
    with wb.progress.watch(reports.append):
        wb.weights_along(Own(), wb.initialise(Own()), DATA, RECIPE, at=[1, 5])
    assert [r.done for r in reports if r.path == ()] == [1, 2, 3, 4, 5]  # type: ignore[attr-defined]
