"""Does an ensemble notice images of other data? ROC curves by method, for a score and a dataset that menus choose.

Out-of-distribution is the positive class. AUROC is 0.5 for a score that knows nothing, AUPR the share of strange images
among all, so that their counts stand beside it; FPR95 is the share of one's own test images that are taken for strange
where 95 % of the strange ones are found.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

import altair as alt
import numpy as np

from workbench.charts import methods, theme
from workbench.charts.spans import points
from workbench.experiments.ensemble_outcome import check_once
from workbench.shift import OUT_OF_DISTRIBUTION_SCORES

SIDE, LIST = 300, 250  # pixels: of the picture, and of what is said beside it
GRID = 40  # points of a mean curve
FOUND = 0.95
NEEDS = "other data beside the corruptions, and a score of strangeness"


def roc_out_of_distribution(outcomes: Iterable[Any]) -> alt.HConcatChart:
    """Draw the ROC curves of the outcomes of `experiments.shifted` on other datasets, means over replicas.

    Curves are averaged at equal false-positive rates. AUROC and FPR95 stand beside, with t intervals.
    Raises a ValueError for outcomes of several experiments, in which a replica has a method twice.
    """
    return draw(rows(outcomes))


def rows(outcomes: Iterable[Any]) -> list[dict[str, Any]]:
    """Return a dict for each dataset, score and method: the mean curve as lists, and what is said of it."""
    found = _detected(outcomes)
    if not found:
        return []
    names = list(dict.fromkeys(key[2] for key in found))
    replicas = max(len(own) for own in found.values())
    sets = len({key[0] for key in found})
    counts = ((len(names), "method"), (replicas, "replica"), (sets, "other dataset"))
    about = ", ".join(f"{n} {what}{'s' if n > 1 else ''}" for n, what in counts)
    made = []
    for (dataset, score, method), own in found.items():
        which = {"about": about, "dataset": dataset, "score": score, "method": method, "place": names.index(method)}
        made.append(which | _curve([o.curve for o in own]) | _numbers(own))
    return theme.thin(made, theme.ROWS)


def _detected(outcomes: Iterable[Any]) -> dict[tuple[str, str, str], list[Any]]:
    found: dict[tuple[str, str, str], list[Any]] = defaultdict(list)
    for outcome in outcomes:
        if hasattr(outcome, "auroc") and outcome.curve:
            found[outcome.dataset, outcome.score, outcome.method].append(outcome)
    check_once((o.seed, o.replica, o.method, *key) for key, own in found.items() for o in own)
    order = list(OUT_OF_DISTRIBUTION_SCORES)
    return dict(sorted(found.items(), key=lambda item: order.index(item[0][1]) if item[0][1] in order else len(order)))


def _curve(curves: Sequence[Sequence[tuple[float, float]]]) -> dict[str, list[float]]:
    """Return the mean true-positive rate at equal false-positive rates; between two points of a curve it is a line.

    Where a curve rises straight up it has many rates at one place: the highest is taken, at 0 the lowest stands too.
    """
    across = np.linspace(0, 1, GRID) ** 2  # denser at the left, where curves differ
    up = [np.interp(across, *np.array(_highest(curve)).T) for curve in curves]
    return {"across": [0.0, *across.round(5).tolist()], "up": [0.0, *np.mean(up, 0).round(5).tolist()]}


def _highest(curve: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    best: dict[float, float] = {}
    for false, true in curve:
        best[false] = max(true, best.get(false, 0.0))
    return sorted(best.items())


def _numbers(own: Sequence[Any]) -> dict[str, Any]:
    auroc, aupr = ([getattr(o, name) for o in own] for name in ("auroc", "aupr"))
    area, precise = (points(values, what="", times=1, form=".3f").partition(" (")[0] for values in (auroc, aupr))
    found = f"FPR95 {points([o.fpr95 for o in own], what=' %', form='.0f').partition(' (')[0]}"
    ratio = " and ".join(dict.fromkeys(f"{o.inside:,} : {o.outside:,}" for o in own))
    return {"n": len(own), "said": f"AUROC {area}", "found": found, "precise": precise, "ratio": ratio}


def draw(rows: list[dict[str, Any]]) -> alt.HConcatChart:
    """Draw the rows: the curves, and beside them AUROC and FPR95 of every method in words."""
    names = list(dict.fromkeys(row["method"] for row in sorted(rows, key=lambda row: row["place"])))
    params = []
    for field, words in (("dataset", "other data: "), ("score", "score: ")):
        options = list(dict.fromkeys(row[field] for row in rows)) or [""]
        params.append(
            alt.param(name=f"{field}_shown", value=options[0], bind=alt.binding_select(options=options, name=words))
        )
    own = alt.Chart().transform_filter("datum.dataset == dataset_shown && datum.score == score_shown")
    chart = alt.hconcat(_curves(own, names), _said(own, names), data=alt.Data(values=rows), spacing=20)
    chart = chart.add_params(*params)
    description = (
        "ROC curves of telling images of another dataset from the test images, a line for each method, with the "
        "diagonal of a score that knows nothing; beside them AUROC and FPR95 in words. Menus choose dataset and score."
    )
    about = rows[0]["about"] if rows else "nothing finished"
    subtitle = f"{about}; ± is half a 95 % t interval; broken line across: 95 % found"
    return theme.dress(chart, "Does it notice images of other data?", description, subtitle)


def _curves(own: alt.Chart, names: Sequence[str]) -> alt.LayerChart:
    scale = alt.Scale(domain=[0, 1], nice=False)
    axis = alt.Axis(format="~%", tickCount=5)
    x = alt.X("across:Q", title="own test images taken for strange", scale=scale, axis=axis)
    y = alt.Y("up:Q", title="other images found", scale=scale, axis=axis)
    tip = [
        alt.Tooltip("method:N"),
        alt.Tooltip("across:Q", title="false positives", format=".1%"),
        alt.Tooltip("up:Q", title="found", format=".1%"),
        alt.Tooltip("said:N", title="area"),
        alt.Tooltip("found:N", title="at 95 % found"),
        alt.Tooltip("precise:N", title="AUPR, which depends on the ratio"),
        alt.Tooltip("ratio:N", title="own : other images"),
        alt.Tooltip("n:Q", title="replicas"),
    ]
    flat = own.transform_flatten(["across", "up"])
    colour = methods.colour(names)
    line = flat.mark_line(strokeWidth=2).encode(x=x, y=y, color=colour)
    touch = flat.mark_point(size=36, opacity=0, filled=True).encode(x=x, y=y, tooltip=tip)
    # each method's mark at a place of its own, so that lines differ in more than colour
    place = "8 + (5 * datum.place) % 32"  # not at the ends, where all curves meet
    some = flat.transform_window(number="row_number()", groupby=["method"]).transform_filter(f"datum.number == {place}")
    mark = some.mark_point(size=70, filled=True, opacity=1).encode(
        x=x, y=y, color=colour, shape=methods.shape(names), tooltip=tip
    )
    one = alt.Chart(alt.Data(values=[{"zero": 0, "one": 1, "found": FOUND}]))
    ends: Any = {"x": alt.X("zero:Q", scale=scale), "x2": "one:Q"}
    grey: Any = {"color": theme.GREY, "strokeDash": [4, 3]}
    diagonal = one.mark_rule(**grey).encode(y=alt.Y("zero:Q", scale=scale), y2="one:Q", **ends)
    across = one.mark_rule(**grey).encode(y=alt.Y("found:Q", scale=scale), **ends)
    chart = alt.layer(diagonal, across, line, touch, mark)
    assert isinstance(chart, alt.LayerChart)
    return chart.properties(width=SIDE, height=SIDE)


def _said(own: alt.Chart, names: Sequence[str]) -> alt.LayerChart:
    """Return a list of the methods with their marks: AUROC and FPR95 below each name."""
    lines = max(1, len(names))
    y = alt.Y("place:Q", axis=None, scale=alt.Scale(domain=[-0.5, max(lines, 5) - 0.5], reverse=True, nice=False))
    colour, shape = methods.colour(names), methods.shape(names)
    mark = own.mark_point(size=70, filled=True, opacity=1).encode(x=alt.value(6), y=y, color=colour, shape=shape)
    name = own.mark_text(align="left", dy=-7, fontWeight=600).encode(x=alt.value(18), y=y, text="method:N")
    both = own.transform_calculate(both="datum.said + ', ' + datum.found")
    numbers = both.mark_text(align="left", dy=8, fontSize=11.5).encode(x=alt.value(18), y=y, text="both:N")
    chart = alt.layer(mark, name, numbers)
    assert isinstance(chart, alt.LayerChart)
    return chart.properties(width=LIST, height=max(SIDE, 36 * lines))


def words(outcomes: Iterable[Any]) -> list[str]:
    """Say it in sentences: by dataset, each method's AUROC and FPR95 by the first score."""
    found = _detected(outcomes)
    sentences = []
    for dataset in dict.fromkeys(key[0] for key in found):
        score = next(key[1] for key in found if key[0] == dataset)
        own = {method: _numbers(o) for (where, by, method), o in found.items() if (where, by) == (dataset, score)}
        said = "; ".join(f"{method} {numbers['said']}, {numbers['found']}" for method, numbers in own.items())
        sentences.append(f"{dataset} told from the test images by {score.replace('_', ' ')}: {said}.")
    return sentences
