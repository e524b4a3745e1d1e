"""Subset sums beside their law, and one as a walk: what is drawn, what is solved, what is refused."""

from __future__ import annotations

import itertools
import math
from typing import Any

import pytest
import torch

import workbench as wb
from workbench.experiments.partial_sums import Walk, partial_sums, pictures
from workbench.experiments.subset_sums import Summed, subset_sums, target_of
from workbench.work.seeds import seeds

FIRST = ["dimension", "candidates", "distribution", "scale", "solver", "seed", "replica", "error", "law", "seconds"]


def sums(dimensions: tuple[int, ...] = (1,), candidates: tuple[int, ...] = (6,), **options: Any) -> list[Summed]:
    """A few sums in the order of their replicas."""
    made = subset_sums(dimensions, candidates=candidates, **{"replicas": 1, **options})
    return sorted(made, key=lambda summed: summed.replica)


def walk(dimension: int = 36, candidates: int = 400, **options: Any) -> Walk:
    (one,) = partial_sums(dimension, candidates=candidates, **options)
    return one


# ---- many


def test_the_error_is_that_of_a_subset_of_the_candidates_that_the_seed_draws():
    (summed,) = sums(solvers=("flips",))
    (seed,) = seeds(0, 1)
    (numbers,), (z,) = wb.strong.draw(1, 6, seed=seed).tolist(), target_of("cube", 1, seed).tolist()
    errors = [abs(sum(chosen) - z) for k in range(7) for chosen in itertools.combinations(numbers, k)]
    assert min(abs(summed.error - error) for error in errors) < 1e-12
    assert summed.error >= min(errors) - 1e-12
    assert summed.relative_error == pytest.approx(summed.error / abs(z))
    assert summed.trace[-1][1] == summed.error


def test_the_law_is_that_of_the_target_and_the_spread():
    (summed,) = sums((1,), (10,), distributions=("uniform",), scales=(0.5,))
    spread = 0.5 / math.sqrt(3)
    z = summed.target_norm
    law = 0.5 * spread * math.sqrt(10 * math.pi) * 2**-10 * math.exp(z**2 / (10 * spread**2))
    assert summed.law == pytest.approx(law)


def test_all_sums_of_a_dimension_of_a_replica_have_one_target_and_replicas_their_own():
    made = sums((2,), (4, 6), scales=(1.0, 0.1), solvers=("auto", "flips"), distributions=("gaussian", "uniform"))
    assert len(made) == 16
    assert len({summed.target_norm for summed in made}) == 1
    first, second = sums(replicas=2)
    assert (first.replica, second.replica) == (0, 1)
    assert first.target_norm != second.target_norm


def test_a_target_lies_in_the_cube_or_on_the_sphere():
    targets = [target_of("cube", 50, seed) for seed in range(20)]
    assert all(float(z.abs().max()) <= 1 for z in targets)
    assert float(torch.stack(targets).std()) == pytest.approx(3**-0.5, abs=0.03)
    assert sums((7,), (9,), target="sphere")[0].target_norm == pytest.approx(1)


def test_the_table_begins_with_what_others_read():
    table = wb.table(sums((1, 2), (4,)))
    assert [*table.columns][: len(FIRST)] == FIRST
    assert "trace" not in table.columns


def test_a_sum_that_the_archive_has_is_not_solved_again(tmp_path):
    made = sums((1, 2), (6,), archive=tmp_path)
    with wb.progress.watch(lambda progress: pytest.fail("solved") if len(progress.path) > 1 else None):
        assert sums((1, 2), (6,), archive=tmp_path) == made  # seconds too: those that it took then


