"""Intervals: by hand, against scipy, and by how often they hold the truth."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from workbench.numbers import intervals
from workbench.numbers.intervals import Interval


def test_the_t_interval_of_three_by_hand():
    found = intervals.mean([1.0, 2.0, 3.0])
    assert found.mean == 2
    assert found.high - 2 == pytest.approx(4.302653 / math.sqrt(3), rel=1e-6)  # t(2 degrees, 97.5 %) = 4.3027, s = 1
    assert 2 - found.low == pytest.approx(found.high - 2)
    assert found.n == 3
    assert str(found) == "2.0000 [-0.4841, 4.4841], n = 3"


def test_the_geometric_mean_is_that_of_the_logarithms_and_its_interval_ends_above_zero():
    powers, logs = intervals.geometric([0.1, 1.0, 10.0]), intervals.mean([-1.0, 0.0, 1.0])
    assert (powers.mean, powers.low, powers.high) == pytest.approx((1, 10**logs.low, 10**logs.high))
    assert math.isnan(intervals.geometric([1.0, 4.0]).low)
    with pytest.raises(ValueError, match=r"above 0, got \[1.0, 0.0\]"):
        intervals.geometric([1.0, 0.0])


@pytest.mark.parametrize("confidence", [0.5, 0.9, 0.99])
@pytest.mark.parametrize("n", [3, 5, 40])
def test_the_t_interval_is_scipys(n: int, confidence: float):
    x = np.random.default_rng(n).normal(size=n)
    found = intervals.mean(x.tolist(), confidence=confidence)
    low, high = stats.t.interval(confidence, n - 1, x.mean(), stats.sem(x))
    assert (found.low, found.high) == pytest.approx((low, high))


def test_the_interval_holds_the_truth_as_often_as_it_says():
    draws = np.random.default_rng(0).normal(5, 2, size=(2000, 4))
    found = [intervals.mean(row.tolist()) for row in draws]
    held = np.mean([one.low <= 5 <= one.high for one in found])
    assert 0.935 < held < 0.965  # three deviations of sqrt(0.95 · 0.05 / 2000)


def test_pairs_take_away_what_replicas_share():
    luck = [0.0, 10.0, 20.0]
    a, b = [x + 1 for x in luck], luck
    assert intervals.paired(a, b) == Interval(1.0, 1.0, 1.0, 3)
    x, y = [0.9, 0.8, 0.95, 0.7], [0.85, 0.82, 0.9, 0.6]
    found, theirs = intervals.paired(x, y), stats.ttest_rel(x, y).confidence_interval()
    assert (found.low, found.high) == pytest.approx((theirs.low, theirs.high))


@pytest.mark.parametrize("values", [[0.5], [0.5, 0.7]])
def test_fewer_than_three_have_a_mean_and_no_interval(values: list[float]):
    found = intervals.mean(values)
    assert found.mean == pytest.approx(sum(values) / len(values))
    assert math.isnan(found.low)
    assert math.isnan(found.high)
    assert "no interval" in str(found)
    assert not intervals.matches(found, margin=10)
    assert not intervals.equals(found, margin=10)


def test_matching_looks_at_the_lower_end_and_equality_at_both():
    assert intervals.matches(Interval(0.02, -0.01, 0.05, 3))
    assert not intervals.equals(Interval(0.02, -0.01, 0.05, 3))
    assert not intervals.matches(Interval(0.0, -0.011, 0.01, 3))
    assert intervals.equals(Interval(0.0, -0.01, 0.01, 3))
    assert intervals.matches(Interval(0.0, -0.03, 0.03, 3), margin=0.03)


@pytest.mark.parametrize(("spread", "n"), [(0.008, 8), (0.012, 8), (0.01, 20)])
def test_the_power_of_equality_is_how_often_it_is_shown(spread: float, n: int):
    draw = np.random.default_rng(3)
    shown = [intervals.equals(intervals.mean(list(draw.normal(0, spread, n)))) for _ in range(2000)]
    assert intervals.power_of_equality(spread, n) == pytest.approx(np.mean(shown), abs=0.035)


def test_no_spread_always_shows_equality_and_two_pairs_never():
    assert intervals.power_of_equality(0.0, 5) == 1
    assert np.isnan(intervals.power_of_equality(0.01, 2))


def test_the_bootstrap_of_a_mean_is_near_the_normal_interval_and_drawn_by_its_seed():
    right = np.repeat([1.0, 0.0], [300, 100])
    found = intervals.bootstrap(np.mean, right)
    half = 1.96 * math.sqrt(0.75 * 0.25 / 400)
    assert found.mean == 0.75
    assert (found.low, found.high) == pytest.approx((0.75 - half, 0.75 + half), abs=0.006)
    assert found == intervals.bootstrap(np.mean, right)
    assert found != intervals.bootstrap(np.mean, right, seed=1)


def test_the_bootstrap_is_scipys_but_for_its_draws():
    x = np.random.default_rng(0).exponential(size=150)
    found = intervals.bootstrap(np.mean, x, draws=20_000, confidence=0.9)
    theirs = stats.bootstrap((x,), np.mean, n_resamples=20_000, confidence_level=0.9, method="percentile", rng=1)
    assert (found.low, found.high) == pytest.approx(tuple(theirs.confidence_interval), abs=0.005)


def test_two_examples_have_a_mean_and_no_bootstrap():
    found = intervals.bootstrap(np.mean, np.array([0.0, 1.0]))
    assert (found.mean, found.n) == (0.5, 2)
    assert math.isnan(found.low)


def test_the_bootstrap_draws_whole_examples():
    a = np.arange(50.0)
    found = intervals.bootstrap(lambda x, y, axis: np.mean(x - y, axis=axis), a, a - 1, draws=50)
    assert (found.mean, found.low, found.high, found.n) == (1.0, 1.0, 1.0, 50)


def test_bad_input_is_said():
    with pytest.raises(ValueError, match="needs at least one value, got none; run a replica first"):
        intervals.mean([])
    with pytest.raises(ValueError, match=r"must be finite, got \[1.0, nan\]; leave out the replicas that diverged"):
        intervals.mean([1.0, math.nan])
    with pytest.raises(ValueError, match=r'confidence must be in \(0, 1\), got 95; for "95 %" pass 0.95'):
        intervals.mean([1.0, 2.0], confidence=95)
    with pytest.raises(ValueError, match="must be finite, 1 of 3 are not; leave them out"):
        intervals.bootstrap(np.mean, np.array([1.0, math.inf, 2.0]))
    with pytest.raises(ValueError, match=r"arrays of one length, got the shapes \[\(3,\), \(2,\)\]"):
        intervals.bootstrap(np.mean, np.ones(3), np.ones(2))
    with pytest.raises(ValueError, match="draws must be a whole number from 1 to 1000000, got 0"):
        intervals.bootstrap(np.mean, np.ones(3), draws=0)
    with pytest.raises(ValueError, match="needs at least one value, got none"):
        intervals.bootstrap(np.mean, np.ones(0))
    with pytest.raises(ValueError, match="equal number, got 2 and 1; pair them by seed and replica"):
        intervals.paired([1.0, 2.0], [1.0])


def test_an_interval_of_shares_stays_within_0_and_1():
    usual = intervals.mean([0.80, 0.81, 0.82])
    assert intervals.share([0.80, 0.81, 0.82]) == usual
    high = intervals.share([1.0, 1.0, 0.94])
    assert intervals.mean([1.0, 1.0, 0.94]).high > 1
    # m = 0.98, s / sqrt(3) = 0.02, t = 4.3027: on logits 3.8918 ± 4.3027 * 0.02 / 0.0196
    assert (high.mean, high.low, high.high) == pytest.approx((0.98, 0.378, 0.99975), abs=1e-3)
    assert intervals.share([1.0, 1.0, 1.0]).high == 1.0
    assert intervals.share([0.0, 0.0, 0.02]).low > 0
    assert math.isnan(intervals.share([0.9, 1.0]).low)


def test_as_many_replicas_would_tell_as_bring_the_interval_to_one_side_of_the_margin():
    open_ = intervals.Interval(0.0, -0.03, 0.03, 3)  # s = 0.03 * sqrt(3) / 4.3027 = 0.01208
    n = intervals.replicas_to_tell(open_)
    assert n == 9  # t(8) 2.306 * 0.01208 / 3 = 0.0093 <= 0.01 < 0.0101 = t(7) 2.365 * 0.01208 / sqrt(8)
    assert intervals.replicas_to_tell(intervals.Interval(-0.01, -0.03, 0.01, 3)) is None
    assert intervals.replicas_to_tell(intervals.Interval(0.0, math.nan, math.nan, 2)) is None


def test_a_difference_is_shown_where_its_interval_lies_on_one_side_of_zero():
    assert intervals.mean([0.1, 0.2, 0.3]).low < 0
    assert intervals.mean([0.1, 0.2, 0.3]).shows() == "not shown to differ"
    assert intervals.mean([0.19, 0.2, 0.21]).shows() == "higher"
    assert intervals.mean([-0.19, -0.2, -0.21]).shows("better", "worse") == "worse"
    assert intervals.mean([5.0, 5.0]).shows() == "not shown to differ", "two have no interval"
    assert intervals.mean([0.0, 0.0, 0.0]).shows() == "not shown to differ", "zero is in it"
