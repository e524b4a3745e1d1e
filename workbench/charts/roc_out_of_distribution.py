"""Does an ensemble notice images of other data? ROC curves by method, for a score and a dataset that menus choose.

AUPR depends on how many images there are of either kind, so that their counts stand beside it (`shift.Detection`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

import altair as alt

from workbench.charts.grammar import ROWS, Axis, Rows, picture, thin
from workbench.charts.grammar.looks import channels, of_methods
from workbench.charts.grammar.marks import line, rule, tips
from workbench.charts.grammar.picture import AXIS
from workbench.charts.grammar.room import widest
from workbench.experiments.ensemble_outcome import check_once
from workbench.numbers.numerals import plus_minus, points
from workbench.shift import OUT_OF_DISTRIBUTION_SCORES
from workbench.shift.detection import FOUND, mean_roc

SIDE, LEAST = 420, 180  # pixels of the picture, at most, and at least beside the list
ACROSS = Axis("across", "own test images taken for strange", "~%", domain=(0, 1))
UP = Axis("up", "other images found", "~%", domain=(0, 1))


@picture(
    asks=("method seed replica dataset score curve|method seed replica corruption severity", "under_shift"),
    selects=("method",),
    title="Does it notice images of other data?",
    subtitle="{about}; ± is half a 95 % t interval; broken line across: 95 % found",
    description=(
        "ROC curves of telling images of another dataset from the test images, a line for each method, with the "
        "diagonal of a score that knows nothing; beside them AUROC and FPR95 in words. Menus choose dataset and score."
    ),
    menus={"dataset": "other data", "score": "score"},
    needs="other data beside the corruptions, and a score of strangeness",
    holds="ROC curves",
)
def roc_out_of_distribution(outcomes: Iterable[Any]) -> Rows:
    """Draw the ROC curves of the outcomes of `experiments.shifted` on other datasets, means over replicas.

    Curves are averaged at equal false-positive rates. AUROC and FPR95 stand beside, with t intervals.
    Raises a ValueError for outcomes of several experiments, in which a replica has a method twice.
    """
    groups = _detected(outcomes)
    names = list(dict.fromkeys(method for *_, method in groups))
    replicas = max((len(same) for same in groups.values()), default=0)
    counts = ((len(names), "method"), (replicas, "replica"), (len({key[0] for key in groups}), "other dataset"))
    about = ", ".join(f"{n} {what}{'s' if n > 1 else ''}" for n, what in counts)
    rows = []
    for (dataset, score, method), same in groups.items():
        row = {"about": about, "dataset": dataset, "score": score, "method": method, "place": names.index(method)}
        across, up = map(list, zip(*mean_roc([o.curve for o in same]), strict=True))
        rows.append(row | {"across": across, "up": up} | _numbers(same))
    return thin(rows, ROWS)


def _detected(outcomes: Iterable[Any]) -> dict[tuple[str, str, str], list[Any]]:
    """Return the outcomes that have a curve by dataset, score and method, scores in the order of their register."""
    order = [*OUT_OF_DISTRIBUTION_SCORES]
    curves = [o for o in outcomes if hasattr(o, "auroc") and o.curve]
    curves.sort(key=lambda o: order.index(o.score) if o.score in order else len(order))
    check_once((o.seed, o.replica, o.method, o.dataset, o.score) for o in curves)
    groups: dict[tuple[str, str, str], list[Any]] = defaultdict(list)
    for o in curves:
        groups[o.dataset, o.score, o.method].append(o)
    return groups


def _numbers(same: Sequence[Any]) -> dict[str, Any]:
    """Return what is said of a curve: its areas, the rate at 95 % found, of how many images and replicas."""
    area, precise = (plus_minus([getattr(o, name) for o in same], form=".3f", of=False) for name in ("auroc", "aupr"))
    said = f"AUROC {area}, FPR95 {points([o.fpr95 for o in same], ' %', form='.0f', of=False)}"
    ratio = " and ".join(dict.fromkeys(f"{o.inside:,} : {o.outside:,}" for o in same))
    return {"n": len(same), "said": said, "precise": precise, "ratio": ratio}


@roc_out_of_distribution.drawing
def draw(rows: Rows, width: int) -> Any:
    """Draw the rows: the curves, and beside them, or below, AUROC and FPR95 of every method in words."""
    names = list(dict.fromkeys(row["method"] for row in sorted(rows, key=lambda row: row["place"])))
    looks = channels(of_methods(names), "method")
    words = 18 + widest((row["said"] for row in rows), 11.5)
    beside = width - AXIS - words - 40
    # below the curves the list begins below their axis
    columns, side, left = (2, beside, 0) if beside >= LEAST else (1, width - AXIS - 24, 2 - AXIS)
    shown = alt.Chart().transform_filter("datum.dataset == shown_dataset && datum.score == shown_score")
    key = _key(shown, looks, max(len(names), 5), left).properties(width=words + left)
    return alt.concat(_curves(shown, looks, min(SIDE, side)), key, columns=columns, spacing=20)


def _curves(shown: alt.Chart, looks: dict[str, Any], side: int) -> Any:
    tip = tips(method="method", across=("false positives", ".1%"), up=("found", ".1%"), said="area, at 95 % found")
    tip += tips(precise="AUPR, which depends on the ratio", ratio="own : other images", n="replicas")
    curve = shown.transform_flatten(["across", "up"])
    known: Any = {"x": ACROSS.x("across", width=side), "y": UP.y("up", height=side), "color": looks["color"]}
    # each method's mark at a place of its own, so that lines differ in more than colour
    some = curve.transform_window(number="row_number()", groupby=["method"])
    some = some.transform_filter("datum.number == 8 + (5 * datum.place) % 32")  # not at the ends, where all curves meet
    mark = some.mark_point(size=70, filled=True, opacity=1).encode(**known, shape=looks["shape"], tooltip=tip)
    layers = alt.layer(rule(x=0, x2=1, y=0, y2=1), rule(y=FOUND), *line(curve, tip, **known), mark)
    return layers.properties(width=side, height=side)


def _key(shown: alt.Chart, looks: dict[str, Any], lines: int, left: int) -> Any:
    """Return the list of the methods with their marks: AUROC and FPR95 below each name."""
    y = alt.Y("place:Q", axis=None, scale=alt.Scale(domain=[-0.5, lines - 0.5], reverse=True, nice=False))
    base = shown.encode(x=alt.value(18 + left), y=y)
    mark = base.mark_point(size=70, filled=True, opacity=1, xOffset=-12)
    mark = mark.encode(color=looks["color"], shape=looks["shape"])
    name = base.mark_text(align="left", dy=-7, fontWeight=600).encode(text="method:N")
    said = base.mark_text(align="left", dy=8, fontSize=11).encode(text="said:N")
    return alt.layer(mark, name, said).properties(height=38 * lines)


@roc_out_of_distribution.sentences
def words(outcomes: Iterable[Any]) -> list[str]:
    """Say it in sentences: by dataset, each method's AUROC and FPR95 by the first score."""
    groups, sentences = _detected(outcomes), []
    for dataset, first in {dataset: score for dataset, score, _ in reversed(groups)}.items():
        each = [f"{key[2]} {_numbers(same)['said']}" for key, same in groups.items() if key[:2] == (dataset, first)]
        sentences.append(f"{dataset} told from the test images by {first.replace('_', ' ')}: {'; '.join(each)}.")
    return sentences
