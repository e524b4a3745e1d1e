"""A member: one ticket of an ensemble, trained, with how its training went."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from workbench.nets import masks
from workbench.nets.masks import Mask
from workbench.nets.weights import Weights
from workbench.training.losses import Loss
from workbench.work import rules


@dataclass(frozen=True, eq=False)
class Member:
    """One trained network of an ensemble.

    `weights` are the network's, buffers included, zero where pruned. `history` is a list of flat dicts by step: the
    mean cross-entropy `loss`, `lam` (the lambda in force; infinity where the loss has none), and of the weights that
    the loss gives the examples of the batch (or the data set): `effective_share` (effective sample size over n),
    `divergence` from equal ones, `negative_share` (of the published gradient, used or not), `hard_weight` (what the
    harder half has of them). `steps` are those of its own training; `extra` counts others that were trained for it,
    such as the search for its mask (on the first of the members that share one). `vote` is its weight in the ensemble
    (boosting). `stored` is "bits" where a mask of frozen random weights is all there is to keep (edge-popup), "values"
    where the kept weights are. `over` is where its loss weighed: the "batch" or the "dataset".
    """

    weights: Weights
    mask: Mask
    loss: Loss
    history: list[dict[str, Any]]
    steps: int
    seed: int
    vote: float = 1.0
    stored: str = "values"
    over: str = "batch"
    extra: int = 0

    @property
    def density(self) -> float:
        """The share of the prunable weights that it keeps."""
        return masks.density(self.mask)

    @property
    def collapsed(self) -> list[str]:
        """The layers that lost every weight."""
        return masks.collapsed(self.mask)

    def __repr__(self) -> str:
        collapse = f", collapsed={self.collapsed}" if self.collapsed else ""
        return f"Member({self.loss}, density={self.density:.4g}, steps={self.steps}, seed={self.seed}{collapse})"


def check_members(members: Sequence[Member]) -> None:
    """Raise a ValueError unless there is a member at least, and all are."""
    way_on = "wb.ensembles.members(...) trains some"
    if isinstance(members, (str, Mapping)) or not isinstance(members, Sequence):
        raise rules.refused("members", "a list of members", members, "of one member, [member]")
    if not members:
        raise ValueError("an ensemble has one member at least, got none; train a member first")
    for m, member in enumerate(members):
        rules.instance(f"members[{m}]", member, Member, "a Member", way_on)
