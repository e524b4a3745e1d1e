"""Pixel noise on a whole dataset: a way to make an easy one hard, so that networks are wrong and sure of it.

The digits with normal noise of 0.6 are the setting of the workbench's calibration experiments: small, quick, and
overconfident. The noise comes last: what corrupts images, or brings in others, works on clean ones and then passes
through `noisy_like`.
"""

from __future__ import annotations

from dataclasses import replace

import torch
from jaxtyping import UInt8
from torch import Tensor

from workbench.data.data import Data, Split
from workbench.work import rules
from workbench.work.nearest import unknown
from workbench.work.seeds import generator

RANGE = 4.0  # deviations of the noise that the 256 values reach to, below black and above white
PARTS = ("train", "validation", "test", "other")  # each with a stream of its own
MARK = " + noise "  # in the name of data that have it


def noisy(data: Data, std: float, *, seed: int = 0) -> Data:
    """Add normal noise of deviation `std` (in units of the range from black to white) to every image of the data.

    The noise is drawn once: the same image has the same noise in every epoch. The 256 values are spread over
    [-4 std, 1 + 4 std], so that next to nothing is clipped, and the normalisation is that of the noisy training
    images. Raises a ValueError for a negative `std`, and for data that have such noise already.
    """
    rules.instance("data", data, Data, "whole data", "give the data, or one split to noisy_like")
    _check(std)
    if std == 0:
        return data
    check_clean(data)
    parts = {name: _add(getattr(data, name).images, std, seed, name) for name in PARTS[:3]}
    shown = next(images for images in (parts["train"], parts["test"]) if len(images)).double() / 255
    deviation, mean = torch.std_mean(shown, (0, 2, 3), correction=0)
    scaled = {"mean": mean.float(), "std": deviation.where(deviation > 0, 1.0).float()}
    splits = {name: replace(getattr(data, name), images=images, **scaled) for name, images in parts.items()}
    return replace(data, name=f"{data.name}{MARK}{std:g}", **splits)


def noisy_like(split: Split, shown: Split, std: float, *, seed: int = 0, part: str = "other") -> Split:
    """Bring clean images to where `noisy(data, std, seed=seed)` brought its own: the same range and normalisation.

    `shown` is any split of the noisy data, whose normalisation is taken. `part` names the stream of the noise: with
    "test" (or "validation", "train") the i-th image has the very noise that the i-th image of that part has, as a
    corrupted test image should; "other" is a stream of its own, for another dataset. With `std` 0 only the
    normalisation changes. Raises a ValueError for a negative `std` or another part.
    """
    for name, value in (("split", split), ("shown", shown)):
        rules.instance(name, value, Split, "one part of data", "data.test is one")
    if len(shown.mean) != split.images.shape[1]:
        channels = f"{split.images.shape[1]} and {len(shown.mean)}"
        raise ValueError(f"split and shown must have images of as many channels, got {channels}; load both alike")
    _check(std)
    if part not in PARTS:
        raise unknown("part", part, PARTS)
    images = _add(split.images, std, seed, part) if std else split.images
    return replace(split, images=images, mean=shown.mean, std=shown.std)


def check_clean(data: Data) -> None:
    """Raise a ValueError for data that already have pixel noise."""
    if MARK in data.name:
        way_on = "give the data as they were before noisy(), and pass what is made through noisy_like()"
        raise ValueError(f"noise and shifts are made on clean images, got {data.name}; {way_on}")


def _add(images: Tensor, std: float, seed: int, part: str) -> UInt8[Tensor, "examples channels height width"]:
    low, span = -RANGE * std, 1 + 2 * RANGE * std
    noise = torch.randn(images.shape, generator=generator(seed, "pixel noise", PARTS.index(part))).to(images.device)
    return (((images / 255 + std * noise) - low) / span * 255).round_().clamp_(0, 255).to(torch.uint8)


def _check(std: float) -> None:
    rules.number("std", std, least=0, most=100, way_on="0.6 makes the digits hard")
