"""What chance does to an ECE: the floor, the debiased value, and why a bootstrap does not serve. On known truths."""

from __future__ import annotations

import math

import numpy as np
import pytest
from predictions import FIVE, LABELS, simulated

from workbench import calibration
from workbench.calibration import binned, ece, ece_debiased, ece_floor, ece_in_full
from workbench.calibration.binned import cut
from workbench.numbers import intervals

BINS = 15


def truth(temperature: float) -> float:
    """The binned ECE of as many predictions as one likes: against the true probabilities, not drawn labels."""
    p, _, true = simulated(200_000, temperature=temperature, seed=99)
    return binned(p.max(1), true[np.arange(len(p)), p.argmax(1)], bins=BINS).error


def found(metric: str, n: int, temperature: float, times: int = 150) -> np.ndarray:
    metric_of = calibration.METRICS[metric]
    return np.array([metric_of(*simulated(n, temperature=temperature, seed=seed)[:2]) for seed in range(times)])


def test_five_predictions_in_one_bin_by_hand():
    # gap .73 - .6, variance .6 · .4 / 4; on the square scale .0169 - .06
    assert ece_debiased(FIVE, LABELS, bins=1, norm="l2") == pytest.approx(-math.sqrt(0.06 - 0.0169))
    drawn = np.random.default_rng(0).normal(0.6, math.sqrt(0.06), 400_000)  # the published way: accuracies are drawn
    assert ece_debiased(FIVE, LABELS, bins=1) == pytest.approx(2 * 0.13 - np.abs(0.73 - drawn).mean(), abs=1e-3)


def test_a_bin_of_one_is_as_uncertain_as_it_claims():
    p, labels = np.array([[0.8, 0.2]]), np.array([0])
    assert ece_debiased(p, labels, norm="l2") == pytest.approx(-math.sqrt(0.8 * 0.2 - 0.2**2))
    assert ece_debiased(np.array([[1.0, 0.0]]), labels) == 0


def test_the_debiased_value_is_nearer_to_the_truth():
    for n, temperature in ((300, 0.8), (300, 1.1), (300, 1.2), (697, 1.1)):
        true = truth(temperature)
        plain = abs(found("ece", n, temperature).mean() - true)
        debiased = abs(found("ece_debiased", n, temperature).mean() - true)
        assert debiased < plain / 2


def test_where_there_is_little_bias_little_is_taken_away():
    for temperature in (1.5, 2.0):
        assert found("ece_debiased", 300, temperature).mean() == pytest.approx(truth(temperature), abs=0.01)


def test_of_perfect_calibration_the_plain_value_is_the_floor_and_the_debiased_is_below_it():
    plain = found("ece", 300, 1.0)
    floor = found("ece_floor", 300, 1.0, times=10)
    assert plain.mean() == pytest.approx(floor.mean(), rel=0.06)
    assert found("ece_debiased", 300, 1.0).mean() < 0.7 * plain.mean()


def test_the_square_of_the_l2_value_has_no_bias():
    squares = []
    for seed in range(400):
        p, labels, _ = simulated(300, temperature=1.0, seed=seed)
        value = ece_debiased(p, labels, norm="l2")
        squares.append(value * abs(value))
    assert abs(np.mean(squares)) < 3 * np.std(squares) / math.sqrt(400)  # the truth is 0


def test_the_floor_of_one_bin_by_hand_and_by_its_seed():
    # four confidences of 1/2 in one bin: 0 to 4 right with chances 1, 4, 6, 4, 1 of 16, and |right/4 - 1/2|
    p, labels = np.full((4, 2), 0.5), np.zeros(4, dtype=int)
    expected = (2 * 0.5 + 8 * 0.25) / 16
    assert ece_floor(p, labels, draws=20_000) == pytest.approx(expected, abs=0.004)
    assert ece_floor(p, labels, seed=3) == ece_floor(p, 1 - labels, seed=3)
    assert ece_floor(p, labels, seed=3) != ece_floor(p, labels, seed=4)
    assert ece_floor(np.eye(2), np.array([1, 1])) == 0  # what is certain leaves no room


def test_an_ece_is_printed_with_what_it_means():
    p, labels, _ = simulated(300, temperature=1.2, seed=0)
    words = ece_in_full(p, labels, bins=10, closed="left")
    options = {"bins": 10, "closed": "left"}
    values = [f(p, labels, **options) for f in (ece, ece_debiased, ece_floor)]
    assert words == "ECE {:.4f}, debiased {:.4f}, floor {:.4f} (10 bins of equal width, closed on the left)".format(
        *values
    )


def test_a_bootstrap_of_the_plain_ece_misses_the_truth():
    def ece_of(index: np.ndarray, confidence: np.ndarray, right: np.ndarray, axis: int) -> np.ndarray:
        hit = index[..., None] == np.arange(BINS)
        return np.abs(((confidence - right)[..., None] * hit).sum(axis - 1)).sum(-1) / index.shape[axis]

    held, true = [], truth(1.2)
    for seed in range(60):
        p, labels, _ = simulated(300, temperature=1.2, seed=seed)
        confidence, right = p.max(1), p.argmax(1) == labels
        index = cut(confidence, BINS, "right", "width")[1]
        assert ece_of(index, confidence, right, axis=-1) == pytest.approx(ece(p, labels))
        one = intervals.bootstrap(ece_of, index, confidence, right, draws=200)
        held.append(one.low <= true <= one.high)
    assert np.mean(held) < 0.2  # and it says 0.95
