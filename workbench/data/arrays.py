"""Images and labels as they come, made those of the house where their meaning is plain, and refused in words elsewhere.

Images become bytes, grey or RGB, channels first; labels are numbered from 0, with the names of their classes. What is
changed about labels is said in a warning: a person compares their numbers with those elsewhere.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

HALVES = {"train": ("train", "training"), "validation": ("val", "valid", "validation"), "test": ("test", "testing")}
FEW, MOST = 1000, 2**16  # classes that any data may have, and that large data may: more are no classes but ids
ALPHA = 4  # channels: RGB and how opaque each pixel is, which is left out
FORMS = "(n, h, w), (n, h, w, c) or (n, c, h, w) with c = 1, 3 or 4"

Pair = tuple[np.ndarray, np.ndarray]  # images and labels


@dataclass(frozen=True, eq=False)
class Arrays:
    """uint8 images (n, channels, height, width) and int64 labels; `split` says whether the source has a test file.

    The last `validation` of the training images are validation images of the source's own.
    """

    train_images: np.ndarray
    train_labels: np.ndarray
    test_images: np.ndarray
    test_labels: np.ndarray
    classes: tuple[str, ...]
    split: bool = True
    validation: int = 0


def arrays_of(name: str, parts: dict[str, Pair], classes: Sequence[str] = ()) -> Arrays:
    """Make `Arrays` of what a source has: "train", "validation" and "test", or "all", which is divided later.

    Without test images those for validation are taken for them. Raises a ValueError for what has no plain meaning.
    """
    images = {part: channels_first(name, pair[0]) for part, pair in parts.items()}
    labels = {part: _one_an_image(name, pair[1], len(images[part])) for part, pair in parts.items()}
    images = {part: of_part for part, of_part in images.items() if len(of_part)}
    if not images:
        raise ValueError(f"{name} holds no images; a dataset has one at least")
    if len(shapes := sorted({of_part.shape[1:] for of_part in images.values()})) > 1:
        given = " and ".join(map(str, shapes))
        raise ValueError(f"{name}: training and test images must have one shape, got {given}; resize one of them")
    images = to_bytes(name, images)
    labels, classes = numbered(name, {part: labels[part] for part in images}, tuple(str(c) for c in classes))
    if "test" not in images and "validation" in images:
        images["test"], labels["test"] = images.pop("validation"), labels.pop("validation")
    first = next(iter(images))
    none = (images[first][:0], labels[first][:0])
    train, aside, test = ((images[p], labels[p]) if p in images else none for p in HALVES)
    if first == "all":
        return Arrays(images["all"], labels["all"], *none, classes, split=False)
    pictures, numbers = (np.concatenate([a, b]) if len(b) else a for a, b in zip(train, aside, strict=True))
    return Arrays(pictures, numbers, *test, classes, validation=len(aside[0]))


def channels_first(name: str, images: np.ndarray) -> np.ndarray:
    """Return images as (n, c, h, w) with c = 1 or 3; a ValueError for another shape."""
    shape = images.shape
    if len(shape) == 3:
        images = images[:, None]
    elif len(shape) == 4 and (shape[3] in (1, 3) or (shape[3] == ALPHA and shape[1] not in (1, 3))):
        images = images.transpose(0, 3, 1, 2)
    if images.ndim == 4 and images.shape[1] == ALPHA:
        images = images[:, :3]
    if images.ndim != 4 or images.shape[1] not in (1, 3) or 0 in images.shape[1:]:
        raise ValueError(f"{name}: images must have the shape {FORMS}, got {shape}; reshape or transpose them")
    return np.ascontiguousarray(images)


def to_bytes(name: str, images: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Return the images of all parts as bytes, by what the range of them all tells; a ValueError where it does not."""
    dtypes = {of_part.dtype for of_part in images.values()}
    if dtypes == {np.dtype(np.uint8)}:
        return images
    given, span = " and ".join(sorted(map(str, dtypes))), None
    if len(dtypes) == 1 and next(iter(dtypes)).kind in "biuf":
        low = min(float(of_part.min()) for of_part in images.values())
        high = max(float(of_part.max()) for of_part in images.values())
        whole = all(
            of_part.dtype.kind != "f" or bool((of_part == np.rint(of_part)).all()) for of_part in images.values()
        )
        given, span = f"{given} from {low:g} to {high:g}", _span(dtypes.pop(), low, high, whole)
    if span is None:
        rule = "uint8, 0 to 255, or floats in [0, 1] or [-1, 1], or integers to 65535"
        way_on = "floats in [0, 1] become (255 * images).round().astype('uint8')"
        raise ValueError(f"{name}: images must be {rule}, got {given}; {way_on}")
    begin, size = span
    return {part: np.rint((of_part - begin) * (255 / size)).astype(np.uint8) for part, of_part in images.items()}


