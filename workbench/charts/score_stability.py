"""How many networks does a score need? The rank correlation of a mean over few with the mean over all others.

Toneva et al. 2019 and Paul et al. 2021 found that a single network ranks examples poorly; the two sides of a division
share no network, whose own noise would else count as agreement.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable
from typing import Any

import altair as alt

from workbench.charts import theme
from workbench.charts.cells import column
from workbench.experiments.score_tables import stability

SCORES, COUNTS = 11, 8  # lines, and points on each, at most
DIVISIONS = 6
NEEDS = "two networks or more, as replicas, and a score that asks them"
GAP = 0.062  # of the height, between two labels
SAME, OTHER = "the same score", "forgetting"
COLOURS = ["#0080C6", "#D55E00", "#009E73", "#B069A0", "#B8860B", theme.GREY]
SHAPES = ["circle", "square", "diamond", "triangle-up", "cross", "triangle-down", "triangle-right", "triangle-left"]


def score_stability(outcomes: Iterable[Any], *, divisions: int = DIVISIONS, seed: int = 0) -> alt.LayerChart:
    """Draw the rank correlation of every score with itself, or with forgetting, by the number of networks averaged.

    `outcomes` are those of `experiments.example_scores`, two replicas or more; the buttons choose with which score of
    the other networks. `seed` draws the divisions.
    """
    return draw(rows(outcomes, divisions=divisions, seed=seed))


def rows(outcomes: Iterable[Any], *, divisions: int = DIVISIONS, seed: int = 0) -> list[dict[str, Any]]:
    """Return a dict for each score and number of networks, and a label for each score, once for each other score."""
    outcomes = list(outcomes)
    names = [name for name in (outcomes[0].scores if outcomes else ()) if all(name in o.scores for o in outcomes)]
    names = [name for name in names if name != "input_norm"]  # which asks no network
    made = []
    for beside in (SAME, OTHER) if OTHER in names else (SAME,):
        other = None if beside == SAME else OTHER
        found: list[dict[str, Any]] = []
        for name in theme.thin(names, SCORES):
            found += _points(stability(outcomes, name, other, divisions=divisions, seed=seed), beside)
        made += [*found, *_labels(found)]
    about = f"{len(outcomes)} networks, each drawn to one side or the other; mean and range over {divisions} divisions"
    return [{**row, "about": about} for row in made]


def _points(divided: list[dict[str, Any]], beside: str) -> list[dict[str, Any]]:
    values: dict[tuple[int, int], list[float]] = defaultdict(list)
    for row in divided:
        if not math.isnan(row["correlation"]):
            values[row["replicas"], row["others"]].append(row["correlation"])
    points = [
        {
            "role": "point",
            "beside": beside,
            "score": divided[0]["score"].replace("_", " "),
            "replicas": r,
            "others": others,
            "correlation": sum(own) / len(own),
            "low": min(own),
            "high": max(own),
        }
        for (r, others), own in sorted(values.items())
    ]
    return theme.thin(points, COUNTS)


def _labels(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    last = {row["score"]: row for row in found}
    ends = [
        {name: row[name] for name in ("beside", "score", "correlation")} | {"at": row["replicas"]}
        for row in last.values()
    ]
    seen = [row[name] for row in found for name in ("low", "high")]
    right = max((row["replicas"] for row in found), default=1)
    return column(ends, seen, right + 0.04 * max(right - 1, 1), GAP, "correlation")


def draw(rows: list[dict[str, Any]]) -> alt.LayerChart:
    """Draw the rows; the buttons choose with what the few networks are compared."""
    options = list(dict.fromkeys(row["beside"] for row in rows)) or [SAME]
    buttons = alt.param(name="beside", value=options[0], bind=alt.binding_radio(options=options, name="with: "))
    whole = alt.Axis(format="d", tickMinStep=1, grid=False)
    across = alt.Scale(nice=False, zero=False, padding=14)
    x = alt.X("replicas:Q", title="networks averaged", axis=whole, scale=across)
    aside = alt.X("at:Q", title="networks averaged", axis=whole, scale=across)
    back = alt.X("from_at:Q", title="networks averaged", axis=whole, scale=across)
    colour = alt.Color("score:N", scale=alt.Scale(range=COLOURS), legend=None)
    shape = alt.Shape("score:N", scale=alt.Scale(range=SHAPES), legend=None)
    tip = [
        alt.Tooltip("score:N"),
        alt.Tooltip("replicas:Q", title="mean over networks"),
        alt.Tooltip("others:Q", title="with the mean over others"),
        alt.Tooltip("correlation:Q", title="rank correlation", format="+.3f"),
        alt.Tooltip("low:Q", title="least of the divisions", format="+.3f"),
        alt.Tooltip("high:Q", title="most of the divisions", format="+.3f"),
    ]
    base = alt.Chart().transform_filter("datum.beside == beside").encode(color=colour)
    point = base.transform_filter("datum.role == 'point'").encode(x=x)
    label = base.transform_filter("datum.role == 'label'")
    layers = [
        point.mark_rule(strokeWidth=1.5, opacity=0.5).encode(y=_rank("low:Q"), y2="high:Q"),
        point.mark_line(strokeWidth=2).encode(y=_rank("correlation:Q")),
        point.mark_point(size=60, filled=True, opacity=1).encode(y=_rank("correlation:Q"), shape=shape, tooltip=tip),
        label.mark_rule(strokeWidth=0.8, opacity=0.5).encode(x=back, x2="at:Q", y=_rank("from:Q"), y2="correlation:Q"),
        label.mark_text(align="left", dx=4, fontWeight=600).encode(x=aside, y=_rank("correlation:Q"), text="score:N"),
    ]
    chart = alt.layer(*layers, data=alt.Data(values=rows)).add_params(buttons)
    chart = chart.properties(width=theme.WIDTH - 80, height=theme.HEIGHT + 20)
    description = (
        "Spearman's rank correlation of the mean over few networks with the mean over all the others, a line a score, "
        "by the number of networks averaged; buttons compare with forgetting instead."
    )
    about = rows[0]["about"] if rows else "nothing finished"
    return theme.dress(chart, "How many networks does a score need?", description, about)


def _rank(field: str) -> alt.Y:
    title = "rank correlation with the other networks"
    return alt.Y(field, title=title, scale=alt.Scale(zero=False, padding=10), axis=alt.Axis(format="+.1f", tickCount=6))
