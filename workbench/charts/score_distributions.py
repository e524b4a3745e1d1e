"""How are scores distributed, class by class? A small histogram for every class, never-learned examples apart.

Scores of "Deep Learning on a Data Diet" (Paul et al. 2021) and of Toneva et al. 2019; a menu chooses the score.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import altair as alt
import torch

from workbench.charts.grammar import ROWS, Rows, aside, floors, menu, picture, thin, tips, up
from workbench.charts.grammar.looks import BLUE, GREY, ORANGE
from workbench.charts.scored_examples import NEVER, ScoredExamples, scored_examples

BINS, CLASSES = 28, 12
LINE = 30  # pixels of a class
LISTS: list[Any] = ["low", "high", "top", "count", "share", "values"]  # of a row, a value a bar


@picture(
    asks=("scores flipped examples classes|forgetting flipped examples classes", "example_scores"),
    selects=("class",),
    title="How hard are the examples of each class?",
    subtitle="{about}; heights by square root, the line is the median",
    holds="the scores of single examples",
)
def score_distributions(outcomes: Iterable[Any], score: str | None = None) -> Rows:
    """Draw a histogram of the scores of single examples for every class, below one another; a menu chooses the score,
    and examples that were never learned stand apart at the right.

    `outcomes` are those of `experiments.example_scores`, whose replicas are averaged; `score` is shown at first.
    Heights are square roots of shares of a class. Raises a ValueError for a score that is not there.
    """
    examples = scored_examples(outcomes)
    if examples is None:
        return []
    first, classes = examples.chosen(score), examples.drawn_classes(CLASSES)
    names = thin(sorted(examples.scores, key=lambda name: name != first), ROWS // max(1, len(classes)))
    few = f"; {len(classes)} of {len(examples.classes)} classes, evenly spread"
    about = examples.about + (few if len(examples.classes) > CLASSES else "")
    return [{"about": about, "score": name, **row} for name in names for row in _classes(examples, name, classes)]


def _classes(examples: ScoredExamples, name: str, classes: list[int]) -> Iterable[dict[str, Any]]:
    scores, labels, cut = examples.values(name), examples.examples.labels.cpu(), examples.bins(name, BINS)
    counts = torch.stack([torch.bincount(cut.of(scores[labels == c]), minlength=BINS + 1) for c in classes])
    shares, ends = (counts / counts.sum(1, keepdim=True)).tolist(), cut.ends()
    tallest = max(map(max, shares))
    for line, c in enumerate(classes):
        bars, values = counts[line].nonzero().flatten().tolist(), scores[labels == c].sort().values
        median = float(values[(len(values) - 1) // 2])
        known = math.isfinite(median)
        yield {
            "words": examples.classes[c],
            "class": examples.classes[c],
            "bottom": -line,
            "n": len(values),
            "median": min(max(median, ends[0][0]), ends[-2][1]) if known else None,
            "middle": f"{median:.3g}" if known else NEVER,
            "never": f"{100 * float((~torch.isfinite(values)).double().mean()):.2g} %",
            "apart": bool(counts[:, BINS].any()),
            "low": [ends[bar][0] for bar in bars],
            "high": [ends[bar][1] for bar in bars],
            "top": [0.88 * math.sqrt(shares[line][bar] / tallest) - line for bar in bars],
            "count": [int(counts[line, bar]) for bar in bars],
            "share": [round(shares[line][bar], 5) for bar in bars],
            "values": [cut.words(bar) for bar in bars],
        }


@score_distributions.drawing
def draw(rows: Rows, width: int) -> Any:
    """Draw the rows: the classes below one another; the menu chooses among the scores that are there."""
    lines, inner = max((1 - row["bottom"] for row in rows), default=1), width - aside(rows) - 12
    shares = {"share": ("share of the class", ".1%"), "middle": "median", "never": NEVER}
    tip = tips(words="class", values="score", count="examples", **shares)
    base = alt.Chart().transform_filter("datum.score == shown")
    colour = alt.condition(f"datum.values == '{NEVER}'", alt.value(ORANGE), alt.value(BLUE))
    x = alt.X("low:Q", title=None, axis=alt.Axis(grid=False, tickCount=max(3, inner // 64)))
    bar = base.transform_flatten(LISTS).mark_rect(stroke=GREY, strokeWidth=0.4)
    median = base.transform_calculate(top="datum.bottom + 0.88").transform_filter("isValid(datum.median)")
    median = median.mark_rule(color=GREY, strokeWidth=2).encode(x="median:Q", y=up(lines), y2="top:Q")
    first = base.transform_filter("datum.bottom == 0")
    apart = first.transform_filter("datum.apart").mark_text(align="right", baseline="bottom", dy=-2)
    title = first.transform_calculate(title="datum.score + ' (larger is harder)'").mark_text(dy=36)
    layers = [
        *floors(base, lines),
        bar.encode(x=x, x2="high:Q", y=up(lines), y2="top:Q", tooltip=tip, color=colour),
        median,
        apart.encode(x=alt.value(inner), y=alt.value(0), text=alt.value(NEVER)),
        title.encode(x=alt.value(inner / 2), y=alt.value(LINE * lines), text="title:N"),
    ]
    scores = menu((row["score"] for row in rows), "score")
    return alt.layer(*layers).properties(width=inner, height=LINE * lines).add_params(scores)


@score_distributions.sentences
def words(outcomes: Iterable[Any]) -> list[str]:
    """Say it in sentences: the classes with the lowest and the highest median of the first score."""
    rows = score_distributions.rows(outcomes)
    known = [row for row in rows if row["score"] == rows[0]["score"] and row["median"] is not None]
    if not known:
        return []
    easy, hard = (end(known, key=lambda row: row["median"]) for end in (min, max))
    ends = f"{easy['words']} is easiest (median {easy['middle']}), {hard['words']} hardest ({hard['middle']})"
    return [f"By {rows[0]['score']}, {ends}, of {len(known)} classes."]
