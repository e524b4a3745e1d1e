"""Experiments: one file a question, called alike by a lesson, a panel and a sweep."""

from workbench.experiments.curvature import curvature, spectrum_table
from workbench.experiments.instability import instability
from workbench.experiments.one_shot import one_shot, prunable
from workbench.experiments.pair_matrix import pair_matrix
from workbench.experiments.partings import barriers_table, paths_table, stable_from
from workbench.experiments.perturbation import perturbation
from workbench.experiments.plane_between import plane_between
from workbench.experiments.planes import planes_table
from workbench.experiments.presets import PRESETS
from workbench.experiments.until_disconnected import disconnections, matching_beside, until_disconnected
from workbench.experiments.winning_tickets import winning_tickets

EXPERIMENTS = {
    "curvature": curvature,
    "instability": instability,
    "one_shot": one_shot,
    "pair_matrix": pair_matrix,
    "perturbation": perturbation,
    "plane_between": plane_between,
    "until_disconnected": until_disconnected,
    "winning_tickets": winning_tickets,
}

__all__ = [
    "EXPERIMENTS",
    "PRESETS",
    "barriers_table",
    "curvature",
    "disconnections",
    "instability",
    "matching_beside",
    "one_shot",
    "pair_matrix",
    "paths_table",
    "perturbation",
    "plane_between",
    "planes_table",
    "prunable",
    "spectrum_table",
    "stable_from",
    "until_disconnected",
    "winning_tickets",
]
