"""Intervals over examples: where they hold the truth, and what is refused one."""

from __future__ import annotations

import math

import numpy as np
import pytest
from predictions import FIVE, LABELS, simulated

import workbench as wb
from workbench.calibration import MEANS, METRICS, by_example, interval
from workbench.calibration.proper import each_brier, each_nll


@pytest.mark.parametrize("name", MEANS)
def test_the_mean_of_what_each_example_adds_is_the_metric(name: str):
    p, labels, _ = simulated(80, temperature=1.4, seed=0)
    found = interval(name, p, labels, draws=50)
    assert found.mean == pytest.approx(METRICS[name](p, labels))
    assert found.mean == pytest.approx(by_example(name, p, labels).mean())
    assert found.low < found.mean < found.high
    assert found == interval(name, p, labels, draws=50)
    assert found != interval(name, p, labels, draws=50, seed=1)


@pytest.mark.parametrize("temperature", [1.0, 1.6])
def test_an_interval_holds_the_truth_in_about_95_of_100_cases(temperature: float):
    p, _, true = simulated(200_000, temperature=temperature, seed=99)
    rows = np.arange(len(p))
    truths = {
        "nll": -(true * np.log(p)).sum(1).mean(),
        "brier": ((p**2).sum(1) - 2 * (p * true).sum(1) + 1).mean(),
        "signed_gap": (p.max(1) - true[rows, p.argmax(1)]).mean(),
        "accuracy": true[rows, p.argmax(1)].mean(),
    }
    held = dict.fromkeys(truths, 0)
    for seed in range(400):
        p, labels, _ = simulated(200, temperature=temperature, seed=seed)
        for name, truth in truths.items():
            found = interval(name, p, labels, draws=200)
            held[name] += found.low <= truth <= found.high
    for name, count in held.items():
        assert 0.91 < count / 400 < 0.98, name  # 3 deviations of sqrt(0.95 · 0.05 / 400), and that of 200 draws


def test_the_interval_of_wrong_confidence_is_over_the_wrong_ones():
    found = interval("wrong_confidence", FIVE, np.array([1, 1, 0, 0, 0]))
    assert found.n == 4  # confidences 1, .75, .8, .6
    assert found.mean == pytest.approx(3.15 / 4)
    assert 0.6 <= found.low < found.high <= 1
    none = interval("wrong_confidence", FIVE, FIVE.argmax(1))
    assert none.n == 0
    assert math.isnan(none.mean)
    assert math.isnan(none.low)


def test_the_difference_of_two_methods_is_paired_by_example():
    p, labels, true = simulated(300, temperature=2.0, seed=1)
    paired = wb.intervals.bootstrap(np.mean, by_example("nll", p, labels) - by_example("nll", true, labels))
    assert paired.low > 0  # the truth is better, and the pairs say so
    assert paired.high - paired.low < interval("nll", p, labels).high - interval("nll", p, labels).low
    assert (by_example("nll", p, labels) == each_nll(p, labels)).all()
    assert (by_example("brier", p, labels) == each_brier(p, labels)).all()


@pytest.mark.parametrize("name", sorted(set(METRICS) - set(MEANS)))
def test_what_is_no_mean_over_examples_is_refused_with_the_reason(name: str):
    reason = "no mean over examples" if "aurc" in name else "a bootstrap overstates what is binned"
    with pytest.raises(ValueError, match=rf"{name} has no interval over examples: .*{reason}.*intervals.mean over"):
        interval(name, FIVE, LABELS)


def test_bad_input_is_said():
    with pytest.raises(ValueError, match='metric "brie" is not known; did you mean "brier"'):
        interval("brie", FIVE, LABELS)
    with pytest.raises(
        ValueError, match="1 of 5 labels were given probability 0, and the mean of an infinite loss has"
    ):
        interval("nll", FIVE, np.array([1, 1, 1, 0, 0]))
    with pytest.raises(ValueError, match="if these are logits"):
        interval("nll", FIVE - 1, LABELS)
    with pytest.raises(ValueError, match="draws must be a whole number from 1"):
        interval("nll", FIVE, LABELS, draws=0)
