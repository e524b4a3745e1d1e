"""Numbers with intervals: what n replicas allow one to say.

A t interval over replicas, a paired difference where both were run from the same seeds, and a bootstrap over examples.
Three replicas are the least that is shown with an interval.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

LEAST = 3  # replicas
HELD = 2**20  # examples drawn at once by a bootstrap: 8 MB


@dataclass(frozen=True)
class Interval:
    """An estimate and its interval, of n values; `low` and `high` are NaN for fewer than three."""

    mean: float
    low: float
    high: float
    n: int

    def __str__(self) -> str:
        if self.n < LEAST:
            return f"{self.mean:.4f} (n = {self.n}: no interval)"
        return f"{self.mean:.4f} [{self.low:.4f}, {self.high:.4f}], n = {self.n}"


def mean(values: Sequence[float], *, confidence: float = 0.95) -> Interval:
    """Return the mean of the replicas with Student's t interval: m ± t · s / sqrt(n).

    Exact for normal values; with three replicas t is 4.3, so the interval is wide, as it should be.
    """
    x = np.asarray(values, dtype=float)
    _check(x, confidence)
    n, m = len(x), float(x.mean())
    if n < LEAST:
        return Interval(m, float("nan"), float("nan"), n)
    from scipy.special import stdtrit  # the t quantile without the 0.9 s of importing scipy.stats

    half = float(stdtrit(n - 1, (1 + confidence) / 2)) * float(x.std(ddof=1)) / float(np.sqrt(n))
    return Interval(m, m - half, m + half, n)


def paired(a: Sequence[float], b: Sequence[float], *, confidence: float = 0.95) -> Interval:
    """Return the mean of a - b with its t interval; a[i] and b[i] came from the same seed."""
    if len(a) != len(b):
        raise ValueError(f"pairs must be of equal number, got {len(a)} and {len(b)}; pair them by seed and replica")
    return mean(list(np.asarray(a, dtype=float) - np.asarray(b, dtype=float)), confidence=confidence)


def matches(difference: Interval, *, margin: float = 0.01) -> bool:
    """Say whether one matches the other: the lower end of the paired interval is at least -margin (one point)."""
    return bool(difference.low >= -margin)  # NaN, of too few replicas, never matches


def equals(difference: Interval, *, margin: float = 0.01) -> bool:
    """Say whether both are equal: the paired interval lies within ±margin."""
    return bool(difference.low >= -margin and difference.high <= margin)


def power_of_equality(spread: float, n: int, *, margin: float = 0.01, confidence: float = 0.95) -> float:
    """Return the chance that n pairs show equality (`equals`) if there is no difference between the two.

    `spread` is the standard deviation of the paired differences, from a pilot. Equality is shown where |D| + t · S / √n
    < margin; D is normal, S² a chi-squared of n - 1, and the chance is averaged over S. NaN for fewer than three pairs.
    """
    if n < LEAST or not np.isfinite(spread):
        return float("nan")
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
    arrays = [np.asarray(values, dtype=float) for values in examples]
    _check_some(arrays[0], confidence)
    for array in arrays:
        if array.shape != arrays[0].shape or array.ndim != 1:
            raise ValueError(f"examples must be arrays of one length, got the shapes {[a.shape for a in arrays]}")
        if bad := int((~np.isfinite(array)).sum()):
            raise ValueError(f"the values must be finite, {bad} of {len(array)} are not; leave them out, and say so")
    if draws < 1:
        raise ValueError(f"draws must be at least 1, got {draws}; 1000 are usual")
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


def _check(x: np.ndarray, confidence: float) -> None:
    _check_some(x, confidence)
    if not np.isfinite(x).all():
        raise ValueError(
            f"the values must be finite, got {x.tolist()}; leave out the replicas that diverged, and say so"
        )


def _check_some(x: np.ndarray, confidence: float) -> None:
    if not len(x):
        raise ValueError("an interval needs at least one value, got none; run a replica first")
    if not 0 < confidence < 1:
        raise ValueError(f'confidence must be in (0, 1), got {confidence}; for "95 %" pass 0.95')
