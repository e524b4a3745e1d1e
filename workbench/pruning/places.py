"""Places drawn at random: which of a layer's weights are kept, where it does not matter which."""

from __future__ import annotations

from collections.abc import Mapping

import torch

from workbench.nets import masks
from workbench.nets.masks import Mask
from workbench.nets.weights import Weights
from workbench.work.seeds import generator


def noise(mask: Mask, seed: int, tag: str) -> Weights:
    """Draw a number for every place that the mask names, for one use (`tag`) of the seed."""
    draw = generator(seed, tag)
    return {name: torch.rand(tensor.shape, generator=draw, dtype=torch.float64) for name, tensor in mask.items()}


def random_places(mask: Mask, quota: Mapping[str, int], *, seed: int, tag: str) -> Mask:
    """Keep in every layer as many random places of those that `mask` keeps as `quota` has for it."""
    return masks.keep_by_layer(noise(mask, seed, tag), mask, quota, seed=seed)
