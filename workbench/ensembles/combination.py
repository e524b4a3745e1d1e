"""How members become one prediction: the mean of their probabilities, or the softmax of their mean logits.

The two differ in confidence: the mean of logits is the more confident (Tassi et al. 2022), so a table keeps to one.
The published code of "Distributionally Robust Ensemble of Lottery Tickets" averages logits.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from jaxtyping import Float64
from torch import Tensor

from workbench.work import rules
from workbench.work.nearest import check_known


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
    check_known("combination", how, COMBINATIONS)
    check_logits(logits_MNC)
    rules.number("temperature", temperature, above=0, way_on="1 changes nothing")
    weight = checked_votes(votes, len(logits_MNC)).to(logits_MNC.device)
    return COMBINATIONS[how](logits_MNC.double(), weight / weight.sum(), temperature)


def checked_votes(votes: Sequence[float] | None, members: int) -> Float64[Tensor, " members"]:
    """Return the weights of the members, as they are given; a ValueError unless each has a number that can count."""
    try:
        weight = torch.ones(members) if votes is None else torch.tensor([float(vote) for vote in votes])
    except (TypeError, ValueError):
        weight = torch.ones(0)
    fair = bool(weight.isfinite().all()) and bool((weight >= 0).all()) and float(weight.sum()) > 0
    if len(weight) != members or not fair or isinstance(votes, str):
        rule = "votes must be one number a member, finite, from 0, not all 0"
        raise ValueError(f"{rule}, got {votes}; None counts all alike")
    return weight.to(torch.float64)


def check_logits(logits_MNC: Tensor) -> None:
    """Raise a ValueError unless these are finite logits (members, examples, classes) of one member at least."""
    if not isinstance(logits_MNC, Tensor):
        raise rules.refused("logits", "a tensor (members, examples, classes)", logits_MNC, "torch.stack(logits) is one")
    if logits_MNC.dim() != 3:
        shape = tuple(logits_MNC.shape)
        raise ValueError(f"logits must be (members, examples, classes), got {shape}; of one network, logits[None]")
    if not len(logits_MNC):
        raise ValueError("an ensemble has one member at least, got none; train a member first")
    if not logits_MNC.shape[1]:
        raise ValueError(f"logits must be of an example at least, got the shape {tuple(logits_MNC.shape)}")
    if bad := int((~logits_MNC.isfinite().flatten(1).all(1)).sum()):
        raise ValueError(
            f"logits must be finite, but those of {bad} of {len(logits_MNC)} members are not; leave out what diverged"
        )
