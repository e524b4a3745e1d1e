"""How a sparse network changes its connections: which weights it drops, and which places it grows instead.

Every layer keeps its count, so that the density is exact at all times. The rule is that of RigL (Evci et al. 2020,
"Rigging the Lottery", section 3; its code was read) and of SET (Mocanu et al. 2018), which differ in where they grow.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from torch import Tensor

from workbench.nets import masks
from workbench.nets.masks import Mask
from workbench.nets.weights import Weights
from workbench.pruning.places import random_places
from workbench.work import rules

LAYERS = ("erk", "uniform")


def rewired(
    weights: Weights,
    current: Mask,
    saliency: Mapping[str, Tensor],
    *,
    share: float,
    mask: Mask | None = None,
    seed: int = 0,
) -> Mask:
    """Return the mask `current` without its smallest weights, and with as many places of the largest saliency instead.

    Each layer drops int(share × its kept weights) and grows that many among all places of `mask` (default: all) that
    did not stay, those just dropped among them. Ties are broken by the seed.
    """
    rules.share("share", share)
    after: Mask = {}
    for name, kept in current.items():
        count = int(kept.count_nonzero())
        dropped = int(share * count)
        if not dropped:
            after[name] = kept.clone()
            continue
        stays = masks.keep_largest({name: weights[name].abs()}, {name: kept}, count - dropped, seed=seed)[name]
        free = ~stays if mask is None else mask[name] & ~stays
        after[name] = stays | masks.keep_largest(saliency, {name: free}, dropped, seed=seed)[name]
    return after


def drop_share(step: int, end: int, drop: float) -> float:
    """Return the share of its weights that a layer drops at a step: drop / 2 · (1 + cos(π · step / end))."""
    return drop / 2 * (1 + math.cos(math.pi * step / end))


def random_start(mask: Mask, *, density: float, layers: str = "erk", seed: int = 0) -> Mask:
    """Return the random mask that a run begins with, of exactly the density, with counts by layer as `layers` says."""
    rules.choice("rule for layers", layers, LAYERS)
    shares = {n: sum(kept.shape) if layers == "erk" else kept.numel() for n, kept in mask.items()}  # density × numel
    quota = masks.share_out(masks.survivors(mask, density), shares, mask)
    return random_places(mask, quota, seed=seed, tag="dynamic")
