"""Subset sums: what every solver promises, exact ones against all subsets one by one, and what is refused."""

from __future__ import annotations

import itertools
import subprocess
import sys
import threading
import time
from typing import Any

import pytest
import torch
from bare_python import words_of
from torch import Tensor

from workbench.strong import SOLVERS, draw, reach, subset_sum, subset_sum_search
from workbench.strong.subset_sum import settle
from workbench.work import progress

REFUSED = {
    "wb.strong.subset_sum(torch.ones(2, 3), torch.ones(3))": "target must be floats of the shape (2,), got a Tensor",
    "wb.strong.subset_sum(torch.ones(2, 3), torch.ones(2).long())": "got a Tensor of torch.int64",
    "wb.strong.subset_sum(torch.ones(2, 3), [1.0, 2.0])": "target must be a tensor (dimension,), got a list",
    "wb.strong.subset_sum([[1.0, 2.0]], torch.ones(1))": "candidates must be a tensor (dimension, candidates), got a l",
    "wb.strong.subset_sum(torch.ones(3), torch.ones(1))": "candidates must be floats of the shape (dimension, candid",
    "wb.strong.reach(torch.ones(2, 3), torch.ones(3))": "target must be floats of the shape (2,), got a Tensor",
    "wb.strong.subset_sum(torch.ones(2, 3), torch.ones(2), seconds='1')": "seconds must be a number above 0, got '1'",
    "wb.strong.subset_sum(torch.ones(2, 3), torch.ones(2), solver=None)": 'solver "None" is not known',
}
EXACT = [name for name in SOLVERS if name != "flips"]


def problem(dimension: int, candidates: int, seed: int = 0) -> tuple[Tensor, Tensor]:
    """Candidates that are no better than they should be, and a target in [-1, 1]^dimension."""
    target = 2 * torch.rand(dimension, generator=torch.Generator().manual_seed(seed), dtype=torch.float64) - 1
    return draw(dimension, candidates, seed=seed), target


def error_of(y: Tensor, target: Tensor, kept: Tensor) -> float:
    return float((y[:, kept].sum(1) - target).abs().max())


def least(y: Tensor, target: Tensor) -> float:
    """The error of the best of all subsets, the empty one too, each summed for itself."""
    subsets = torch.tensor(list(itertools.product([0.0, 1.0], repeat=y.shape[1])), dtype=torch.float64)
    return float((subsets @ y.T - target).abs().max(1).values.min())


# ---- what all promise


@pytest.mark.parametrize("solver", SOLVERS)
def test_a_sum_by_hand(solver: str):
    found = subset_sum(torch.tensor([[1.0, 2.0, 4.0, 8.0]]), torch.tensor([5.25]), solver=solver)
    assert found.kept.tolist() == [True, False, True, False]
    assert found.error == 0.25
    assert found.relative_error == pytest.approx(0.25 / 5.25)
    assert found.solver == solver


@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize(("dimension", "candidates"), [(1, 1), (1, 9), (3, 12), (5, 3), (7, 1), (9, 20)])
def test_the_kept_candidates_have_the_error_that_is_told_and_no_more_than_none_have(
    solver: str, dimension: int, candidates: int
):
    y, target = problem(dimension, candidates)
    found = subset_sum(y, target, solver=solver)
    assert found.kept.shape == (candidates,)
    assert found.error == pytest.approx(error_of(y, target, found.kept), abs=1e-12)
    relative = (y[:, found.kept].sum(1) - target).norm() / target.norm()
    assert found.relative_error == pytest.approx(float(relative), abs=1e-12)
    assert found.relative_error <= 1 if solver == "flips" else found.error <= target.abs().max()


@pytest.mark.parametrize("solver", SOLVERS)
def test_the_same_seed_finds_the_same_subset(solver: str):
    y, target = problem(4, 24)
    once, again = (subset_sum(y, target, solver=solver, seed=3) for _ in range(2))
    assert torch.equal(once.kept, again.kept)
    assert once.status == again.status


@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize("unit", [1e-30, 1e30])
def test_a_problem_in_another_unit_is_the_same_problem(solver: str, unit: float):
    y, target = problem(3, 20)
    once, scaled = subset_sum(y, target, solver=solver), subset_sum(y * unit, target * unit, solver=solver)
    assert scaled.error == pytest.approx(once.error * unit)
    assert scaled.status == once.status


@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize("unit", [1e-30, 1e30])
def test_a_target_of_another_size_than_the_candidates_is_best_left_alone(solver: str, unit: float):
    y, target = problem(3, 20)
    found = subset_sum(y, target * unit, solver=solver)
    assert found.relative_error == pytest.approx(1)


@pytest.mark.parametrize("solver", SOLVERS)
def test_no_candidate_sums_to_nothing(solver: str):
    y, target = problem(3, 10)
    found = subset_sum(y, 0 * target, solver=solver)
    assert not found.kept.any()
    assert (found.error, found.relative_error, found.status) == (0, 0, "optimal")


