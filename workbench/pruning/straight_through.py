"""Weights times rounded scores, with a gradient that passes straight through the rounding.

Bengio et al. 2013, "Estimating or Propagating Gradients Through Stochastic Neurons" (recalled, not verified). Two ways
to round: as edge-popup has it (Ramanujan et al. 2020), ranked by |s|, the k largest kept, k being exact at every step;
and as Gem-Miner has it (Sreenivasan et al. 2022), scores in [0, 1] that are above a half or not.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from workbench.nets import masks
from workbench.nets.largest import NOT_A_NUMBER, Carried, round_largest
from workbench.nets.masks import Mask
from workbench.nets.weights import Weights
from workbench.work import rules
from workbench.work.seeds import check_seed

SCOPES = ("layer", "global")


def mask_of(
    scores: Weights, mask: Mask, density: float, scope: str = "layer", seed: int = 0, *, invert: bool = False
) -> Mask:
    """Return the mask that these scores make: exactly round(density × prunable) of what `mask` keeps, by |s|.

    Ties are broken by the seed, as in the search. The mask is where `mask` is. Raises a ValueError for a score that is
    NaN, a density or scope out of range.
    """
    check_seed(seed)
    masks.check(mask, scores)
    groups = _groups(mask, density, scope)
    if any(bool(scores[name].isnan().any()) for name in mask):
        raise ValueError(NOT_A_NUMBER)
    values = {name: _ranked(scores[name], _dead(t.to(scores[name].device)), invert) for name, t in mask.items()}
    for names, count in groups:
        round_largest([values[name] for name in names], count, seed=seed)
    return {name: value.bool().to(mask[name].device) for name, value in values.items()}


class Popup:
    """What turns scores into the network's weights at a step: a `weights_of` of `training.steps`.

    `density` is that of a step, counted from 0. It holds the thresholds of the step before, as hints; all that a search
    has to keep is in its `State`.
    """

    def __init__(
        self,
        frozen: Weights,
        mask: Mask,
        *,
        density: Callable[[int], float],
        scope: str,
        seed: int,
        carried: bool,
        invert: bool,
    ) -> None:
        self.frozen, self.density_of, self.scope, self.seed, self.invert = frozen, density, scope, seed, invert
        self.carried, self.density = carried, density(0)
        self.allow(mask)

    def allow(self, mask: Mask) -> None:
        """Let only what this mask keeps be kept from now on."""
        self.mask, self.groups = mask, _groups(mask, self.density, self.scope)
        self.thresholds = [Carried() if self.carried else None for _ in self.groups]
        self.dead = {name: _dead(mask[name].to(weight.device)) for name, weight in self.frozen.items()}

    def __call__(self, scores: Weights, step: int) -> Weights:
        if (density := self.density_of(step)) != self.density:
            self.density = density
            self.allow(self.mask)
        values = {name: _ranked(scores[name], dead, self.invert) for name, dead in self.dead.items()}
        for (names, count), threshold in zip(self.groups, self.thresholds, strict=True):
            round_largest([values[name] for name in names], count, seed=self.seed, threshold=threshold)
        return {name: _Kept.apply(scores[name], weight, values[name]) for name, weight in self.frozen.items()}


class _Kept(torch.autograd.Function):
    """w · m, whose gradient passes straight through the rounding that made m of |s|: ds = dW · w · sign(s)."""

    @staticmethod
    def forward(ctx: Any, score: Tensor, weight: Tensor, rounded: Tensor) -> Tensor:
        ctx.save_for_backward(score, weight)
        return rounded * weight

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None, None]:  # pyright: ignore[reportIncompatibleMethodOverride]
        score, weight = ctx.saved_tensors
        return score.sign().mul_(weight).mul_(gradient), None, None


class Rounded:
    """What makes weights of scores in [0, 1], those above a half kept: another `weights_of` of `training.steps`.

    What may not be kept has the score zero, as `State.remask` leaves it.
    """

    def __init__(self, frozen: Weights, mask: Mask) -> None:
        self.frozen = frozen

    def allow(self, mask: Mask) -> None:
        """Let only what this mask keeps be kept from now on: the state sees to that."""

    def __call__(self, scores: Weights, step: int) -> Weights:
        return {name: _Rounded.apply(scores[name], weight) for name, weight in self.frozen.items()}


class _Rounded(torch.autograd.Function):
    """w · [p > 1/2], whose gradient passes straight through the rounding: dp = dW · w.

    On [0, 1] that is `round`, which takes a half to the even side, down.
    """

    @staticmethod
    def forward(ctx: Any, score: Tensor, weight: Tensor) -> Tensor:
        ctx.save_for_backward(weight)
        ctx.dtype = score.dtype
        return score.round().to(weight.dtype).mul_(weight)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:  # pyright: ignore[reportIncompatibleMethodOverride]
        (weight,) = ctx.saved_tensors
        return (gradient * weight).to(ctx.dtype), None


def _groups(mask: Mask, density: float, scope: str) -> list[tuple[list[str], int]]:
    """Return which layers share one threshold, and how many weights they keep together."""
    count = masks.survivors(mask, density)
    rules.choice("scope", scope, SCOPES)
    if scope == "global":
        return [(list(mask), count)]
    quota = masks.share_out(count, {name: tensor.numel() for name, tensor in mask.items()}, mask)
    return [([name], quota[name]) for name in mask]


def _dead(mask: Tensor) -> Tensor | None:
    """Return -inf where nothing may be kept, to be added to what is ranked; None where all may be."""
    return None if bool(mask.all()) else torch.zeros(mask.shape, device=mask.device).masked_fill_(~mask, -torch.inf)


def _ranked(score: Tensor, dead: Tensor | None, invert: bool) -> Tensor:
    """Return |s|, or -|s| where the smallest are looked for, in memory of its own."""
    value = score.detach().abs()
    if invert:
        value.neg_()
    return value if dead is None else value.add_(dead)
