"""Corrupted images at five severities: noise, blur, brightness, contrast, pixelate, JPEG.

Hendrycks & Dietterich 2019, "Benchmarking Neural Network Robustness to Common Corruptions and Perturbations". The
strengths are those of CIFAR-10-C, read in the authors' `make_cifar_c.py`; lengths are in pixels, whatever the size of
the image, so that a blur takes more from 8×8 pixels than from 32×32. Pixels are rounded here (there cut off), and the
random draws are other ones, so that the images are not CIFAR-10-C's own.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from numbers import Integral

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from workbench.data.data import Split
from workbench.work import progress
from workbench.work.nearest import check_known
from workbench.work.seeds import check_seed, generator

AT_ONCE = 1024  # images; keeps the floats that are held few
SMALL = 16  # pixels a side, below which CIFAR-C's cells of `pixelate` fall together
SMALL_CELLS = {0.95: 7 / 8, 0.9: 3 / 4, 0.85: 1 / 2, 0.75: 3 / 8, 0.65: 1 / 4}

Images = Float[Tensor, "batch channels height width"]  # in [0, 1]
Draws = list[torch.Generator]  # one an image
Apply = Callable[[Tensor, float, Draws], Tensor]


@dataclass(frozen=True)
class Corruption:
    """One kind of corruption: `apply(images in [0, 1], strength, one generator an image)`, at five `strengths`.

    `random` says whether it draws from the generators, `meaning` what a strength is.
    """

    apply: Apply
    strengths: tuple[float, float, float, float, float]
    meaning: str
    random: bool = False


def corrupt(split: Split, name: str, severity: int, *, seed: int = 0) -> Split:
    """Return the split with corrupted images: the same labels, ids and normalisation, that of the training data.

    `name` is one of `CORRUPTIONS`, `severity` from 1 to 5. Noise is drawn by (seed, id): the same image has the same
    noise whatever else is in the split, and at a higher severity the same one, stronger. Give clean images: pixel noise
    (`noisy`) comes afterwards. Raises a ValueError for an unknown name or severity.
    """
    if not isinstance(split, Split):
        raise ValueError(f"corrupt takes the images of one split, got {split!r}; give data.test")
    check_known("corruption", name, CORRUPTIONS)
    if isinstance(severity, bool) or not isinstance(severity, Integral) or severity not in (1, 2, 3, 4, 5):
        raise ValueError(
            f"severity must be 1, 2, 3, 4 or 5, got {severity!r}; 1 is the mildest, uncorrupted is the split"
        )
    kind = CORRUPTIONS[name]
    check_seed(seed)
    strength, result = kind.strengths[severity - 1], torch.empty_like(split.images)
    for begin in range(0, len(split), AT_ONCE):
        part = slice(begin, begin + AT_ONCE)
        ids = split.ids[part].tolist() if kind.random else []
        draws = [generator(seed, f"corruption {name}", number) for number in ids]
        images = kind.apply(split.images[part].cpu().float() / 255, strength, draws)
        result[part] = (images * 255).round_().clamp_(0, 255).to(torch.uint8)
        progress.report(min(begin + AT_ONCE, len(split)), len(split), "image")
    return replace(split, images=result)


def gaussian_noise(images: Images, strength: float, draws: Draws) -> Images:
    """Add normal noise of this deviation to every value."""
    return images + strength * torch.stack([torch.randn(images.shape[1:], generator=draw) for draw in draws])


def shot_noise(images: Images, strength: float, draws: Draws) -> Images:
    """Count photons: a Poisson number of `strength` times the value, divided by it."""
    pairs = zip(images, draws, strict=True)
    return torch.stack([torch.poisson(strength * image, generator=draw) for image, draw in pairs]) / strength


def impulse_noise(images: Images, strength: float, draws: Draws) -> Images:
    """Set this share of the values to black or white, each as likely."""
    u = torch.stack([torch.rand(images.shape[1:], generator=draw) for draw in draws])
    return images.where(u >= strength / 2, 0.0).where(u < 1 - strength / 2, 1.0)


def gaussian_blur(images: Images, strength: float, draws: Draws) -> Images:
    """Blur with a normal kernel of this deviation in pixels, edges repeated."""
    from scipy.ndimage import gaussian_filter

    return torch.from_numpy(gaussian_filter(images.numpy(), (0, 0, strength, strength), mode="nearest", truncate=4.0))


def brightness(images: Images, strength: float, draws: Draws) -> Images:
    """Raise the value (of hue, saturation, value) by this much: the largest channel grows, the others with it."""
    value = images.amax(1, keepdim=True)
    brighter = (value + strength).clamp(max=1)
    return torch.where(value > 0, images * (brighter / value.clamp_min(1e-6)), brighter)


def contrast(images: Images, strength: float, draws: Draws) -> Images:
    """Draw every value towards the mean of its image and channel: this share of the distance is left."""
    mean = images.mean((2, 3), keepdim=True)
    return mean + strength * (images - mean)


def pixelate(images: Images, strength: float, draws: Draws) -> Images:
    """Shrink to this share of the side and grow back, both by Pillow's box filter.

    An output pixel is the mean of the pixels whose centres its box holds. Below 16 pixels a side CIFAR-C's five shares
    would give the same size twice, or a weaker corruption for a smaller size; there they are 7/8, 3/4, 1/2, 3/8, 1/4:
    8×8 pixels become 7, 6, 4, 3 and 2 cells a side, much coarser than larger images do.
    """
    down, across = (_cells(side, strength) for side in images.shape[2:])
    return down @ images @ across.T


def jpeg(images: Images, strength: float, draws: Draws) -> Images:
    """Write and read as JPEG of this quality, by Pillow (colour at half the resolution, as is its default)."""
    from PIL import Image

    pictures, result = (images * 255).round().byte().permute(0, 2, 3, 1).numpy(), np.empty(images.shape, np.float32)
    for picture, out in zip(pictures, result, strict=True):
        file, bare = io.BytesIO(), picture.squeeze(2) if picture.shape[2] == 1 else picture
        Image.fromarray(bare).save(file, "JPEG", quality=int(strength))
        with Image.open(file) as read:
            out[:] = np.asarray(read).reshape(picture.shape).transpose(2, 0, 1)
    return torch.from_numpy(result) / 255


@cache
def _cells(side: int, share: float) -> Tensor:
    """Return the matrix that shrinks one side to its cells and grows it back: what Pillow does to a unit image."""
    from PIL import Image

    small = max(1, int(side * (share if side >= SMALL else SMALL_CELLS[share])))
    unit = Image.fromarray(np.eye(side, dtype=np.float32))
    shrunk = unit.resize((side, small), Image.Resampling.BOX)
    return torch.from_numpy(np.array(shrunk.resize((side, side), Image.Resampling.BOX)))


CORRUPTIONS: dict[str, Corruption] = {
    "gaussian_noise": Corruption(gaussian_noise, (0.04, 0.06, 0.08, 0.09, 0.1), "deviation, of white", random=True),
    "shot_noise": Corruption(shot_noise, (500, 250, 100, 75, 50), "photons of a white pixel", random=True),
    "impulse_noise": Corruption(impulse_noise, (0.01, 0.02, 0.03, 0.05, 0.07), "share of the values", random=True),
    "gaussian_blur": Corruption(gaussian_blur, (0.4, 0.6, 0.7, 0.8, 1.0), "deviation in pixels"),
    "brightness": Corruption(brightness, (0.05, 0.1, 0.15, 0.2, 0.3), "added value, of white"),
    "contrast": Corruption(contrast, (0.75, 0.5, 0.4, 0.3, 0.15), "share of the contrast that is left"),
    "pixelate": Corruption(pixelate, (0.95, 0.9, 0.85, 0.75, 0.65), "cells a pixel, along a side"),
    "jpeg": Corruption(jpeg, (80, 65, 58, 50, 40), "quality"),
}
