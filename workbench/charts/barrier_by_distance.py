"""From how far away does a round's solution still return? Barrier and accuracy by the distance of the perturbation."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

import altair as alt

from workbench.charts import theme
from workbench.charts.spans import points, records, span

KINDS = {  # kind: shape, words
    "perturbed": ("circle", "perturbed"),
    "child": ("square", "other noise only"),
    "independent": ("diamond", "another draw"),
}
DODGE = 0.015  # of the width, between two densities
MEASURES = {"barrier_error": "error barrier to the solution", "test_accuracy": "test accuracy"}


def barrier_by_distance(table: Any) -> alt.HConcatChart:
    """Draw the error barrier to the solution, and the accuracy, by distance: mean and 95 % t interval over replicas.

    `table` is a data frame or an iterable of the outcomes of `experiments.perturbation`; the dashed line is the
    threshold up to which two networks are called connected.
    """
    return draw(rows(table))


def rows(table: Any) -> list[dict[str, Any]]:
    """Return a dict for each measure, density, kind and distance; the threshold; and a label for each density."""
    values: dict[tuple[str, float, str, float], list[dict[str, Any]]] = defaultdict(list)
    outcomes = records(table)
    for row in outcomes:
        far = row["distance"] if row["kind"] == "perturbed" else 0.0  # measured, and so one of its own for every seed
        values[row["kind"], float(f"{row['density']:.6g}"), row["kind"], far].append(row)
    found, densities = [], sorted({density for _, density, _, _ in values}, reverse=True)
    widest = max((row["distance"] for row in outcomes), default=0)
    for (kind, density, _, _), same in sorted(values.items()):
        far = sum(row["distance"] for row in same) / len(same)
        at = (far**0.5 + DODGE * widest**0.5 * densities.index(density)) ** 2  # side by side on the axis of roots
        place = {"role": kind, "density": density, "distance": far, "at": at}
        said = {"words": KINDS[kind][1], "kept": "dense" if density == 1 else f"{theme.percent(density)} kept"}
        for measure in MEASURES:
            known = [row[measure] for row in same if row[measure] is not None]
            if known:
                found.append({**place, **said, "measure": measure, **span(known, "value")})
    if not found:
        return []
    line = {"role": "threshold", "measure": "barrier_error", "value": outcomes[0]["threshold"]}
    return [*theme.thin(found, theme.ROWS - 30), *_labels(found), line]


def _labels(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the words at the far end of each line of perturbed starts, moved apart."""
    labels = []
    for measure in MEASURES:
        there = [row for row in found if row["measure"] == measure]
        ends = list({row["density"]: row for row in there if row["role"] == "perturbed"}.values())[:12]
        height = max((row["value"] for row in there), default=0) - min((row["value"] for row in there), default=0)
        for end, place in zip(ends, theme.spread([row["value"] for row in ends], 0.07 * (height or 0.01)), strict=True):
            labels.append({**end, "role": "label", "value": place})
    return labels


def draw(rows: list[dict[str, Any]]) -> alt.HConcatChart:
    """Draw the rows: barriers at the left, accuracies at the right."""
    maps = [_panel(measure, title) for measure, title in MEASURES.items()]
    chart = alt.hconcat(*maps, data=alt.Data(values=rows), spacing=84)
    description = (
        "The error barrier to the round's own solution, and test accuracy, by the distance at which training began: "
        "circles are perturbed starting points, squares other noise only, diamonds another draw of the weights."
    )
    subtitle = "1 is the way from the rewound weights to the projected solution; mean and 95 % t interval over replicas"
    return theme.dress(chart, "How far away does the solution still return?", description, subtitle)


def _panel(measure: str, title: str) -> alt.LayerChart:
    x = alt.X(
        "at:Q",
        title="distance of the start (square root)",
        scale=alt.Scale(type="sqrt", padding=6),
        axis=alt.Axis(grid=False, tickCount=6),
    )
    scale = alt.Scale(zero=measure == "barrier_error", padding=10)
    y = alt.Y("value:Q", title=title, scale=scale, axis=alt.Axis(format=".3~%", tickCount=6))
    shades = alt.Scale(type="log", range=theme.SEQUENCE, reverse=True)
    colour = alt.Color("density:Q", scale=shades, legend=None)
    known = alt.Scale(domain=[words for _, words in KINDS.values()], range=[shape for shape, _ in KINDS.values()])
    legend = alt.Legend(title="start", orient="bottom", symbolType="circle", symbolFillColor=theme.GREY)
    shape = alt.Shape("words:N", scale=known, legend=legend)
    tip = [
        alt.Tooltip("words:N", title="start"),
        alt.Tooltip("kept:N", title="density"),
        alt.Tooltip("distance:Q", format=".3"),
        alt.Tooltip("value:Q", title=title, format=".2%"),
        alt.Tooltip("interval:N", title="95 % interval"),
        alt.Tooltip("n:Q", title="replicas"),
    ]
    base = alt.Chart().transform_filter(f"datum.measure == '{measure}'")
    line = base.transform_filter("datum.role == 'perturbed' || datum.role == 'child'")
    every = base.transform_filter("datum.role != 'label' && datum.role != 'threshold'").encode(x=x, color=colour)
    rule = base.transform_filter("datum.role == 'threshold'").mark_rule(strokeDash=[5, 4], color=theme.GREY)
    label = base.transform_filter("datum.role == 'label'").mark_text(align="left", dx=10, fontWeight=600)
    layers = [
        rule.encode(y=y),
        line.mark_line(strokeWidth=2).encode(x=x, y=y, color=colour, detail="density:Q"),
        every.mark_rule(strokeWidth=1.5, opacity=0.65).encode(y=alt.Y("low:Q", title=title), y2="high:Q"),
        every.mark_point(size=70, filled=True, opacity=1).encode(y=y, shape=shape, tooltip=tip),
        label.encode(x=x, y=y, text="kept:N", color=colour),
    ]
    chart = alt.layer(*layers).properties(width=300, height=280)
    assert isinstance(chart, alt.LayerChart)
    return chart


def words(outcomes: Iterable[Any]) -> list[str]:
    """Say it in sentences: for every density, the farthest start from which training returns, and the controls."""
    outcomes = list(outcomes)
    threshold = outcomes[0].threshold if outcomes else 0
    within = f"(mean error barrier of at most {100 * threshold:g} points)"
    sentences = []
    for density in sorted({o.density for o in outcomes}, reverse=True):
        own = [o for o in outcomes if o.density == density]
        back = None
        for far in sorted({o.distance for o in own if o.kind == "perturbed"}):
            barriers = [o.barrier_error for o in own if o.kind == "perturbed" and o.distance == far]
            if sum(barriers) / len(barriers) > threshold:
                break
            back = far
        kept = "The dense network" if density == 1 else f"At {theme.percent(density)}"
        said = "from none of the distances" if back is None else f"from up to {back:g} times the way to its target"
        sentences.append(f"{kept}: training returns {said} {within}.")
        for kind, name in (("child", "Other noise alone"), ("independent", "Another draw under the same mask")):
            if control := [o.barrier_error for o in own if o.kind == kind]:
                sentences.append(f"{name}: error barrier {points(control)}.")
    return sentences
