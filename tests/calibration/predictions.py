"""Predictions that the tests of calibration share: five by hand, and many whose truth is known."""

from __future__ import annotations

from types import ModuleType

import numpy as np

from workbench.data._torchvision import torchvision

# confidence 1, 0.75, 0.8, 0.5 (a tie: the first class), 0.6; right, wrong, right, right, wrong
FIVE = np.array([[1.0, 0.0], [0.75, 0.25], [0.2, 0.8], [0.5, 0.5], [0.4, 0.6]])
LABELS = np.array([0, 1, 1, 0, 0])


def simulated(n: int, *, temperature: float, seed: int, classes: int = 10) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return probabilities, labels, and the true probabilities, those of the same logits over a temperature.

    A temperature of 1 is perfect calibration; above it the probabilities are overconfident.
    """
    draw = np.random.default_rng(seed)
    logits = 3 * draw.normal(size=(n, classes))
    truth = softmax(logits / temperature)
    labels = (draw.random((n, 1)) > truth.cumsum(1)).sum(1).clip(max=classes - 1)
    return softmax(logits), labels, truth


def torchmetrics() -> ModuleType:
    """Its functions for classification; it imports torchvision, which is mended first where it does not fit torch."""
    torchvision()
    from torchmetrics.functional import classification

    return classification


def softmax(logits: np.ndarray) -> np.ndarray:
    e = np.exp(logits - logits.max(1, keepdims=True))
    return e / e.sum(1, keepdims=True)
