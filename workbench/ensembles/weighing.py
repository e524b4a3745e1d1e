"""The weights that a loss gives the examples of a batch: what a member's history and its terciles both read."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from jaxtyping import Float, Float64
from torch import Tensor

from workbench.data.batches import Batch
from workbench.training.losses import CVaR, Focal, Loss, Robust
from workbench.training.robust import cvar_weights, robust_weights


@dataclass(frozen=True, eq=False)
class Weighing:
    """The weights of examples and of their gradients, each of sum 1; `lam` is the lambda in force, else infinity.

    The two differ for the published gradient alone, whose weights can be negative.
    """

    lam: float
    weights: Float64[Tensor, " n"]
    of_gradients: Float64[Tensor, " n"]


def weigh(
    loss: Loss, losses: Float[Tensor, " n"], batch: Batch, example_weights: Float[Tensor, " n"] | None = None
) -> Weighing:
    """Return how a loss weighs examples, by their plain cross-entropies `losses`, at the step of the batch.

    A cross-entropy weighs all alike, with softened labels too; the focal loss by (1 - p)^gamma, p = exp(-loss), which
    stands for the probability where labels are mixed. `example_weights` multiply (boosting). Where nothing has weight,
    all have the same.
    """
    exact = losses.detach().double()
    lam = loss.lam_at(losses.detach(), batch) if isinstance(loss, Robust) else math.inf
    p = _weights(loss, exact, lam)
    factors = torch.ones_like(exact) if example_weights is None else example_weights.to(exact)
    weighed = p * factors
    of_gradients = weighed
    if isinstance(loss, Robust) and loss.gradient == "as_published" and 0 < lam < math.inf:
        of_gradients = weighed + p * (factors * exact - (weighed * exact).sum()) / lam
    total = weighed.sum()
    if not total > 0:
        equal = torch.full_like(exact, 1 / len(exact))
        return Weighing(lam, equal, equal)
    return Weighing(lam, weighed / total, of_gradients / total)


def _weights(loss: Loss, losses: Tensor, lam: float) -> Tensor:
    if isinstance(loss, Robust) and not math.isnan(lam):  # NaN: a loss is not finite, and training stops
        return robust_weights(losses, lam=lam)
    if isinstance(loss, CVaR):
        return cvar_weights(losses, loss.share)
    if isinstance(loss, Focal):
        return (-torch.expm1(-losses)) ** loss.gamma
    return torch.full_like(losses, 1 / len(losses))
