"""Charts: each a function named by the question it answers; finished numbers in, an altair chart out.

To add a chart: one file with `rows(outcomes)`, `draw(rows)` and the function that does both, and a line in `CHARTS`.
Charts are drawn without a network: where altair's renderer is its default, which loads from one, it becomes
a small PNG.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from workbench.charts.accuracy_by_barrier import accuracy_by_barrier
from workbench.charts.accuracy_by_density import accuracy_by_density
from workbench.charts.accuracy_by_kept_share import accuracy_by_kept_share
from workbench.charts.accuracy_by_rewind_step import accuracy_by_rewind_step
from workbench.charts.accuracy_by_severity import accuracy_by_severity
from workbench.charts.accuracy_by_share import accuracy_by_share
from workbench.charts.accuracy_by_subset import accuracy_by_subset
from workbench.charts.accuracy_by_subset_beside_published import accuracy_by_subset_beside_published
from workbench.charts.barrier_between_rounds import barrier_between_rounds
from workbench.charts.barrier_by_difficulty import barrier_by_difficulty
from workbench.charts.barrier_by_distance import barrier_by_distance
from workbench.charts.barrier_by_step import barrier_by_step
from workbench.charts.barriers_by_example import barriers_by_example
from workbench.charts.calibration_by_method import calibration_by_method
from workbench.charts.confidence_histogram import confidence_histogram
from workbench.charts.density_by_layer import density_by_layer
from workbench.charts.easiest_and_hardest import easiest_and_hardest
from workbench.charts.easy_to_hard import easy_to_hard
from workbench.charts.error_along_path import error_along_path
from workbench.charts.first_layer import first_layer
from workbench.charts.learning_curves import learning_curves
from workbench.charts.loss_plane import loss_plane
from workbench.charts.member_cards import member_cards
from workbench.charts.member_history import member_history
from workbench.charts.memory_by_step import memory_by_step
from workbench.charts.pair_matrix import pair_matrix
from workbench.charts.picture import enable
from workbench.charts.rare_features import rare_features
from workbench.charts.reliability_diagram import reliability_diagram
from workbench.charts.robust_weights import robust_weights
from workbench.charts.roc_out_of_distribution import roc_out_of_distribution
from workbench.charts.score_against_score import score_against_score
from workbench.charts.score_correlations import score_correlations
from workbench.charts.score_distributions import score_distributions
from workbench.charts.score_stability import score_stability
from workbench.charts.spectrum import spectrum
from workbench.charts.sure_and_wrong import sure_and_wrong
from workbench.charts.weights_before_after import weights_before_after
from workbench.charts.words import in_words
from workbench.numbers.published import published_curves


@dataclass(frozen=True)
class Picture:
    """A chart in two steps, so that a live one swaps its rows only: `rows(outcomes)`, at most 500, and `draw(rows)`.

    What is drawn around the data is drawn anew where the first row's `about` changes, now and then, and at the end of a
    run; in a live panel, which has a run at every move of a slider, for `about` alone. A chart that a finished run may
    leave empty says in `needs`, its file's `NEEDS`, what that run lacks.
    """

    rows: Callable[[Any], list[dict[str, Any]]]
    draw: Callable[[list[dict[str, Any]]], Any]
    needs: str = ""


def _in_two_steps(chart: Callable[..., Any]) -> Picture:
    file = sys.modules[chart.__module__]
    return Picture(file.rows, file.draw, getattr(file, "NEEDS", ""))


CHARTS = {  # for panels, by the function's name in words
    chart.__name__.replace("_", " "): _in_two_steps(chart)
    for chart in (
        accuracy_by_density,
        learning_curves,
        density_by_layer,
        first_layer,
        weights_before_after,
        barrier_by_step,
        error_along_path,
        barriers_by_example,
        barrier_by_difficulty,
        loss_plane,
        spectrum,
        pair_matrix,
        barrier_by_distance,
        accuracy_by_share,
        barrier_between_rounds,
        accuracy_by_subset,
        accuracy_by_subset_beside_published,
        accuracy_by_barrier,
        accuracy_by_kept_share,
        score_distributions,
        easiest_and_hardest,
        score_against_score,
        score_correlations,
        score_stability,
        memory_by_step,
        reliability_diagram,
        confidence_histogram,
        sure_and_wrong,
        member_cards,
        calibration_by_method,
        member_history,
        accuracy_by_severity,
        roc_out_of_distribution,
        easy_to_hard,
        robust_weights,
        rare_features,
    )
}

enable()

__all__ = [
    "CHARTS",
    "Picture",
    "accuracy_by_barrier",
    "accuracy_by_density",
    "accuracy_by_kept_share",
    "accuracy_by_rewind_step",
    "accuracy_by_severity",
    "accuracy_by_share",
    "accuracy_by_subset",
    "accuracy_by_subset_beside_published",
    "barrier_between_rounds",
    "barrier_by_difficulty",
    "barrier_by_distance",
    "barrier_by_step",
    "barriers_by_example",
    "calibration_by_method",
    "confidence_histogram",
    "density_by_layer",
    "easiest_and_hardest",
    "easy_to_hard",
    "error_along_path",
    "first_layer",
    "in_words",
    "learning_curves",
    "loss_plane",
    "member_cards",
    "member_history",
    "memory_by_step",
    "pair_matrix",
    "published_curves",
    "rare_features",
    "reliability_diagram",
    "robust_weights",
    "roc_out_of_distribution",
    "score_against_score",
    "score_correlations",
    "score_distributions",
    "score_stability",
    "spectrum",
    "sure_and_wrong",
    "weights_before_after",
]
