"""Where is an ensemble sure, and where is it wrong? Right and wrong predictions by confidence, methods side by side.

The visual form of what "Distributionally Robust Ensemble of Lottery Tickets" (Sapkota et al. 2023) claims: fewer wrong
predictions in the bins where the ensemble is sure. Two pictures of it: means over replicas (`confidence_histogram`),
and one replica, whose bars can be clicked to see their images (`sure_and_wrong`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import altair as alt
import numpy as np

from workbench import calibration
from workbench.charts import methods
from workbench.charts.grammar import AXIS, ROWS, Rows, legend, picture, small, thin
from workbench.charts.grammar.looks import ANSWERS, GREY
from workbench.charts.grammar.looks import scale as colours
from workbench.charts.grammar.marks import choice, images, pitched, png, tips
from workbench.experiments.ensemble_outcome import BINS, Answers, by_method
from workbench.numbers.numerals import points
from workbench.work import rules

SURE = 0.9
HIGH = 150  # pixels of a histogram
IMAGES, EACH = 480, 28  # in all, and of one bar
RIGHT = 4  # images of a bar of right predictions
LISTS = ("low", "high", "floor", "top", "count", "share", "accuracy")


@picture(
    asks=("method members combine probabilities test", "robust_ensembles"),
    selects=("method", "kind", "low"),
    title="Where is it sure, and where is it wrong?",
    subtitle="{about}",
    menus={"scaled": "confidence"},
    holds="the predictions of ensembles",
)
def confidence_histogram(outcomes: Iterable[Any]) -> Rows:
    """Draw histograms of test predictions by confidence, a method each: the wrong predictions as full bars at the
    bottom, the right ones as outlines on top of them; a menu chooses before or after temperature scaling.

    `outcomes` are those of `experiments.robust_ensembles`; counts are means over replicas.
    """
    ensembles = by_method(outcomes)
    made = []
    for order, (method, replicas) in enumerate(ensembles.items()):
        for words, scaled in methods.MENU.items():
            row = {"about": methods.about(ensembles), "method": method, "order": order, "scaled": words}
            wrong = f"wrong above {SURE:g}: {points(_sure(replicas, scaled), ' %', of=False)}"
            row["heading"] = f"{methods.heading(replicas, scaled)}\n{wrong}"
            made += [row | lists for lists in _stacked([outcome.answers(scaled=scaled) for outcome in replicas])]
    return made


def _stacked(answers: Sequence[Answers]) -> Iterator[dict[str, Any]]:
    """Yield the mean counts over replicas of right and of wrong predictions, lists over the bins that have any."""
    right, wrong = (
        np.mean([np.bincount(one.bin[one.right == answer], minlength=BINS) for one in answers], 0)
        for answer in (True, False)
    )
    total, edges = wrong + right, np.arange(BINS + 1) / BINS
    there = np.flatnonzero(total)
    for kind, floor, count in (("right", wrong, right), ("wrong", 0 * wrong, wrong)):
        lists = {"low": edges[:-1], "high": edges[1:], "floor": floor.round(3), "top": (floor + count).round(3)}
        lists |= {"count": count.round(2), "share": (count / total.sum()).round(5)}
        accuracy = (right[there] / total[there]).round(4).tolist()
        if count.any():
            yield {"kind": kind, **{field: of[there].tolist() for field, of in lists.items()}, "accuracy": accuracy}


def _sure(replicas: Sequence[Any], scaled: bool = False) -> list[float]:
    """Return the share of predictions that are wrong and surer than 0.9, in each replica."""
    answers = [outcome.answers(scaled=scaled) for outcome in replicas]
    return [float((~s.right & (s.confidence > SURE)).mean()) for s in answers]


@confidence_histogram.drawing
def draw_histograms(rows: Rows, width: int) -> Any:
    """Draw the rows: stacked bars for each method, the wrong ones full, the right ones as an outline above them."""
    shares = {"share": ("share of all", ".1%"), "accuracy": ("accuracy of the bin", ".1%")}
    tip = tips(count=("mean count", ".1f"), **shares)
    base = alt.Chart().transform_filter(methods.SHOWN).transform_flatten([*LISTS])
    bars = _bars(base.mark_rect(strokeWidth=1.2), tip, "test images", alt.Scale(), width)
    return small(bars, rows, width, height=HIGH)


def _bars(marked: alt.Chart, tip: Sequence[Any], title: str, scale: alt.Scale, width: int, **more: Any) -> alt.Chart:
    """Return the bars of one method: the wrong predictions full, the right ones as outlines."""
    key = legend(None, ANSWERS, width, symbolSize=100)
    axis = alt.Axis(grid=False, values=[0, 0.5, 1], format="~f")
    outline = alt.Stroke("kind:N", scale=colours(ANSWERS), legend=key)
    return marked.encode(
        x=alt.X("low:Q", title="confidence", scale=alt.Scale(domain=[0, 1], nice=False), axis=axis),
        x2="high:Q",
        y=alt.Y("floor:Q", title=title, scale=scale, axis=alt.Axis(tickCount=4, tickMinStep=1, format="~f")),
        y2="top:Q",
        color=alt.Color("kind:N", scale=colours(ANSWERS), legend=key),
        fillOpacity=alt.condition("datum.kind == 'wrong'", alt.value(1.0), alt.value(0.18)),
        tooltip=[*tips(method="method", kind="predictions", low=("confidence above", ".1f")), *tip],
        **{"stroke": outline, **more},
    )


@confidence_histogram.sentences
def words_of_histograms(outcomes: list[Any]) -> list[str]:
    """Say it in sentences: how many predictions are wrong and sure, by method."""
    each = [f"{replicas[0].name} {points(_sure(replicas), ' %')}" for replicas in by_method(outcomes).values()]
    return [f"Wrong, and surer than {SURE:g}: {'; '.join(each)}."]


@picture(
    asks=("method members combine probabilities test", "robust_ensembles"),
    selects=("id",),
    title="Which images is it sure and wrong about?",
    subtitle="{about}\nclick a part of a bar to see its images, the surest first",
    holds="the images of examples",
)
def sure_and_wrong(outcomes: Iterable[Any], scaled: bool = False) -> Rows:
    """Draw histograms of test predictions by confidence, a method each, the wrong ones at the bottom, and images of the
    bar that was clicked, the surest first, with label, prediction and confidence.

    `outcomes` are those of `experiments.robust_ensembles`, of which each method's first replica is drawn; `scaled`
    takes confidence after temperature scaling. At first the surest wrong predictions of the first method are shown.
    Images are small PNGs, at most 480.
    """
    rules.flag("scaled", scaled)
    ensembles = by_method(outcomes)
    if not ensembles:
        return []
    one = next(iter(ensembles.values()))[0]
    about = f"{methods.about(ensembles, one.replica)}{', after temperature scaling' if scaled else ''}"
    parts: list[tuple[dict[str, Any], Answers, np.ndarray]] = []
    for order, (method, replicas) in enumerate(thin(list(ensembles.items()), ROWS // (2 * BINS))):
        answers = replicas[0].answers(scaled=scaled)
        gap = calibration.signed_gap(replicas[0].probabilities(scaled=scaled), replicas[0].test.labels)
        heading = f"{replicas[0].name}\n{int((~answers.right).sum())} wrong, gap {100 * gap:+.1f} points"
        for bar, places in _clickable(answers):
            parts.append(
                (bar | {"about": about, "method": method, "order": order, "heading": heading}, answers, places)
            )
    most = _most([(bar["kind"], len(places)) for bar, _, places in parts])
    return [bar | _images(answers, places[: most[bar["kind"]]]) for bar, answers, places in parts]


def _clickable(answers: Answers) -> Iterable[tuple[dict[str, Any], np.ndarray]]:
    """Yield each bar that has a prediction: the wrong ones at the bottom, the right ones above, the surest first."""
    surest = np.argsort(-answers.confidence, kind="stable")
    for bin_ in range(BINS):
        floor = 0
        for kind in ("wrong", "right"):
            places = surest[((answers.bin == bin_) & (answers.right == (kind == "right")))[surest]]
            if len(places):
                edges = {"low": bin_ / BINS, "high": (bin_ + 1) / BINS}
                bar = f"{answers.outcome.method}, {kind}, {edges['low']:.1f} to {edges['high']:.1f}"
                count = {"floor": floor, "top": floor + len(places), "count": len(places)}
                yield {"bar": bar, "kind": kind, **edges, **count}, places
            floor += len(places)


def _most(counts: Sequence[tuple[str, int]]) -> dict[str, int]:
    """Return how many images a bar of wrong, and one of right predictions may have: at most 480 in all, wrong first."""
    offers = ({"wrong": wrong, "right": right} for right in (RIGHT, 1) for wrong in range(EACH, right - 1, -1))
    fitting = (most for most in offers if sum(min(n, most[kind]) for kind, n in counts) <= IMAGES)
    return next(fitting, {"wrong": 1, "right": 1})


def _images(answers: Answers, places: np.ndarray) -> dict[str, list[Any]]:
    o = answers.outcome
    return {
        "image": [png(o.examples.images[place]) for place in places.tolist()],
        "id": o.test.ids[places.tolist()].tolist(),
        "label": [o.classes[label] for label in o.test.labels[places.tolist()].tolist()],
        "predicted": [o.classes[answer] for answer in answers.answer[places].tolist()],
        "confidence": answers.confidence[places].round(4).tolist(),
    }


@sure_and_wrong.drawing
def draw(rows: Rows, width: int) -> Any:
    """Draw the rows: a histogram for each method, and below them the images of the bar that is chosen."""
    wrong = [row for row in rows if row["kind"] == "wrong"] or rows
    first = min((row["order"] for row in wrong), default=0)
    surest = max((row for row in wrong if row["order"] == first), key=lambda row: row["high"], default={"bar": ""})
    chosen = choice(surest["bar"])
    stroke = alt.when(chosen).then(alt.value(GREY)).when("datum.kind == 'wrong'")
    stroke = stroke.then(alt.value(ANSWERS["wrong"].colour)).otherwise(alt.value(ANSWERS["right"].colour))
    framed = {"stroke": stroke, "strokeWidth": alt.condition(chosen, alt.value(4), alt.value(1))}
    pointed, root = alt.Chart().mark_rect(cursor="pointer"), alt.Scale(type="sqrt")
    bars = _bars(pointed, tips(count="images"), "images (square root)", root, width, **framed)
    histograms = small(bars.add_params(chosen), rows, width, height=HIGH - 30)
    shown = alt.Chart().transform_filter(chosen)
    strip = images(
        shown,
        ["image", "id", "label", "predicted", "confidence"],
        width - AXIS - 10,
        order="-datum.confidence",
        below={
            "answers": "datum.predicted",
            "instead": "datum.kind == 'wrong' ? 'not ' + datum.label : ''",
            "sure": "format(datum.confidence, '.2f')",
        },
        tip=tips(predicted="predicted", label="label", confidence=("confidence", ".3f"), id="id"),
        most=min(EACH, max((len(row["image"]) for row in rows), default=1)),
        pitch=pitched(rows, "label", "not "),
    )
    name = shown.mark_text(align="left", fontWeight=600).encode(x=alt.value(0), y=alt.value(-8), text="bar:N")
    return alt.vconcat(histograms, strip + name, spacing=24)


@sure_and_wrong.sentences
def words(outcomes: list[Any]) -> list[str]:
    """Say it in sentences: the surest wrong prediction of each method, in its first replica."""
    sentences = []
    for replicas in by_method(outcomes).values():
        o, answers = replicas[0], replicas[0].answers()
        for place in calibration.sure_and_wrong(o.probabilities(), o.test.labels)[:1].tolist():
            label, answer = o.classes[int(o.test.labels[place])], o.classes[int(answers.answer[place])]
            sure = f"{answers.confidence[place]:.3f} that id {int(o.test.ids[place])} is {answer}, and it is {label}"
            sentences.append(f"{o.name} is surest and wrong with {sure}.")
    return sentences
