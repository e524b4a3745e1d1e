"""The law of the best error against the best there is (by meet in the middle): its slope, its height, the S-curve."""

from __future__ import annotations

import functools
import math
from typing import Any

import numpy as np
import pytest
import torch

from workbench.strong import SPREAD, best_error, draw, expected_subsets, subset_sum, success_probability


@functools.cache
def errors(dimension: int, candidates: int, distribution: str = "normally_scaled", trials: int = 20) -> np.ndarray:
    """The best errors of so many draws, each with a target in [-1, 1]^dimension."""
    found = []
    for seed in range(trials):
        target = 2 * torch.rand(dimension, generator=torch.Generator().manual_seed(seed), dtype=torch.float64) - 1
        y = draw(dimension, candidates, distribution=distribution, scale=1 / SPREAD[distribution], seed=seed)
        found.append(subset_sum(y, target, solver="meet_in_the_middle").error)
    return np.array(found)


def law(dimension: int, candidates: int) -> float:
    return best_error(dimension, candidates, target_norm=math.sqrt(dimension / 3))  # as long as a target is on average


SIZES = {1: (10, 14, 18, 22), 2: (10, 16, 22, 28), 4: (14, 18, 22, 26)}


def test_the_law_by_hand():
    # 2^4 = 16 subsets of two numbers in [0, 2 ε] of the line, whose sum has the density p(0) = 1 / sqrt(4 π)
    assert expected_subsets(1, 4, 0.1) == pytest.approx(16 * 0.2 / math.sqrt(4 * math.pi))
    assert expected_subsets(2, 4, 0.1) == pytest.approx(16 * 0.2**2 / (4 * math.pi))
    assert expected_subsets(1, 4, 0.1, target_norm=2.0) == pytest.approx(expected_subsets(1, 4, 0.1) / math.e)
    assert success_probability(1, 4, 0.1) == pytest.approx(1 - math.exp(-expected_subsets(1, 4, 0.1)))


@pytest.mark.parametrize(("dimension", "candidates", "norm", "spread"), [(1, 10, 0.5, 1.0), (9, 40, 2.0, 0.3)])
def test_one_subset_is_expected_within_the_best_error(dimension: int, candidates: int, norm: float, spread: float):
    error = best_error(dimension, candidates, target_norm=norm, spread=spread)
    assert expected_subsets(dimension, candidates, error, target_norm=norm, spread=spread) == pytest.approx(1)


def test_candidates_and_target_scaled_together_scale_the_best_error():
    once = best_error(3, 20, target_norm=1.5, spread=0.5)
    assert best_error(3, 20, target_norm=4.5, spread=1.5) == pytest.approx(3 * once)


def test_numbers_beyond_all_measure_are_large_and_finite():
    assert expected_subsets(1, 10**6, 1.0) > 1e300
    assert success_probability(1, 10**6, 1.0) == 1
    assert best_error(1, 10**6) == 0
    assert math.isfinite(best_error(1, 1, target_norm=1e9))


@pytest.mark.parametrize("dimension", SIZES)
def test_the_best_error_halves_with_every_so_many_candidates_as_there_are_dimensions(dimension: int):
    medians = [np.median(errors(dimension, n)) for n in SIZES[dimension]]
    slope = np.polyfit(SIZES[dimension], np.log2(medians), 1)[0]
    assert slope == pytest.approx(-1 / dimension, rel=0.25)


@pytest.mark.parametrize(("dimension", "candidates"), [(m, n) for m, sizes in SIZES.items() for n in sizes])
def test_the_median_of_twenty_best_errors_is_within_twice_the_law(dimension: int, candidates: int):
    assert 0.5 < np.median(errors(dimension, candidates)) / law(dimension, candidates) < 2


@pytest.mark.parametrize(("dimension", "within", "sizes"), [(1, 0.01, (4, 8, 11)), (2, 0.05, (8, 12, 15))])
def test_successes_are_as_probable_as_said_on_an_s_curve(dimension: int, within: float, sizes: tuple[int, ...]):
    shares = [float((errors(dimension, n, trials=100) <= within).mean()) for n in sizes]
    said = [success_probability(dimension, n, within, target_norm=math.sqrt(dimension / 3)) for n in sizes]
    assert np.abs(np.subtract(shares, said)).max() < 0.25
    assert shares[0] < 0.3 < 0.7 < shares[-1]


@pytest.mark.parametrize(("dimension", "candidates"), [(1, 18), (2, 22), (4, 22)])
@pytest.mark.parametrize("distribution", ["gaussian", "uniform"])
def test_coordinates_that_depend_on_one_another_cost_nothing(dimension: int, candidates: int, distribution: str):
    penalty = np.median(errors(dimension, candidates, trials=40)) / np.median(
        errors(dimension, candidates, distribution, trials=40)
    )
    assert 0.6 < penalty < 1.5


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"within": 0.0}, "within must be above 0, got 0.0; 0.01 is an error of 0.01"),
        ({"spread": 0.0}, "spread must be above 0, got 0.0; 1 is that of"),
        ({"target_norm": -1.0}, "target_norm must be at least 0, got -1.0; 0 is"),
        ({"dimension": 0}, "dimension must be a whole number from 1, got 0"),
    ],
)
def test_what_has_no_law_is_refused(options: dict[str, Any], words: str):
    with pytest.raises(ValueError, match=words):
        expected_subsets(**{"dimension": 2, "candidates": 10, "within": 0.1} | options)
