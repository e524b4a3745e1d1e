"""Numbers with intervals: what n replicas allow one to say.

A t interval over replicas, a paired difference where both were run from the same seeds, and a bootstrap over examples.
Three replicas are the least that is shown with an interval.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from workbench.work import rules

LEAST = 3  # replicas
MOST = 1_000_000  # draws of a bootstrap: more are a slip
HELD = 2**20  # examples drawn at once by a bootstrap: 8 MB


@dataclass(frozen=True)
class Interval:
    """An estimate and its interval, of n values; `low` and `high` are NaN for fewer than three."""

    mean: float
    low: float
    high: float
    n: int

    def shows(self, above: str = "higher", below: str = "lower") -> str:
        """Say what the interval of a difference shows: `above` where all of it lies above 0, `below` where all of it
        lies below, and else "not shown to differ", as of fewer than three values.
        """
        return above if self.low > 0 else below if self.high < 0 else "not shown to differ"

    def __str__(self) -> str:
        if self.n < LEAST:
            return f"{self.mean:.4f} (n = {self.n}: no interval)"
        return f"{self.mean:.4f} [{self.low:.4f}, {self.high:.4f}], n = {self.n}"


def mean(values: Sequence[float], *, confidence: float = 0.95) -> Interval:
    """Return the mean of the replicas with Student's t interval: m ± t · s / sqrt(n).

    Exact for normal values; with three replicas t is 4.3, so the interval is wide, as it should be.
    """
    x = _numbers("values", values, confidence)
    if not np.isfinite(x).all():
        raise ValueError(
            f"the values must be finite, got {x.tolist()}; leave out the replicas that diverged, and say so"
        )
    n, m = len(x), float(x.mean())
    if n < LEAST:
        return Interval(m, float("nan"), float("nan"), n)
    from scipy.special import stdtrit  # the t quantile without the 0.9 s of importing scipy.stats

    half = float(stdtrit(n - 1, (1 + confidence) / 2)) * float(x.std(ddof=1)) / float(np.sqrt(n))
    return Interval(m, m - half, m + half, n)


def share(values: Sequence[float], *, confidence: float = 0.95) -> Interval:
    """Return the mean of shares with an interval that stays within [0, 1].

    It is Student's, unless that leaves [0, 1]: then it is taken on the scale of logits, whose standard error is that of
    the mean over m (1 - m) (delta method), and brought back. A share that is the same in all replicas has no width.
    Raises a ValueError for what is no share.
    """
    x = _numbers("values", values, confidence)
    if ((x < 0) | (x > 1)).any():
        raise ValueError(f"the values must be shares in [0, 1], got {x.tolist()}; for differences take intervals.mean")
    interval = mean(values, confidence=confidence)
    m, half = interval.mean, interval.high - interval.mean
    if not 0 < m < 1 or (interval.low >= 0 and interval.high <= 1) or interval.n < LEAST:
        return interval
    middle, reach = math.log(m / (1 - m)), half / (m * (1 - m))
    low, high = (0.5 * (1 + math.tanh((middle + side * reach) / 2)) for side in (-1, 1))
    return Interval(m, low, high, interval.n)


def geometric(values: Sequence[float], *, confidence: float = 0.95) -> Interval:
    """Return the geometric mean of values above zero, with exp of the t interval of their logarithms.

    For what spreads over powers of ten, such as errors: the interval never goes below zero.
    """
    x = _numbers("values", values, confidence)
    if not (x > 0).all():
        raise ValueError(f"the values must be above 0, got {x.tolist()}; leave out those that are 0, and say so")
    logs = mean(list(np.log(x)), confidence=confidence)
    middle, low, high = np.exp([logs.mean, logs.low, logs.high]).tolist()
    return Interval(middle, low, high, logs.n)


def paired(a: Sequence[float], b: Sequence[float], *, confidence: float = 0.95) -> Interval:
    """Return the mean of a - b with its t interval; a[i] and b[i] came from the same seed."""
    x, y = _numbers("a", a, confidence), _numbers("b", b, confidence)
    if len(x) != len(y):
        raise ValueError(f"pairs must be of equal number, got {len(x)} and {len(y)}; pair them by seed and replica")
    return mean(list(x - y), confidence=confidence)


def matches(difference: Interval, *, margin: float = 0.01) -> bool:
    """Say whether one matches the other: the lower end of the paired interval is at least -margin (one point)."""
    _check_difference(difference, margin)
    return bool(difference.low >= -margin)  # NaN, of too few replicas, never matches


def equals(difference: Interval, *, margin: float = 0.01) -> bool:
    """Say whether both are equal: the paired interval lies within ±margin."""
    _check_difference(difference, margin)
    return bool(difference.low >= -margin and difference.high <= margin)


def replicas_to_tell(difference: Interval, *, margin: float = 0.01, confidence: float = 0.95) -> int | None:
    """Return how many pairs would tell whether one matches the other, if mean and spread stay what was measured.

    The least n, above those that there are, at which the interval m ± t · s / √n lies on one side of -margin; None
    where more than a thousand would be needed, or fewer than three tell no spread.
    """
    _check_difference(difference, margin)
    _check_limits(margin, confidence)
    if difference.n < LEAST or math.isnan(difference.high):
        return None
    from scipy.special import stdtrit

    n = np.arange(LEAST, 1001)
    t = stdtrit(n - 1, (1 + confidence) / 2)
    spread = (difference.high - difference.mean) * math.sqrt(difference.n) / t[difference.n - LEAST]
    enough = n[(n > difference.n) & (t * spread / np.sqrt(n) <= abs(difference.mean + margin))]
    return int(enough[0]) if len(enough) else None


def power_of_equality(spread: float, n: int, *, margin: float = 0.01, confidence: float = 0.95) -> float:
    """Return the chance that n pairs show equality (`equals`) if there is no difference between the two.

    `spread` is the standard deviation of the paired differences, from a pilot. Equality is shown where |D| + t · S / √n
    < margin; D is normal, S² a chi-squared of n - 1, and the chance is averaged over S. NaN for fewer than three pairs.
    """
    _check_limits(margin, confidence)
    rules.whole("n", n, way_on="it counts pairs, and three are the least")
    if n < LEAST or (isinstance(spread, float) and math.isnan(spread)):
        return float("nan")
    rules.number("spread", spread, least=0, way_on="it is the deviation of the paired differences, of a pilot")
    from scipy.special import chdtri, ndtr, stdtrit

    error = spread / np.sqrt(n)
    s = error * np.sqrt(chdtri(n - 1, (np.arange(2000) + 0.5) / 2000) / (n - 1))
    room = np.maximum(margin - float(stdtrit(n - 1, (1 + confidence) / 2)) * s, 0)
    return float(np.mean(2 * ndtr(room / error) - 1)) if error > 0 else 1.0


def bootstrap(
    statistic: Callable[..., np.ndarray | float],
    *examples: np.ndarray,
    draws: int = 1000,
    confidence: float = 0.95,
    seed: int = 0,
) -> Interval:
    """Return the percentile interval of `statistic(*examples)` over examples drawn with replacement.

    It serves means over examples (accuracy, loss, Brier); never a plain ECE, which it overstates. `examples` are arrays
    (N,) of one number an example each, drawn together. `statistic` takes them and `axis`, as np.mean does: it is called
    with many draws at once, the examples along the last axis. NaN ends for fewer than three examples. (scipy.stats has
    the same one; importing it takes longer than a thousand draws of ten thousand examples.)
    """
    rules.function("statistic", statistic, "np.mean is one")
    if not examples:
        raise ValueError("an interval needs at least one value, got none; give an array of one number an example")
    arrays = [_numbers("examples", values, confidence) for values in examples]
    for array in arrays:
        if array.shape != arrays[0].shape:
            raise ValueError(f"examples must be arrays of one length, got the shapes {[a.shape for a in arrays]}")
        if bad := int((~np.isfinite(array)).sum()):
            raise ValueError(f"the values must be finite, {bad} of {len(array)} are not; leave them out, and say so")
    rules.whole("draws", draws, least=1, most=MOST, way_on="1000 are usual")
    n, estimate = len(arrays[0]), float(statistic(*arrays, axis=-1))
    if n < LEAST:
        return Interval(estimate, float("nan"), float("nan"), n)
    from workbench.work.seeds import number

    draw, statistics, at_once = np.random.default_rng(number(seed, "bootstrap")), [], max(1, HELD // n)
    for first in range(0, draws, at_once):
        index_DN = draw.integers(0, n, (min(at_once, draws - first), n), dtype=np.int32)
        statistics.append(statistic(*(array[index_DN] for array in arrays), axis=-1))
    low, high = np.quantile(np.concatenate(statistics), [(1 - confidence) / 2, (1 + confidence) / 2])
    return Interval(estimate, float(low), float(high), n)


def _numbers(name: str, values: Any, confidence: float) -> np.ndarray:
    """Return the values as an array (N,); a ValueError for what is none, of none, or a confidence out of range."""
    _check_limits(0, confidence)
    try:
        x = np.asarray(values)
        x = x.astype(float) if x.dtype.kind in "biufO" else np.zeros(())  # no text, also of a number
    except (TypeError, ValueError):
        x = np.zeros(())
    if x.ndim != 1:
        raise rules.refused(name, "several numbers, one a replica or example", values, "[0.91, 0.93, 0.92] are some")
    if not len(x):
        raise ValueError("an interval needs at least one value, got none; run a replica first")
    return x


def _check_difference(difference: Interval, margin: float) -> None:
    rules.instance("difference", difference, Interval, "an Interval", "wb.intervals.paired(a, b) makes one")
    _check_limits(margin, 0.95)


def _check_limits(margin: float, confidence: float) -> None:
    rules.number("margin", margin, least=0, way_on="0.01 is one point")
    rules.number("confidence", confidence, above=0, below=1, way_on='for "95 %" pass 0.95')
