"""Which labels has noise moved? The images, each with what it was and what it is now called."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from workbench.charts.grammar import Rows, grouped, picture, tips
from workbench.charts.grammar.image_lines import image_lines
from workbench.charts.grammar.marks import png

TIP = tips(before="label before noise", label="label", id="id")


@picture(
    asks=("moved_examples moved_before classes moved", "dataset_view"),
    title="Which labels has noise moved?",
    subtitle="{about}",
    needs="label noise, and to look at the training images",
    selects=("id",),
    holds="the images of examples",
)
def moved_labels(outcomes: Iterable[Any]) -> Rows:
    """Draw images whose labels were moved to another class in a line for each of these, with the label that each had.

    `outcomes` are those of `experiments.dataset_view`, of which the last is drawn.
    """
    last = next(iter(reversed(list(outcomes))), None)
    if last is None or not len(last.moved_examples):
        return []
    some, names = last.moved_examples, [last.classes[label] for label in last.moved_before.tolist()]
    about = f"{last.dataset}: {len(some)} of {last.moved:,} moved labels, in {len(some.labels.unique())} classes"
    rows = []
    for place, places in enumerate(grouped(range(len(some)), lambda i: int(some.labels[i])).values()):
        label = last.classes[int(some.labels[places[0]])]
        lists = {
            "image": [png(some.images[i]) for i in places],
            "id": [int(some.ids[i]) for i in places],
            "before": [names[i] for i in places],
            "label": [label] * len(places),
            "framed": [False] * len(places),
            "column": list(range(len(places))),
        }
        rows.append({"about": about, "words": f"now {label}", "place": place, **lists})
    return rows


@moved_labels.drawing
def draw(rows: Rows, width: int) -> Any:
    """Draw the rows: a line for each class that labels were moved to, under each image what it was."""
    others = max((len(row["image"]) for row in rows), default=1) - 1
    heads = {others / 2: "what it was stands below each"}
    return image_lines(rows, width, ["id", "before", "label"], TIP, heads, below="before")


@moved_labels.sentences
def words(outcomes: list[Any]) -> list[str]:
    """Say it in sentences: one of those that were moved."""
    last = outcomes[-1]
    if not len(last.moved_examples):
        return ["No label that is looked at was moved."]
    some, before = last.moved_examples, last.moved_before
    id_, was, now = int(some.ids[0]), last.classes[int(before[0])], last.classes[int(some.labels[0])]
    return [
        f"{last.moved:,} of {last.train:,} training labels were moved: id {id_}, for one, was {was} and is now {now}."
    ]
