"""Pruning methods, one file each. A new one is one file, one line here, and one test case worked out by hand."""

from workbench.pruning.magnitude import magnitude
from workbench.pruning.random_mask import random_mask

METHODS = {
    "magnitude": magnitude,
    "random_mask": random_mask,
}

__all__ = ["METHODS", "magnitude", "random_mask"]
