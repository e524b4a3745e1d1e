"""Experiments: one file a question, called alike by a lesson, a panel and a sweep. A new one has a line below."""

from workbench.experiments.between_networks import Between as Between
from workbench.experiments.between_networks import planes_table as planes_table
from workbench.experiments.calibration_tables import Difference as Difference
from workbench.experiments.calibration_tables import costs_table as costs_table
from workbench.experiments.calibration_tables import differences_between as differences_between
from workbench.experiments.calibration_tables import diversity_table as diversity_table
from workbench.experiments.calibration_tables import ensembles_table as ensembles_table
from workbench.experiments.calibration_tables import reliability_table as reliability_table
from workbench.experiments.calibration_tables import validation_gap as validation_gap
from workbench.experiments.calibration_tables import validation_table as validation_table
from workbench.experiments.curvature_by_density import Sharpness as Sharpness
from workbench.experiments.curvature_by_density import curvature
from workbench.experiments.curvature_by_density import spectrum_table as spectrum_table
from workbench.experiments.easy_to_hard import Solved as Solved
from workbench.experiments.easy_to_hard import Tercile as Tercile
from workbench.experiments.easy_to_hard import easy_to_hard as easy_to_hard
from workbench.experiments.easy_to_hard import solved as solved
from workbench.experiments.ensemble_outcome import Ensembled as Ensembled
from workbench.experiments.example_scores import Counted as Counted
from workbench.experiments.example_scores import Scored as Scored
from workbench.experiments.example_scores import example_scores
from workbench.experiments.forgetting_by_epoch import Remembered as Remembered
from workbench.experiments.forgetting_by_epoch import remembering
from workbench.experiments.instability import Parting as Parting
from workbench.experiments.instability import instability
from workbench.experiments.instability_tables import barriers_table as barriers_table
from workbench.experiments.instability_tables import paths_table as paths_table
from workbench.experiments.instability_tables import stable_from as stable_from
from workbench.experiments.kept_part import Kept as Kept
from workbench.experiments.kept_part import kept_part
from workbench.experiments.member_difficulty import member_difficulty
from workbench.experiments.one_shot import Shot as Shot
from workbench.experiments.one_shot import one_shot
from workbench.experiments.one_shot import prunable as prunable
from workbench.experiments.pair_matrix import Pair as Pair
from workbench.experiments.pair_matrix import pair_matrix
from workbench.experiments.perturbation import Returned as Returned
from workbench.experiments.perturbation import perturbation
from workbench.experiments.plane_between import plane_between
from workbench.experiments.predictor_correlations import correlations as correlations
from workbench.experiments.presets import CALIBRATION_PRESETS as CALIBRATION_PRESETS
from workbench.experiments.presets import PRESETS as PRESETS
from workbench.experiments.pretraining import Cell as Cell
from workbench.experiments.pretraining import Pretrained as Pretrained
from workbench.experiments.pretraining import pretraining
from workbench.experiments.pretraining_tables import differences as differences
from workbench.experiments.pretraining_tables import predictors as predictors
from workbench.experiments.pretraining_tables import subsets_table as subsets_table
from workbench.experiments.rare_features import Rare as Rare
from workbench.experiments.rare_features import rare_features
from workbench.experiments.robust_ensembles import robust_ensembles
from workbench.experiments.robust_weighting import Weighed as Weighed
from workbench.experiments.robust_weighting import robust_weighting
from workbench.experiments.score_tables import LabelNoiseFound as LabelNoiseFound
from workbench.experiments.score_tables import averaged as averaged
from workbench.experiments.score_tables import found_among_hardest as found_among_hardest
from workbench.experiments.score_tables import scores_table as scores_table
from workbench.experiments.score_tables import stability as stability
from workbench.experiments.shifted import Corrupted as Corrupted
from workbench.experiments.shifted import Detected as Detected
from workbench.experiments.shifted import shift_table as shift_table
from workbench.experiments.shifted import shifted as shifted
from workbench.experiments.under_shift import under_shift
from workbench.experiments.until_disconnected import Successive as Successive
from workbench.experiments.until_disconnected import disconnections as disconnections
from workbench.experiments.until_disconnected import matching_beside as matching_beside
from workbench.experiments.until_disconnected import until_disconnected
from workbench.experiments.ways_to_an_ensemble import WAYS as WAYS
from workbench.experiments.winning_tickets import Outcome as Outcome
from workbench.experiments.winning_tickets import winning_tickets

EXPERIMENTS = {
    "curvature": curvature,
    "example_scores": example_scores,
    "instability": instability,
    "kept_part": kept_part,
    "member_difficulty": member_difficulty,
    "one_shot": one_shot,
    "pair_matrix": pair_matrix,
    "perturbation": perturbation,
    "plane_between": plane_between,
    "pretraining": pretraining,
    "rare_features": rare_features,
    "remembering": remembering,
    "robust_ensembles": robust_ensembles,
    "robust_weighting": robust_weighting,
    "under_shift": under_shift,
    "until_disconnected": until_disconnected,
    "winning_tickets": winning_tickets,
}
