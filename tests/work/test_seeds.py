"""Seeds: no two uses share a stream, and what a seed must be."""

from __future__ import annotations

import pytest
import torch

import workbench as wb
from workbench.work.seeds import check_seed, generator, number


def test_seeds_are_many_different_integers_of_53_bits():
    drawn = [seed for first in range(50) for seed in wb.seeds(first, 20)]
    assert len(set(drawn)) == 1000
    assert all(0 <= seed < 2**53 for seed in drawn)
    assert max(drawn) > 2**52
    assert all(float(seed) == seed for seed in drawn)  # a column of floats keeps them


def test_more_replicas_begin_with_the_same_seeds():
    assert wb.seeds(3, 5)[:2] == wb.seeds(3, 2)


def test_a_stream_is_drawn_anew_from_seed_tag_and_index():
    draws = {
        key: torch.rand(4, generator=generator(*key)).tolist()
        for key in [(0, "order", 0), (0, "order", 1), (0, "augment", 0), (1, "order", 0)]
    }
    assert len({tuple(draw) for draw in draws.values()}) == 4
    assert draws[0, "order", 1] == torch.rand(4, generator=generator(0, "order", 1)).tolist()


def test_numbers_are_recorded_ones():
    # raise workbench.NUMBERS when these move: every archived result depends on them
    assert number(0, "order") == 6084891188569399
    assert wb.seeds(0, 2) == [5989309497420495, 6835606841841679]


@pytest.mark.parametrize("seed", [-1, 2**53, True])
def test_a_seed_out_of_range_is_said(seed: int):
    with pytest.raises(ValueError, match=r"seed must be an integer from 0 to 2\*\*53 - 1, got .*; seed=0 is"):
        check_seed(seed)


@pytest.mark.parametrize("n", [0, -3])
def test_seeds_of_no_replica_are_an_error(n: int):
    with pytest.raises(
        ValueError, match=rf"n must be a whole number from 1 to 100000, got {n}; one replica is seeds\(seed, 1\)"
    ):
        wb.seeds(0, n)