def _span(dtype: np.dtype, low: float, high: float, whole: bool) -> tuple[np.float32 | int, int] | None:
    """Return where the range begins that becomes 0 to 255, and how wide it is: by the least and the largest value."""
    if dtype.kind == "b" or (dtype.kind == "f" and low >= 0 and high <= 1):
        return 0, 1
    if dtype.kind == "f" and low >= -1 and high <= 1:
        return np.float32(-1), 2
    if whole and low >= 0 and high <= 255:
        return 0, 255
    return (0, 65535) if dtype.kind in "iu" and low >= 0 and 32767 < high <= 65535 else None  # fewer bits have no rule


def _one_an_image(name: str, labels: np.ndarray, images: int) -> np.ndarray:
    """Return the labels as a line, one an image: numbers, or names of classes; a ValueError for others."""
    flat = labels[:, 0] if labels.ndim == 2 and labels.shape[1] == 1 else labels
    if flat.dtype.kind == "f" and flat.ndim == 1 and bool((flat == np.rint(flat)).all()):
        flat = flat.astype(np.int64)
    flat = flat.astype(np.int64) if flat.dtype.kind == "b" else flat
    least = flat.min() if flat.dtype.kind in "iu" and flat.size else 0
    if flat.ndim != 1 or flat.dtype.kind not in "iuU" or least < 0:
        one_hot = "rows of zeros and a one become labels by argmax(1)"
        way_on = one_hot if flat.ndim == 2 else "numpy.unique(labels, return_inverse=True) numbers any others"
        given = f"{labels.dtype} of shape {labels.shape}" + (f", {least} the least" if least < 0 else "")
        raise ValueError(f"{name}: labels must be whole numbers from 0, one an image, got {given}; {way_on}")
    if len(flat) != images:
        raise ValueError(f"{name}: there must be one label an image, got {images} images, {len(flat)} labels")
    return flat


def numbered(
    name: str, labels: dict[str, np.ndarray], classes: tuple[str, ...]
) -> tuple[dict[str, np.ndarray], tuple[str, ...]]:
    """Return labels that are places among the classes, and the names of these; what is done to them is warned of."""
    present = np.unique(np.concatenate(list(labels.values())))
    few = max(FEW, min(sum(map(len, labels.values())) - 1, MOST))
    if len(present) > few:
        raise ValueError(
            f"{name}: labels must be of at most {few} classes, got {len(present)}, which are ids of images"
        )
    if present.dtype.kind == "U" and classes:
        labels = {part: np.array([classes.index(label) for label in of_part]) for part, of_part in labels.items()}
    elif present.dtype.kind == "U" or (not classes and (present[0] > 0 or int(present[-1]) + 1 > 2 * len(present))):
        labels = {part: np.searchsorted(present, of_part) for part, of_part in labels.items()}
        classes = tuple(map(str, present))
        if present.dtype.kind != "U":
            shown = ", ".join(classes[:3]) + (f" … {classes[-1]}" if len(classes) > 3 else "")
            _say(f"{name}: the labels {shown} are numbered from 0; data.classes has them as names")
    elif classes and present[0] == 1 and present[-1] == len(classes):
        labels = {part: of_part - 1 for part, of_part in labels.items()}
        _say(f"{name}: the labels 1 to {len(classes)} are numbered from 0, as its {len(classes)} classes are")
    classes = classes or tuple(map(str, range(int(present[-1]) + 1)))
    labels = {part: of_part.astype(np.int64) for part, of_part in labels.items()}
    if (most := max(of_part.max() for of_part in labels.values())) >= len(classes):
        raise ValueError(f"{name}: labels must be below {len(classes)}, the number of classes, got {most}")
    learned = labels.get("train", np.concatenate(list(labels.values())))
    if len(empty := np.setdiff1d(np.arange(len(classes)), learned)):
        shown = ", ".join(classes[i] for i in empty[:5]) + (" …" if len(empty) > 5 else "")
        _say(f"{name}: no training image is of {len(empty)} of its {len(classes)} classes: {shown}")
    return labels, classes


def _say(words: str) -> None:
    warnings.warn(words, stacklevel=2)
