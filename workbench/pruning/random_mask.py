"""Random pruning: the rival that any method must beat.

How many weights a layer keeps matters more than which: so the counts can be uniform, by the Erdős–Rényi rule (Mocanu et
al. 2018) or with the kernel in it (Evci et al. 2020, "Rigging the Lottery", section 3), or as given, for instance a
ticket's own.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from numbers import Integral

from workbench.nets import masks
from workbench.nets.masks import Mask
from workbench.pruning.places import noise, random_places
from workbench.work import rules

LAYERS = ("global", "uniform", "erk", "erdos-renyi")


def random_mask(
    mask: Mask, *, density: float | None = None, layers: str | Mapping[str, int] = "global", seed: int = 0
) -> Mask:
    """Keep random places among those that `mask` keeps, exactly round(density × prunable) in all.

    `layers` is "global" (places drawn from the whole network), "uniform" (every layer at the same density), "erk"
    (density of a layer ∝ the sum of its shape over the product of it), "erdos-renyi" (the same of inputs and outputs
    alone, whatever the kernel), or how many each layer keeps, by name, where `density` is left out. Raises a ValueError
    for a density out of range or counts that do not fit.
    """
    masks.check_some(mask)
    if isinstance(layers, Mapping):
        quota = _as_given(mask, layers, density)
    else:
        if density is None:
            raise ValueError("random_mask needs a density in (0, 1]; only with counts by layer may it be left out")
        count = masks.survivors(mask, density)
        rules.choice("rule for layers", layers, LAYERS)
        if layers == "global":
            return masks.keep_largest(noise(mask, seed, "random_mask"), mask, count, seed=seed)
        shares = {name: _share(tensor.shape, layers) for name, tensor in mask.items()}
        quota = masks.share_out(count, shares, mask)
    return random_places(mask, quota, seed=seed, tag="random_mask")


def _share(shape: Sequence[int], layers: str) -> int:
    """Return what a layer's count is proportional to: its density by the rule, times the weights it has."""
    channels, kernel = shape[:2], shape[2:]
    return {
        "uniform": math.prod(shape),
        "erk": sum(shape),
        "erdos-renyi": sum(channels) * math.prod(kernel),
    }[layers]


def _as_given(mask: Mask, layers: Mapping[str, int], density: float | None) -> dict[str, int]:
    room = masks.kept_by_layer(mask)
    if layers.keys() != room.keys() or not all(_fits(layers[name], room[name]) for name in room):
        raise ValueError(
            f"counts by layer must name every layer, each from 0 to what is there, {room}; got {dict(layers)}"
        )
    if not sum(layers.values()):
        raise ValueError("the counts by layer keep no weight at all; a layer must keep one at least")
    if density is not None and sum(layers.values()) != masks.survivors(mask, density):
        raise ValueError(
            f"the counts by layer add up to {sum(layers.values())}, not to density {density}; leave it out"
        )
    return dict(layers)


def _fits(count: object, room: int) -> bool:
    return isinstance(count, Integral) and not isinstance(count, bool) and 0 <= int(count) <= room
