"""Does the dense network foretell its tickets? Sparse accuracy by the loss barrier of the rewinding point's children.

Paul et al. 2022, "Lottery Tickets on a Data Diet": the more examples are linearly connected in the dense network, the
better pruning does. The control is the accuracy that pre-training reached.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import altair as alt

from workbench.charts import cells, theme
from workbench.experiments.predictor_correlations import correlations
from workbench.experiments.pretraining_tables import CELL, SPARSE, predictors

SHAPES = ["circle", "square", "diamond", "triangle-up", "cross", "triangle-down", "triangle-right", "triangle-left"]
NAMES = {"barrier": "mean barrier", "pretrain_accuracy": "the control, pre-training accuracy,"}
GAP, ASIDE = 0.055, 0.035  # of height and width: between two labels, and from a mean to its own
DIFFERENCE = "barrier less pretrain_accuracy"
NEEDS = f"tickets below {SPARSE:.0%} density: more rounds, or a larger fraction pruned"


def accuracy_by_barrier(table: Any) -> alt.LayerChart:
    """Draw mean test accuracy below 20 % density by mean loss barrier, a point a cell and replica, means larger.

    `table` are the outcomes of `experiments.pretraining`, or what `subsets_table` or `predictors` made of them. The
    subtitle has Spearman's correlation over the means of cells, and that of the control, with intervals that draw
    seeds anew.
    """
    return draw(rows(table))


def rows(table: Any) -> list[dict[str, Any]]:
    """Return a dict for each cell and replica, and for each cell its mean."""
    table = table if hasattr(table, "to_dict") and "sparse_accuracy" in table else predictors(table)
    if not len(table):
        return []
    about = "\n".join(_correlated(table))
    found, means = [], []
    for (subset, size, k), own in table.groupby(CELL):
        which = {"kind": cells.kind(subset, k), "cell": cells.words(subset, size, k), "steps": int(k)}
        for row in own.to_dict("records"):
            found.append({"role": "replica", **which, **_point(row), "replica": str(row["replica"]), "about": about})
        mean = own[["barrier", "sparse_accuracy", "pretrain_accuracy"]].mean().to_dict()
        means.append({"role": "mean", **which, **_point(mean), "replica": f"mean of {len(own)}", "about": about})
    means = theme.thin(means, 80)
    return [*theme.thin(found, theme.ROWS - 2 * len(means)), *means, *_labels(found, means)]


def _labels(found: list[dict[str, Any]], means: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the words beside each mean, moved apart, with the place of the mean for a thin line to it."""
    height, width = (
        max(row[name] for row in found) - min(row[name] for row in found) or 0.01 for name in ("accuracy", "barrier")
    )
    shown = theme.thin(means, 16)
    places = theme.spread([row["accuracy"] for row in shown], GAP * height)
    return [
        {**row, "role": "label", "at": row["barrier"] + ASIDE * width, "place": place}
        for row, place in zip(shown, places, strict=True)
    ]


def _point(row: dict[str, Any]) -> dict[str, Any]:
    names = {"barrier": "barrier", "sparse_accuracy": "accuracy", "pretrain_accuracy": "early"}
    return {short: float(row[name]) for name, short in names.items()}


def _correlated(table: Any) -> list[str]:
    """Return the lines below the title: the predictor, its control, and the difference of their absolute values."""
    found = correlations(table, predictors=tuple(NAMES))
    lines = []
    for over, of in (("cells", "over means of cells"), ("within k", "within a fixed k")):
        own = found[found["over"] == over].set_index("predictor")
        said = [f"{name} {_interval(own.loc[field])}" for field, name in NAMES.items()]
        if own.loc["barrier"].isna()["correlation"]:
            continue
        lines.append(f"Spearman {of} ({own.loc['barrier']['cells']} cells): {said[0]}; {said[1]}")
        if not own.loc[DIFFERENCE].isna()["correlation"]:
            lines.append(f"by how much the barrier does better {_interval(own.loc[DIFFERENCE])}")
    return lines or ["a rank correlation needs three cells or more, and a replica that has them all"]


def _interval(row: Any) -> str:
    if math.isnan(row["correlation"]):
        return "not defined"
    if row["replicas"] < 3 or math.isnan(row["low"]):
        return f"{row['correlation']:+.2f}"
    return f"{row['correlation']:+.2f} [{row['low']:+.2f}, {row['high']:+.2f}]"


def draw(rows: list[dict[str, Any]]) -> alt.LayerChart:
    """Draw the rows; shapes tell k, colours the subset."""
    x = alt.X(
        "barrier:Q",
        title="mean loss barrier between two children, over training examples (nats)",
        scale=alt.Scale(zero=False, padding=16),
        axis=alt.Axis(grid=False, tickCount=8),
    )
    y = theme.accuracy_axis(title=f"test accuracy below {SPARSE:.0%} density")
    colour = cells.colour()
    legend = alt.Legend(title="steps k", symbolFillColor=theme.GREY, symbolStrokeWidth=0, symbolOpacity=1, orient="top")
    shape = alt.Shape("steps:O", scale=alt.Scale(range=SHAPES), legend=legend)
    tip = [
        alt.Tooltip("cell:N", title="first steps saw"),
        alt.Tooltip("replica:N"),
        alt.Tooltip("barrier:Q", title="mean barrier", format=".3f"),
        alt.Tooltip("accuracy:Q", title="sparse accuracy", format=".2%"),
        alt.Tooltip("early:Q", title="pre-training accuracy", format=".2%"),
    ]
    base = alt.Chart().encode(x=x, y=y, color=colour, shape=shape, tooltip=tip)
    single = base.transform_filter("datum.role == 'replica'").mark_point(size=34, filled=True, opacity=0.7)
    mean = base.transform_filter("datum.role == 'mean'")
    mean = mean.mark_point(size=190, filled=True, opacity=0.95, stroke="white", strokeWidth=1.2)
    aside, up = x.copy(), y.copy()
    aside.shorthand, up.shorthand = "at:Q", "place:Q"
    label = alt.Chart().transform_filter("datum.role == 'label'").encode(color=colour)
    leader = label.mark_rule(strokeWidth=0.8, opacity=0.6).encode(x=x, y=y, x2="at:Q", y2="place:Q")
    words = label.mark_text(align="left", dx=3, fontWeight=600).encode(x=aside, y=up, text="cell:N")
    chart = alt.layer(leader, single, mean, words, data=alt.Data(values=rows)).properties(
        width=theme.WIDTH, height=theme.HEIGHT
    )
    description = (
        "Mean test accuracy of sparse tickets by the mean loss barrier between two dense children of their rewinding "
        "point: a small point for each cell and replica, a large one for each cell's mean; shapes tell k."
    )
    about = rows[0]["about"] if rows else "nothing finished"
    return theme.dress(chart, "Does the dense network foretell its tickets?", description, about)


def words(outcomes: Iterable[Any]) -> list[str]:
    """Say it in sentences: how the barrier ranks the cells, and how the control does."""
    table = predictors(outcomes)
    if not len(table):
        return []
    return [f"{line[0].upper()}{line[1:]}." for line in _correlated(table)]
