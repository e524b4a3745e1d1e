"""How many images has every class? In each part of the data, and how many of them are there by label noise."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import altair as alt

from workbench.charts.grammar import Look, Looks, Rows, grouped, legend, picture, tips
from workbench.charts.grammar.looks import BLUE, ORANGE, scale
from workbench.charts.grammar.marks import names_up, strips
from workbench.numbers.numerals import percent

KINDS: Looks = {"label kept": Look(BLUE), "label moved here": Look(ORANGE)}
HIGH, LOW, FEW = 24, 13, 20  # pixels of a bar, of one of more than so many
LISTS = ("words", "place", "count", "images", "away")
PARTS = {"train": "to train on", "validation": "to choose by", "test": "to test with"}


@picture(
    asks=("counts classes dataset", "dataset_view"),
    title="How many images has every class?",
    subtitle="{about}",
    selects=("words", "split"),
    holds="the counts of classes",
)
def class_counts(outcomes: Iterable[Any]) -> Rows:
    """Draw a bar for every class in each part of the data, with the images whose label was moved there in another
    colour.

    `outcomes` are those of `experiments.dataset_view`, of which the last is drawn.
    """
    outcomes = list(outcomes)
    if not outcomes:
        return []
    last, rows = outcomes[-1], []
    for split, parts in grouped(last.counts, lambda row: row["split"]).items():
        here = [part["moved_here"] for part in parts]
        kept = [part["images"] - part["moved_here"] for part in parts]
        shared = {
            "about": f"{last.dataset}: {last.train:,} training images, label noise {percent(last.label_noise)}",
            "split": split,
            "words": [part["class"] for part in parts],
            "place": list(range(len(parts))),
            "images": [part["images"] for part in parts],
            "away": [part["moved_away"] for part in parts],
        }
        both = zip(KINDS, (kept, here), strict=True)
        rows += [shared | {"kind": kind, "count": counts} for kind, counts in both if any(counts)]
    return rows


@class_counts.drawing
def draw(rows: Rows, width: int) -> Any:
    """Draw the rows: a strip for each part of the data."""
    names = rows[0]["words"] if rows else [""]
    high = len(names) * (HIGH if len(names) <= FEW else LOW)
    tip = tips(words="class", kind="kind", count="images of this kind", images="images in all", away="moved away")
    looks = {kind: look for kind, look in KINDS.items() if any(row["kind"] == kind for row in rows)} or KINDS
    colour = alt.Color("kind:N", scale=scale(looks), legend=legend(None, looks, width) if len(looks) > 1 else None)

    def strip(split: str, inner: int, named: bool) -> Any:
        base = alt.Chart().transform_filter(f"datum.split == '{split}'").transform_flatten([*LISTS])
        axis = alt.Axis(tickCount=max(2, inner // 60), format="~s", grid=True, labelFlush=True)
        x = alt.X("count:Q", title=PARTS[split], axis=axis, stack="zero")
        bars = base.mark_bar().encode(x=x, color=colour)
        order = alt.Order("kind:N")
        return bars.encode(y=names_up("words", named), order=order, tooltip=tip).properties(width=inner, height=high)

    splits = list(dict.fromkeys(row["split"] for row in rows)) or ["train"]
    return strips(splits, strip, names, width)


@class_counts.sentences
def words(outcomes: list[Any]) -> list[str]:
    """Say it in sentences: the largest and the smallest class of the training images, and how many labels moved."""
    last = outcomes[-1]
    train = [row for row in last.counts if row["split"] == "train" and row["images"]]
    if not train:
        return [f"{last.dataset} has no training images here."]
    most, least = max(train, key=lambda row: row["images"]), min(train, key=lambda row: row["images"])
    sizes = f"the largest class is {most['class']} ({most['images']:,}), the smallest {least['class']}"
    sentences = [f"To train on, {sizes} ({least['images']:,})."]
    if last.moved:
        moved = f"{last.moved:,} of {last.train:,} training labels were moved to another class"
        sentences.append(f"{moved}; labels to choose by and to test with are as they were.")
    return sentences
