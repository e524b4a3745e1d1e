"""Crop, flip and resize of a whole batch of uint8 images: each has its own place and side, without a loop."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from jaxtyping import Float64, UInt8
from torch import Tensor
from torch.nn import functional

from workbench.work.memory import check_room

Images = UInt8[Tensor, "batch channels height width"]


def crop(images: Images, generator: torch.Generator, *, padding: int = 4) -> Images:
    """Pad with zeros and cut each image out again at its own random place, by one gather."""
    n, _, height, width = images.shape
    padded = functional.pad(images, (padding,) * 4)
    windows = padded.unfold(2, height, 1).unfold(3, width, 1)  # a view: (n, channels, down, right, height, width)
    down, right = torch.randint(0, 2 * padding + 1, (2, n), generator=generator).to(images.device)
    return windows[torch.arange(n, device=images.device), :, down, right]


def flip(images: Images, generator: torch.Generator) -> Images:
    """Mirror each image left to right with probability one half."""
    mirrored = (torch.rand(len(images), generator=generator) < 0.5).to(images.device)
    return torch.where(mirrored[:, None, None, None], images.flip(3), images)


def resize(images: Images, size: int) -> UInt8[Tensor, "batch channels {size} {size}"]:
    """Make square images of `size` pixels: the mean over areas when shrinking, bilinear when growing.

    A pixel is the exact mean over its area, rounded, of which a pixel at the edge may be a part only (28 to 16). Parts
    of 1024 images keep the floats that are held at once few.
    """
    if images.shape[2:] == (size, size):
        return images
    numbers = math.prod(images.shape[:2]) + 4 * math.prod(images[:1024].shape[:2])  # and the floats of one part
    check_room(f"image_size={size}", numbers * size**2, f"these images have {images.shape[2]}×{images.shape[3]} pixels")
    result = images.new_empty((*images.shape[:2], size, size))
    height, width = images.shape[2:]
    rows, columns = _shares(height, size), _shares(width, size)
    for part, out in zip(images.split(1024), result.split(1024), strict=True):
        if height % size == width % size == 0:
            floats = functional.interpolate(part.float(), (size, size), mode="area")
        elif size <= min(height, width):
            floats = (rows @ part.double() @ columns.T).float()  # torch's "area" takes pixels at an edge as a whole
        else:
            floats = functional.interpolate(part.float(), (size, size), mode="bilinear", antialias=True)
        out.copy_(floats.round_().clamp_(0, 255))
    return result


def _shares(pixels: int, size: int) -> Float64[Tensor, "size pixels"]:
    """Return which share of each of `size` equal parts of a line every one of its pixels is."""
    edges = torch.arange(size + 1, dtype=torch.float64)[:, None] * pixels / size
    covered = (edges - torch.arange(pixels)).clamp(0, 1)  # how much of each pixel lies before each edge
    return covered.diff(dim=0) * size / pixels


AUGMENTATIONS: dict[str, Callable[[Images, torch.Generator], Images]] = {
    "none": lambda images, generator: images,
    "crop": crop,
    "flip": flip,
    "crop+flip": lambda images, generator: flip(crop(images, generator), generator),
}