@pytest.mark.parametrize("solver", SOLVERS)
def test_twins_and_candidates_of_zero_do_no_harm(solver: str):
    y, _ = problem(3, 5)
    y = torch.cat([y, y, 0 * y], 1)
    found = subset_sum(y, y[:, 0] + y[:, 5] + y[:, 2], solver=solver)
    assert found.error < (1 if solver == "flips" else 1e-8)
    assert subset_sum(0 * y, y[:, 0], solver=solver).error == pytest.approx(float(y[:, 0].abs().max()))


@pytest.mark.parametrize("solver", SOLVERS)
def test_float32_serves_and_what_comes_in_comes_out_unchanged(solver: str):
    y, target = (part.float().requires_grad_() for part in problem(3, 12))
    before = y.detach().clone()
    assert subset_sum(y, target, solver=solver).error == pytest.approx(
        subset_sum(y.double(), target.double(), solver=solver).error
    )
    assert torch.equal(y, before)


@pytest.mark.parametrize("solver", SOLVERS)
def test_every_better_subset_is_yielded_and_traced_and_the_best_comes_last(solver: str):
    y, target = problem(4, 24)
    *better, last = subset_sum_search(y, target, solver=solver)
    sizes = [found.relative_error if solver == "flips" else found.error for found in better]
    assert sizes == sorted(sizes, reverse=True)
    assert not better[0].kept.any()
    assert torch.equal(last.kept, better[-1].kept)
    assert [error for _, error in last.trace] == [found.error for found in better]
    assert [seconds for seconds, _ in last.trace] == sorted(seconds for seconds, _ in last.trace)


@pytest.mark.parametrize("solver", SOLVERS)
def test_a_search_ends_where_it_is_near_enough(solver: str):
    y, target = problem(2, 20)
    found = subset_sum(y, target, solver=solver, within=0.3)
    assert found.error <= 0.3
    assert found.status in ("near enough", "optimal")  # it may be proved by then
    assert subset_sum(y, target, solver=solver, within=5.0).trace[0][1] == float(target.abs().max())


@pytest.mark.parametrize(
    ("solver", "size"),
    [("flips", (60, 1200)), ("meet_in_the_middle", (4, 40)), ("mixed_integer", (9, 100)), ("cp_sat", (9, 100))],
)
def test_where_time_is_short_the_best_so_far_is_marked(solver: str, size: tuple[int, int]):
    y, target = problem(*size)
    found = subset_sum(y, target, solver=solver, seconds=0.05)
    assert found.status == "time limit"
    assert found.error == pytest.approx(error_of(y, target, found.kept))
    assert found.seconds < 5


@pytest.mark.parametrize(
    ("solver", "size"), [("flips", (60, 1200)), ("meet_in_the_middle", (4, 40)), ("cp_sat", (9, 100))]
)
def test_a_stop_ends_the_search_and_keeps_what_was_yielded(solver: str, size: tuple[int, int]):
    asked: list[float] = []

    def watcher(_: progress.Progress) -> None:
        if asked:
            raise progress.Stopped

    search = subset_sum_search(*problem(*size), solver=solver)
    with progress.watch(watcher):
        next(search)
        next(search)
        asked.append(time.perf_counter())
        with pytest.raises(progress.Stopped):
            list(search)
    assert time.perf_counter() - asked[0] < 2  # on a busy machine; about one
    assert not [thread for thread in threading.enumerate() if thread.name == "CP-SAT"]


# ---- the exact ones


@pytest.mark.parametrize("dimension", [1, 2, 3, 4, 9])
@pytest.mark.parametrize("candidates", [1, 2, 5, 12])
def test_meet_in_the_middle_finds_the_best_of_all_subsets(dimension: int, candidates: int):
    for seed in range(5):
        y, target = problem(dimension, candidates, seed)
        found = subset_sum(y, target, solver="meet_in_the_middle")
        assert found.error == pytest.approx(least(y, target), abs=1e-12)
        assert found.status == "optimal"


@pytest.mark.parametrize("solver", ["mixed_integer", "cp_sat"])
@pytest.mark.parametrize(("dimension", "candidates"), [(1, 8), (2, 16), (4, 20), (9, 24)])
def test_branch_and_bound_agrees_with_meet_in_the_middle(solver: str, dimension: int, candidates: int):
    for seed in range(3):
        y, target = problem(dimension, candidates, seed)
        found = subset_sum(y, target, solver=solver)
        assert found.error == pytest.approx(subset_sum(y, target, solver="meet_in_the_middle").error, rel=1e-4)
        assert found.status == "optimal"


def test_an_optimum_below_the_tolerance_of_highs_is_not_called_one():
    y, target = problem(1, 30)
    found = subset_sum(y, target, solver="mixed_integer", seconds=1)
    assert found.error < 1e-3
    assert found.status != "optimal"


def test_highs_is_asked_again_where_it_ends_in_a_solve_error():
    y, target = draw(1, 12, seed=3), torch.tensor([-0.67], dtype=torch.float64)
    assert subset_sum(y, target, solver="mixed_integer").error == pytest.approx(least(y, target), abs=1e-6)


@pytest.mark.parametrize("solver", EXACT)
def test_exact_solvers_are_never_worse_than_flips(solver: str):
    y, target = problem(9, 30)
    assert subset_sum(y, target, solver=solver).error <= subset_sum(y, target, solver="flips").error


