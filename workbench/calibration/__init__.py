"""Does a network know what it does not know? Calibration errors, proper scores, confidence, scaling.

All take probabilities (N, C) and labels (N,), tensors or arrays, and compute in float64. An ECE is printed with its
debiased value and its floor; NLL, Brier and the debiased ECE are what claims rest on. A new metric is a function in one
of these files and a line here.
"""

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

METRICS = {
    "accuracy": accuracy,
    "nll": nll,
    "brier": brier,
    "ece": ece,
    "ece_debiased": ece_debiased,
    "ece_floor": ece_floor,
    "ece_equal_mass": ece_equal_mass,
    "mce": mce,
    "classwise_ece": classwise_ece,
    "signed_gap": signed_gap,
    "wrong_confidence": wrong_confidence,
    "aurc": aurc,
    "excess_aurc": excess_aurc,
}
