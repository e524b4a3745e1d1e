"""How sure a network is, set against how often it is right: the signed gap, confidence when wrong, risk by coverage."""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool, Float64, Int64

from workbench.calibration.arrays import Array, top


def accuracy(probabilities: Array, labels: Array) -> float:
    """Return the share of examples whose most probable class is their label."""
    return float(top(probabilities, labels)[1].mean())


def signed_gap(probabilities: Array, labels: Array) -> float:
    """Return mean confidence less accuracy: above 0 the network is overconfident, below it is underconfident.

    An ECE does not tell the two apart, and a remedy for the one harms the other.
    """
    confidence_N, right_N = top(probabilities, labels)
    return float(confidence_N.mean() - right_N.mean())


def wrong_confidence(probabilities: Array, labels: Array) -> float:
    """Return the mean confidence of the wrong predictions; NaN where nothing is wrong."""
    confidence_N, right_N = top(probabilities, labels)
    return float("nan") if right_N.all() else float(confidence_N[~right_N].mean())


def aurc(probabilities: Array, labels: Array) -> float:
    """Return the area under the risk-coverage curve: the mean over k of the error of the k most confident predictions.

    0 where nothing is wrong; the error rate, on average, where confidence says nothing. Equal confidences are taken in
    the mean over their orders. Geifman, Uziel & El-Yaniv 2019, "Bias-Reduced Uncertainty Estimation for Deep Neural
    Classifiers".
    """
    return _area(_by_confidence(*top(probabilities, labels)))


def excess_aurc(probabilities: Array, labels: Array) -> float:
    """Return the AURC less that of the best order, all wrong ones last (E-AURC, Geifman et al. 2019).

    Unlike the AURC it does not fall with the error rate alone. The best is counted here, and no integral stands for it.
    """
    confidence_N, right_N = top(probabilities, labels)
    return _area(_by_confidence(confidence_N, right_N)) - _area(np.sort(~right_N).astype(np.float64))


def sure_and_wrong(probabilities: Array, labels: Array) -> Int64[np.ndarray, " wrong"]:
    """Return the places of the wrong predictions, the most confident first."""
    confidence_N, right_N = top(probabilities, labels)
    wrong = np.flatnonzero(~right_N)
    return wrong[np.argsort(-confidence_N[wrong], kind="stable")].astype(np.int64)


def _by_confidence(
    confidence_N: Float64[np.ndarray, " examples"], right_N: Bool[np.ndarray, " examples"]
) -> Float64[np.ndarray, " examples"]:
    """1 where wrong, the most confident first; of equal confidences each has their mean."""
    _, group_N, count = np.unique(-confidence_N, return_inverse=True, return_counts=True)
    return np.repeat(np.bincount(group_N, ~right_N) / count, count)


def _area(wrong_N: Float64[np.ndarray, " examples"]) -> float:
    """The mean over k of the mean of the first k."""
    return float(np.mean(np.cumsum(wrong_N) / np.arange(1, len(wrong_N) + 1)))
