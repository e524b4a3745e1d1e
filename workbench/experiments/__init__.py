"""Experiments: one file a question, called alike by a lesson, a panel and a sweep. A new one has a line below."""

from workbench.experiments.block_mask import Approximated, block_mask
from workbench.experiments.calibration_tables import (
    Difference,
    costs_table,
    differences_between,
    diversity_table,
    ensembles_table,
    reliability_table,
    validation_gap,
    validation_table,
)
from workbench.experiments.curvature_by_density import Sharpness, curvature, spectrum_table
from workbench.experiments.dataset_view import DatasetView, dataset_view
from workbench.experiments.easy_to_hard import Solved, Tercile, easy_to_hard, solved
from workbench.experiments.ensemble_outcome import Answers, Ensembled
from workbench.experiments.example_scores import Counted, Scored, example_scores
from workbench.experiments.execution_costs import Timed, execution_costs
from workbench.experiments.forgetting_by_epoch import Remembered, remembering
from workbench.experiments.found_at_initialisation import Pruned, timed_prune
from workbench.experiments.glimpses_of_searches import Foreseen, Glimpse
from workbench.experiments.instability import Parting, barriers_table, instability, paths_table, stable_from
from workbench.experiments.kept_by_name import keep as keep
from workbench.experiments.kept_by_name import kept as kept
from workbench.experiments.kept_by_name import scores_of, ticket_of, tickets_of
from workbench.experiments.kept_part import Kept, kept_part
from workbench.experiments.learned import check_learned, written_for
from workbench.experiments.matched_layers import Matched
from workbench.experiments.member_difficulty import member_difficulty
from workbench.experiments.one_shot import Shot, one_shot, prunable
from workbench.experiments.pair_matrix import Pair, pair_matrix
from workbench.experiments.partial_sums import Walk, partial_sums
from workbench.experiments.perturbation import Returned, perturbation
from workbench.experiments.plane_between import Between, plane_between, planes_table
from workbench.experiments.predictor_correlations import correlations
from workbench.experiments.presets import (
    CALIBRATION_PRESETS,
    PRESETS,
    RARE_GEMS_PRESETS,
    STRONG_PRESETS,
    SUBSET_SUM_PRESETS,
)
from workbench.experiments.pretraining import Cell, Pretrained, pretraining
from workbench.experiments.pretraining_tables import differences, predictors, subsets_table
from workbench.experiments.price_of_structure import Priced, price_of_structure
from workbench.experiments.rare_features import Rare, rare_features
from workbench.experiments.robust_ensembles import robust_ensembles
from workbench.experiments.robust_weighting import Weighed, robust_weighting
from workbench.experiments.score_tables import LabelNoiseFound, averaged, found_among_hardest, scores_table, stability
from workbench.experiments.shifted import Corrupted, Detected, shift_table, shifted
from workbench.experiments.strong_costs import Cost, strong_costs
from workbench.experiments.strong_rivals import popup_mask
from workbench.experiments.strong_tickets import Strong, strong_tickets
from workbench.experiments.subset_sums import Summed, subset_sums
from workbench.experiments.ticket_before_and_after import Tried
from workbench.experiments.tickets_at_initialisation import tickets_at_initialisation, tickets_table
from workbench.experiments.trained_networks import TrainedNetwork, trained_networks
from workbench.experiments.trial_of_tickets import CHECKS
from workbench.experiments.under_shift import under_shift
from workbench.experiments.until_disconnected import Successive, disconnections, matching_beside, until_disconnected
from workbench.experiments.ways_to_an_ensemble import WAYS
from workbench.experiments.winning_tickets import Outcome, winning_tickets

EXPERIMENTS = {
    "block_mask": block_mask,
    "curvature": curvature,
    "dataset_view": dataset_view,
    "example_scores": example_scores,
    "execution_costs": execution_costs,
    "instability": instability,
    "kept_part": kept_part,
    "member_difficulty": member_difficulty,
    "one_shot": one_shot,
    "pair_matrix": pair_matrix,
    "partial_sums": partial_sums,
    "perturbation": perturbation,
    "plane_between": plane_between,
    "pretraining": pretraining,
    "price_of_structure": price_of_structure,
    "rare_features": rare_features,
    "remembering": remembering,
    "robust_ensembles": robust_ensembles,
    "robust_weighting": robust_weighting,
    "strong_costs": strong_costs,
    "strong_tickets": strong_tickets,
    "subset_sums": subset_sums,
    "tickets_at_initialisation": tickets_at_initialisation,
    "trained_networks": trained_networks,
    "under_shift": under_shift,
    "until_disconnected": until_disconnected,
    "winning_tickets": winning_tickets,
}
