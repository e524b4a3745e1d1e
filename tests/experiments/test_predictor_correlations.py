"""What the dense network foretells: rank correlations over cells and within a step, and seeds drawn as a whole."""

from __future__ import annotations

import numpy as np
import pandas
import pytest
from made_cells import outcome

from workbench.experiments import correlations, predictors, subsets_table
from workbench.experiments.pretraining import Pretrained


def table(cells: list[tuple[str, int, float, float, float]], noise: float = 0.0, replicas: int = 4) -> pandas.DataFrame:
    """Rows of made-up cells: (subset, k, barrier, accuracy before, accuracy of the sparse network)."""
    draw = np.random.default_rng(0)
    return pandas.DataFrame(
        {
            "subset": kind,
            "size": 100,
            "pretrain_steps": k,
            "seed": 0,
            "replica": replica,
            "barrier": barrier,
            "pretrain_accuracy": early,
            "sparse_accuracy": accuracy + noise * draw.normal(),
        }
        for kind, k, barrier, early, accuracy in cells
        for replica in range(replicas)
    )


CELLS = [
    ("all", 0, 4.0, 0.1, 0.50),
    ("all", 10, 3.0, 0.4, 0.55),
    ("random", 10, 2.0, 0.3, 0.57),
    ("easiest", 10, 1.0, 0.2, 0.60),
]
TWO = ("barrier", "pretrain_accuracy")


def row(found: pandas.DataFrame, predictor: str, over: str) -> pandas.Series:
    return found[(found.predictor == predictor) & (found.over == over)].iloc[0]


def test_the_sparse_accuracy_is_the_mean_over_rounds_below_a_fifth():
    found = [(0.9, 1.0), (0.8, 0.4), (0.6, 0.16), (0.4, 0.064)]
    rounds = [outcome("all", 5, 0, accuracy, density=d, round=r) for r, (accuracy, d) in enumerate(found)]
    (found,) = predictors(rounds).to_dict("records")
    assert found["sparse_accuracy"] == pytest.approx(0.5)
    assert (found["connected_0.1"], found["connected_0.5"], found["barrier"]) == (0.25, 0.5, 1.0)
    assert predictors(rounds[:2]).empty
    assert predictors(subsets_table(rounds)).equals(predictors(rounds))


def test_ranks_by_hand():
    found = correlations(table(CELLS), predictors=TWO, draws=20)
    # over cells the barrier falls as accuracy rises; before pruning 0.1 0.4 0.3 0.2 ranks 1 4 3 2 against 1 2 3 4: 0.2
    assert row(found, "barrier", "cells").correlation == pytest.approx(-1)
    assert row(found, "pretrain_accuracy", "cells").correlation == pytest.approx(1 - 6 * 8 / (4 * 15))
    # within k = 10, 3 2 1 against 1 2 3; k = 0 has one cell and no correlation
    assert row(found, "pretrain_accuracy", "within k").correlation == pytest.approx(-1)
    assert row(found, "barrier less pretrain_accuracy", "cells").correlation == pytest.approx(1 - 0.2)
    assert set(found[found.over == "cells"].cells) == {4}
    assert set(found[found.over == "within k"].cells) == {3}
    assert set(found.replicas) == {4}


def test_the_interval_draws_replicas_and_points_of_a_cell_are_not_independent():
    # replicas that agree leave no doubt however they are drawn; the points of the cells are still few and far apart
    sure = row(correlations(table(CELLS), predictors=TWO), "barrier", "cells")
    assert (sure.low, sure.high) == pytest.approx((-1, -1))
    wide = row(correlations(table(CELLS, noise=0.05), predictors=TWO), "barrier", "cells")
    assert wide.high - wide.low > 0.3
    more = row(correlations(table(CELLS, noise=0.05, replicas=100), predictors=TWO), "barrier", "cells")
    assert more.high - more.low < wide.high - wide.low


def test_the_difference_to_the_control_is_drawn_together_with_it():
    # here the control is the barrier turned round: the difference is zero in every draw, however unsure both are
    twin = table(CELLS, noise=0.05).assign(pretrain_accuracy=lambda t: -t.barrier)
    found = correlations(twin, predictors=TWO)
    both = row(found, "barrier less pretrain_accuracy", "cells")
    assert row(found, "barrier", "cells").high > row(found, "barrier", "cells").low
    assert (both.correlation, both.low, both.high) == pytest.approx((0, 0, 0))


def test_a_predictor_of_the_wrong_sign_does_not_beat_the_control():
    turned = table(CELLS).assign(barrier=lambda t: -t.barrier)
    both = row(correlations(turned, predictors=TWO, draws=20), "barrier less pretrain_accuracy", "cells")
    assert both.correlation == pytest.approx(-1 - 0.2)


def test_two_replicas_have_no_interval():
    found = correlations(table(CELLS, noise=0.05, replicas=2), predictors=TWO, draws=20)
    assert found[found.over == "cells"].correlation.notna().all()
    assert found.low.isna().all()
    assert found.high.isna().all()


def test_a_run_that_was_stopped_is_not_compared_by_its_easier_rounds():
    def cell(kind: str, replica: int, rounds: int) -> list[Pretrained]:
        accuracies = ((0.6, 0.16), (0.5, 0.064), (0.4, 0.026))[:rounds]
        return [outcome(kind, 5, replica, a, density=d, round=r) for r, (a, d) in enumerate(accuracies)]

    whole = [o for kind in ("all", "random") for replica in range(3) for o in cell(kind, replica, 3)]
    stopped = [o for o in whole if (o.subset, o.round) != ("random", 2) or o.replica == 0]
    assert len(predictors(whole)) == 6
    found = predictors(stopped)
    assert set(found.sparse_accuracy.round(6)) == {0.5}
    assert [len(found[found.subset == kind]) for kind in ("all", "random")] == [3, 1]


def test_runs_of_other_options_do_not_mix_in_one_table():
    with pytest.raises(ValueError, match=r"all 100, k = 5, replica 0, round 2 is there twice, and differs"):
        predictors([outcome("all", 5, 0, 0.5), outcome("all", 5, 0, 0.6)])
    assert len(predictors([outcome("all", 5, 0, 0.5), outcome("all", 5, 0, 0.5)])) == 1


def test_only_replicas_that_every_cell_has_are_used():
    some = table(CELLS)
    some = some.drop(index=some.index[(some.subset == "easiest") & (some.replica == 3)])
    assert set(correlations(some, predictors=TWO, draws=10).replicas) == {3}


def test_fewer_than_three_cells_have_no_correlation():
    found = correlations(table(CELLS[:2]), predictors=TWO, draws=10)
    assert found.correlation.isna().all()
    assert found.low.isna().all()
