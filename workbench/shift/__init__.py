"""Shift: images unlike those of training (corrupted, or of another dataset), and how well a network notices."""

from workbench.data.data import NO_CLASS
from workbench.shift.corruptions import CORRUPTIONS, Corruption, corrupt
from workbench.shift.detection import Detection, detection, roc
from workbench.shift.other_data import like
from workbench.shift.strangeness import OUT_OF_DISTRIBUTION_SCORES
