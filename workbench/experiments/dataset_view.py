"""What is in a data set? Its images by class, its counts, its pixels, and what noise and augmentation make of them.

Nothing is trained: look at the images before any network does. It takes a moment, so that a panel can redraw it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Int64, UInt8
from torch import Tensor

from workbench.data.data import Data, Split, load
from workbench.data.images import AUGMENTATIONS
from workbench.data.noise import noisy
from workbench.nets.door import SPLITS, check_split, part_of
from workbench.work import rules
from workbench.work.nearest import check_known
from workbench.work.seeds import check_seed, generator
from workbench.work.typed import typed

MOST, DRAWS, CLASSES = 20, 12, 24  # images of a class, draws of an image, classes that are looked at
AUGMENTED = 10  # images that are augmented, at most
AT_ONCE = 4096  # images of which pixels are counted at once


@dataclass(frozen=True, eq=False)
class DatasetView:
    """One look at a data set, as training sees it: `moved` labels by label noise, pixels with their noise.

    `size` counts the images of the `split` that is looked at; `train`, `validation` and `test` those of each part.
    `counts` has a row for every part and class. `examples` are some images of each class, by class, and `labels_before`
    the labels that they had before any was moved. `moved_examples` are some whose label was, with what it was.
    `augmented` are `draws` of the training augmentation for each of the `originals`. `means` is the mean image of each
    class, `pixels` how many of the split's pixels have each of the 256 values, by channel.
    """

    dataset: str
    split: str
    size: int
    train: int
    validation: int
    test: int
    channels: int
    height: int
    width: int
    label_noise: float
    pixel_noise: float
    moved: int
    augment: str
    seed: int
    mean: tuple[float, ...]
    std: tuple[float, ...]
    classes: tuple[str, ...]
    counts: list[dict[str, Any]]
    examples: Split
    labels_before: Int64[Tensor, " examples"]
    moved_examples: Split
    moved_before: Int64[Tensor, " moved"]
    originals: Split
    augmented: UInt8[Tensor, "originals draws channels height width"]
    means: UInt8[Tensor, "classes channels height width"]
    pixels: Int64[Tensor, "channels 256"]

    def __repr__(self) -> str:
        shape = f"{self.channels}×{self.height}×{self.width}"
        noise = f", {self.moved} labels moved" if self.moved else ""
        return (
            f"DatasetView({self.dataset}, {self.split}: {self.size} images {shape}, {len(self.classes)} classes{noise})"
        )


@typed
def dataset_view(
    dataset: str = "digits",
    *,
    train_size: int | None = None,
    image_size: int | None = None,
    split: str = "train",
    images: int = 8,
    augment: str = "crop+flip",
    draws: int = 6,
    label_noise: float = 0.0,
    pixel_noise: float = 0.0,
    seed: int = 0,
) -> Iterator[DatasetView]:
    """Yield one `DatasetView`: what `wb.load` gives, with the noise that experiments add to it.

    Of more than 24 classes the images of 24 are looked at, and counts are of all. The same `seed` shows the same
    images. Raises a ValueError for an option out of range.

    Arguments:
        split: The part that is looked at: the images to train on, to choose by (validation), or to test with.
        images: How many images of every class are shown.
        augment: What training may do to an image each time that it sees it; none leaves it as it is.
        draws: How many times the augmentation of an image is drawn.
        label_noise: The share of the training labels that is moved to another class.
        pixel_noise: The deviation of normal noise on every pixel, where black to white is 1; 0.6 makes digits hard.
        seed: What the split, the noise, the shown images and their augmentation are drawn from.
    """
    check_known("augmentation", augment, AUGMENTATIONS)
    rules.whole("images", images, least=1, most=MOST, way_on="8 show what a class is")
    rules.whole("draws", draws, least=1, most=DRAWS, way_on="6 show what an augmentation does")
    rules.number("pixel_noise", pixel_noise, least=0, most=100, way_on="0.6 makes the digits hard")
    sizes: dict[str, Any] = {"train_size": train_size, "image_size": image_size, "seed": check_seed(seed)}
    clean = load(dataset, **sizes)
    data = noisy(load(dataset, **sizes, label_noise=label_noise), pixel_noise, seed=seed)
    part, labels_before = part_of(data, split), part_of(clean, split).labels
    check_split(part, to="look at")
    order = torch.randperm(len(part), generator=generator(seed, "shown"))
    shown = _of_every_class(part.labels, order, images)
    moved = _of_every_class(part.labels, order[(part.labels != labels_before)[order]], images)
    originals = part.take(_of_every_class(part.labels, order, 1)[:AUGMENTED])
    yield DatasetView(
        dataset=clean.name,
        split=split,
        size=len(part),
        **{name: len(getattr(data, name)) for name in SPLITS},
        **dict(zip(("channels", "height", "width"), data.shape, strict=True)),
        label_noise=float(label_noise),
        pixel_noise=float(pixel_noise),
        moved=len(data.flipped),
        augment=augment,
        seed=seed,
        mean=tuple(part.mean.tolist()),
        std=tuple(part.std.tolist()),
        classes=data.classes,
        counts=_counts(data, clean),
        examples=part.take(shown),
        labels_before=labels_before[shown],
        moved_examples=part.take(moved),
        moved_before=labels_before[moved],
        originals=originals,
        augmented=_augmented(originals.images, augment, draws, seed),
        means=_means(part, len(data.classes)),
        pixels=_pixels(part.images),
    )


def _of_every_class(labels: Tensor, order: Tensor, n: int) -> Tensor:
    """Return the first n places in this order of every class that is looked at, class by class."""
    there = labels[order].unique()
    looked_at = there[torch.linspace(0, len(there) - 1, min(CLASSES, len(there))).round().long()]
    return torch.cat([order[labels[order] == c][:n] for c in looked_at] or [order])


def _counts(data: Data, clean: Data) -> list[dict[str, Any]]:
    """Return a row for every part and class: its images, how many of them have a moved label, and how many left it."""
    rows = []
    for name in SPLITS:
        labels, before = getattr(data, name).labels, getattr(clean, name).labels
        for c, words in enumerate(data.classes):
            here, was = labels == c, before == c
            numbers = {"images": here, "moved_here": here & ~was, "moved_away": was & ~here}
            rows.append({"split": name, "class": words} | {field: int(of.sum()) for field, of in numbers.items()})
    return rows


def _augmented(images: Tensor, augment: str, draws: int, seed: int) -> Tensor:
    several = [AUGMENTATIONS[augment](images, generator(seed, "shown augmentation", i)) for i in range(draws)]
    return torch.stack(several, 1)


def _means(part: Split, classes: int) -> Tensor:
    """Return the mean image of every class, black for one that has none."""
    sums = torch.zeros(classes, *part.images.shape[1:], dtype=torch.float64)
    for images, labels in zip(part.images.split(AT_ONCE), part.labels.split(AT_ONCE), strict=True):
        sums.index_add_(0, labels, images.double())
    counts = part.labels.bincount(minlength=classes).clamp(min=1)
    return (sums / counts[:, None, None, None]).round().to(torch.uint8)


def _pixels(images: Tensor) -> Tensor:
    """Return how many pixels of a channel have each of the 256 values."""
    counts = torch.zeros(images.shape[1], 256, dtype=torch.int64)
    for channel, total in enumerate(counts):
        for some in images[:, channel].split(AT_ONCE):
            total += some.flatten().bincount(minlength=256)
    return counts