def test_cp_sat_is_near_the_best_where_it_cannot_prove_it():
    y, target = problem(4, 36)
    best = subset_sum(y, target, solver="meet_in_the_middle").error
    assert best <= subset_sum(y, target, solver="cp_sat", seconds=2).error <= 10 * best


# ---- which is taken, and what is refused


@pytest.mark.parametrize(
    ("dimension", "candidates", "name"),
    [
        (1, 40, "meet_in_the_middle"),
        (4, 40, "meet_in_the_middle"),
        (9, 36, "meet_in_the_middle"),
        (9, 37, "mixed_integer"),
        (36, 40, "mixed_integer"),
        (1, 41, "flips"),
        (36, 400, "flips"),
    ],
)
def test_a_proved_optimum_is_taken_where_that_is_quick(dimension: int, candidates: int, name: str):
    assert settle("auto", dimension, candidates) == name


@pytest.mark.parametrize(
    ("solver", "size", "words"),
    [
        (
            "meet_in_the_middle",
            (2, 41),
            "up to 40 candidates in up to 9 dimensions, got 41 candidates in dimension 2; "
            'at most 40 here; take fewer, or solver="flips" takes more',
        ),
        ("meet_in_the_middle", (10, 5), 'got 5 candidates in dimension 10; solver="flips" takes more'),
        ("mixed_integer", (100, 2000), r"dimension × candidates up to 131,072, got 2000 .* at most 1310 here"),
        ("cp_sat", (100, 2000), r"dimension × candidates up to 131,072, got 2000 .* at most 1310 here"),
        (
            "flips",
            (400, 20_000),
            r"up to 4,194,304, got 20000 candidates in dimension 400; at most 10485 here; take fewer$",
        ),
        ("auto", (400, 20_000), "flips takes dimension × candidates up to 4,194,304"),
    ],
)
def test_beyond_its_limit_a_solver_refuses_with_the_way_on(solver: str, size: tuple[int, int], words: str):
    with pytest.raises(ValueError, match=words):
        settle(solver, *size)


def test_without_or_tools_cp_sat_says_what_to_install(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "ortools.sat.python", None)
    with pytest.raises(ValueError, match=r'cp_sat needs OR-tools.*pip install "lottery-workbench\[exact\]"'):
        subset_sum(*problem(2, 20), solver="cp_sat")
    assert subset_sum(*problem(2, 20)).status == "optimal"


def test_an_interpreter_ends_though_a_search_goes_on():
    script = """
import torch, workbench as wb
search = wb.strong.subset_sum_search(wb.strong.draw(9, 100), torch.ones(9), solver="cp_sat", seconds=60)
next(search), print(next(search).solver)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=30)
    assert (done.returncode, done.stdout.strip()) == (0, "cp_sat"), done.stderr


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"solver": "flip"}, 'solver "flip" is not known; did you mean "flips"'),
        ({"within": -1.0}, "within must be at least 0, got -1.0; 0 asks for the best"),
        ({"seconds": 0.0}, "seconds must be above 0, got 0.0; leave it out for no limit"),
        ({"seed": -1}, "seed must be an integer from 0"),
        ({"candidates": torch.ones(2, 0)}, r"candidates must be floats of the shape \(dimension, candidates\), got"),
        ({"candidates": torch.ones(2, 3) / 0}, "candidates must be finite, but some are NaN or infinite"),
        ({"target": torch.ones(2) * torch.nan}, "target must be finite, but some are NaN or infinite"),
    ],
)
def test_nonsense_is_refused_in_words(options: dict[str, Any], words: str):
    with pytest.raises(ValueError, match=words):
        subset_sum(**dict[str, Any](candidates=torch.ones(2, 3), target=torch.ones(2)) | options)


# ---- reach


def test_the_reach_by_hand():
    y = torch.tensor([[1.0, 2.0, 0.0], [0.0, 0.0, 4.0]])
    assert reach(y, torch.tensor([1.0, 1.0])) == pytest.approx(3)  # (3, 3) of the box up to (3, 4)
    assert reach(y, torch.tensor([0.0, 1.0])) == pytest.approx(4)
    assert reach(y, torch.tensor([-1.0, 0.0])) == 0
    assert reach(y, torch.zeros(2)) == float("inf")
    assert reach(0 * y, torch.ones(2)) == 0
    assert reach(1e30 * y, torch.tensor([1e-30, 1e-30])) == pytest.approx(3e60)


def test_a_scale_of_one_over_the_reach_is_what_is_needed():
    y, target = problem(20, 60)
    t = reach(y, target)
    assert subset_sum(y * (0.99 / t), target, solver="flips").status == "out of reach"
    assert subset_sum(y * (1.01 / t), target, solver="flips").status == "local optimum"
    assert subset_sum(y * (0.5 / t), target, solver="flips", seconds=60).status == "out of reach"


def test_what_is_of_another_type_or_shape_is_refused_in_words():
    said = words_of("import torch, workbench as wb", REFUSED)
    for call, words in REFUSED.items():
        assert words in said[call]
