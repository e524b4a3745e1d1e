"""How members become one prediction: the mean of their probabilities, or the softmax of their mean logits.

The two differ in confidence: the mean of logits is the more confident (Tassi et al. 2022), so a table keeps to one.
The published code of "Distributionally Robust Ensemble of Lottery Tickets" averages logits.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from jaxtyping import Float64
from torch import Tensor

from workbench.work.nearest import unknown


def _probabilities(logits_MNC: Tensor, votes_M: Tensor, temperature: float) -> Tensor:
    """The log of the mean of softmaxes is what a temperature divides: T = 1 leaves the mean as it is."""
    mean = torch.einsum("m,mnc->nc", votes_M, logits_MNC.softmax(2))
    return mean if temperature == 1 else (mean.clamp_min(1e-300).log() / temperature).softmax(1)


def _logits(logits_MNC: Tensor, votes_M: Tensor, temperature: float) -> Tensor:
    return (torch.einsum("m,mnc->nc", votes_M, logits_MNC) / temperature).softmax(1)


COMBINATIONS: dict[str, Callable[[Tensor, Tensor, float], Tensor]] = {
    "probabilities": _probabilities,
    "logits": _logits,
}


def combine(
    logits_MNC: Tensor, how: str = "probabilities", *, votes: Sequence[float] | None = None, temperature: float = 1.0
) -> Float64[Tensor, "examples classes"]:
    """Return the ensemble's probabilities from its members' logits (members, examples, classes), in float64.

    `how` is "probabilities" (the mean of the members' probabilities) or "logits" (the softmax of their mean); `votes`
    weigh the members (boosting; scaled to sum to one). A `temperature` is applied after combining: scaling must follow
    the averaging (Rahaman & Thiery 2021). Raises a ValueError for no members, logits of another form or not finite,
    votes that are not finite and positive in sum, or a temperature that is not above 0.
    """
    if how not in COMBINATIONS:
        raise unknown("combination", how, COMBINATIONS)
    check_logits(logits_MNC)
    if not temperature > 0:
        raise ValueError(f"temperature must be above 0, got {temperature}; 1 changes nothing")
    weight = torch.ones(len(logits_MNC)) if votes is None else torch.tensor([float(vote) for vote in votes])
    weight = weight.to(logits_MNC.device, torch.float64)
    fair = bool(weight.isfinite().all()) and bool((weight >= 0).all()) and float(weight.sum()) > 0
    if len(weight) != len(logits_MNC) or not fair:
        rule = "votes must be one number a member, finite, from 0, not all 0"
        raise ValueError(f"{rule}, got {votes}; None counts all alike")

    return COMBINATIONS[how](logits_MNC.double(), weight / weight.sum(), temperature)


def check_logits(logits_MNC: Tensor) -> None:
    """Raise a ValueError unless these are finite logits (members, examples, classes) of one member at least."""
    if logits_MNC.dim() != 3:
        shape = tuple(logits_MNC.shape)
        raise ValueError(f"logits must be (members, examples, classes), got {shape}; of one network, logits[None]")
    if not len(logits_MNC):
        raise ValueError("an ensemble has one member at least, got none; train a member first")
    if bad := int((~logits_MNC.isfinite().flatten(1).all(1)).sum()):
        raise ValueError(
            f"logits must be finite, but those of {bad} of {len(logits_MNC)} members are not; leave out what diverged"
        )
