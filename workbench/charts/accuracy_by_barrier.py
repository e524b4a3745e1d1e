"""Does the dense network foretell its tickets? Sparse accuracy by the loss barrier of the rewinding point's children.

Paul et al. 2022, "Lottery Tickets on a Data Diet": the more examples are linearly connected in the dense network, the
better pruning does. The control is the accuracy that pre-training reached.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from workbench.charts import cells
from workbench.charts.grammar import ACCURACY, SUBSETS, Axis, Means, in_order, once, records
from workbench.experiments import predictor_correlations
from workbench.experiments.pretraining_tables import SPARSE, predictors

NAMES = {"barrier": "mean barrier", "pretrain_accuracy": "pre-training accuracy"}
DIFFERENCE = "barrier less pretrain_accuracy"

correlations = once(predictor_correlations.correlations)


@Means(
    asks=("subset size pretrain_steps seed replica barrier pretrain_accuracy", "pretraining"),
    selects=("subset", "size", "pretrain_steps"),
    x=Axis("barrier", "mean loss barrier between two children, over training examples (nats)", said=".3f", padding=16),
    measures=[replace(ACCURACY, field="sparse_accuracy", title=f"test accuracy below {SPARSE:.0%} density")],
    line="cell",
    looks=SUBSETS,
    shapes=("steps k", in_order),
    carried=[Axis("pretrain_accuracy", "pre-training accuracy", said=".2%")],
    apart=0,
    sizes=(190, 34),
    title="Does the dense network foretell its tickets?",
    subtitle="{about}",
    needs=f"tickets below {SPARSE:.0%} density: more rounds, or a larger fraction pruned",
)
def accuracy_by_barrier(table: Any) -> Iterator[dict[str, Any]]:
    """Draw mean test accuracy of tickets below 20 % density by the mean loss barrier between two dense children of
    their rewinding point: a small point for each cell and replica, a large one for each cell's mean; shapes tell k.

    `table` are the outcomes of `experiments.pretraining`, or what `subsets_table` or `predictors` made of them. The
    subtitle has Spearman's correlation over the means of cells, and that of the control, with intervals that draw seeds
    anew.
    """
    table = table if hasattr(table, "to_dict") else list(table)
    rows = records(table if "sparse_accuracy" in table else predictors(table))
    about = _correlated(table)[0] if rows else ""  # the other numbers are in the sentences
    for row in sorted(rows, key=lambda row: cells.place(row["subset"], row["size"], row["pretrain_steps"])):
        cell = row["subset"], row["size"], row["pretrain_steps"]
        name, k = cells.words(*cell), row["pretrain_steps"]
        look = {"cell": name, "look": cells.kind(row["subset"], k), "shape": str(k)}
        yield {**row, **look, "role": "mark", "about": about, "words": f"{name}, one replica"}
        yield {**row, **look, "together": name}


def _correlated(table: Any) -> list[str]:
    """Return the lines below the title: the predictor, its control, and the difference of their absolute values."""
    ranks, lines = correlations(table, predictors=tuple(NAMES)), []
    for over, of in (("cells", "over means of cells"), ("within k", "within a fixed k")):
        by_predictor = ranks[ranks["over"] == over].set_index("predictor")
        barrier, control = (f"{name} {_interval(by_predictor.loc[field])}" for field, name in NAMES.items())
        if math.isnan(by_predictor.loc["barrier"]["correlation"]):
            continue
        lines.append(f"Spearman {of} ({by_predictor.loc['barrier']['cells']} cells): {barrier}; {control}")
        if not math.isnan(by_predictor.loc[DIFFERENCE]["correlation"]):
            lines.append(f"by how much the barrier does better {_interval(by_predictor.loc[DIFFERENCE])}")
    return lines or ["a rank correlation needs three cells or more, and a replica that has them all"]


def _interval(row: Any) -> str:
    if math.isnan(row["correlation"]):
        return "not defined"
    spread = "" if row["replicas"] < 3 or math.isnan(row["low"]) else f" [{row['low']:+.2f}, {row['high']:+.2f}]"
    return f"{row['correlation']:+.2f}{spread}"


@accuracy_by_barrier.sentences
def words(outcomes: list[Any]) -> list[str]:
    """Say it in sentences: how the barrier ranks the cells, and how the control does."""
    return [f"{line[0].upper()}{line[1:]}." for line in _correlated(outcomes)] if len(predictors(outcomes)) else []
