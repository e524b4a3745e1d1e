"""Another dataset, seen as the training data are: what a network should find strange."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import torch
from jaxtyping import UInt8
from torch import Tensor

from workbench.data import sources
from workbench.data.data import NO_CLASS, Data, Split
from workbench.data.images import resize
from workbench.data.noise import check_clean
from workbench.nets.door import check_data

LUMA = (19595, 38470, 7471)  # of 65536: ITU-R 601-2, as Pillow makes grey of colour

Pictures = UInt8[Tensor, "examples channels height width"]


def like(other: str | Path | Data | Split, data: Data) -> Split:
    """Return the images of another dataset in the size, channels and normalisation of the training data.

    `other` is a name or path for `wb.load` (its whole test file; all of it where it has none, as nothing was trained on
    it), data (their test images, or all where there are none), or a split (all of it). Grey becomes three equal
    channels, colour becomes grey by its luma; then the image is resized as by `load(image_size=…)` (to the longer side
    of an oblong, of which the middle is cut out). The labels are `NO_CLASS`. For data with pixel noise give the data
    before it, and pass the result through `wb.noisy_like`. Raises a ValueError for data with pixel noise, and for
    images with other channels than one or three.
    """
    check_data(data)
    check_clean(data)
    if isinstance(other, Data):
        check_clean(other)
    images, ids = _all_of(other)
    channels, height, width = data.shape
    images, side = _channels(images, channels), max(height, width)
    top, left = (side - height) // 2, (side - width) // 2
    images = resize(images, side)[:, :, top : top + height, left : left + width].contiguous()
    labels = torch.full((len(images),), NO_CLASS)
    return replace(data.test, images=images.to(data.test.images.device), labels=labels, ids=ids)


def _all_of(other: str | Path | Data | Split) -> tuple[Pictures, Tensor]:
    """Return the images and their ids: of the test part, or of all."""
    if isinstance(other, Split):
        return other.images.cpu(), other.ids.cpu()
    if isinstance(other, Data):
        parts = [other.test] if len(other.test) else [other.train, other.validation]
        return torch.cat([part.images.cpu() for part in parts]), torch.cat([part.ids.cpu() for part in parts])
    arrays = sources.read(sources.find(other))
    images = torch.from_numpy(arrays.test_images if len(arrays.test_images) else arrays.train_images)
    return images, torch.arange(len(images))


def _channels(images: Pictures, channels: int) -> UInt8[Tensor, "examples {channels} height width"]:
    """Bring images to one or three channels."""
    before = images.shape[1]
    if before == channels:
        return images
    if before == 1:
        return images.expand(-1, channels, -1, -1)
    if (before, channels) != (3, 1):
        raise ValueError(f"images must have one or three channels, got {before} to bring to {channels}; convert them")
    r, g, b = (images[:, c].int() * weight for c, weight in enumerate(LUMA))
    return ((r + g + b + 0x8000) >> 16).byte()[:, None]
