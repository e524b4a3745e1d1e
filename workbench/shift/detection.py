"""How well a score tells images of other data from those of the training data: AUROC, AUPR, FPR95.

Out-of-distribution is the positive class, and a larger score is stranger.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from torch import Tensor

from workbench.calibration.arrays import numbers
from workbench.work import rules

Numbers = Tensor | np.ndarray | Sequence[float]
FOUND = 0.95  # of the out-of-distribution images, where FPR95 is read


@dataclass(frozen=True)
class Detection:
    """`auroc`: the chance that an outside image scores above an inside one. `aupr`: the average precision.

    `fpr95` is the share of inside images taken for outside ones at the first threshold, from the strangest down, that
    finds at least 95 % of the outside ones. A score that knows nothing has 0.5, the share of the outside images among
    all (compare `aupr` only where that is the same), and about 0.95.
    """

    auroc: float
    aupr: float
    fpr95: float


def detection(inside: Numbers, outside: Numbers) -> Detection:
    """Return how well the scores of `outside` images lie above those of `inside` ones; ties count half.

    Raises a ValueError where one of the two is empty, and for scores that are not finite.
    """
    from sklearn.metrics import average_precision_score, roc_auc_score, roc_curve

    strange, score = _both(inside, outside)
    # with intermediate thresholds dropped, the first to find 95 % may be among them
    false, true, _ = roc_curve(strange, score, drop_intermediate=False)
    fpr95 = float(false[int((true >= FOUND).argmax())])
    return Detection(float(roc_auc_score(strange, score)), float(average_precision_score(strange, score)), fpr95)


def roc(inside: Numbers, outside: Numbers, *, points: int = 50) -> list[dict[str, float]]:
    """Return rows of the ROC curve for a chart, `false_positive_rate` and `true_positive_rate`, both ends among them.

    At most `points` rows, evenly spaced along the curve (by the sum of the two rates). Raises as `detection` does.
    """
    from sklearn.metrics import roc_curve

    rules.whole("points", points, least=2, most=100_000, way_on="2 are the ends of the curve, 50 draw it well")
    false, true, _ = roc_curve(*_both(inside, outside))
    along = np.searchsorted(false + true, np.linspace(0, 2, points) - 1e-12).clip(max=len(false) - 1)
    along[-1] = len(false) - 1
    kept = np.unique(along)
    return [{"false_positive_rate": float(false[i]), "true_positive_rate": float(true[i])} for i in kept]


def mean_roc(curves: Sequence[Sequence[tuple[float, float]]], *, points: int = 40) -> list[tuple[float, float]]:
    """Return the mean of ROC curves at equal false-positive rates, from (0, 0) on; between two points each is a line.

    Where a curve rises straight up it has many rates at one place, and the highest is taken. The rates are denser at
    the left, where curves differ.
    """
    across = np.linspace(0, 1, points) ** 2
    highest = [sorted(dict(sorted(curve)).items()) for curve in curves]  # the last of one place is its highest
    up = np.mean([np.interp(across, *np.array(curve).T) for curve in highest], 0)
    return [(0.0, 0.0), *zip(across.tolist(), up.tolist(), strict=True)]


def _both(inside: Numbers, outside: Numbers) -> tuple[np.ndarray, np.ndarray]:
    """Return which scores are of outside images, and all scores."""
    parts = [_scores(inside, "inside"), _scores(outside, "outside")]
    return np.repeat([0, 1], [len(part) for part in parts]), np.concatenate(parts)


def _scores(values: Numbers, where: str) -> np.ndarray:
    scores = numbers(values, where)
    if scores.ndim != 1 or not len(scores):
        rule = f"{where} needs one score an image, of one image at least"
        raise ValueError(f"{rule}, got the shape {scores.shape}; both kinds of images are needed to tell them apart")
    if not np.isfinite(scores).all():
        count = int((~np.isfinite(scores)).sum())
        raise ValueError(f"scores must be finite, got {count} {where} that are not; look at the logits they came from")
    return scores
