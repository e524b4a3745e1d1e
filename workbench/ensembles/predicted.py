"""What the members of an ensemble say of the examples of a split."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Float64, Int64
from torch import Tensor, nn

from workbench.data.data import Split
from workbench.ensembles.combination import combine
from workbench.ensembles.member import Member, check_members
from workbench.nets.evaluation import evaluate_all


@dataclass(frozen=True, eq=False)
class Predicted:
    """The logits of M members for N examples of C classes, with the labels and ids of the examples."""

    logits_MNC: Float[Tensor, "members examples classes"]
    labels: Int64[Tensor, " examples"]
    ids: Int64[Tensor, " examples"]
    votes: tuple[float, ...]

    def probabilities(
        self, how: str = "probabilities", temperature: float = 1.0
    ) -> Float64[Tensor, "examples classes"]:
        """Return the ensemble's probabilities: `combination.combine` of these members."""
        return combine(self.logits_MNC, how, votes=self.votes, temperature=temperature)

    def right(self) -> Bool[Tensor, "members examples"]:
        """Return which member is right on which example."""
        return self.logits_MNC.argmax(2) == self.labels

    def __repr__(self) -> str:
        members, examples, classes = self.logits_MNC.shape
        return f"Predicted(members={members}, examples={examples}, classes={classes})"


def predict(model: nn.Module, members: Sequence[Member], split: Split) -> Predicted:
    """Return what every member says of a split, in eval mode, un-augmented; a ValueError for no members."""
    check_members(members)
    evaluations = evaluate_all(model, [member.weights for member in members], split)
    logits_MNC = torch.stack([evaluation.logits for evaluation in evaluations])
    return Predicted(logits_MNC, split.labels.cpu(), split.ids.cpu(), tuple(member.vote for member in members))
