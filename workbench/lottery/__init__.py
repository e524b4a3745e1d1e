"""Winning tickets: train, prune, rewind (`rounds`), and the controls that a ticket is held against (`sanity`)."""

from workbench.lottery import sanity as sanity
from workbench.lottery.rounds import Matching as Matching
from workbench.lottery.rounds import Round as Round
from workbench.lottery.rounds import Trained as Trained
from workbench.lottery.rounds import counts as counts
from workbench.lottery.rounds import matching as matching
from workbench.lottery.rounds import midpoint as midpoint
from workbench.lottery.rounds import projection as projection
from workbench.lottery.rounds import rounds as rounds
