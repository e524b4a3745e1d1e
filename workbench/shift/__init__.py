"""Shift: images unlike those of training (corrupted, or of another dataset), and how well a network notices."""

from workbench.shift.corruptions import CORRUPTIONS as CORRUPTIONS
from workbench.shift.corruptions import Corruption as Corruption
from workbench.shift.corruptions import corrupt as corrupt
from workbench.shift.detection import Detection as Detection
from workbench.shift.detection import detection as detection
from workbench.shift.detection import roc as roc
from workbench.shift.other_data import NO_CLASS as NO_CLASS
from workbench.shift.other_data import like as like
from workbench.shift.strangeness import OUT_OF_DISTRIBUTION_SCORES as OUT_OF_DISTRIBUTION_SCORES
