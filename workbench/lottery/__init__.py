"""Winning tickets: train, prune, rewind (`rounds`), and the controls that a ticket is held against (`sanity`)."""

from workbench.lottery import sanity
from workbench.lottery.outlook import Outlook, gem_miner_outlook
from workbench.lottery.rounds import Matching, Round, counts, matching, midpoint, projection, rounds
from workbench.lottery.trained import Trained
