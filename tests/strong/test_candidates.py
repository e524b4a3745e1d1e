"""Candidates: the moments of what is drawn, and what a seed and a scale promise."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from workbench.strong import DISTRIBUTIONS, SPREAD, draw


@pytest.mark.parametrize(("distribution", "kurtosis"), [("normally_scaled", 9.0), ("gaussian", 3.0), ("uniform", 1.8)])
def test_coordinates_have_the_moments_of_their_distribution(distribution: str, kurtosis: float):
    y = draw(2, 400_000, distribution=distribution, scale=2.0)
    spread = 2.0 * SPREAD[distribution]
    assert y.shape == (2, 400_000)
    assert y.mean().abs() < 0.01 * spread
    assert y.std() == pytest.approx(spread, rel=0.01)
    assert (y / spread).pow(4).mean() == pytest.approx(kurtosis, rel=0.1)
    assert (y[0] * y[1]).mean().abs() < 0.01 * spread**2  # uncorrelated


def test_coordinates_of_a_normally_scaled_vector_depend_on_one_another_and_others_do_not():
    products = {name: (draw(2, 200_000, distribution=name) / SPREAD[name]).pow(2).prod(0).mean() for name in SPREAD}
    assert products["normally_scaled"] == pytest.approx(3, rel=0.1)  # E Z⁴, where independent ones have 1
    assert products["gaussian"] == pytest.approx(1, rel=0.02)
    assert products["uniform"] == pytest.approx(1, rel=0.02)


def test_uniform_coordinates_lie_between_minus_scale_and_scale():
    y = draw(3, 10_000, distribution="uniform", scale=0.5)
    assert 0.499 < y.max() <= 0.5
    assert -0.5 <= y.min() < -0.499


@pytest.mark.parametrize("distribution", DISTRIBUTIONS)
def test_another_scale_of_the_same_seed_is_the_same_draw_scaled(distribution: str):
    once = draw(3, 20, distribution=distribution, seed=5)
    assert torch.equal(draw(3, 20, distribution=distribution, seed=5, scale=0.25), 0.25 * once)
    assert not torch.equal(draw(3, 20, distribution=distribution, seed=6), once)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"dimension": 0}, "dimension must be a whole number from 1 to 134217728, got 0"),
        ({"candidates": 0}, "candidates must be a whole number from 1 to 67108864, got 0; 20 a dimension are a"),
        ({"candidates": 10**9}, "candidates must be .* up to 134,217,728 fit in memory"),
        ({"scale": 0.0}, "scale must be above 0, got 0.0; 1 is the usual one"),
        ({"distribution": "normal"}, 'distribution "normal" is not known; did you mean'),
        ({"seed": -1}, "seed must be an integer from 0"),
    ],
)
def test_what_cannot_be_drawn_is_refused(options: dict[str, Any], words: str):
    with pytest.raises(ValueError, match=words):
        draw(**dict[str, Any](dimension=2, candidates=3) | options)
