"""Does a network know what it does not know? Calibration errors, proper scores, confidence, scaling.

All take probabilities (N, C) and labels (N,), tensors or arrays, and compute in float64. An ECE is printed with its
debiased value and its floor; NLL, Brier and the debiased ECE are what claims rest on. A new metric is a function in one
of these files and a line here.
"""

from typing import Any

from workbench.calibration.arrays import Array
from workbench.calibration.binned import (
    Binned,
    binned,
    classwise_ece,
    ece,
    ece_equal_mass,
    mce,
    mean_reliability,
    reliability,
    wilson,
)
from workbench.calibration.confidence import accuracy, aurc, excess_aurc, signed_gap, sure_and_wrong, wrong_confidence
from workbench.calibration.debiased import ece_debiased, ece_floor, ece_in_full
from workbench.calibration.interval import MEANS, by_example, interval
from workbench.calibration.proper import BrierSplit, brier, brier_split, nll
from workbench.calibration.scaling import fit_temperature, fit_vector, scaled
from workbench.work import nearest, rules

_ERRORS = (ece, ece_debiased, ece_floor, ece_equal_mass, mce, classwise_ece)
_METRICS = (accuracy, nll, brier, *_ERRORS, signed_gap, wrong_confidence, aurc, excess_aurc)
METRICS = {metric.__name__: metric for metric in _METRICS}


def measured(probabilities: Array, labels: Array, metrics: str, **options: Any) -> dict[str, float]:
    """Return some of the `METRICS`, named in one text with spaces, by name; the options go to each of them."""
    names = metrics.split() if isinstance(metrics, str) else []
    for name in names:
        nearest.check_known("metric", name, METRICS)
    if not names:
        raise rules.refused("metrics", "names in one text", metrics, 'with spaces between: "nll brier"')
    return {name: METRICS[name](probabilities, labels, **options) for name in names}
