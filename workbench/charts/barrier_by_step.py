"""From which step do children end connected? The error barrier by the step they part at, for each treatment.

The instability analysis of Frankle et al. 2020; below the line at two points, children count as connected.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import altair as alt

from workbench.charts import theme
from workbench.charts.spans import by_replica, records, span
from workbench.experiments.instability_tables import LIMIT

TREATMENTS = {  # batch-norm treatment: colour, shape
    "average": ("#0080C6", "circle"),
    "recompute": ("#009E73", "diamond"),
    "keep": ("#D55E00", "square"),
}


def barrier_by_step(table: Any) -> alt.FacetChart:
    """Draw the error barrier by rewinding step: mean and 95 % t interval over replicas, one line a treatment.

    `table` is a data frame, or an iterable of `Parting`s, with `replica, rewind_step, split, batch_norm,
    barrier_error`; pairs of one replica are averaged first.
    """
    return draw(rows(table))


def rows(table: Any) -> list[dict[str, Any]]:
    """Return what is drawn: a point for every split, treatment and step."""
    values: dict[tuple[str, str, int], list[tuple[int, float]]] = defaultdict(list)
    for row in records(table):
        values[row["split"], row["batch_norm"], row["rewind_step"]].append((row["replica"], row["barrier_error"]))
    return [
        {"split": split, "batch_norm": how, "rewind_step": step, **span(by_replica(pairs), "barrier"), "limit": LIMIT}
        for (split, how, step), pairs in sorted(values.items())
    ]


def draw(rows: list[dict[str, Any]]) -> alt.FacetChart:
    """Draw the rows, the splits side by side."""
    x = step_axis()
    y = alt.Y("barrier:Q", title="error barrier", axis=alt.Axis(format=".3~%"))
    names = list(TREATMENTS)
    legend = alt.Legend(title="batch-norm", symbolSize=80)
    colour = alt.Color(
        "batch_norm:N", scale=alt.Scale(domain=names, range=[c for c, _ in TREATMENTS.values()]), legend=legend
    )
    shape = alt.Shape(
        "batch_norm:N", scale=alt.Scale(domain=names, range=[s for _, s in TREATMENTS.values()]), legend=legend
    )
    tip = [
        alt.Tooltip("batch_norm:N", title="batch-norm"),
        alt.Tooltip("rewind_step:Q", title="parted at step"),
        alt.Tooltip("barrier:Q", title="error barrier", format=".2%"),
        alt.Tooltip("low:Q", title="from", format=".2%"),
        alt.Tooltip("high:Q", title="to", format=".2%"),
        alt.Tooltip("n:Q", title="replicas"),
    ]
    base = alt.Chart().encode(x=x, color=colour)
    layers = [
        alt.Chart().mark_rule(strokeDash=[4, 4], color=theme.GREY).encode(y=alt.Y("limit:Q", title="error barrier")),
        base.mark_rule(strokeWidth=1.5, opacity=0.6).encode(y=alt.Y("low:Q", title="error barrier"), y2="high:Q"),
        base.mark_line(strokeWidth=2).encode(y=y),
        base.mark_point(size=60, filled=True, opacity=1).encode(y=y, shape=shape, tooltip=tip),
    ]
    chart = alt.layer(*layers, data=alt.Data(values=rows)).properties(width=theme.WIDTH // 2 - 20, height=theme.HEIGHT)
    facets = chart.facet(column=alt.Column("split:N", title=None))
    description = "The error barrier between two children, by the step at which they parted, for each treatment."
    subtitle = "above the line between the ends; mean and 95 % t interval over replicas; dashed: two points"
    return theme.dress(facets, "When do children end connected?", description, subtitle)


def step_axis() -> alt.X:
    """Return the axis of steps: 0 at the left, then each doubling as wide as the last."""
    ticks = [0, *(m * 10**power for power in range(6) for m in (1, 2, 5))]
    scale = alt.Scale(type="symlog", constant=2, nice=False, padding=10)
    axis = alt.Axis(grid=False, values=ticks, format="~s", labelOverlap=True)
    return alt.X("rewind_step:Q", title="step at which the children part", scale=scale, axis=axis)
