"""Does the dense network foretell its tickets? Rank correlations of what is measured on it with the sparse accuracy.

Paul et al. 2022, "Lottery Tickets on a Data Diet": the lower the loss barrier between two children of a rewinding
point, the better pruning does from it (41 points of their CINIC-10 figure, read off by us: Spearman about -0.84). The
control predictor is the accuracy that pre-training reached, which any predictor has to beat. The points of one cell are
not independent, and k drives both axes: so the correlation is over the means of cells, or within a fixed k, and its
interval draws seeds anew, whole columns at a time, never points.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from workbench.experiments.given_names import check_names
from workbench.experiments.pretraining import Pretrained
from workbench.experiments.pretraining_tables import CELL, REPLICA
from workbench.experiments.pretraining_tables import predictors as predictors_table
from workbench.numbers.asked import asked
from workbench.numbers.intervals import LEAST
from workbench.work import rules
from workbench.work.seeds import number

if TYPE_CHECKING:
    import pandas

PREDICTORS = ("barrier", "connected_0.1", "connected_0.5", "agreement", "pretrain_accuracy")
CONTROL = "pretrain_accuracy"
SIGNS = {"barrier": -1}  # of the correlation a predictor should have, where it is not +1


def correlations(
    outcomes: Iterable[Pretrained] | pandas.DataFrame,
    *,
    predictors: Sequence[str] = PREDICTORS,
    draws: int = 1000,
    confidence: float = 0.95,
    seed: int = 0,
) -> pandas.DataFrame:
    """Return Spearman's correlation of every predictor with the sparse accuracy, and its percentile interval.

    `outcomes` may be the table that `wb.experiments.predictors` or `subsets_table` made of them. All draws are ranked
    at once, in milliseconds, so that it may follow a run live.

    `over` is "cells", the means of cells over replicas, or "within k", the mean over every k that has three cells or
    more of the correlation among its cells. The interval draws replicas with replacement, the same for all cells; only
    replicas that every cell has are used, and fewer than three have no interval. Rows "barrier less pretrain_accuracy"
    hold by how much a predictor does better than the control, each with the sign it should have (a low barrier
    foretells a good ticket), drawn together, so that the difference has an interval of its own. NaN where fewer than
    three cells are; `cells` counts those that were used.
    """
    import pandas

    rules.whole("draws", draws, least=1, most=100_000, way_on="1000 are usual")
    rules.number("confidence", confidence, above=0, below=1, way_on="0.95 is usual")
    ready = isinstance(outcomes, pandas.DataFrame) and "sparse_accuracy" in outcomes
    table: Any = outcomes if ready else predictors_table(outcomes)
    check_names("predictor", predictors, [*PREDICTORS, *(c for c in map(str, table) if c.startswith("connected_"))])
    if not len(table):
        return pandas.DataFrame(columns=["predictor", "over", "correlation", "low", "high", "cells", "replicas"])
    if ready:
        asked("correlations", table, " ".join([*CELL, *REPLICA, *predictors]), "predictors")
    cells, columns_RCP = _by_replica(table, predictors)
    steps, n = np.array([cell[CELL.index("pretrain_steps")] for cell in cells]), len(columns_RCP)
    draw = np.random.default_rng(number(seed, "bootstrap")).integers(n, size=(draws, n)) if n else np.zeros((0, 0), int)
    rows = []
    for over, groups in (("cells", [steps >= 0]), ("within k", [steps == k for k in sorted(set(steps))])):
        groups = [group for group in groups if group.sum() >= 3]
        whole = _spearman(columns_RCP.mean(0)[None], groups)[0] if n else np.full(len(predictors), np.nan)
        drawn = _spearman(columns_RCP[draw].mean(1), groups) if n else np.zeros((0, len(predictors)))
        named = {name: (whole[i], drawn[:, i]) for i, name in enumerate(predictors)}
        control = named.get(CONTROL)
        for name in [name for name in predictors if control and name != CONTROL]:
            (value, several), (other, others) = named[name], control or named[name]
            sign = SIGNS.get(name, 1)
            named[f"{name} less {CONTROL}"] = (sign * value - other, sign * several - others)
        used = {"cells": int(sum(group.sum() for group in groups)), "replicas": n}
        for name, (value, several) in named.items():
            low, high = _interval(several, confidence) if n >= LEAST else (float("nan"), float("nan"))
            rows.append(
                {"predictor": name, "over": over, "correlation": float(value), "low": low, "high": high, **used}
            )
    return pandas.DataFrame(rows)


def _by_replica(table: pandas.DataFrame, predictors: Sequence[str]) -> tuple[list[tuple[Any, ...]], np.ndarray]:
    """Return the cells, and for every replica that has them all, cells × (predictors and the sparse accuracy)."""
    columns = [*predictors, "sparse_accuracy"]
    cells = sorted(set(table[CELL].itertuples(index=False, name=None)), key=str)
    replicas = []
    for _, rows in table.groupby(REPLICA):
        if len(rows) == len(cells):
            places = [cells.index(cell) for cell in rows[CELL].itertuples(index=False, name=None)]
            replicas.append(rows.assign(place=places).sort_values("place")[columns].to_numpy(float))
    return cells, np.array(replicas).reshape(-1, len(cells), len(columns))


def _spearman(means_DCP: np.ndarray, groups: list[np.ndarray]) -> np.ndarray:
    """Return, for every draw, the rank correlation of each column with the last, the mean over groups of cells."""
    from scipy.stats import rankdata

    if not groups:
        return np.full((len(means_DCP), means_DCP.shape[2] - 1), np.nan)
    correlations = []
    for group in groups:
        ranks = rankdata(means_DCP[:, group], axis=1)
        ranks -= ranks.mean(1, keepdims=True)
        length = np.sqrt((ranks**2).sum(1))
        with np.errstate(invalid="ignore"):
            correlations.append((ranks[..., :-1] * ranks[..., -1:]).sum(1) / (length[:, :-1] * length[:, -1:]))
    return np.mean(correlations, axis=0)


def _interval(values: np.ndarray, confidence: float) -> tuple[float, float]:
    values = values[np.isfinite(values)]
    if not len(values):
        return float("nan"), float("nan")
    low, high = np.quantile(values, [(1 - confidence) / 2, (1 + confidence) / 2])
    return float(low), float(high)
