"""Proper scores: negative log-likelihood and Brier score, least in expectation where the probabilities are the truth.

Unlike a calibration error they cannot be had by saying little: both calibration and sharpness count, and no bins are
chosen. Gneiting & Raftery 2007, "Strictly Proper Scoring Rules, Prediction, and Estimation".
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64, Int64

from workbench.calibration.arrays import Array, checked, top
from workbench.calibration.binned import BINS, cut
from workbench.work.nearest import check_known

SPLITS = ("classes", "top")


@dataclass(frozen=True)
class BrierSplit:
    """A Brier score as reliability - resolution + uncertainty + within.

    `reliability`: how far the bins' frequencies are from what was said (less is better); `resolution`: how far they are
    from the base rate (more is better); `uncertainty`: of the base rate; `within`: what the bins hide.
    """

    brier: float
    reliability: float
    resolution: float
    uncertainty: float
    within: float


def nll(probabilities: Array, labels: Array) -> float:
    """Return the negative log-likelihood, the mean of -log p(label) in nats.

    Infinite where a label was given probability 0: that is what "impossible" costs, once it happens. (scikit-learn's
    log_loss clips, and makes it 36.)
    """
    return float(each_nll(*checked(probabilities, labels)).mean())


def brier(probabilities: Array, labels: Array) -> float:
    """Return the Brier score, the mean of Σ_c (p_c - [c is the label])²; in [0, 2], as Brier 1950 wrote it.

    For two classes it is twice the score of "the probability of one", which scikit-learn returns there.
    """
    return float(each_brier(*checked(probabilities, labels)).mean())


def brier_split(
    probabilities: Array,
    labels: Array,
    *,
    bins: int = BINS,
    closed: str = "right",
    mass: str = "width",
    of: str = "classes",
) -> BrierSplit:
    """Split a Brier score into reliability, resolution and uncertainty (Murphy 1973), and what is left within bins.

    `of` is "classes" (the split of `brier`: the sum over classes of the splits of "it is class c") or "top" (that of
    "the prediction is right", (confidence - right)², which is what a reliability diagram shows). The three add up where
    all forecasts of a bin are equal; else the variance of the forecasts within bins, less twice their covariance with
    what happened, belongs to it (Stephenson, Coelho & Jolliffe 2008): with it the sum is exact.
    """
    check_known("split of the Brier score", of, SPLITS)
    if of == "top":
        confidence_N, right_N = top(probabilities, labels)
        pairs = [(confidence_N, right_N.astype(np.float64))]
    else:
        p_NC, y_N = checked(probabilities, labels)
        pairs = [(p_N, (y_N == c).astype(np.float64)) for c, p_N in enumerate(p_NC.T)]
    return BrierSplit(*(float(part) for part in np.sum([_split(f, o, bins, closed, mass) for f, o in pairs], axis=0)))


def each_nll(
    p_NC: Float64[np.ndarray, "examples classes"], y_N: Int64[np.ndarray, " examples"]
) -> Float64[np.ndarray, " examples"]:
    """Return -log p(label) of each example; scikit-learn has only the mean."""
    with np.errstate(divide="ignore"):
        return -np.log(np.minimum(p_NC[np.arange(len(y_N)), y_N], 1))


def each_brier(
    p_NC: Float64[np.ndarray, "examples classes"], y_N: Int64[np.ndarray, " examples"]
) -> Float64[np.ndarray, " examples"]:
    """Return Σ_c (p_c - [c is the label])² of each example."""
    return ((p_NC - np.eye(p_NC.shape[1])[y_N]) ** 2).sum(1)


def _split(
    f_N: Float64[np.ndarray, " examples"], o_N: Float64[np.ndarray, " examples"], bins: int, closed: str, mass: str
) -> Float64[np.ndarray, " parts"]:
    """Return score, reliability, resolution, uncertainty and what is within bins, of forecasts f of an event o."""
    _, index_N = cut(f_N, bins, closed, mass)
    n_B, f_B, o_B = (np.bincount(index_N, weights, minlength=bins) for weights in (None, f_N, o_N))
    f_B, o_B = f_B / np.maximum(n_B, 1), o_B / np.maximum(n_B, 1)
    rate, df_N, do_N = o_N.mean(), f_N - f_B[index_N], o_N - o_B[index_N]
    reliability, resolution = n_B @ (f_B - o_B) ** 2 / len(f_N), n_B @ (o_B - rate) ** 2 / len(f_N)
    within = np.mean(df_N**2) - 2 * np.mean(df_N * do_N)
    return np.array([np.mean((f_N - o_N) ** 2), reliability, resolution, rate * (1 - rate), within])
