"""Weights pushed aside by a random vector of a given length: how far does a solution, or its training, hold?

As the test of robustness in "Unmasking the Lottery Ticket Hypothesis" (Paul et al. 2023; recalled, not verified).
"""

from __future__ import annotations

import math

import torch

from workbench.nets import masks
from workbench.nets.door import check_finite, check_prunable
from workbench.nets.masks import Mask
from workbench.nets.weights import Weights
from workbench.work import rules
from workbench.work.seeds import generator
from workbench.work.tensor_file import ties

LONGEST = 1e30  # which float32 holds


def perturbed(weights: Weights, mask: Mask, *, length: float, seed: int = 0) -> Weights:
    """Move the weights by a random vector of this Euclidean length over the places that the mask keeps.

    The direction is that of a Gaussian vector, so any is as likely as any other, and depends on the seed alone. Returns
    the weights under the mask: zero where pruned. Raises a ValueError for a length below 0 or a mask that keeps none.
    """
    check_prunable(weights, mask)
    check_finite(weights)
    rules.number("length", length, least=0, most=LONGEST, way_on="it is in the weights' own units")
    draw = generator(seed, "perturbation")
    noise = {name: torch.randn(kept.shape, generator=draw, dtype=torch.float64) * kept for name, kept in mask.items()}
    norm = math.sqrt(sum(float(part.square().sum()) for part in noise.values()))
    if not norm:
        raise ValueError("the mask keeps no weight, so there is no direction to move in; take a denser one")
    moved = dict(weights)
    for name, part in noise.items():
        moved[name] = (weights[name].double() + length / norm * part).to(weights[name].dtype)
    moved |= {name: moved[first] for name, first in ties(weights).items()}
    return masks.apply(moved, mask)
