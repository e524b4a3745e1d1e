"""Checks of a learner's own functions: each takes the function and says, in words, what is wrong with it.

A check never raises for what the learner wrote: a notebook with unsolved exercises runs to its end. Its verdict is true
only where the function is right, so that `assert wb.check.ece(ece)` grades it, and has points.
"""

from workbench.check.calibration_exercises import ece, robust_weights
from workbench.check.gem_exercises import effective_density, rounded
from workbench.check.landscape_exercises import barrier, halfway
from workbench.check.open_exercises import detour, near_subset, recalibrated
from workbench.check.open_tickets import kept_places, layer_densities, suspects
from workbench.check.pruning_exercises import smallest_pruned
from workbench.check.round_exercises import next_round
from workbench.check.score_exercises import el2n, forgetting
from workbench.check.strong_exercises import effective_kernel, nearest_subset
from workbench.check.verdict import Verdict
