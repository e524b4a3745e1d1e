"""Flips: what a vertex promises, that no flip within a block is overlooked, memory, and how good it is."""

from __future__ import annotations

import itertools
import statistics
import tracemalloc

import numpy as np
import pytest
import torch

from workbench.strong import draw, subset_sum
from workbench.strong.flips import descend, descend_block, passes, vertex


def problem(dimension: int, candidates: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Candidates scaled so that the target, of length 1, is well within reach."""
    mean = 0.318 * candidates - 0.5 * (candidates * dimension) ** 0.5  # how far they reach at scale 1, about
    y = draw(dimension, candidates, scale=1.6 / max(mean, 0.05 * candidates), seed=seed)
    target = torch.randn(dimension, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    return y.numpy(), (target / target.norm()).numpy()


@pytest.mark.parametrize(("dimension", "candidates"), [(1, 10), (9, 90), (36, 400)])
def test_a_vertex_reaches_the_target_with_as_many_fractions_as_there_are_dimensions(dimension: int, candidates: int):
    Y, z = problem(dimension, candidates)
    x, reached = vertex(Y / np.abs(Y).max(), z / np.abs(Y).max(), np.random.default_rng(0))
    assert reached
    assert np.abs(Y @ x - z).max() < 1e-6
    assert ((x > 1e-7) & (x < 1 - 1e-7)).sum() <= dimension


def test_out_of_reach_the_nearest_in_fractions_is_taken():
    x, reached = vertex(np.array([[1.0, 1.0, -1.0]]), np.array([5.0]), np.random.default_rng(0))
    assert not reached
    assert x.tolist() == [1, 1, 0]


def test_no_flip_of_one_or_two_of_a_block_is_better():
    for seed in range(10):
        Y, z = problem(3, 16, seed)
        x, r = descend_block(Y, Y @ np.zeros(16) - z, np.zeros(16))
        assert Y @ x - z == pytest.approx(r, abs=1e-12)
        for flipped in itertools.chain(itertools.combinations(range(16), 1), itertools.combinations(range(16), 2)):
            other = x.copy()
            other[list(flipped)] = 1 - other[list(flipped)]
            assert np.sum((Y @ other - z) ** 2) >= r @ r * (1 - 1e-8)


def test_the_best_flip_by_hand():
    x, r = descend_block(np.array([[1.0, 2.0, 4.0]]), np.array([-5.0]), np.zeros(3))
    assert (x.tolist(), r.tolist()) == ([1, 0, 1], [0])  # both at once, not 4 alone and then nothing


def test_every_pass_is_better_than_the_one_before_and_leaves_the_start_as_it_was():
    Y, z = problem(36, 400)
    start = np.zeros(400)
    sizes = [float(np.sum((Y @ x - z) ** 2)) for x in passes(Y, z, start, np.random.default_rng(0))]
    assert sizes == sorted(sizes, reverse=True)
    assert not start.any()


def test_twins_are_not_flipped_for_ever():
    Y = np.repeat(np.random.default_rng(0).standard_normal((5, 1)), 200, axis=1) / 3
    z = 7.4 * Y[:, 0]
    x = descend(Y, z, np.zeros(200), np.random.default_rng(0))
    assert x.sum() == 7


@pytest.mark.parametrize("candidates", [2000, 20_000])
def test_the_memory_of_flips_is_that_of_a_block_however_many_candidates_there_are(candidates: int):
    Y, z = problem(20, candidates)
    first = passes(Y, z, np.zeros(candidates), np.random.default_rng(0))
    tracemalloc.start()
    try:
        next(first)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < 4 * 2**20


def test_four_hundred_candidates_in_36_dimensions_come_within_8_percent():
    found = [subset_sum(*map(torch.from_numpy, problem(36, 400, seed)), seed=seed) for seed in range(10)]
    assert statistics.median(one.relative_error for one in found) <= 0.08
    assert {one.status for one in found} == {"local optimum"}
