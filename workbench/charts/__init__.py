"""Charts: each a function named by the question it answers; finished numbers in, an altair chart out.

To add a chart: one file that declares it (`workbench.charts.grammar` says how), and a line in `CHARTS`. Charts are
drawn without a network: where altair's renderer is its default, which loads from one, it becomes a small PNG.
"""

from __future__ import annotations

from workbench.charts.accuracy_before_and_after import accuracy_before_and_after
from workbench.charts.accuracy_by_barrier import accuracy_by_barrier
from workbench.charts.accuracy_by_density import accuracy_by_density
from workbench.charts.accuracy_by_density import words as in_words
from workbench.charts.accuracy_by_kept_share import accuracy_by_kept_share
from workbench.charts.accuracy_by_ratio import strong_accuracy
from workbench.charts.accuracy_by_rewind_step import accuracy_by_rewind_step
from workbench.charts.accuracy_by_search_cost import accuracy_by_search_cost
from workbench.charts.accuracy_by_severity import accuracy_by_severity
from workbench.charts.accuracy_by_share import accuracy_by_share
from workbench.charts.accuracy_by_subset import accuracy_by_subset, accuracy_by_subset_beside_published
from workbench.charts.alive_by_layer import alive_by_layer
from workbench.charts.augmented_images import augmented_images
from workbench.charts.barrier_between_rounds import barrier_between_rounds
from workbench.charts.barrier_by_difficulty import barrier_by_difficulty
from workbench.charts.barrier_by_distance import barrier_by_distance
from workbench.charts.barrier_by_step import barrier_by_step
from workbench.charts.barriers_by_example import barriers_by_example
from workbench.charts.calibration_by_method import calibration_by_method
from workbench.charts.class_counts import class_counts
from workbench.charts.confusion_matrix import confusion_matrix
from workbench.charts.cost_by_density import cost_by_density
from workbench.charts.cost_by_ratio import strong_costs
from workbench.charts.density_by_layer import density_by_layer
from workbench.charts.density_by_layer_and_method import density_by_layer_and_method
from workbench.charts.difference_by_density import difference_by_density
from workbench.charts.each_member import easy_to_hard, member_history
from workbench.charts.easiest_and_hardest import easiest_and_hardest
from workbench.charts.error_along_path import error_along_path
from workbench.charts.error_by_hidden_neurons import block_mask
from workbench.charts.error_by_layer import strong_layers
from workbench.charts.error_by_structure import price_of_structure
from workbench.charts.errors_by_ratio import strong_errors
from workbench.charts.every_pair import pair_matrix
from workbench.charts.first_layer import first_layer
from workbench.charts.grammar.picture import Picture
from workbench.charts.grammar.png import enable
from workbench.charts.images_by_class import images_by_class
from workbench.charts.kernels_side_by_side import kernels_side_by_side
from workbench.charts.learning_curves import learning_curves
from workbench.charts.loss_plane import loss_plane
from workbench.charts.member_cards import member_cards
from workbench.charts.memory_by_step import memory_by_step
from workbench.charts.moved_labels import moved_labels
from workbench.charts.pixel_values import pixel_values
from workbench.charts.rare_features_by_lambda import rare_features
from workbench.charts.reliability_diagram import reliability_diagram
from workbench.charts.robust_weights import robust_weights
from workbench.charts.roc_out_of_distribution import roc_out_of_distribution
from workbench.charts.sanity_checks import sanity_checks
from workbench.charts.score_against_score import score_against_score
from workbench.charts.score_correlations import score_correlations
from workbench.charts.score_distributions import score_distributions
from workbench.charts.score_stability import score_stability
from workbench.charts.scores_over_time import scores_over_time
from workbench.charts.search_by_step import search_by_step
from workbench.charts.solver_race import solver_race
from workbench.charts.spectrum import spectrum
from workbench.charts.subset_sum_error import subset_sum_error_by_candidates
from workbench.charts.subset_sum_scale import subset_sum_error_by_scale
from workbench.charts.subset_sum_success import subset_sum_success
from workbench.charts.sure_and_wrong import confidence_histogram, sure_and_wrong
from workbench.charts.surest_mistakes import surest_mistakes
from workbench.charts.training_curves import training_curves
from workbench.charts.walk_to_target import partial_sums
from workbench.charts.weights_before_after import weights_before_after
from workbench.numbers.published import published_curves as published_curves

CHARTS: dict[str, Picture[...]] = {  # for panels and tests, by the function's name in words
    "images by class": images_by_class,
    "class counts": class_counts,
    "moved labels": moved_labels,
    "augmented images": augmented_images,
    "pixel values": pixel_values,
    "training curves": training_curves,
    "surest mistakes": surest_mistakes,
    "confusion matrix": confusion_matrix,
    "accuracy by density": accuracy_by_density,
    "difference by density": difference_by_density,
    "accuracy by rewind step": accuracy_by_rewind_step,
    "learning curves": learning_curves,
    "density by layer": density_by_layer,
    "alive by layer": alive_by_layer,
    "first layer": first_layer,
    "weights before after": weights_before_after,
    "barrier by step": barrier_by_step,
    "error along path": error_along_path,
    "barriers by example": barriers_by_example,
    "barrier by difficulty": barrier_by_difficulty,
    "loss plane": loss_plane,
    "spectrum": spectrum,
    "pair matrix": pair_matrix,
    "barrier by distance": barrier_by_distance,
    "accuracy by share": accuracy_by_share,
    "barrier between rounds": barrier_between_rounds,
    "accuracy by subset": accuracy_by_subset,
    "accuracy by subset beside published": accuracy_by_subset_beside_published,
    "accuracy by barrier": accuracy_by_barrier,
    "accuracy by kept share": accuracy_by_kept_share,
    "score distributions": score_distributions,
    "easiest and hardest": easiest_and_hardest,
    "score against score": score_against_score,
    "score correlations": score_correlations,
    "score stability": score_stability,
    "memory by step": memory_by_step,
    "reliability diagram": reliability_diagram,
    "confidence histogram": confidence_histogram,
    "sure and wrong": sure_and_wrong,
    "member cards": member_cards,
    "calibration by method": calibration_by_method,
    "member history": member_history,
    "accuracy by severity": accuracy_by_severity,
    "roc out of distribution": roc_out_of_distribution,
    "easy to hard": easy_to_hard,
    "robust weights": robust_weights,
    "rare features": rare_features,
    "search by step": search_by_step,
    "scores over time": scores_over_time,
    "density by layer and method": density_by_layer_and_method,
    "accuracy before and after": accuracy_before_and_after,
    "accuracy by search cost": accuracy_by_search_cost,
    "sanity checks": sanity_checks,
    "strong layers": strong_layers,
    "kernels side by side": kernels_side_by_side,
    "strong accuracy": strong_accuracy,
    "strong errors": strong_errors,
    "strong costs": strong_costs,
    "price of structure": price_of_structure,
    "block mask": block_mask,
    "subset sum error by candidates": subset_sum_error_by_candidates,
    "subset sum success": subset_sum_success,
    "subset sum error by scale": subset_sum_error_by_scale,
    "solver race": solver_race,
    "partial sums": partial_sums,
    "cost by density": cost_by_density,
}

enable()
