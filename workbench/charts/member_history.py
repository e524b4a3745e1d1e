"""How does a member's loss weigh its examples as training goes on? Effective sample size, and what the harder half has.

The effective sample size over n is 1 where all examples weigh the same (the mean), 1 / n where one has all the weight.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

import altair as alt

from workbench.charts import methods, theme
from workbench.charts.cells import column
from workbench.training.losses import in_words

MEASURES = {  # field: title, format
    "effective_share": ("effective sample size / n", ".1%"),
    "hard_weight": ("weight of the harder half", ".1%"),
    "negative_share": ("un-learned if as published", ".1%"),
    "loss": ("mean cross-entropy", ".3f"),
}
DASHES = [[1, 0], [6, 3], [2, 2], [8, 3, 2, 3]]  # of members, so that they differ in more than colour
COLOURS = ["#0080C6", "#D55E00", "#009E73", "#CC79A7", "#B8860B", "#8C6BB1", "#56A0C9", theme.GREY]
POINTS = 60  # of a line
SIZE = (256, 140)
GAP = 0.11  # of the height, between two labels


def member_history(outcomes: Iterable[Any]) -> alt.VConcatChart:
    """Draw how each member of an ensemble weighed its examples by step: means over replicas.

    `outcomes` are those of `experiments.robust_ensembles`; a menu chooses the method. Members without a history (of a
    method that keeps none) are left out.
    """
    return draw(rows(outcomes))


def rows(outcomes: Iterable[Any]) -> list[dict[str, Any]]:
    """Return a dict for each method and member, whose steps and values are lists, and the labels at the lines' ends."""
    made: list[dict[str, Any]] = []
    found = methods.by_method(outcomes)
    for own in found.values():
        lines = [_member(own, m) for m in range(min(len(outcome.members) for outcome in own))]
        made += [line for line in lines if line is not None]
    made = [{"about": f"mean over replicas, {methods.about(found)}", **line} for line in theme.thin(made, 100)]
    return [*made, *_labels(made)]


def _member(own: Sequence[Any], m: int) -> dict[str, Any] | None:
    values: dict[int, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for outcome in own:
        for row in outcome.members[m].history:
            for name in MEASURES:
                if row.get(name) is not None:
                    values[row["step"]][name].append(row[name])
    kept = theme.thin(sorted(step for step in values if len(values[step]) == len(MEASURES)), POINTS)
    if not kept:
        return None
    which = {"role": "line", "method": methods.name_of(own[0]), "place": m, "step": kept}
    which["member"] = f"{m + 1}: {in_words(own[0].members[m].loss)}"
    lists = {name: [round(sum(values[s][name]) / len(values[s][name]), 5) for s in kept] for name in MEASURES}
    return which | lists


def _labels(lines: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return a label at the end of every line, for each measure and method, moved apart."""
    made = []
    for method in dict.fromkeys(line["method"] for line in lines):
        own = [line for line in lines if line["method"] == method]
        for name in MEASURES:
            ends = [
                {"member": o["member"], "place": o["place"], "at": o["step"][-1], "value": o[name][-1]} for o in own
            ]
            seen = [value for line in own for value in line[name]]
            if name == "negative_share" and not any(seen):
                continue
            held = [0.0, 1.0] if name != "loss" else [0.0, max(seen)]
            last = max(end["at"] for end in ends)
            placed = column(ends, held, 1.03 * last, GAP, "value")
            made += [{**label, "method": method, "measure": name} for label in placed]
    return theme.thin(made, theme.ROWS - len(lines))


def draw(rows: list[dict[str, Any]]) -> alt.VConcatChart:
    """Draw the rows: a picture for each measure, a line a member, named at its end."""
    names = list(dict.fromkeys(row["method"] for row in rows)) or [""]
    menu = alt.param(name="shown", value=names[0], bind=alt.binding_select(options=names, name="method: "))
    pictures = [_picture(name) for name in MEASURES]
    chart = alt.vconcat(
        alt.hconcat(*pictures[:2], spacing=20),
        alt.hconcat(*pictures[2:], spacing=20),
        data=alt.Data(values=rows),
        spacing=14,
    ).add_params(menu)
    description = (
        "Four pictures by optimiser step, a line for each member of an ensemble: the effective sample size over n, the "
        "weight of the harder half of the examples, the share of examples that the published gradient would un-learn, "
        "and the cross-entropy."
    )
    about = rows[0]["about"] if rows else "nothing finished"
    return theme.dress(chart, "How do members weigh their examples?", description, about)


def _picture(name: str) -> alt.LayerChart:
    title, _ = MEASURES[name]
    share = name != "loss"
    scale = alt.Scale(domain=[0, 1]) if share else alt.Scale(zero=True)
    y = alt.Y(f"{name}:Q", title=title, scale=scale, axis=alt.Axis(format="~%" if share else "~g", tickCount=5))
    x = alt.X("step:Q", title="step", axis=alt.Axis(grid=False, tickCount=5, tickMinStep=1))
    domain = list(range(16))
    colour = alt.Color("place:O", scale=alt.Scale(domain=domain, range=COLOURS * 2), legend=None)
    dash = alt.StrokeDash("place:O", scale=alt.Scale(domain=domain, range=DASHES * 4), legend=None)
    tip = [
        alt.Tooltip("member:N"),
        alt.Tooltip("step:Q"),
        *(alt.Tooltip(f"{field}:Q", title=words, format=how) for field, (words, how) in MEASURES.items()),
    ]
    own = alt.Chart().transform_filter("datum.method == shown")
    line = own.transform_filter("datum.role == 'line'").transform_flatten(["step", *MEASURES])
    label = own.transform_filter(f"datum.role == 'label' && datum.measure == '{name}'")
    drawn = line.mark_line(strokeWidth=2).encode(x=x, y=y, color=colour, strokeDash=dash, detail="member:N")
    touch = line.mark_point(size=40, opacity=0, filled=True).encode(x=x, y=y, tooltip=tip)
    leader = label.mark_rule(strokeWidth=0.8, opacity=0.6).encode(
        x=alt.X("from_at:Q"), x2="at:Q", y=alt.Y("from:Q", scale=scale), y2="value:Q", color=colour
    )
    words = label.mark_text(align="left", dx=3, fontSize=11, fontWeight=600).encode(
        x=alt.X("at:Q"), y=alt.Y("value:Q", scale=scale), text="member:N", color=colour
    )
    chart = alt.layer(drawn, touch, leader, words)
    assert isinstance(chart, alt.LayerChart)
    return chart.properties(width=SIZE[0] - 60, height=SIZE[1])


def words(outcomes: Iterable[Any]) -> list[str]:
    """Say it in sentences: the effective sample size of every member at its end."""
    sentences = []
    for own in methods.by_method(outcomes).values():
        lines = [_member(own, m) for m in range(min(len(outcome.members) for outcome in own))]
        said = [f"{line['member']} {theme.percent(line['effective_share'][-1])}" for line in lines if line is not None]
        if said:
            sentences.append(f"{methods.name_of(own[0])}: effective sample size at the end {'; '.join(said)}.")
    return sentences
