"""Winning tickets: train, prune, rewind (`rounds`), and the controls that a ticket is held against (`sanity`)."""

from workbench.lottery import sanity
from workbench.lottery.rounds import Matching, Round, Trained, counts, matching, midpoint, projection, rounds
