"""Magnitude pruning: keep the largest weights, the yardstick of the field.

Han et al. 2015; globally over all layers, as in Frankle et al. 2020 and Renda et al. 2020.
"""

from __future__ import annotations

from workbench.nets import masks
from workbench.nets.door import check_prunable
from workbench.nets.masks import Mask
from workbench.nets.weights import Weights
from workbench.work import rules

SCOPES = ("global", "layer")


def magnitude(
    weights: Weights, mask: Mask, *, density: float, scope: str = "global", seed: int = 0, invert: bool = False
) -> Mask:
    """Keep the weights of largest magnitude among those that `mask` keeps: exactly round(density × prunable).

    `scope` is "global" (one threshold for the network; the usual one) or "layer" (every layer at the same density).
    `invert=True` is the control, which keeps the smallest. Ties are broken by the seed. Returns a new mask. Raises a
    ValueError where the density is above the mask's.
    """
    check_prunable(weights, mask)
    rules.choice("scope", scope, SCOPES)
    rules.flag("invert", invert, "True is the control, which keeps the smallest")
    count = masks.survivors(mask, density)
    saliency = {name: weights[name].detach().abs() for name in mask}
    if invert:
        saliency = {name: -size for name, size in saliency.items()}
    if scope == "global":
        return masks.keep_largest(saliency, mask, count, seed=seed)
    quota = masks.share_out(count, {name: tensor.numel() for name, tensor in mask.items()}, mask)
    return masks.keep_by_layer(saliency, mask, quota, seed=seed)
