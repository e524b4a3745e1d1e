"""How strange an ensemble finds an image: scores from its members' logits, larger where it is stranger.

All are computed in float64. What members say together is said for each; `how` chooses it where there is a choice
(`ensembles.combine`): the mean of probabilities, or the softmax of mean logits.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from jaxtyping import Float, Float64
from torch import Tensor

from workbench.ensembles.combination import COMBINATIONS, check_logits, checked_votes, combine
from workbench.work.nearest import check_known

Logits = Float[Tensor, "members examples classes"]
Scores = Float64[Tensor, " examples"]
Votes = Sequence[float] | None


def max_probability(logits_MNC: Logits, *, how: str = "probabilities", votes: Votes = None) -> Scores:
    """Return 1 - max_c p_c of the combined probabilities p (Hendrycks & Gimpel 2017).

    It is the sum of the other classes' probabilities, so that the surest predictions still differ.
    """
    _weights(logits_MNC, how, votes)
    p = combine(logits_MNC, how, votes=votes)
    return p.scatter(1, p.argmax(1, keepdim=True), 0.0).sum(1)


def max_logit(logits_MNC: Logits, *, how: str = "probabilities", votes: Votes = None) -> Scores:
    """Return minus the largest of the members' mean logits (Hendrycks et al. 2022), whatever `how` is."""
    return -_mean_logits(logits_MNC, how, votes).amax(1)


def energy(logits_MNC: Logits, *, how: str = "probabilities", votes: Votes = None) -> Scores:
    """Return -log Σ_c exp(z_c) of the members' mean logits z, at temperature 1 (Liu et al. 2020), whatever `how` is."""
    return -_mean_logits(logits_MNC, how, votes).logsumexp(1)


def entropy(logits_MNC: Logits, *, how: str = "probabilities", votes: Votes = None) -> Scores:
    """Return the entropy -Σ_c p_c log p_c of the combined probabilities p, in nats."""
    _weights(logits_MNC, how, votes)
    return torch.special.entr(combine(logits_MNC, how, votes=votes)).sum(1)


def mutual_information(logits_MNC: Logits, *, how: str = "probabilities", votes: Votes = None) -> Scores:
    """Return the entropy of the mean probabilities less the mean of the members' entropies, in nats.

    It is what the members disagree by (Depeweg et al. 2018, "epistemic"), zero for one member; always of the mean of
    probabilities, whatever `how` is.
    """
    weights_M = _weights(logits_MNC, how, votes)
    p_MNC = torch.stack([combine(logits_NC[None]) for logits_NC in logits_MNC])
    together = entropy(logits_MNC, votes=votes)
    alone = torch.einsum("m,mn->n", weights_M, torch.special.entr(p_MNC).sum(2))
    return (together - alone).clamp_min(0.0)


def _mean_logits(logits_MNC: Logits, how: str, votes: Votes) -> Float64[Tensor, "examples classes"]:
    return torch.einsum("m,mnc->nc", _weights(logits_MNC, how, votes), logits_MNC.double())


def _weights(logits_MNC: Tensor, how: str, votes: Votes) -> Float64[Tensor, " members"]:
    """Return the members' weights, which sum to 1, or say what is wrong with the logits, `how` or the votes."""
    if isinstance(logits_MNC, Tensor) and logits_MNC.ndim != 3:
        rule = "logits must be (members, examples, classes)"
        raise ValueError(f"{rule}, got the shape {tuple(logits_MNC.shape)}; of one network pass logits[None]")
    check_known("combination", how, COMBINATIONS)
    check_logits(logits_MNC)
    checked_votes(votes, len(logits_MNC))
    counts = [1.0] * len(logits_MNC) if votes is None else list(votes)
    weights = torch.tensor(counts, dtype=torch.float64, device=logits_MNC.device)
    return weights / weights.sum()


_SCORES = (max_probability, max_logit, energy, entropy, mutual_information)
OUT_OF_DISTRIBUTION_SCORES: dict[str, Callable[..., Tensor]] = {score.__name__: score for score in _SCORES}
