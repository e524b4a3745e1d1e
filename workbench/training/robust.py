"""The Kullback-Leibler uncertainty set: the weights of n examples under which their mean loss is worst.

    max Σ p_i l_i    over p ≥ 0, Σ p = 1, KL(p ‖ 1/n) ≤ η        (by its radius η)
    max Σ p_i l_i - λ KL(p ‖ 1/n) = λ log mean exp(l / λ)        (by a price λ on the same divergence)

Both are reached by p_i = exp(l_i / λ) / Σ exp(l_m / λ). λ = ∞ or η = 0 is the mean; λ → 0, or η from
log(n / number of largest losses) on, is the largest loss alone, which is written λ = 0 here. λ is in units of the
losses' spread (to second order the risk is mean + variance / 2λ), η is free of them. Sapkota et al. 2023,
"Distributionally Robust Ensemble of Lottery Tickets"; as tilted risk, t = 1/λ, Li et al. 2021. All is computed in
float64 and returned in the type of the losses.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from workbench.work import rules

Losses = Float[Tensor, " n"]
TINY = 1e-12  # an eta, or its distance from the largest one, below which rounding would be seen
SLACK = 1e-3  # how far the sum of weights may be from 1


def robust_weights(losses: Losses, *, lam: float | None = None, eta: float | None = None) -> Losses:
    """Return the worst-case weights p of the losses, which sum to 1, by lambda or by the radius eta.

    They are differentiable in the losses; lambda is a constant there, also where eta gives it. Raises a ValueError for
    losses that are not one float an example, for both or neither of lambda and eta, and for one below 0 or NaN.
    """
    check_one(lam, eta)
    _check_some(losses)
    if lam is not None:
        return _tilted(losses, lam)
    assert eta is not None
    return _tilted(losses, lam_of(losses, eta))


def lam_of(losses: Losses, eta: float) -> float:
    """Return the lambda at which KL(p ‖ 1/n) = eta: infinity for eta = 0, 0.0 from log(n / number of maxima) on.

    Found in log lambda between brackets (Brent's method, which bisects where it must); below eta = 1e-12 by the second
    order, KL = variance / 2λ². Scaling the losses scales it. NaN where a loss is not finite. Raises a ValueError for an
    impossible eta.
    """
    check_one(None, eta)
    _check_some(losses)
    exact = losses.detach().to("cpu", torch.float64).numpy()
    if not np.isfinite(exact).all():
        return math.nan
    if eta == 0:
        return math.inf
    below = exact - exact.max()
    if eta >= math.log(len(below) / int((below == 0).sum())) * (1 - TINY):  # so near, rounding hides the root
        return 0.0
    if eta < TINY:
        return math.sqrt(float(below.var()) / (2 * eta))
    from scipy.optimize import brentq

    spread = -float(below.min())
    x = below / spread  # in [-1, 0]
    low, high = math.log(-float(x[x < 0].max()) / 1000), -math.log(8 * eta) / 2  # all on the largest; KL <= 1 / 8λ²
    root: Any = brentq(lambda u: _tilted_divergence(x * math.exp(-u)) - eta, low, high + 0.01)
    return spread * math.exp(root)


def robust_risk(losses: Losses, lam: float) -> Float[Tensor, ""]:
    """Return λ log mean exp(l / λ), whose gradient in the losses is p; the mean for infinity, the maximum for 0."""
    check_one(lam, None)
    _check_some(losses)
    exact = losses.double()
    if math.isinf(lam):
        return exact.mean().to(losses.dtype)
    top = exact.amax()
    risk = top if lam == 0 else top + lam * torch.log1p(torch.expm1((exact - top) / lam).mean())
    return risk.to(losses.dtype)


def published_weights(losses: Losses, lam: float) -> Losses:
    """Return p_i (1 + (l_i - L) / λ), L = Σ p l: what the authors' code weighs gradients by, as it differentiates p.

    They sum to 1, but are negative where l_i < L - λ: such examples are un-learned. For λ = 0 they are p.
    """
    _check_some(losses, finite=True)
    p = robust_weights(losses.double(), lam=lam)
    if lam > 0:
        p = p * (1 + (losses.double() - (p * losses).sum()) / lam)
    return p.to(losses.dtype)


def negative_share(losses: Losses, lam: float) -> float:
    """Return the share of examples that the published gradient un-learns: those whose published weight is below 0."""
    _check_some(losses, finite=True)
    return float((published_weights(losses.detach().double(), lam) < 0).double().mean())


def cvar_weights(losses: Losses, share: float) -> Losses:
    """Return the weights whose mean loss is that of the worst `share` of the examples: each at most 1 / (share · n).

    The last of them has the rest where share · n is not whole; of equal losses the first come first.
    """
    _check_some(losses)
    rules.number("share", share, above=0, most=1, way_on="0.5 is the worse half, 1 all of them")
    n = len(losses)
    counted = share * n
    ranked = torch.arange(n, dtype=torch.float64, device=losses.device)
    sizes = (counted - ranked).clamp(0, 1) / counted
    p = torch.empty_like(sizes)
    p[losses.detach().argsort(descending=True, stable=True)] = sizes
    return p.to(losses.dtype)


def divergence(p: Losses) -> float:
    """Return KL(p ‖ 1/n) = Σ p log(n p), from 0 to log n, of weights that sum to 1; a ValueError for others."""
    _check_some(p, "p")
    if bool((p < 0).any()):
        raise ValueError(f"weights must be at least 0 to have a divergence, got {float(p.min()):g}")
    _check_sum(p)
    ratio = len(p) * p.detach().double()
    terms = torch.special.xlogy(ratio, ratio) - (ratio - 1)  # each at least 0, so that little cancels near uniform
    return float(terms.mean().clamp_min(0.0))


def effective_sample_size(p: Losses) -> float:
    """Return 1 / Σ p², from 1 (one example has all the weight) to n (all have the same)."""
    _check_some(p, "p")
    _check_sum(p)
    return 1 / float(p.detach().double().square().sum())


def along(
    losses: Losses, *, lams: Sequence[float] | Tensor | None = None, etas: Sequence[float] | Tensor | None = None
) -> list[dict[str, float]]:
    """Return a row of numbers for each of several lambdas, or etas: what the robust risk of these losses is there.

    A row has `lam`, `divergence`, `risk` (λ log mean exp(l / λ)), `weighted` (Σ p l), `effective_share` (effective
    sample size over n), `largest_weight`, and `negative_share` of the published weights.
    """
    if (lams is None) == (etas is None):
        raise ValueError("give lams or etas to go along, one of them; lams=(0.1, 1, 10) is one")
    _check_some(losses, finite=True)
    for values in (lams, etas):
        rules.instance("what to go along", values, (Sequence, Tensor, np.ndarray, type(None)), "several numbers")
    exact = losses.detach().double()
    if lams is None:
        lams = [lam_of(exact, rules.bare(eta)) for eta in (() if etas is None else etas)]
    return [_row(exact, rules.bare(lam)) for lam in lams]


def check_one(lam: float | None, eta: float | None, *, above: bool = False) -> None:
    """Raise a ValueError unless exactly one of lambda and eta is given, and can be: lambda `above` 0, or from 0 on."""
    rules.flag("above", above)
    if (lam is None) == (eta is None):
        values = f"lam={lam}, eta={eta}"
        raise ValueError(f"give lam or eta, one of them, got {values}; lam=float('inf') or eta=0 is the plain mean")
    if lam is not None:
        limit = {"above": 0} if above else {"least": 0}
        rules.number(
            "lam", lam, **limit, most=math.inf, way_on="1 is about the spread of losses, float('inf') the mean"
        )
    if eta is not None:
        way_on = "0.1 is a mild radius, log of the batch size the largest"
        rules.number("eta", eta, least=0, most=math.inf, way_on=way_on)


def _check_some(losses: object, name: str = "losses", *, finite: bool = False) -> None:
    if not isinstance(losses, Tensor) or losses.ndim != 1 or not losses.is_floating_point():
        given = (
            f"{losses.dtype} of the shape {tuple(losses.shape)}" if isinstance(losses, Tensor) else rules.shown(losses)
        )
        rule = f"{name} must be a tensor of floats, one an example"
        raise ValueError(f"{rule}, got {given}; torch.tensor([0.5, 2.0]) is one")
    if not len(losses):
        raise ValueError("there are no losses to weigh; give one number an example, at least one")
    if finite and (bad := int((~losses.isfinite()).sum())):
        raise ValueError(f"{name} must be finite numbers, got {bad} that are not; the network diverged")


def _check_sum(p: Tensor) -> None:
    total = float(p.detach().double().sum())
    if not abs(total - 1) <= SLACK:  # a NaN is not either
        raise ValueError(f"weights must sum to 1, got a sum of {total:g}; pass p / p.sum()")


def _tilted(losses: Tensor, lam: float) -> Tensor:
    if math.isinf(lam):
        return torch.full_like(losses, 1 / len(losses), requires_grad=False)
    below = losses.double() - losses.detach().double().amax()
    if lam == 0:
        largest = (below.detach() == 0).double()
        return (largest / largest.sum()).to(losses.dtype)
    return (below / lam).softmax(0).to(losses.dtype)


def _row(losses: Tensor, lam: float) -> dict[str, float]:
    p = robust_weights(losses, lam=lam)
    return {
        "lam": float(lam),
        "divergence": divergence(p),
        "risk": float(robust_risk(losses, lam)),
        "weighted": float((p * losses).sum()),
        "effective_share": effective_sample_size(p) / len(p),
        "largest_weight": float(p.max()),
        "negative_share": negative_share(losses, lam),
    }


def _tilted_divergence(tilts: np.ndarray) -> float:
    """KL(softmax(tilts) ‖ 1/n), with little cancellation where the weights are near equal; tilts are at most 0."""
    above = np.expm1(tilts)
    extra = above.mean()
    q = (above - extra) / (1 + extra)  # n p - 1
    with np.errstate(divide="ignore", invalid="ignore"):
        terms = np.where(q > -1, (1 + q) * np.log1p(q) - q, -q)
    return float(terms.mean())
