"""Finished numbers: their intervals, their tables, recorded ones, and what others have published."""

from workbench.numbers import intervals as intervals
