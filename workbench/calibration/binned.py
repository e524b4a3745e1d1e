"""Confidence against accuracy in bins: the reliability diagram, and the calibration errors that are read off it.

ECE (Naeini et al. 2015, "Obtaining Well Calibrated Probabilities Using Bayesian Binning"; Guo et al. 2017, "On
Calibration of Modern Neural Networks"): with the bins' counts n_b, mean confidences c_b and accuracies a_b,
ECE = Σ_b n_b / N · |c_b - a_b|.

The same predictions have another ECE under other bins, so they are said: 15 of equal width, closed on the right,
(a, b], as Guo et al.; the published code of "Distributionally Robust Ensemble of Lottery Tickets" has 10, and drops a
confidence of exactly 0; torchmetrics closes on the left, [a, b), in float32, with a bin of its own for 1.0. Here 0 is
in the first bin and 1 in the last on either side. (0.3 as a float32 is above 0.3, and so in the next bin of ten.)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import nan
from typing import Any

import numpy as np
from jaxtyping import Float64, Int64

from workbench.calibration.arrays import Array, checked, numbers, top
from workbench.numbers import intervals
from workbench.work import rules
from workbench.work.nearest import check_known

BINS, MOST = 15, 10_000
CLOSED = ("right", "left")
MASS = ("width", "equal")
Z = 1.959963984540054  # of a 95 % interval


@dataclass(frozen=True, eq=False)
class Binned:
    """N confidences in B bins: of each its bounds, the count, the sum of confidences, and how many are right."""

    low_B: Float64[np.ndarray, " bins"]
    high_B: Float64[np.ndarray, " bins"]
    count_B: Int64[np.ndarray, " bins"]
    confidence_B: Float64[np.ndarray, " bins"]
    right_B: Float64[np.ndarray, " bins"]

    @property
    def gaps(self) -> Float64[np.ndarray, " bins"]:
        """Mean confidence less accuracy of each bin; 0 of an empty one."""
        return (self.confidence_B - self.right_B) / np.maximum(self.count_B, 1)

    @property
    def shares(self) -> Float64[np.ndarray, " bins"]:
        """The share of the predictions in each bin."""
        return self.count_B / self.count_B.sum()

    @property
    def error(self) -> float:
        """Σ n_b / N · |c_b - a_b|."""
        return float(self.shares @ np.abs(self.gaps))

    def __repr__(self) -> str:
        return f"Binned(bins={len(self.count_B)}, examples={self.count_B.sum()}, error={self.error:.4f})"


def ece(probabilities: Array, labels: Array, *, bins: int = BINS, closed: str = "right", mass: str = "width") -> float:
    """Return the expected calibration error of the predicted classes, Σ n_b / N · |c_b - a_b|; in [0, 1].

    `closed` is the side on which a bin holds its bound; `mass` is "width" (bins of equal width) or "equal" (of equally
    many predictions). It is above 0 for perfect calibration too: read it beside `ece_floor` and `ece_debiased`.
    """
    return binned(*top(probabilities, labels), bins=bins, closed=closed, mass=mass).error


def ece_equal_mass(probabilities: Array, labels: Array, *, bins: int = BINS, closed: str = "right") -> float:
    """Return the ECE over bins of equally many predictions (the ACE of Nixon et al. 2019, for the predicted class)."""
    return ece(probabilities, labels, bins=bins, closed=closed, mass="equal")


def mce(probabilities: Array, labels: Array, *, bins: int = BINS, closed: str = "right", mass: str = "width") -> float:
    """Return the maximum calibration error, max_b |c_b - a_b| (Naeini et al. 2015); one lonely prediction makes it."""
    return float(np.abs(binned(*top(probabilities, labels), bins=bins, closed=closed, mass=mass).gaps).max())


def classwise_ece(
    probabilities: Array, labels: Array, *, bins: int = BINS, closed: str = "right", mass: str = "width"
) -> float:
    """Return the mean over classes of the ECE of "it is class c", over all examples (Kull et al. 2019).

    It sees the probabilities of the classes that are not predicted too; most of them are small, and so is it.
    """
    p_NC, y_N = checked(probabilities, labels)
    options = {"bins": bins, "closed": closed, "mass": mass}
    return float(np.mean([binned(p_N, y_N == c, **options).error for c, p_N in enumerate(np.minimum(p_NC, 1).T)]))


def reliability(
    probabilities: Array, labels: Array, *, bins: int = BINS, closed: str = "right", mass: str = "width"
) -> list[dict[str, float]]:
    """Return the reliability diagram as rows, one a bin: where it lies, how many, how sure, how often right.

    `low` and `high` bound the bin; `count` = `right` + `wrong`; `confidence` and `accuracy` are means, `accuracy_low`
    and `accuracy_high` Wilson's 95 % interval of the accuracy. Of an empty bin these four are NaN.
    """
    diagram, rows = binned(*top(probabilities, labels), bins=bins, closed=closed, mass=mass), []
    columns = (diagram.low_B, diagram.high_B, diagram.count_B, diagram.confidence_B, diagram.right_B)
    for place, (low, high, n, confidence, right) in enumerate(zip(*(c.tolist() for c in columns), strict=True)):
        row = {"bin": place, "low": low, "high": high, "count": n}
        row |= {"confidence": confidence / n if n else nan, "accuracy": right / n if n else nan}
        row |= zip(("accuracy_low", "accuracy_high"), wilson(right, n), strict=True)
        rows.append(row | {"right": int(right), "wrong": int(n - right)})
    return rows


def mean_reliability(replicas: Sequence[Sequence[dict[str, float]]]) -> list[dict[str, Any]]:
    """Return the mean of reliability diagrams: the bins in which a replica has a prediction, `count` the mean over all.

    The interval of the accuracy is Student's t over replicas, where three have a bin and differ there; else Wilson's on
    as many predictions as one has there. `how` says which; `gap` is confidence less accuracy.
    """
    way_on = "[wb.calibration.reliability(p, labels, bins=15) for each replica] are, of as many bins each"
    if not isinstance(replicas, Sequence) or not all(isinstance(rows, Sequence) for rows in replicas):
        raise rules.refused("replicas", "reliability diagrams", replicas, way_on)
    for rows in replicas:
        if len(rows) != len(replicas[0]) or not all(isinstance(row, Mapping) and "count" in row for row in rows):
            raise ValueError(f"replicas must be reliability diagrams of as many bins each; {way_on}")
    rows = []
    for several in zip(*replicas, strict=True):
        there = [row for row in several if row["count"]]
        if not there:
            continue
        accuracy = intervals.mean([row["accuracy"] for row in there])
        low, high, how = max(0.0, accuracy.low), min(1.0, accuracy.high), f"t over {accuracy.n} replicas"
        if accuracy.n < intervals.LEAST or accuracy.low == accuracy.high:
            each = max(1, round(sum(row["count"] for row in there) / len(there)))
            (low, high), how = wilson(min(accuracy.mean, 1.0) * each, each), f"Wilson, {each} predictions"
        row: dict[str, Any] = {name: several[0][name] for name in ("bin", "low", "high")}
        row["count"] = sum(row["count"] for row in several) / len(several)
        row["confidence"] = sum(row["confidence"] for row in there) / len(there)
        row |= {"accuracy": accuracy.mean, "accuracy_low": low, "accuracy_high": high, "how": how}
        rows.append(row | {"gap": row["confidence"] - accuracy.mean})
    return rows


def binned(confidences: Array, right: Array, *, bins: int = BINS, closed: str = "right", mass: str = "width") -> Binned:
    """Sort confidences (N,), from 0 to 1, into bins, with whether each was right (N,)."""
    c_N, right_N = numbers(confidences, "confidences"), numbers(right, "right")
    if c_N.ndim != 1 or c_N.shape != right_N.shape or not len(c_N):
        raise ValueError(
            f"confidences and right must be one number an example, of one example at least, got the shapes {c_N.shape} "
            f"and {right_N.shape}; for rows of probabilities there is ece(probabilities, labels)"
        )
    if not ((c_N >= 0) & (c_N <= 1)).all():
        raise ValueError(
            f"confidences must be from 0 to 1, got {c_N.min():.4g} to {c_N.max():.4g}; "
            "that of a prediction is torch.softmax(logits, 1).amax(1)"
        )
    if not ((right_N >= 0) & (right_N <= 1)).all():
        raise ValueError("right must be True or False for each example; probabilities.argmax(1) == labels is")
    edges, index_N = cut(c_N, bins, closed, mass)
    count_B, confidence_B, right_B = (np.bincount(index_N, weights, minlength=bins) for weights in (None, c_N, right_N))
    return Binned(edges[:-1], edges[1:], count_B.astype(np.int64), confidence_B, right_B)


def cut(
    c_N: Float64[np.ndarray, " examples"], bins: int, closed: str, mass: str
) -> tuple[Float64[np.ndarray, " edges"], Int64[np.ndarray, " examples"]]:
    """Return the bounds of the bins and the bin of each confidence.

    Bins of equal mass end at order statistics, so that equal confidences stay together and the order of the examples
    does not matter; without ties their counts differ by one at most. Raises a ValueError for an option that is not
    there.
    """
    bins = rules.whole("bins", bins, least=1, most=MOST, way_on="15 and 10 are usual")
    check_known("closed side", closed, CLOSED)
    check_known("mass", mass, MASS, 'equal "width", or "equal" counts')
    if mass == "width":
        edges = np.arange(bins + 1) / bins  # 3 / 10 is 0.3, the third of np.linspace(0, 1, 11) is not
    else:
        ordered, n = np.sort(c_N), len(c_N)
        place = np.arange(1, bins) * n
        inner = ordered[-(-place // bins) - 1] if closed == "right" else ordered[place // bins]
        edges = np.concatenate([ordered[:1], inner, ordered[-1:]])
    # the number of bounds below it, (a, b]; or of those below it and at it, [a, b)
    index_N = np.searchsorted(edges[1:-1], c_N, side="left" if closed == "right" else "right")
    return edges, index_N.astype(np.int64)


def wilson(right: float, n: int) -> tuple[float, float]:
    """Return Wilson's (1927) 95 % interval of a share, `right` of `n`; it does not shrink to a point at 0 or 1."""
    if not rules.whole("n", n, way_on="it counts examples"):
        return nan, nan
    share = rules.number("right", right, least=0, most=n, way_on=f"it counts the right ones of n={n}") / n
    middle = (share + Z**2 / (2 * n)) / (1 + Z**2 / n)
    half = Z / (1 + Z**2 / n) * np.sqrt(share * (1 - share) / n + Z**2 / (4 * n**2))
    return float(max(0.0, middle - half)), float(min(1.0, middle + half))
