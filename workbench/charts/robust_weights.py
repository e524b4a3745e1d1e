"""What does a robust loss make of a batch? Its losses, ascending, their weights, and lambda beside the radius eta.

After "Distributionally Robust Ensemble of Lottery Tickets" (Sapkota et al. 2023): the weights of the mathematics, and
those that the published code multiplies gradients by: below zero where a loss is under L - lambda, L = Σ p l.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import altair as alt

from workbench.charts import gallery, theme

KINDS = {"mathematics": ("#0080C6", "circle"), "as published": ("#D55E00", "diamond")}
SHARES = {"effective sample size": ("#0080C6", [1, 0]), "published below 0": ("#D55E00", [5, 3])}
RISKS = {"robust risk": ("#0080C6", [1, 0]), "mean + variance / 2λ": ("#B8860B", [5, 3])}
IMAGES = 14  # of the largest weights
SMALL = 152  # pixels, of one of the three curves


def robust_weights(outcomes: Iterable[Any]) -> alt.VConcatChart:
    """Draw the last outcome of `experiments.robust_weighting`: losses, weights, images of a real batch, and curves."""
    return draw(rows(outcomes))


def rows(outcomes: Iterable[Any]) -> list[dict[str, Any]]:
    """Return a dict that says what holds for all, one for each example, and one for each lambda of the curves."""
    outcomes = list(outcomes)
    if not outcomes:
        return []
    last = outcomes[-1]
    source = f"losses: {last.source}" if last.examples is None else f"losses of a real batch of {last.source}"
    note = {"role": "note", "about": f"{source}, ascending", "images": last.examples is not None}
    below = [n for n, weight in enumerate(last.published.tolist()) if weight < 0]
    shade = {"floor": 1.5 * last.n * float(last.published.min()), "end": len(below) + 0.5} if below else {"floor": None}
    return [note | _note(last) | shade, *_examples(last), *_curves(last)]


def _note(last: Any) -> dict[str, Any]:
    bounds = [row["lam"] for row in last.curve] or [1.0]
    said = f"λ = {_number(last.lam)} ⇄ η = {_number(last.eta)}   ·   divergence {_number(last.divergence)}"
    first = f"{said}   ·   effective sample size {last.effective_sample_size:.3g} of {last.n}"
    level = f"L = Σ p l = {last.weighted:.3g}"
    second = f"as published: {last.negative} of {last.n} weights are below 0, where the loss is under L - λ; {level}"
    now = {"lam": min(max(last.lam, bounds[0]), bounds[-1]), "eta": last.divergence, "risk": last.risk}
    now |= {"share": last.effective_sample_size / last.n, "unlearned": last.negative / last.n}
    return {"first": first, "second": second if last.negative else "as published: no weight is below 0", **now}


def _examples(last: Any) -> list[dict[str, Any]]:
    chosen = last.gradient.replace("_", " ")
    largest = set((last.weights if last.gradient == "mathematics" else last.published).argsort().tolist()[-IMAGES:])
    made = []
    values = zip(last.losses.tolist(), last.weights.tolist(), last.published.tolist(), strict=True)
    for place, (loss, weight, published) in enumerate(values):
        row = {"role": "example", "place": place + 1, "loss": round(loss, 5), "chosen": chosen}
        row |= {"mathematics": round(last.n * weight, 5), "as published": round(last.n * published, 5)}
        if last.examples is not None:
            row |= {"class": last.classes[int(last.examples.labels[place])], "id": int(last.examples.ids[place])}
            if place in largest:
                row["image"] = gallery.png(last.examples.images[place])
        made.append(row)
    return made


def _curves(last: Any) -> list[dict[str, Any]]:
    made = []
    for row in last.curve:
        rough = last.mean + last.variance / (2 * row["lam"])
        made.append(
            {"role": "curve", "lam": row["lam"], "eta": row["divergence"], "robust risk": row["risk"]}
            | {"mean + variance / 2λ": rough if rough <= last.largest else None}
            | {"effective sample size": row["effective_share"], "published below 0": row["negative_share"]}
        )
    return made


def _number(value: float) -> str:
    return "∞" if math.isinf(value) else f"{value:.3g}"


def draw(rows: list[dict[str, Any]]) -> alt.VConcatChart:
    """Draw the rows: what holds, the losses, the weights, images of a real batch, and the curves by lambda."""
    first = rows[0] if rows else {"about": "nothing finished", "images": False}
    curves = alt.hconcat(_radius(), _shares(), _risk(), spacing=26)
    parts = [_said(), _losses(), _weights(), *([_strip()] if first["images"] else []), curves]
    chart = alt.vconcat(*parts, data=alt.Data(values=rows), spacing=10)
    chart = chart.resolve_scale(color="independent", shape="independent")
    description = (
        "The losses of a batch in ascending order, below them the weight of every example under the robust loss, by "
        "the mathematics and as published, with the region below zero shaded; and three curves by lambda: the radius "
        "eta, the effective sample size with the share of negative weights, and the robust risk."
    )
    return theme.dress(chart, "What does a robust loss make of a batch?", description, first["about"])


def _of(role: str) -> alt.Chart:
    return alt.Chart().transform_filter(f"datum.role == '{role}'")


def _said() -> Any:
    styles: tuple[tuple[str, int, Any], ...] = (("first", 2, 600), ("second", 20, 400))
    lines = [
        _of("note").mark_text(align="left", fontWeight=weight).encode(x=alt.value(0), y=alt.value(y), text=f"{name}:N")
        for name, y, weight in styles
    ]
    return alt.layer(*lines).properties(width=theme.WIDTH, height=24)


def _place(title: str | None) -> alt.X:
    axis = alt.Axis(grid=False, tickMinStep=1, labels=title is not None, ticks=title is not None, domain=False)
    return alt.X("place:Q", title=title, scale=alt.Scale(nice=False, zero=False, padding=6), axis=axis)


def _tip() -> list[alt.Tooltip]:
    own = [alt.Tooltip(f"{name}:Q", title=f"weight × n, {name}", format=".3f") for name in KINDS]
    return [alt.Tooltip("loss:Q", format=".3f"), *own, alt.Tooltip("class:N"), alt.Tooltip("id:Q")]


def _losses() -> alt.Chart:
    y = alt.Y("loss:Q", title="loss", axis=alt.Axis(tickCount=3))
    bars = _of("example").transform_calculate(floor="0").mark_rule(strokeWidth=4, color=theme.GREY, opacity=0.75)
    return bars.encode(x=_place(None), y=y, y2="floor:Q", tooltip=_tip()).properties(width=theme.WIDTH, height=60)


def _weights() -> Any:
    ticks = [sign * 10.0**power for power in range(3) for sign in (-1, 1)]
    axis = alt.Axis(values=[0, *ticks], format="~r", labelOverlap=False, tickCount=20)
    y = alt.Y("value:Q", title="weight × n (symmetric log)", scale=alt.Scale(type="symlog", constant=0.1), axis=axis)
    scale = alt.Scale(domain=list(KINDS), range=[colour for colour, _ in KINDS.values()])
    shape = alt.Scale(domain=list(KINDS), range=[shape for _, shape in KINDS.values()])
    legend = alt.Legend(title="gradient", orient="top-left", offset=6)
    base = _of("example").transform_calculate(both="['mathematics', 'as published']").transform_flatten(["both"])
    base = base.transform_calculate(value="datum[datum.both]")
    chosen = "datum.both == datum.chosen"
    points = base.mark_point(filled=True).encode(
        x=_place("example, from the smallest loss to the largest"),
        y=y,
        color=alt.Color("both:N", scale=scale, legend=legend),
        shape=alt.Shape("both:N", scale=shape, legend=legend),
        opacity=alt.condition(chosen, alt.value(1.0), alt.value(0.7)),
        size=alt.condition(chosen, alt.value(44), alt.value(16)),
        tooltip=_tip(),
    )
    note = _of("note").transform_filter("isValid(datum.floor)").transform_calculate(top="0", begin="0.5")
    shade = note.mark_rect(color="#D55E00", opacity=0.16).encode(
        x=alt.X("begin:Q"), x2="end:Q", y=alt.Y("floor:Q"), y2="top:Q"
    )
    words = note.mark_text(align="left", baseline="top", dx=2, dy=4, fontSize=11)
    words = words.encode(x=alt.X("begin:Q"), y=alt.Y("floor:Q"), text=alt.value("un-learned: a negative weight"))
    ones = _of("note").transform_calculate(one="1").mark_rule(color=theme.GREY, strokeDash=[4, 3])
    return alt.layer(shade, ones.encode(y=alt.Y("one:Q")), points, words).properties(width=theme.WIDTH, height=170)


def _strip() -> Any:
    base = _of("example").transform_filter("isValid(datum.image)")
    base = base.transform_window(column="row_number()", sort=[alt.SortField("place", order="descending")])
    base = base.transform_calculate(said="datum.class + ' · ' + format(datum[datum.chosen], '.1f')")
    scale = alt.Scale(domain=[0.5, IMAGES + 0.5], nice=False, zero=False)
    title = "the examples of the largest weights: class · weight × n"
    bare = alt.Axis(orient="top", labels=False, ticks=False, grid=False, domain=False, titlePadding=2)
    x = alt.X("column:Q", scale=scale, title=title, axis=bare)
    images = gallery.images(base, x=x, y=alt.value(20), tooltip=_tip())
    words = base.mark_text(fontSize=10, limit=42).encode(x=x, y=alt.value(46), text="said:N")
    return alt.layer(images, words).properties(width=theme.WIDTH, height=52)


def _lam() -> alt.X:
    axis = alt.Axis(grid=False, format="~g", tickCount=4)
    return alt.X("lam:Q", title="lambda (logarithmic)", scale=alt.Scale(type="log", nice=False), axis=axis)


def _now(field: str, colour: str, shape: str = "circle") -> alt.Chart:
    point = _of("note").mark_point(filled=True, size=80, opacity=1, color=colour, shape=shape)
    return point.encode(x=_lam(), y=alt.Y(f"{field}:Q"))


def _radius() -> alt.LayerChart:
    y = alt.Y("eta:Q", title="radius eta: KL(p ‖ 1/n)", axis=alt.Axis(tickCount=4))
    tip = [alt.Tooltip("lam:Q", title="lambda", format=".3g"), alt.Tooltip("eta:Q", title="eta", format=".3g")]
    line = _of("curve").mark_line(strokeWidth=2, color="#0080C6").encode(x=_lam(), y=y)
    touch = _of("curve").mark_point(size=40, opacity=0, filled=True).encode(x=_lam(), y=y, tooltip=tip)
    return _small(line, touch, _now("eta", "#0080C6"))


def _shares() -> alt.LayerChart:
    axis = alt.Axis(format="~%", tickCount=4)
    y = alt.Y("value:Q", title="share of the examples", scale=alt.Scale(domain=[0, 1]), axis=axis)
    lines = _lines(SHARES, y, ".1%")
    return _small(*lines, _now("share", "#0080C6"), _now("unlearned", "#D55E00", "diamond"))


def _risk() -> alt.LayerChart:
    y = alt.Y("value:Q", title="loss", scale=alt.Scale(zero=False), axis=alt.Axis(tickCount=4))
    return _small(*_lines(RISKS, y, ".3f"), _now("risk", "#0080C6"))


def _lines(kinds: dict[str, tuple[str, list[int]]], y: alt.Y, form: str) -> list[alt.Chart]:
    base = _of("curve").transform_fold(list(kinds), as_=["what", "value"]).transform_filter("isValid(datum.value)")
    scale = alt.Scale(domain=list(kinds), range=[colour for colour, _ in kinds.values()])
    dash = alt.Scale(domain=list(kinds), range=[dash for _, dash in kinds.values()])
    legend = alt.Legend(title=None, orient="top", direction="vertical", offset=2, symbolSize=220, labelLimit=150)
    tip = [
        alt.Tooltip("what:N"),
        alt.Tooltip("lam:Q", title="lambda", format=".3g"),
        alt.Tooltip("value:Q", format=form),
    ]
    line = base.mark_line(strokeWidth=2).encode(
        x=_lam(),
        y=y,
        color=alt.Color("what:N", scale=scale, legend=legend),
        strokeDash=alt.StrokeDash("what:N", scale=dash, legend=legend),
    )
    touch = base.mark_point(size=40, opacity=0, filled=True).encode(x=_lam(), y=y, tooltip=tip)
    return [line, touch]


def _small(*layers: Any) -> alt.LayerChart:
    rule = _of("note").mark_rule(color=theme.GREY, strokeDash=[4, 3]).encode(x=_lam())
    chart = alt.layer(rule, *layers).resolve_scale(color="independent", strokeDash="independent")
    assert isinstance(chart, alt.LayerChart)
    return chart.properties(width=SMALL, height=130)


def words(outcomes: Iterable[Any]) -> list[str]:
    """Say it in sentences: lambda and eta, what the weights amount to, the duality in numbers, the published ones."""
    outcomes = list(outcomes)
    if not outcomes:
        return []
    last = outcomes[-1]
    size = f"{last.effective_sample_size:.3g} of {last.n} examples (effective sample size)"
    sentences = [
        f"Lambda {_number(last.lam)} is radius eta {_number(last.eta)}: the weights are worth {size}, "
        f"the largest is {last.n * float(last.weights.max()):.3g} times the usual 1/n."
    ]
    bounds = f"between the mean {last.mean:.3f} and the largest loss {last.largest:.3f}"
    if math.isinf(last.lam):
        sentences.append(f"All weights are the same, and the risk is the mean loss {last.mean:.3f}.")
    elif last.lam == 0:
        sentences.append(f"All weight is on the largest loss, which is the risk: {last.risk:.3f}.")
    else:
        price = f"{last.weighted:.3f} - {_number(last.lam)} × {last.divergence:.3f}"
        sentences.append(f"Robust risk λ log mean exp(l / λ) = {last.risk:.3f} = Σ p l - λ KL = {price}, {bounds}.")
    used = "used here" if last.gradient == "as_published" else "not used here"
    why = f"their loss is more than lambda below the weighted mean loss L = Σ p l = {last.weighted:.3g}"
    many = f"{last.negative} of {last.n} examples: {why}" if last.negative else "no example"
    return [*sentences, f"The published gradient ({used}) un-learns {many}."]
