"""Checks of a learner's own functions: each takes the function and says, in words, what is wrong with it.

A check never raises for what the learner wrote: a notebook with unsolved exercises runs to its end.
"""

from workbench.check.calibration_exercises import ece, robust_weights





from workbench.check.verdict import Verdict
