"""How far a strong ticket can be from its target, for every image at once: a bound that follows from the kernels alone.

With D = K̂ - K, an input X̂ of the ticket that is off by at most e_j in channel j, and values in [low_j, high_j],

    K̂ * X̂ - K * X = K * (X̂ - X) + D * X̂,
    e_o <= Σ_j e_j Σ |K_oj| + max(Σ_j Σ max(0, D⁺ (high_j + e_j), D⁻ (low_j - e_j)), …),

D⁺ on what is above zero, D⁻ on what is below, each tap with the sign that is worst for it; ReLU and pooling make no
distance larger. (Derived. It is tighter than the chain of one number a layer, e <= (L + δ) e + δ B, and, where inputs
have signs, it takes the worse side tap by tap: the worse side of a whole layer would be no bound.)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from workbench.strong.pair import Pair
from workbench.strong.target import Shape, Target


@dataclass(frozen=True)
class Bound:
    """What holds of a layer's outputs for every image: `certificate` bounds the distance of the ticket's from the
    target's. `delta` is max_o Σ |K̂ - K| (δ, of the worse side) and `norm` max_o Σ |K| (L), both with the bias.
    """

    layer: str
    certificate: float
    delta: float
    norm: float


def certify(target: Target, pairs: Sequence[Pair], low: Tensor, high: Tensor) -> list[Bound]:
    """Return a `Bound` for every linear layer, the last one of the logits; `low` and `high` bound inputs by channel."""
    low, high, bounds, left = low.double(), high.double(), [], iter(pairs)
    e = torch.zeros_like(low)
    for stage in target.stages:
        if isinstance(stage, str):
            if stage.startswith("ReLU"):
                low, high = low.clamp(min=0), high.clamp(min=0)
            continue
        low, high, e = (_one_a_channel(stage, tensor, fill) for tensor, fill in ((low, 1.0), (high, 1.0), (e, 0.0)))
        K = target.kernels[stage.name]
        plus, minus = (kernel - K for kernel in next(left).kernels())
        worst = plus.abs()
        if stage.signed:  # but for the channel of ones, which has one side
            worst[:, : stage.inputs] = torch.maximum(plus.abs(), minus.abs())[:, : stage.inputs]
        norms = K.abs().flatten(2).sum(2)
        lowest = low - e if stage.signed else (low - e).clamp(min=0)  # the ticket's ReLU lets nothing below zero by
        e = norms @ e + _farthest(plus, minus, lowest, high + e)
        low, high = _range(K, low, high)
        bounds.append(
            Bound(stage.name, float(e.max()), float(worst.flatten(1).sum(1).max()), float(norms.sum(1).max()))
        )
    return bounds


def _one_a_channel(shape: Shape, values: Tensor, fill: float) -> Tensor:
    """Return a value for every channel that the layer reads: a pixel's where maps were flattened, and that of ones."""
    values = values.repeat_interleave(shape.inputs // len(values))
    return torch.cat([values, values.new_full((int(shape.bias),), fill)])


def _farthest(plus: Tensor, minus: Tensor, low: Tensor, high: Tensor) -> Tensor:
    """Return by output the largest |D * x| over all x within the limits, and 0, which the margin has."""
    low, high = low.clamp(max=0)[:, None, None], high.clamp(min=0)[:, None, None]
    upper = torch.maximum(plus * high, minus * low).clamp(min=0).flatten(1).sum(1)
    lower = torch.minimum(plus * high, minus * low).clamp(max=0).flatten(1).sum(1)
    return torch.maximum(upper, -lower)


def _range(K: Tensor, low: Tensor, high: Tensor) -> tuple[Tensor, Tensor]:
    """Return between which values the target's outputs lie, by output."""
    positive, negative = K.clamp(min=0), K.clamp(max=0)
    low, high = low.clamp(max=0)[:, None, None], high.clamp(min=0)[:, None, None]
    return (positive * low + negative * high).flatten(1).sum(1), (positive * high + negative * low).flatten(1).sum(1)
