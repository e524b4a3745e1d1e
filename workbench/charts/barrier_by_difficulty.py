"""Do easy examples connect first? The barrier by the step at which the children part, by thirds of EL2N."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

import altair as alt

from workbench.charts import theme
from workbench.charts.barrier_by_step import step_axis
from workbench.charts.spans import by_replica, span
from workbench.data_diet.scores import terciles

GROUPS = {"easy": ("#0080C6", "circle"), "middle": ("#B8860B", "square"), "hard": ("#D55E00", "triangle-up")}
NEEDS = "EL2N of the examples, from one network or more"
MEASURES = {"error": "error barrier (points)", "loss": "loss barrier (nats)"}


def barrier_by_difficulty(partings: Iterable[Any], *, batch_norm: str = "average") -> alt.FacetChart:
    """Draw error and loss barriers of the easy, the middle and the hard third, mean and interval over replicas."""
    return draw(rows([p for p in partings if p.batch_norm == batch_norm]))


def rows(partings: Iterable[Any]) -> list[dict[str, Any]]:
    """Return a dict for each measure, group and step; training images before test images, "average" before others.

    Hard examples have a high loss at the ends already, so that their loss barrier may be the lowest while their error
    barrier is the highest: both are drawn.
    """
    partings = [p for p in partings if p.scores is not None]
    for field, first in (("batch_norm", "average"), ("split", "train")):
        names = {getattr(p, field) for p in partings}
        chosen = first if first in names else min(names, default="")
        partings = [p for p in partings if getattr(p, field) == chosen]
    values: dict[tuple[str, str, int], list[tuple[int, float]]] = defaultdict(list)
    for p in partings:
        for group, examples in terciles(p.scores).items():
            for measure in MEASURES:
                barrier = p.path.barrier(of=measure, examples=examples) * (100 if measure == "error" else 1)
                values[measure, group, p.rewind_step].append((p.replica, barrier))
    found = []
    for (measure, group, step), pairs in values.items():
        which = {"measure": MEASURES[measure], "group": group, "rewind_step": step}
        found.append({**which, "about": theme.measured_on(partings[0]), **span(by_replica(pairs), "barrier", ".3f")})
    return found


def draw(rows: list[dict[str, Any]]) -> alt.FacetChart:
    """Draw the rows: error at the left, loss at the right."""
    names = list(GROUPS)
    legend = alt.Legend(title="third by EL2N", symbolSize=80)
    colour = alt.Color("group:N", scale=alt.Scale(domain=names, range=[c for c, _ in GROUPS.values()]), legend=legend)
    shape = alt.Shape("group:N", scale=alt.Scale(domain=names, range=[s for _, s in GROUPS.values()]), legend=legend)
    tip = [
        "group:N",
        alt.Tooltip("rewind_step:Q", title="parted at step"),
        alt.Tooltip("barrier:Q", format=".3f"),
        "n:Q",
    ]
    base = alt.Chart().encode(x=step_axis(), color=colour)
    layers = [
        base.mark_rule(strokeWidth=1.5, opacity=0.6).encode(y=alt.Y("low:Q", title=None), y2="high:Q"),
        base.mark_line(strokeWidth=2).encode(y=alt.Y("barrier:Q", title=None)),
        base.mark_point(size=60, filled=True, opacity=1).encode(y="barrier:Q", shape=shape, tooltip=tip),
    ]
    chart = alt.layer(*layers, data=alt.Data(values=rows)).properties(width=theme.WIDTH // 2 - 20, height=theme.HEIGHT)
    facets = chart.facet(column=alt.Column("measure:N", title=None)).resolve_scale(y="independent")
    description = "Error and loss barriers of easy, middle and hard examples by the step at which the children parted."
    about = rows[0]["about"] if rows else "nothing finished"
    subtitle = f"{about}; mean and 95 % t interval over replicas"
    return theme.dress(facets, "Do easy examples connect first?", description, subtitle)
