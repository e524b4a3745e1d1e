"""Does a network know what it does not know? Calibration errors, proper scores, confidence, scaling.

All take probabilities (N, C) and labels (N,), tensors or arrays, and compute in float64. An ECE is printed with its
debiased value and its floor; NLL, Brier and the debiased ECE are what claims rest on. A new metric is a function in one
of these files and a line here.
"""

from workbench.calibration.binned import Binned as Binned
from workbench.calibration.binned import binned as binned
from workbench.calibration.binned import classwise_ece, ece, ece_equal_mass, mce
from workbench.calibration.binned import reliability as reliability
from workbench.calibration.binned import wilson as wilson
from workbench.calibration.confidence import accuracy, aurc, excess_aurc, signed_gap, wrong_confidence
from workbench.calibration.confidence import sure_and_wrong as sure_and_wrong
from workbench.calibration.debiased import ece_debiased, ece_floor
from workbench.calibration.debiased import ece_in_full as ece_in_full
from workbench.calibration.interval import MEANS as MEANS
from workbench.calibration.interval import by_example as by_example
from workbench.calibration.interval import interval as interval
from workbench.calibration.proper import BrierSplit as BrierSplit
from workbench.calibration.proper import brier, nll
from workbench.calibration.proper import brier_split as brier_split
from workbench.calibration.scaling import fit_temperature as fit_temperature
from workbench.calibration.scaling import fit_vector as fit_vector
from workbench.calibration.scaling import scaled as scaled

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
