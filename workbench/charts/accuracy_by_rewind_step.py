"""From which step k does a ticket match? The ticket's accuracy by density, one line for every step it is rewound to.

The picture of Frankle et al. 2020, "Linear Mode Connectivity and the Lottery Ticket Hypothesis".
"""

from __future__ import annotations

from typing import Any

import altair as alt

from workbench.charts import theme
from workbench.numbers import intervals

SHAPES = ["circle", "square", "triangle-up", "diamond", "triangle-down", "triangle-right", "cross"]
COLOURS = ["#D55E00", "#B8860B", "#009E73", "#0080C6", "#9467A8", "#CC79A7", "#7a7a7a"]


def accuracy_by_rewind_step(table: Any) -> alt.FacetChart:
    """Draw test accuracy by density for every `rewind_step`: mean and 95 % t interval over replicas.

    `table` is a data frame with `kind, replica, rewind_step, density, test_accuracy`, of which the tickets are drawn,
    and optionally `learning_rate`: one picture for each.
    """
    return draw(rows(table))


def rows(table: Any) -> list[dict[str, Any]]:
    """Return what is drawn: a point for every rewind step, density and learning rate."""
    tickets = table[table["kind"] == "ticket"]
    by = ["rewind_step", "density"]
    if "learning_rate" in tickets:
        by = ["learning_rate", *by]
    found = []
    for values, group in tickets.groupby(by):
        named = dict(zip(by, values, strict=True))
        interval = intervals.mean(list(group["test_accuracy"]))
        shown = interval.n >= intervals.LEAST
        found.append(
            {
                "rewind_step": f"k = {named['rewind_step']}",
                "order": int(named["rewind_step"]),
                "density": float(named["density"]),
                "rate": f"learning rate {named['learning_rate']:g}" if "learning_rate" in named else "",
                "accuracy": interval.mean,
                "low": interval.low if shown else None,
                "high": interval.high if shown else None,
                "n": interval.n,
            }
        )
    return found


def draw(rows: list[dict[str, Any]]) -> alt.FacetChart:
    """Draw the rows, side by side for the learning rates."""
    names = [row["rewind_step"] for row in sorted(rows, key=lambda row: row["order"])]
    names = list(dict.fromkeys(names))
    x = theme.density_axis()
    y = theme.accuracy_axis()
    legend = alt.Legend(title="rewound to step", symbolSize=80)
    colour = alt.Color("rewind_step:N", scale=alt.Scale(domain=names, range=COLOURS[: len(names)]), legend=legend)
    shape = alt.Shape("rewind_step:N", scale=alt.Scale(domain=names, range=SHAPES[: len(names)]), legend=legend)
    base = alt.Chart().encode(x=x, color=colour)
    tip = ["rewind_step:N", alt.Tooltip("density:Q", format=".3"), alt.Tooltip("accuracy:Q", format=".2%"), "n:Q"]
    layers = [
        base.mark_rule(strokeWidth=1.5, opacity=0.6).encode(y=theme.accuracy_axis("low:Q"), y2="high:Q"),
        base.mark_line(strokeWidth=2).encode(y=y),
        base.mark_point(size=60, filled=True, opacity=1).encode(y=y, shape=shape, tooltip=tip),
    ]
    chart = alt.layer(*layers, data=alt.Data(values=rows)).properties(width=300, height=theme.HEIGHT)
    facets = chart.facet(column=alt.Column("rate:N", title=None, sort="descending"))
    description = "Test accuracy of the ticket by density, one line for each step that it was rewound to."
    return theme.dress(facets, "Accuracy by rewinding step", description, "mean and 95 % t interval over replicas")
