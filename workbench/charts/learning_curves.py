"""How does a ticket learn at every density? One curve a round, coloured from dense to sparse."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable
from typing import Any

import altair as alt

from workbench.charts import theme

MEASURES = {  # the first that was evaluated along the way is drawn, else the training loss, which always is there
    "test_accuracy": "test accuracy",
    "validation_accuracy": "validation accuracy",
    "loss": "training loss",
}


def learning_curves(outcomes: Iterable[Any]) -> alt.LayerChart:
    """Draw the tickets' histories, each round the mean over replicas.

    Test or validation accuracy where the recipe evaluated it along the way (`evaluate_every=`), else the training loss.
    """
    return draw(rows(outcomes))


def rows(outcomes: Iterable[Any]) -> list[dict[str, Any]]:
    """Return a dict for each round and step: density, step, the mean value, what is measured; and the end labels."""
    found = theme.tickets(outcomes)
    if not found:
        return []
    measure = _measure(found)
    values: dict[float, dict[int, list[float]]] = defaultdict(lambda: defaultdict(list))
    for outcome in found:
        for row in outcome.run.history:
            if row.get(measure) is not None:
                values[float(f"{outcome.density:.6g}")][row["step"]].append(row[measure])
    densities = theme.thin(sorted(values, reverse=True), 24)
    most = (theme.ROWS - 2) // len(densities)
    curves = {d: [_row(d, step, values[d][step], measure) for step in sorted(values[d])] for d in densities}
    ends = [{**curves[d][-1], "role": "label"} for d in (densities[0], densities[-1]) if curves[d]]
    for end, place in zip(ends, _apart(ends, curves, measure), strict=True):
        end["value"] = place
    return [row for d in densities for row in theme.thin(curves[d], most)] + (ends if len(densities) > 1 else ends[:1])


def _measure(found: list[Any]) -> str:
    for name in ("test_accuracy", "validation_accuracy"):
        if any(sum(row.get(name) is not None for row in outcome.run.history) > 1 for outcome in found):
            return name
    return "loss"


def _row(density: float, step: int, values: list[float], measure: str) -> dict[str, Any]:
    kept = "dense" if density == 1 else theme.percent(density)
    said = {"kept": kept, "measure": MEASURES[measure], "n": len(values)}
    return {"role": "point", "density": density, "step": step, "value": max(sum(values) / len(values), 1e-9), **said}


def _apart(ends: list[dict[str, Any]], curves: dict[float, list[dict[str, Any]]], measure: str) -> list[float]:
    """Return where the labels at the curves' ends stand, on the scale that is drawn: logarithmic for a loss."""
    there, back = (math.log, math.exp) if measure == "loss" else (float, float)
    every = [there(row["value"]) for curve in curves.values() for row in curve]
    places = theme.spread([there(end["value"]) for end in ends], 0.06 * ((max(every) - min(every)) or 1))
    return [back(place) for place in places]


def draw(rows: list[dict[str, Any]]) -> alt.LayerChart:
    """Draw the rows."""
    words = rows[0]["measure"] if rows else "training loss"
    share = "accuracy" in words
    x = alt.X("step:Q", title="optimiser step", axis=alt.Axis(grid=False, tickMinStep=1))
    ticks = [step * 10.0**-power for power in range(-2, 9) for step in (5, 2, 1)]
    axis = alt.Axis(format=".4~%") if share else alt.Axis(format="~g", values=ticks)
    scale = alt.Scale(zero=False) if share else alt.Scale(type="log", nice=False, padding=8)
    y = alt.Y("value:Q", title=words if share else f"{words} (logarithmic)", scale=scale, axis=axis)
    legend = alt.Legend(title="density", format="~%", type="gradient", gradientLength=170, tickCount=4, offset=64)
    shades = alt.Scale(type="log", range=theme.SEQUENCE, reverse=True)
    colour = alt.Color("density:Q", scale=shades, legend=legend)
    tip = [
        alt.Tooltip("kept:N", title="density"),
        alt.Tooltip("step:Q"),
        alt.Tooltip("value:Q", title=words, format=".2%" if share else ".4f"),
        alt.Tooltip("n:Q", title="replicas"),
    ]
    point = alt.Chart().transform_filter("datum.role == 'point'")
    layers = [
        point.mark_line(strokeWidth=1.8).encode(x=x, y=y, color=colour, detail="density:Q"),
        point.mark_point(size=14, opacity=0.9).encode(x=x, y=y, color=colour, tooltip=tip),
        alt.Chart()
        .transform_filter("datum.role == 'label'")
        .mark_text(align="left", dx=8, fontWeight=600)
        .encode(x=x, y=y, text="kept:N"),
    ]
    chart = alt.layer(*layers, data=alt.Data(values=rows)).properties(width=theme.WIDTH, height=theme.HEIGHT)
    description = f"Learning curves of the tickets: {words} by optimiser step, one curve for each density."
    subtitle = f"{words} of the ticket in every round, mean over replicas"
    return theme.dress(chart, "Learning curves", description, subtitle)
