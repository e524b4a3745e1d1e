"""What does training see? Images as they are, each beside what the augmentation made of it, as drawn by chance."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from workbench.charts.grammar import Rows, picture, tips
from workbench.charts.grammar.image_lines import APART, columns, image_lines
from workbench.charts.grammar.marks import png

MEANINGS = {
    "crop": "moves it by up to 4 pixels each way, with black where it came from",
    "flip": "mirrors it left to right, half of the time",
}
SMALL = 20  # pixels of a side: a crop by 4 loses a fifth of it and more
TIP = tips(what="what", label="label", id="id")


@picture(
    asks=("originals augmented augment classes", "dataset_view"),
    title="What does training make of an image?",
    subtitle="{about}",
    selects=("id",),
    holds="the images of examples",
)
def augmented_images(outcomes: Iterable[Any]) -> Rows:
    """Draw an image in every line as it is, and behind it what the augmentation made of it, drawn several times.

    `outcomes` are those of `experiments.dataset_view`, of which the last is drawn.
    """
    outcomes = list(outcomes)
    if not outcomes:
        return []
    last = outcomes[-1]
    rows = []
    for place, (image, draws) in enumerate(zip(last.originals.images, last.augmented, strict=True)):
        id_, label = int(last.originals.ids[place]), last.classes[int(last.originals.labels[place])]
        n = 1 + len(draws)
        lists = {
            "image": [png(image), *(png(draw) for draw in draws)],
            "what": ["as it is", *(f"draw {i} of {last.augment}" for i in range(1, n))],
            "framed": [False] * n,
            "id": [id_] * n,
            "label": [label] * n,
            "column": columns(n),
        }
        about = f"{last.dataset}, {len(last.originals)} {last.split} images, {len(draws)} times {last.augment}"
        rows.append({"about": about, "words": label, "place": place, **lists})
    return rows


@augmented_images.drawing
def draw(rows: Rows, width: int) -> Any:
    """Draw the rows: a line an image."""
    others = max((len(row["image"]) for row in rows), default=2) - 2
    heads = {0.0: "as it is", APART + others / 2: "as training sees it, each time anew"}
    return image_lines(rows, width, ["id", "what", "label"], TIP, heads)


@augmented_images.sentences
def words(outcomes: list[Any]) -> list[str]:
    """Say it in sentences: what the augmentation does each time that an image is seen."""
    last = outcomes[-1]
    name = last.augment
    if name == "none":
        return ["No augmentation: training sees every image as it is, each time."]
    does = " and ".join(MEANINGS.get(part, "changes it") for part in name.split("+"))
    sentences = [f"{name}: each time that training sees an image, it {does}."]
    if "crop" in name and min(last.height, last.width) < SMALL:
        sentences.append(
            f"Of {last.height} × {last.width} pixels that may lose most of the image; crop is made for 32."
        )
    return sentences
