"""Who is in an ensemble? Each member's loss, and how it does alone: accuracy, gap, what it shares with the others.

Robust members are weak alone, and unsure; they pay off together. The last line is the whole ensemble.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import altair as alt

from workbench import calibration
from workbench.charts import methods, theme
from workbench.charts.spans import points
from workbench.nets import masks
from workbench.training.losses import in_words

MEASURES = {  # field: title, format
    "accuracy": ("accuracy", ".1%"),
    "gap": ("confidence - accuracy", "+.1%"),
    "wrong": ("confidence where wrong", ".1%"),
    "disagreement": ("disagrees with others", ".1%"),
}
LINE, WIDTH = 46, 108  # pixels: of a member, and of a measure
TOGETHER = "together"


def member_cards(outcomes: Iterable[Any]) -> alt.VConcatChart:
    """Draw a line a member: how it does alone on the test images, and the overlap of every two masks; means over
    replicas.

    `outcomes` are those of `experiments.robust_ensembles`; a menu chooses the method.
    """
    return draw(rows(outcomes))


def rows(outcomes: Iterable[Any]) -> list[dict[str, Any]]:
    """Return a dict for each method and member, with the overlaps as lists, and one for the ensemble together."""
    found = methods.by_method(outcomes)
    kept = {method: _whole(own) for method, own in found.items()}
    about = f"{methods.about(kept)}\neach alone, mean over replicas" if kept else ""
    if fewer := sum(len(own) - len(kept[method]) for method, own in found.items()):
        about += f"; left out: {fewer} with fewer members"
    made: list[dict[str, Any]] = []
    for method, same in kept.items():
        most = len(same[0].members)
        which = {"about": about, "method": methods.name_of(same[0]), "name": method, "n": len(same)}
        for m in range(most):
            made.append(which | {"place": m} | _member(same, m))
        p = [(o.probabilities(), o.test.labels) for o in same]
        made.append(which | {"place": most, "member": TOGETHER} | _numbers(p) | _nothing())
    return theme.thin(made, theme.ROWS)


def _whole(own: Sequence[Any]) -> list[Any]:
    """Return the replicas with the most members: boosting may end early, and then some have fewer."""
    most = max(len(outcome.members) for outcome in own)
    return [outcome for outcome in own if len(outcome.members) == most]


def _member(same: Sequence[Any], m: int) -> dict[str, Any]:
    said = [(o.test.logits_MNC[m].double().softmax(1), o.test.labels) for o in same]
    others = [other for other in range(len(same[0].members)) if other != m]
    answers = [o.test.logits_MNC.argmax(2) for o in same]
    pairs = [float((a[m] != a[other]).double().mean()) for a in answers for other in others]
    overlaps = [_mean([masks.overlap(o.members[m].mask, o.members[b].mask) for o in same]) for b in others]
    return {
        "member": _name(same[0], m),
        **_numbers(said),
        "disagreement": _mean(pairs),
        "kept": theme.percent(sum(o.members[m].density for o in same) / len(same)),
        "vote": _mean([o.members[m].vote for o in same]),
        "other": [str(m + 1), *(str(b + 1) for b in others)],
        "overlap": [1.0, *overlaps],
    }


def _numbers(said: Sequence[tuple[Any, Any]]) -> dict[str, Any]:
    found = {
        "accuracy": [calibration.accuracy(*one) for one in said],
        "gap": [calibration.signed_gap(*one) for one in said],
        "wrong": [value for one in said if (value := calibration.wrong_confidence(*one)) == value],
    }
    return {name: _mean(values) for name, values in found.items()}


def _nothing() -> dict[str, Any]:
    return {"disagreement": None, "kept": "", "vote": None, "other": [], "overlap": []}


def _name(outcome: Any, m: int) -> str:
    return f"{m + 1}: {in_words(outcome.members[m].loss)}"


def _mean(values: Sequence[float]) -> float | None:
    return round(sum(values) / len(values), 5) if len(values) else None


def draw(rows: list[dict[str, Any]]) -> alt.VConcatChart:
    """Draw the rows: bars with their numbers, a column a measure, and below them the overlap of every two masks."""
    names = list(dict.fromkeys(row["method"] for row in rows)) or [""]
    menu = alt.param(name="shown", value=names[0], bind=alt.binding_select(options=names, name="method: "))
    columns = [_column(field, first) for first, field in zip((True, *(False,) * 3), MEASURES, strict=True)]
    chart = alt.vconcat(alt.hconcat(*columns, spacing=14), _overlaps(), data=alt.Data(values=rows), spacing=18)
    chart = chart.add_params(menu)
    description = (
        "A line for each member of an ensemble, with its loss, its accuracy, its gap between confidence and accuracy, "
        "its confidence where it is wrong, and how often it disagrees with the others; the last line is the ensemble. "
        "Below, a matrix of the overlap of every two masks, the number in every cell."
    )
    about = rows[0]["about"] if rows else "nothing finished"
    return theme.dress(chart, "Who is in the ensemble?", description, about)


def _line(field: str, labels: bool) -> alt.Y:
    axis = alt.Axis(labels=labels, ticks=False, domain=False, grid=False, labelLimit=230, labelFontSize=12.5)
    return alt.Y(f"{field}:N", title=None, sort=alt.EncodingSortField("place", op="min"), axis=axis)


def _column(field: str, first: bool) -> alt.LayerChart:
    title, form = MEASURES[field]
    signed = field == "gap"
    base = alt.Chart().transform_filter("datum.method == shown").encode(y=_line("member", first))
    tip = [alt.Tooltip("member:N"), alt.Tooltip("kept:N", title="density"), alt.Tooltip("vote:Q", format=".3g")]
    tip += [alt.Tooltip(f"{name}:Q", title=words, format=how) for name, (words, how) in MEASURES.items()]
    tip += [alt.Tooltip("n:Q", title="replicas")]
    scale = alt.Scale(zero=True, nice=True, padding=0)
    axis = alt.Axis(grid=False, labels=False, ticks=False, titleFontSize=11)
    x = alt.X(f"{field}:Q", title=title, scale=scale, axis=axis)
    whole = f"datum.member == '{TOGETHER}'"
    colour = alt.condition(whole, alt.value(theme.GREY), alt.value("#0080C6"))
    if signed:
        over = alt.when(whole).then(alt.value(theme.GREY)).when("datum.gap > 0").then(alt.value("#D55E00"))
        colour = over.otherwise(alt.value("#0080C6"))
    bars = base.mark_bar(height=12, opacity=0.85).encode(x=x, color=colour, tooltip=tip)
    zero = alt.Chart().transform_filter("datum.method == shown").transform_calculate(zero="0")
    rule = zero.mark_rule(color=theme.GREY).encode(x=alt.X("zero:Q"))
    said = base.transform_filter(f"isValid(datum.{field})").mark_text(align="left", dy=-14, fontSize=11)
    said = said.encode(x=alt.value(0), text=alt.Text(f"{field}:Q", format=form))
    chart = alt.layer(bars, rule, said)
    assert isinstance(chart, alt.LayerChart)
    return chart.properties(width=WIDTH, height=alt.Step(LINE))


def _overlaps() -> alt.LayerChart:
    base = alt.Chart().transform_filter("datum.method == shown").transform_flatten(["other", "overlap"])
    sort = alt.EncodingSortField("place", op="min")
    axis: Any = {"domain": False, "ticks": False, "labelLimit": 230}
    x = alt.X("other:N", title="overlap of masks (Jaccard)", axis=alt.Axis(labelAngle=0, orient="top", **axis))
    y = alt.Y("member:N", title=None, sort=sort, axis=alt.Axis(**axis))
    scale = alt.Scale(domain=[0, 1], range=["#F2F2F2", "#0072B2"], interpolate="lab")
    cell = base.mark_rect(stroke=theme.GREY, strokeWidth=0.4).encode(
        x=x,
        y=y,
        color=alt.Color("overlap:Q", scale=scale, legend=None),
        tooltip=[
            alt.Tooltip("member:N"),
            alt.Tooltip("other:N", title="and"),
            alt.Tooltip("overlap:Q", title="overlap of masks", format=".1%"),
        ],
    )
    ink: Any = alt.condition("datum.overlap > 0.55", alt.value("white"), alt.value("#111111"))
    number = base.mark_text(fontSize=12).encode(x=x, y=y, text=alt.Text("overlap:Q", format=".2f"), color=ink)
    chart = alt.layer(cell, number)
    assert isinstance(chart, alt.LayerChart)
    return chart.properties(width=alt.Step(56), height=alt.Step(30))


def words(outcomes: Iterable[Any]) -> list[str]:
    """Say it in sentences: for every ensemble of several its members' accuracies and gaps, overlap and disagreement."""
    sentences = []
    for found in methods.by_method(outcomes).values():
        own = _whole(found)
        if len(own[0].members) < 2:
            continue
        cards = [_member(own, m) for m in range(len(own[0].members))]
        alone = "; ".join(f"{card['member']} {card['accuracy']:.1%} (gap {100 * card['gap']:+.1f})" for card in cards)
        together = points([o.accuracy for o in own], what=" %")
        overlap = sum(o.overlap for o in own) / len(own)
        apart = sum(card["disagreement"] for card in cards) / len(cards)
        sentences.append(
            f"{methods.name_of(own[0])}: members alone {alone}; together {together}. Masks overlap by "
            f"{theme.percent(overlap)}, and two members disagree on {theme.percent(apart)} of the images."
        )
    return sentences
