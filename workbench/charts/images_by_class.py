"""What is in a data set? Images of every class beside the mean of all, labels that noise has moved framed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from workbench.charts.grammar import Rows, picture, tips
from workbench.charts.grammar.image_lines import APART, columns, image_lines
from workbench.charts.grammar.marks import png
from workbench.numbers.numerals import percent

TIP = tips(what="what", label="label", before="label before noise", id="id")


@picture(
    asks=("examples means classes labels_before split", "dataset_view"),
    title="What is in the data?",
    subtitle="{about}",
    selects=("id", "label"),
    holds="the images of examples",
)
def images_by_class(outcomes: Iterable[Any]) -> Rows:
    """Draw some images of every class in a line, behind the mean of all its images; frames mark labels that were moved.

    `outcomes` are those of `experiments.dataset_view`, of which the last is drawn.
    """
    outcomes = list(outcomes)
    if not outcomes:
        return []
    last = outcomes[-1]
    labels, before = last.examples.labels.tolist(), last.labels_before.tolist()
    framed = "; framed: its label was moved" if labels != before else ""
    shown = f"{len(labels)} {last.split} images of {len(set(labels))} classes"
    rows = []
    for place, c in enumerate(dict.fromkeys(labels)):
        chosen, words = [i for i, label in enumerate(labels) if label == c], last.classes[c]
        lists = {
            "image": [png(last.means[c]), *(png(last.examples.images[i]) for i in chosen)],
            "id": ["", *(str(int(last.examples.ids[i])) for i in chosen)],
            "before": [words, *(last.classes[before[i]] for i in chosen)],
            "framed": [False, *(before[i] != c for i in chosen)],
            "what": ["the mean of its images", *("an image" for _ in chosen)],
            "label": [words] * (1 + len(chosen)),
            "column": columns(1 + len(chosen)),
        }
        rows.append({"about": f"{last.dataset}: {shown}{framed}", "words": words, "place": place, **lists})
    return rows


@images_by_class.drawing
def draw(rows: Rows, width: int) -> Any:
    """Draw the rows: a line a class."""
    others = max((len(row["image"]) for row in rows), default=2) - 2
    heads = {0.0: "mean", APART + others / 2: "some of its images"}
    return image_lines(rows, width, ["id", "before", "what", "label"], TIP, heads)


@images_by_class.sentences
def words(outcomes: list[Any]) -> list[str]:
    """Say it in sentences: how many images there are, of which size and how many classes, and what noise was added."""
    last = outcomes[-1]
    parts = f"{last.train:,} images to train on, {last.validation:,} to choose by, {last.test:,} to test with"
    colours = "grey" if last.channels == 1 else f"{last.channels} channels"
    pixels = f"{last.height} × {last.width} pixels ({colours})"
    sentences = [f"{last.dataset} has {len(last.classes)} classes: {parts}, each of {pixels}."]
    if last.pixel_noise:
        sentences.append(f"Every pixel has normal noise of {last.pixel_noise:g} of the way from black to white.")
    if last.moved:
        sentences.append(f"Label noise has moved {last.moved:,} training labels ({percent(last.moved / last.train)}).")
    return sentences
