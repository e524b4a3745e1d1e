"""Which examples are easiest, which hardest? A histogram of a score, linked to the images; a menu chooses the class.

The first thing to look at with any score: the hardest images are odd, ambiguous, or labelled wrongly. Labels that were
flipped on purpose are framed.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import altair as alt
import torch

from workbench.charts.grammar import AXIS, Rows, menu, picture
from workbench.charts.grammar.marks import bars, choice, images, pitched, png, tips
from workbench.charts.scored_examples import NEVER, ScoredExamples, scored_examples

BINS = 16
CLASSES = 24  # that the menu offers
IMAGES, EACH = 640, 28  # in all, and of one bar
ALL = "all"


@picture(
    asks=("scores flipped examples classes|forgetting flipped examples classes", "example_scores"),
    selects=("id",),
    title="Which examples are easiest, which hardest?",
    subtitle="{about}\nclick a bar to see some of its images",
    holds="the images of examples",
)
def easiest_and_hardest(outcomes: Iterable[Any], score: str | None = None, label: str | None = None) -> Rows:
    """Draw a histogram of a score of single examples, and images of the bar that was clicked, with class, id and score;
    a menu chooses the class, and frames mark labels that were flipped. The easiest come first, right of the median the
    hardest.

    `outcomes` are those of `experiments.example_scores` or of `remembering`; `score` names one of theirs (default: the
    first), and `label` the class whose examples alone are shown (default: all, with a menu). Raises a ValueError for a
    score or a class that is not there.
    """
    examples = scored_examples(outcomes)
    if examples is None:
        return []
    name = examples.chosen(score)
    values = examples.values(name)
    if label is not None and label not in examples.classes:
        raise ValueError(f"label must be a class of the data, {', '.join(examples.classes)}, got {label!r}")
    cut = examples.bins(name, BINS)
    groups, middle = _groups(examples, values, cut.of(values), label), float(values.median())
    counts = [len(places) for places in groups.values()]
    most = next((each for each in range(EACH, 1, -1) if sum(min(n, each) for n in counts) <= IMAGES), 1)
    about = f"{name}, {examples.about}" + ("; framed: its label was flipped" if len(examples.flipped) else "")
    made = []
    for (class_name, bar), places in groups.items():
        low, high = cut.ends()[bar]
        hard = low >= middle or bar == BINS
        shown = (places.flip(0) if hard else places)[:most]
        row = {"label": class_name, "bar": bar, "hard": hard, "low": low, "high": high, "count": len(places)}
        said = {"about": about, "span": cut.words(bar), "score": name}
        made.append(said | row | _images(examples, values, shown))
    return made


def _groups(
    examples: ScoredExamples, values: torch.Tensor, place: torch.Tensor, label: str | None
) -> dict[tuple[str, int], torch.Tensor]:
    """Return the places of the examples of every class and bar, the easiest first."""
    labels, order = examples.examples.labels.cpu(), values.argsort(stable=True)
    classes = examples.drawn_classes(CLASSES) if label is None else [examples.classes.index(label)]
    groups: dict[tuple[str, int], torch.Tensor] = {}
    for c in [*classes, *([None] if len(examples.classes) > len(classes) and label is None else [])]:
        chosen = torch.isin(labels, torch.tensor(classes)).logical_not() if c is None else labels == c
        for bar in range(BINS + 1):
            places = order[(chosen & (place == bar))[order]]
            if len(places):
                groups["other classes" if c is None else examples.classes[c], bar] = places
    return groups


def _images(examples: ScoredExamples, values: torch.Tensor, shown: torch.Tensor) -> dict[str, list[Any]]:
    labels, ids = examples.examples.labels[shown].tolist(), examples.examples.ids[shown].cpu()
    return {
        "image": [png(examples.examples.images[example]) for example in shown.tolist()],
        "id": ids.tolist(),
        "class": [examples.classes[label] for label in labels],
        "value": [round(v, 5) if v < float("inf") else 1e300 for v in values[shown].tolist()],
        "said": [f"{v:.4g}" if v < float("inf") else NEVER for v in values[shown].tolist()],
        "flipped": ["yes" if flip else "no" for flip in torch.isin(ids, examples.flipped).tolist()],
    }


@easiest_and_hardest.drawing
def draw(rows: Rows, width: int) -> Any:
    """Draw the rows: the histogram, and below it the images of the bar that is chosen, the hardest bar at first."""
    names = list(dict.fromkeys(row["label"] for row in rows))
    classes = menu([ALL, *names] if len(names) > 1 else names or [ALL], "class", name="label")
    chosen = choice(max((row["bar"] for row in rows), default=0))
    score = rows[0]["score"] if rows else "score"
    shown = alt.Chart().transform_filter(f"label == '{ALL}' || datum.label == label")
    counted = shown.transform_aggregate(count="sum(count)", groupby=["bar", "low", "high", "span"])
    axis = alt.Axis(grid=False, tickCount=5, format="~s")
    inner = width - AXIS - 18
    histogram = bars(
        counted.transform_calculate(floor="0"),
        chosen,
        x=alt.X("low:Q", title=f"{score} (larger is harder)", axis=alt.Axis(grid=False, tickCount=max(3, width // 74))),
        y=alt.Y("floor:Q", title="examples (square root)", scale=alt.Scale(type="sqrt"), axis=axis),
        y2="count:Q",
        tooltip=tips(span=score, count="examples"),
    )
    never = shown.transform_filter(f"datum.span == '{NEVER}'").transform_aggregate(low="min(low)", groupby=["span"])
    never = never.mark_text(align="right", baseline="bottom", dx=18, dy=-2)
    never = never.encode(x=alt.X("low:Q"), y=alt.value(0), text="span:N")
    layers = [histogram, never] if any(row["span"] == NEVER for row in rows) else [histogram]
    strip = images(
        shown.transform_filter(chosen),
        ["image", "id", "class", "value", "said", "flipped"],
        inner,
        order="datum.hard ? -datum.value : datum.value",
        below={"name": "datum.class"},
        tip=tips(**{"class": "class", "id": "id", "said": score, "flipped": "label flipped"}),
        most=min(EACH, max((len(row["image"]) for row in rows), default=1)),
        pitch=pitched(rows, "class"),
        title="the easiest of the chosen bar first; right of the median, the hardest first",
        framed="datum.flipped == 'yes'",
    )
    return alt.vconcat(alt.layer(*layers).properties(width=inner, height=150), strip).add_params(classes)


@easiest_and_hardest.sentences
def words(outcomes: Iterable[Any]) -> list[str]:
    """Say it in sentences: how many examples are in the lowest and in the highest bar of the score."""
    rows = easiest_and_hardest.rows(outcomes)
    if not rows:
        return []
    ends = [[row for row in rows if row["bar"] == end(r["bar"] for r in rows)] for end in (min, max)]
    told = [f"{sum(row['count'] for row in bar)} examples at {bar[0]['span']}" for bar in ends]
    return [f"By {rows[0]['score']}: {told[0]}, the easiest bar, and {told[1]}, the hardest."]
