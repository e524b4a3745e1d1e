"""What does a robust loss make of a batch? Its losses, ascending, their weights, and lambda beside the radius eta.

After "Distributionally Robust Ensemble of Lottery Tickets" (Sapkota et al. 2023): the weights of the mathematics, and
those that the published code multiplies gradients by: below zero where a loss is under L - lambda, L = Σ p l.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import altair as alt

from workbench.charts.grammar import Axis, Look, Looks, Rows, grid, legend, picture
from workbench.charts.grammar.looks import BLUE, GOLD, GREY, ORANGE, channels
from workbench.charts.grammar.marks import BROKEN, images, line, png, rule, tips, where
from workbench.charts.grammar.room import SIDE, WIDTH
from workbench.experiments.robust_weighting import weights_by_example

KINDS: Looks = {"mathematics": Look(BLUE), "as published": Look(ORANGE, "diamond")}
SHARES: Looks = {"effective sample size": Look(BLUE), "published below 0": Look(ORANGE, "diamond", dash=(5, 3))}
RISKS: Looks = {"robust risk": Look(BLUE), "mean + variance / 2λ": Look(GOLD, dash=(5, 3))}
CURVES: list[tuple[Axis, Looks]] = [  # by lambda
    (Axis("value", "radius eta: KL(p ‖ 1/n)", zero=True), {"eta": Look(BLUE)}),
    (Axis("value", "share of the examples", "~%", ".1%", domain=(0, 1)), SHARES),
    (Axis("value", "loss", said=".3f", padding=2), RISKS),
]
NUMBERS = ("eta", *SHARES, *RISKS)
LAMBDA = Axis("lam", "lambda (logarithmic)", type="log", ticks=(0.01, 0.1, 1, 10, 100), padding=0)
PLACE = Axis("place", "example, from the smallest loss to the largest", whole=True, padding=6)
LOSS = Axis("loss", "loss", zero=True)
TIP = [
    *tips(loss=("loss", ".3f"), **{name: (f"weight × n, {name}", ".3f") for name in KINDS}),
    *tips(**{"class": "class"}, id="id"),
]
IMAGES = 14  # of the largest weights


@picture(
    asks=("source losses weights published curve gradient", "robust_weighting"),
    selects=("place",),
    tabled={"lam": "lambda", "eta": "radius eta", **{name: name for name in (*SHARES, *RISKS)}},
    title="What does a robust loss make of a batch?",
    subtitle="{about}",
    description=(
        "The losses of a batch in ascending order, below them the weight of every example under the robust loss, by "
        "the mathematics and as published, with the region below zero shaded; and three curves by lambda: the radius "
        "eta, the effective sample size with the share of negative weights, and the robust risk."
    ),
    holds="the losses and weights of a batch",
)
def robust_weights(outcomes: Iterable[Any]) -> Rows:
    """Draw the last outcome of `experiments.robust_weighting`: losses, weights, images of a real batch, and curves."""
    outcomes = list(outcomes)
    if not outcomes:
        return []
    last = outcomes[-1]
    examples, chosen = weights_by_example(last), last.gradient.replace("_", " ")
    rows = [_note(last), *({"role": "example", "chosen": chosen, **row} for row in examples)]
    if last.examples is not None:
        largest = sorted(examples, key=lambda row: row[chosen])[-IMAGES:]
        lists = {name: [row[name] for row in largest] for name in largest[0]}
        pictures = [png(last.examples.images[place - 1]) for place in lists["place"]]
        rows.append({"role": "images", **lists, "image": pictures, "weight": lists[chosen]})
    return [*rows, *(_curve_row(last, **row) for row in last.curve)]


def _curve_row(last: Any, *, lam: float, risk: float, **row: float) -> dict[str, Any]:
    rough = last.mean + last.variance / (2 * lam)
    numbers = (row["divergence"], row["effective_share"], row["negative_share"], risk)
    beside = rough if rough <= last.largest else None
    return {"role": "curve", "lam": lam, **dict(zip(NUMBERS, (*numbers, beside), strict=True))}


def _note(last: Any) -> dict[str, Any]:
    """Return what holds for all: the numbers in words, where the curves are now, and what is un-learned."""
    source = f"losses: {last.source}" if last.examples is None else f"losses of a real batch of {last.source}"
    bounds = [row["lam"] for row in last.curve] or [1.0]
    size = f"effective sample size {last.effective_sample_size:.3g} of {last.n}"
    level = f"where the loss is under L - λ; L = Σ p l = {last.weighted:.3g}"
    below = f"{last.negative} of {last.n} weights are below 0, {level}" if last.negative else "no weight is below 0"
    words = f"λ = {_number(last.lam)} ⇄ η = {_number(last.eta)}   ·   divergence {_number(last.divergence)}"
    numbers = (last.divergence, last.effective_sample_size / last.n, last.negative / last.n, last.risk, None)
    return {
        "role": "note",
        "about": f"{source}, ascending",
        "images": last.examples is not None,
        "first": f"{words}   ·   {size}",
        "second": f"as published: {below}",
        "floor": 2.5 * last.n * float(last.published.min()) if last.negative else None,
        "end": last.negative + 0.5,
        "lam": min(max(last.lam, bounds[0]), bounds[-1]),
        **dict(zip(NUMBERS, numbers, strict=True)),
    }


def _number(value: float) -> str:
    return "∞" if math.isinf(value) else f"{value:.3g}"


@robust_weights.drawing
def draw(rows: Rows, width: int) -> Any:
    """Draw the rows: what holds, the losses, the weights, images of a real batch, and the curves by lambda."""
    inner, room = width - SIDE - 12, grid(width, len(CURVES), left=SIDE + 4, gap=14, least=150)
    parts = [_said(width), _losses(inner), _weights(inner)]
    if rows and rows[0]["images"]:
        lists = ["image", "place", "loss", *KINDS, "class", "id", "weight"]
        below = {"name": "datum.class", "said": "format(datum.weight, '.1f')"}
        title = "the examples of the largest weights: class and weight × n"
        options: dict[str, Any] = {"order": "-datum.place", "tip": TIP, "most": IMAGES}
        parts.append(images(where("images"), lists, inner, below=below, title=title, **options))
    curves = alt.concat(*(_curve(*curve, room.inner) for curve in CURVES), columns=room.columns, spacing=14)
    apart: dict[str, Any] = dict.fromkeys(("color", "shape", "strokeDash"), "independent")
    return alt.vconcat(*parts, curves.resolve_scale(**apart), spacing=10).resolve_scale(**apart)


def _said(width: int) -> Any:
    """Return what holds in words, in more lines where two are too long."""
    apart = "/ +· +|, |; /g" if width < WIDTH else "/ {9}/"
    high = 18 if width >= WIDTH else 50
    text = where("note").mark_text(align="left", lineBreak="\n", xOffset=4 - SIDE, lineHeight=16, fontSize=11.5)
    text = text.encode(x=alt.value(0), text="said:N")
    first, second = (text.transform_calculate(said=f"replace(datum.{n}, {apart}, '\\n')") for n in ("first", "second"))
    lines = alt.layer(first.encode(y=alt.value(2)), second.encode(y=alt.value(high + 2)))
    return lines.properties(width=width - SIDE - 12, height=2 * high)


def _losses(width: int) -> alt.Chart:
    bare = PLACE.x("place", width=width, title=False).axis(labels=False, ticks=False, domain=False, grid=False)
    bars = where("example").mark_rule(strokeWidth=4, color=GREY, opacity=0.75).properties(width=width, height=60)
    return bars.encode(x=bare, y=LOSS.y("loss", height=60), y2=alt.datum(0), tooltip=TIP)


def _weights(width: int) -> Any:
    ticks = [0, *(sign * 10.0**power for power in range(3) for sign in (-1, 1))]
    axis = alt.Axis(values=ticks, format="~r", labelOverlap=False, tickCount=20)
    y = alt.Y("value:Q", title="weight × n (symmetric log)", scale=alt.Scale(type="symlog", constant=0.1), axis=axis)
    looks = channels(KINDS, "both", legend("gradient", KINDS, width, titleOrient="left", offset=4))
    both = where("example").transform_calculate(both=f"{list(KINDS)}").transform_flatten(["both"])
    point = both.transform_calculate(value="datum[datum.both]").mark_point(filled=True)
    point = point.encode(x=PLACE.x("place", width=width), y=y, color=looks["color"], shape=looks["shape"], tooltip=TIP)
    chosen = "datum.both == datum.chosen"
    size, opacity = (alt.condition(chosen, alt.value(yes), alt.value(no)) for yes, no in ((44, 16), (1.0, 0.7)))
    below = where("note").transform_filter("isValid(datum.floor)").transform_calculate(begin="0.5", top="0")
    below = below.encode(x="begin:Q", y="floor:Q")
    region = below.mark_rect(color=ORANGE, opacity=0.16).encode(x2="end:Q", y2="top:Q")
    words = below.mark_text(align="left", baseline="bottom", dx=4, dy=-3, fontSize=11)  # in the region, at its floor
    words = words.encode(text=alt.value("un-learned: a negative weight"))
    layers = alt.layer(region, rule(y=1), point.encode(size=size, opacity=opacity), words)
    return layers.properties(width=width, height=170)


def _curve(axis: Axis, kinds: Looks, width: int) -> Any:
    """Return numbers by lambda, and where they are now."""
    key = legend(None, kinds, width + SIDE, symbolSize=220, labelLimit=160) if len(kinds) > 1 else None
    looks, plain = channels(kinds, "what", key), channels(kinds, "what")
    folded = [where(role).transform_fold(list(kinds), as_=["what", "value"]) for role in ("curve", "note")]
    curve, now = (base.transform_filter("isValid(datum.value)") for base in folded)
    at: Any = {"x": LAMBDA.x("lam", width=width), "y": axis.y("value", height=130)}
    tip = [*tips(what="what"), LAMBDA.tip("lam"), axis.tip()]
    layers = [
        where("note").mark_rule(**BROKEN).encode(x=at["x"]),
        *line(curve, tip, **at, color=looks["color"], strokeDash=looks["strokeDash"]),
        now.mark_point(filled=True, size=80, opacity=1).encode(**at, color=plain["color"], shape=plain["shape"]),
    ]
    chart = alt.layer(*layers).resolve_scale(color="independent", strokeDash="independent")
    return chart.properties(width=width, height=130)


@robust_weights.sentences
def words(outcomes: Iterable[Any]) -> list[str]:
    """Say it in sentences: lambda and eta, what the weights amount to, the duality in numbers, the published ones."""
    outcomes = list(outcomes)
    if not outcomes:
        return []
    last = outcomes[-1]
    lam, risk, mean = _number(last.lam), f"{last.risk:.3f}", f"{last.mean:.3f}"
    size = f"{last.effective_sample_size:.3g} of {last.n} examples (effective sample size)"
    largest = f"the largest is {last.n * float(last.weights.max()):.3g} times the usual 1/n"
    price = f"{last.weighted:.3f} - {lam} × {last.divergence:.3f}"
    bounds = f"between the mean {mean} and the largest loss {last.largest:.3f}"
    dual = f"Robust risk λ log mean exp(l / λ) = {risk} = Σ p l - λ KL = {price}, {bounds}."
    limits = {
        math.inf: f"All weights are the same, and the risk is the mean loss {mean}.",
        0.0: f"All weight is on the largest loss, which is the risk: {risk}.",
    }
    used = "used here" if last.gradient == "as_published" else "not used here"
    why = f"their loss is more than lambda below the weighted mean loss L = Σ p l = {last.weighted:.3g}"
    many = f"{last.negative} of {last.n} examples: {why}" if last.negative else "no example"
    return [
        f"Lambda {lam} is radius eta {_number(last.eta)}: the weights are worth {size}, {largest}.",
        limits.get(last.lam, dual),
        f"The published gradient ({used}) un-learns {many}.",
    ]
