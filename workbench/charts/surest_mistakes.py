"""Which test images is a network surest about, and wrong? The images, with what it said and what they are."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from workbench.charts.grammar import Rows, picture, tips
from workbench.charts.grammar.image_lines import image_lines
from workbench.charts.grammar.marks import png

LINES, IN_LINE = 8, 10  # replicas that are drawn, and images of one


@picture(
    asks=("wrong predicted confidence classes wrong_count replica", "trained_networks"),
    title="Where is it sure, and wrong?",
    subtitle="{about}",
    needs="a test image that is predicted wrongly",
    selects=("id",),
    holds="the images of examples",
)
def surest_mistakes(outcomes: Iterable[Any]) -> Rows:
    """Draw the test images that a network is wrong about, the surest first, with its prediction, the label and how sure
    it was, a line a replica.

    `outcomes` are those of `experiments.trained_networks`, of which the first eight are drawn; of one there are more.
    """
    wrong = sorted((o for o in outcomes if len(o.wrong)), key=lambda o: o.replica)
    about = "test images that it has wrong, the surest first: what it said, how sure it was, and what it is"
    lines = [(f"replica {o.replica}", o, 0) for o in wrong[:LINES]]
    if len(wrong) == 1:  # then there is room for more of them
        lines = [("" if first else lines[0][0], wrong[0], first) for first in range(0, len(wrong[0].wrong), IN_LINE)]
    return [{"about": about, "place": place, **_line(*line)} for place, line in enumerate(lines)]


def _line(words: str, o: Any, first: int) -> dict[str, Any]:
    """Return a line of images, from the first of them on."""
    places = range(first, min(first + IN_LINE, len(o.wrong)))
    labels, said = ([o.classes[int(of[i])] for i in places] for of in (o.wrong.labels, o.predicted))
    sure = [float(o.confidence[i]) for i in places]
    below = [f"{s} ({c:.0%})\nnot {label}" for s, c, label in zip(said, sure, labels, strict=True)]
    return {
        "words": words or " " * (first // IN_LINE),
        "image": [png(o.wrong.images[i]) for i in places],
        "id": [int(o.wrong.ids[i]) for i in places],
        "label": labels,
        "predicted": said,
        "confidence": [round(confidence, 5) for confidence in sure],
        "below": below,
        "framed": [False] * len(places),
        "column": list(range(len(places))),
    }


@surest_mistakes.drawing
def draw(rows: Rows, width: int) -> Any:
    """Draw the rows: the images in lines, those of a replica in one."""
    tip = tips(predicted="predicted", label="label", confidence=("confidence", ".3f"), id="id")
    return image_lines(rows, width, ["id", "label", "predicted", "confidence", "below"], tip, {}, below="below")


@surest_mistakes.sentences
def words(outcomes: list[Any]) -> list[str]:
    """Say it in sentences: how many are wrong, and the surest of them."""
    sentences = []
    for o in outcomes[:1]:
        tested = int(o.confusion.sum())
        if not len(o.wrong):
            return [f"Replica {o.replica} gives all {tested:,} test images their label."] if tested else []
        id_, label, answer = int(o.wrong.ids[0]), int(o.wrong.labels[0]), int(o.predicted[0])
        sure = f"surest that id {id_} is {o.classes[answer]} ({o.confidence[0]:.1%}), and it is {o.classes[label]}"
        sentences.append(f"Replica {o.replica} is wrong about {o.wrong_count:,} of {tested:,} test images, {sure}.")
    return sentences
