"""How much can be pruned in one shot and retrained to match? Accuracy by what is left, and what pruning does to it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

import altair as alt

from workbench.charts import theme
from workbench.charts.spans import points, records, span
from workbench.experiments.one_shot import prunable
from workbench.experiments.tickets_beside_dense import tickets
from workbench.numbers import intervals

LINES = {  # field: words, colour, shape
    "test_accuracy": ("retrained", *theme.kind("ticket")[:2]),
    "control": ("random places, retrained", *theme.kind("random_mask")[:2]),
    "projected": ("pruned, not retrained", theme.OTHER[0][0], "triangle-up"),
    "barrier_error": ("barrier to the dense solution", theme.OTHER[1][0], "diamond"),
}
UPPER, LOWER = ("test_accuracy", "control"), ("projected", "barrier_error")


def accuracy_by_share(table: Any) -> alt.VConcatChart:
    """Draw test accuracy by density after one shot, filled where it matches, and what the shot did, below it.

    `table` is a data frame or an iterable of the outcomes of `experiments.one_shot`; mean and 95 % t interval over
    replicas. Below: the error that pruning alone adds, and the error barrier half-way to the dense solution.
    """
    return draw(rows(table))


def rows(table: Any) -> list[dict[str, Any]]:
    """Return a dict for each line and density: the mean, its interval, and whether it matches the dense network."""
    values: dict[tuple[str, float], list[dict[str, Any]]] = defaultdict(list)
    for row in records(table):
        values[row["kind"], float(f"{row['density']:.6g}")].append(row)
    found = []
    for (kind, density), same in sorted(values.items(), key=lambda item: (item[0][0], -item[0][1])):
        place = {"density": density, "kept": theme.percent(density)}
        accuracy = [row for row in same if row["test_accuracy"] is not None]
        if accuracy:
            line = "test_accuracy" if kind == "ticket" else "control"
            own, dense = ([row[name] for row in accuracy] for name in ("test_accuracy", "dense_accuracy"))
            same_as = density == 1 or intervals.matches(intervals.paired(own, dense))
            match = "matches" if same_as else "not shown to match"
            found.append({**place, "line": line, **span(own, "value"), "match": match})
        if kind == "ticket" and density < 1:
            for line, field in (("projected", "projection_error"), ("barrier_error", "barrier_error")):
                found.append({**place, "line": line, **span([row[field] for row in same], "value"), "match": "matches"})
    for row in found:
        row["words"] = LINES[row["line"]][0]
    return [*theme.thin(found, theme.ROWS - 10), *_labels(found)]


def _labels(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the words at the sparse end of each line, moved apart within each of the two pictures."""
    labels = []
    for lines in (UPPER, LOWER):
        there = [row for row in found if row["line"] in lines]
        ends = list({row["line"]: row for row in there}.values())
        values = [row["value"] for row in there]
        height = max(values, default=0) - min(values, default=0) or 0.01
        for end, place in zip(ends, theme.spread([row["value"] for row in ends], 0.12 * height), strict=True):
            labels.append({**end, "line": f"{end['line']} label", "colour": end["line"], "value": place})
    return labels


def draw(rows: list[dict[str, Any]]) -> alt.VConcatChart:
    """Draw the rows: accuracies above, what the shot itself did below."""
    upper = _panel(UPPER, "test accuracy", theme.density_axis(title="")).properties(height=230)
    lower = _panel(LOWER, "error added", theme.density_axis(title="density after one shot (logarithmic)"))
    chart = alt.vconcat(upper, lower.properties(height=150), data=alt.Data(values=rows)).resolve_scale(x="shared")
    description = (
        "Test accuracy by density after pruning in one shot and retraining, filled where it is shown to match the "
        "dense network, with random places as the control; below, the error that pruning adds before retraining, and "
        "the error barrier half-way from the dense solution to the retrained one."
    )
    subtitle = "filled: matches the dense network (paired interval); mean and 95 % t interval over replicas"
    return theme.dress(chart, "Pruned in one shot", description, subtitle)


def _panel(lines: Sequence[str], title: str, x: alt.X) -> alt.LayerChart:
    names = list(LINES)
    colours = alt.Scale(domain=names, range=[colour for _, colour, _ in LINES.values()])
    shapes = alt.Scale(domain=names, range=[shape for _, _, shape in LINES.values()])
    colour = alt.Color("line:N", scale=colours, legend=None)
    axis = alt.Axis(format=".3~%", tickCount=6)
    y = alt.Y("value:Q", title=title, scale=alt.Scale(zero=False, padding=10), axis=axis)
    tip = [
        alt.Tooltip("words:N", title="what"),
        alt.Tooltip("kept:N", title="density"),
        alt.Tooltip("value:Q", title=title, format=".2%"),
        alt.Tooltip("interval:N", title="95 % interval"),
        alt.Tooltip("n:Q", title="replicas"),
        alt.Tooltip("match:N", title="dense network"),
    ]
    own = " || ".join(f"datum.line == '{name}'" for name in lines)
    base = alt.Chart().transform_filter(own).encode(x=x, color=colour)
    label = alt.Chart().transform_filter(" || ".join(f"datum.line == '{name} label'" for name in lines))
    full = base.transform_filter("datum.match == 'matches'").mark_point(size=66, filled=True, opacity=1)
    empty = base.transform_filter("datum.match != 'matches'").mark_point(size=66, strokeWidth=2, opacity=1)
    shape = alt.Shape("line:N", scale=shapes, legend=None)
    layers = [
        base.mark_rule(strokeWidth=1.5, opacity=0.65).encode(y=alt.Y("low:Q", title=title), y2="high:Q"),
        base.mark_line(strokeWidth=2).encode(y=y),
        full.encode(y=y, shape=shape, tooltip=tip),
        empty.encode(y=y, shape=shape, tooltip=tip),
        label.mark_text(align="left", dx=12, fontWeight=600).encode(
            x=x, y=y, text="words:N", color=alt.Color("colour:N", scale=colours, legend=None)
        ),
    ]
    chart = alt.layer(*layers).properties(width=theme.WIDTH)
    assert isinstance(chart, alt.LayerChart)
    return chart


def words(outcomes: Iterable[Any]) -> list[str]:
    """Say it in sentences: the largest share that matches, of the ticket and of the control, and the projection."""
    outcomes = list(outcomes)
    replicas = len({o.replica for o in outcomes})
    if not any(o.share for o in outcomes):
        return []
    if replicas < intervals.LEAST:
        return [f"What can be pruned to match needs {intervals.LEAST} replicas; there are {replicas} so far."]
    sentences = []
    for kind, name in (("ticket", "In one shot"), ("random_mask", "At random places")):
        if len((tickets(outcomes, kind) or [[]])[0]) > 1:
            density = prunable(outcomes, kind=kind).density
            most = "none of the shares is shown to match" if density is None else f"{theme.percent(1 - density)} match"
            sentences.append(f"{name}: {most} (paired 95 % interval, at most 1 point worse).")
    last = max(o.share for o in outcomes)
    own = [o for o in outcomes if o.share == last and o.kind == "ticket"]
    if own:
        cost, barrier = points([o.projection_error for o in own]), points([o.barrier_error for o in own])
        sentences.append(f"Pruning {theme.percent(last)} adds {cost} of error; retrained, the barrier is {barrier}.")
    return sentences
