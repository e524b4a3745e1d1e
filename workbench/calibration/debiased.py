"""What an ECE is made of chance alone: its floor under perfect calibration, and its value with the bias taken away.

|c_b - a_b| of a bin is above 0 by chance where the truth is 0, so an ECE overstates: by more the fewer the examples and
the more the bins. On 697 predictions of a perfectly calibrated network, in 15 bins, it is 0.03 to 0.04. A bootstrap
cannot tell: each draw has the bias again.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float64

from workbench.calibration.arrays import Array, top
from workbench.calibration.binned import BINS, Binned, binned, cut
from workbench.work import rules
from workbench.work.nearest import check_known
from workbench.work.seeds import number

NORMS = ("l1", "l2")
HELD = 2**21  # numbers drawn at once


def ece_debiased(
    probabilities: Array,
    labels: Array,
    *,
    bins: int = BINS,
    closed: str = "right",
    mass: str = "width",
    norm: str = "l1",
) -> float:
    """Return the ECE less its bias; not cut at 0, so that a mean over seeds has no bias from the cut either.

    "l1" is on the scale of the ECE printed beside it: 2 ECE - E[ECE*], where the accuracies of ECE* are drawn from
    normal laws around those found, as in the `uncertainty-calibration` package of Kumar, Liang & Ma 2019 ("Verified
    Uncertainty Calibration"). The expectation is that of a folded normal, so nothing is drawn. No estimator of |x| is
    unbiased: this takes away 40 % of the bias of a calibrated network, nearly all of that of a miscalibrated one, and
    up to 0.006 too much where the plain ECE has hardly any (simulated, 150 to 1000 examples).

    "l2" is the root, with its sign, of the estimator of Σ n_b / N · (c_b - a_b)² that is unbiased (Bröcker 2012; Ferro
    & Fricker 2012; Kumar et al.). It varies up to twice as much, and so is not the default.

    Both take the variance a_b (1 - a_b) / (n_b - 1), and in a bin of one what its confidence claims, c_b (1 - c_b).
    """
    check_known("norm", norm, NORMS)
    diagram = binned(*top(probabilities, labels), bins=bins, closed=closed, mass=mass)
    gap_B, variance_B, share_B = np.abs(diagram.gaps), _variance(diagram), diagram.shares
    if norm == "l1":
        return float(share_B @ (2 * gap_B - _folded(gap_B, np.sqrt(variance_B))))
    square = float(share_B @ (gap_B**2 - variance_B))
    return float(np.sign(square) * np.sqrt(np.abs(square)))


def ece_floor(
    probabilities: Array,
    labels: Array,
    *,
    bins: int = BINS,
    closed: str = "right",
    mass: str = "width",
    draws: int = 100,
    seed: int = 0,
) -> float:
    """Return the mean ECE that these probabilities have where they are true: labels are drawn from them `draws` times.

    An ECE near it is no sign of miscalibration. (The consistency resampling of Bröcker & Smith 2007, "Increasing the
    Reliability of Reliability Diagrams".) The labels that are given are looked at, and not used.
    """
    rules.whole("draws", draws, least=1, most=100_000, way_on="100 are usual")
    c_N, _ = top(probabilities, labels)
    _, index_N = cut(c_N, bins, closed, mass)
    confidence_B = np.bincount(index_N, c_N, minlength=bins)
    in_bin_NB = np.eye(bins)[index_N]
    draw, total, at_once = np.random.default_rng(number(seed, "ece_floor")), 0.0, max(1, HELD // len(c_N))
    for first in range(0, draws, at_once):
        right_DN = draw.random((min(at_once, draws - first), len(c_N))) < c_N  # the predicted class is drawn: p = c
        total += np.abs(right_DN.astype(np.float64) @ in_bin_NB - confidence_B).sum() / len(c_N)
    return float(total / draws)


def ece_in_full(
    probabilities: Array, labels: Array, *, bins: int = BINS, closed: str = "right", mass: str = "width", seed: int = 0
) -> str:
    """Return the ECE as it should be printed: with its debiased value, its floor, and what the bins are."""
    cuts = {"bins": bins, "closed": closed, "mass": mass}
    plain = binned(*top(probabilities, labels), **cuts).error
    debiased = ece_debiased(probabilities, labels, **cuts)
    floor = ece_floor(probabilities, labels, **cuts, seed=seed)
    kind = "equal width" if mass == "width" else "equal mass"
    return (
        f"ECE {plain:.4f}, debiased {debiased:.4f}, floor {floor:.4f} ({bins} bins of {kind}, closed on the {closed})"
    )


def _variance(diagram: Binned) -> Float64[np.ndarray, " bins"]:
    """The variance of a bin's accuracy about its truth; 0 of an empty bin."""
    n = np.maximum(diagram.count_B, 1)
    accuracy, confidence = diagram.right_B / n, diagram.confidence_B / n
    return np.where(n > 1, accuracy * (1 - accuracy) / np.maximum(n - 1, 1), confidence * (1 - confidence))


def _folded(
    mean_B: Float64[np.ndarray, " bins"], deviation_B: Float64[np.ndarray, " bins"]
) -> Float64[np.ndarray, " bins"]:
    """E|X| of X ~ N(m, s²): s √(2/π) exp(-m² / 2s²) + m erf(m / s√2), which is |m| where s is 0."""
    from scipy.special import erf

    spread = deviation_B > 0
    z = np.divide(mean_B, np.sqrt(2) * deviation_B, out=np.full_like(mean_B, np.inf), where=spread)
    return deviation_B * np.sqrt(2 / np.pi) * np.exp(-(z**2)) + mean_B * erf(z)
