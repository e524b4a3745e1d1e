"""The loss of every example, a control: the simplest score of difficulty that looks at a network."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from torch import nn
from torch.nn import functional

from workbench.data.data import Data
from workbench.data_diet.mean_over_networks import by_logits
from workbench.data_diet.scores import Score
from workbench.nets.weights import Weights


def loss(
    model: nn.Module, networks: Sequence[Weights], data: Data, *, split: str = "train", step: int | None = None
) -> Score:
    """Score the examples of a split by the mean cross-entropy, in nats, over `networks` (replicas at one step).

    In eval mode and on un-augmented images. Raises a ValueError without a network, or for an empty split.
    """
    cross_entropy = partial(functional.cross_entropy, reduction="none")
    return by_logits("loss", cross_entropy, model, networks, data, split=split, step=step)
