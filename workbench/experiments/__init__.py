"""Experiments: one file a question, called alike by a lesson, a panel and a sweep."""

from workbench.experiments.presets import PRESETS
from workbench.experiments.winning_tickets import winning_tickets

EXPERIMENTS = {
    "winning_tickets": winning_tickets,
}

__all__ = ["EXPERIMENTS", "PRESETS", "winning_tickets"]
