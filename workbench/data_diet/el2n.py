"""EL2N: how far a network's probabilities are from the label, early in training.

Paul, Ganguli & Dziugaite 2021, "Deep Learning on a Data Diet", definition 2.3: EL2N(x, y) = E ‖p(w_t, x) - y‖₂ over
replicas, at step t. It ranks examples by difficulty; one replica alone ranks them poorly.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from workbench.data.data import Data
from workbench.data_diet.mean_over_networks import by_logits
from workbench.data_diet.scores import Score
from workbench.nets.weights import Weights


def el2n(
    model: nn.Module, networks: Sequence[Weights], data: Data, *, split: str = "train", step: int | None = None
) -> Score:
    """Score the examples of a split by the mean over `networks` (replicas at one step) of ‖softmax(f(x)) - onehot‖₂.

    In eval mode and on un-augmented images: the order of the examples does not matter. In [0, √2]; `step` is noted in
    the score. Costs one forward pass a network. Raises a ValueError without a network, or for an empty split.
    """
    return by_logits("el2n", _error, model, networks, data, split=split, step=step)


def _error(logits: Tensor, labels: Tensor) -> Tensor:
    p = logits.softmax(1)
    p[torch.arange(len(labels)), labels] -= 1
    return p.norm(dim=1)