def test_the_same_seed_gives_the_same_errors_and_progress_is_told():
    seen: list[wb.progress.Progress] = []
    with wb.progress.watch(seen.append):
        first = [summed.error for summed in sums(replicas=2)]
    assert first == [summed.error for summed in sums(replicas=2)] != [s.error for s in sums(replicas=2, seed=1)]
    assert {progress.path[0][0] for progress in seen} == {"replica"}


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"dimensions": (0,)}, r"dimensions must be whole numbers from 1, each once, got \[0\]"),
        ({"dimensions": ()}, "dimensions must be whole numbers from 1, each once"),
        ({"candidates": (4, 4)}, r"candidates must be whole numbers from 1, each once, got \[4, 4\]"),
        ({"scales": (0.0,)}, "scales must be above 0, each once"),
        ({"scales": (math.nan,)}, "scales must be above 0"),
        ({"distributions": ("gausian",)}, 'did you mean "gaussian"'),
        ({"distributions": ()}, "distributions must name one at least"),
        ({"solvers": ("flip",)}, 'did you mean "flips"'),
        ({"solvers": ()}, "solvers must name one at least"),
        ({"target": "cub"}, 'did you mean "cube"'),
        ({"seconds": 0.0}, "seconds must be above 0"),
        ({"replicas": 0}, "replicas must be a whole number from 1"),
        ({"seed": -1}, "seed must be an integer"),
        ({"candidates": (10, 2**26)}, "flips takes dimension × candidates up to"),
    ],
)
def test_what_cannot_be_is_said_before_anything_is_solved(options: dict[str, Any], words: str):
    with wb.progress.watch(lambda _: pytest.fail("solved")), pytest.raises(ValueError, match=words):
        next(subset_sums(**options))


# ---- one


def test_a_walk_begins_at_0_and_ends_where_the_subset_does():
    one = walk(9, 60, scale=0.1)
    assert one.sums[0].tolist() == [0.0] * 9
    assert one.distances[0] == pytest.approx(1)
    assert len(one.distances) == one.kept + 1 == one.added[-1] + 1
    assert one.distances[-1] == pytest.approx(one.relative_error)
    assert float((one.sums[-1] - one.target).abs().max()) == pytest.approx(one.error)
    assert float((one.sums[1] - one.target).norm()) == pytest.approx(float(one.distances[one.added[1]]))


def test_a_long_walk_has_few_frames_and_a_walk_of_nothing_has_one():
    assert len(walk(4, 400, scale=0.1).added) == 40
    nothing = walk(8, 1, scale=1000.0)  # any subset but the empty one is far away
    assert (nothing.kept, nothing.added, nothing.sums.shape) == (0, (0,), (1, 8))


def test_the_least_scale_is_where_the_solver_reaches_the_target_and_does_not_depend_on_the_scale():
    least = walk(9, 60, scale=1.0).least_scale
    assert walk(9, 60, scale=0.01).least_scale == pytest.approx(least)
    assert walk(9, 60, scale=0.99 * least, solver="flips").status == "out of reach"
    assert walk(9, 60, scale=1.01 * least, solver="flips").status != "out of reach"
    assert math.isinf(walk(9, 2, scale=1.0).least_scale)


@pytest.mark.parametrize(
    ("dimension", "shape"),
    [
        (36, (4, 3, 3)),
        (9, (1, 3, 3)),
        (100, (4, 5, 5)),
        (10, (1, 2, 5)),
        (7, (1, 1, 7)),
        (1, (1, 1, 1)),
        (64, (1, 8, 8)),
    ],
)
def test_a_vector_is_shown_as_kernels_where_it_is_some(dimension: int, shape: tuple[int, int, int]):
    assert pictures(dimension) == shape


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"dimension": 0}, "dimension must be a whole number from 1 to 256, got 0; subset_sums takes more"),
        ({"candidates": 10**6}, "candidates must be a whole number from 1 to 2048"),
        ({"scale": -1.0}, "scale must be above 0"),
        ({"solver": "flip"}, 'did you mean "flips"'),
        ({"target": "ball"}, 'target "ball" is not known'),
        ({"distribution": "normal"}, "distribution"),
    ],
)
def test_a_walk_that_cannot_be_is_said(options: dict[str, Any], words: str):
    with pytest.raises(ValueError, match=words):
        walk(**options)
