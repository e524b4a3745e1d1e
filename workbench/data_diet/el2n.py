"""EL2N: how far a network's probabilities are from the label, early in training.

Paul, Ganguli & Dziugaite 2021, "Deep Learning on a Data Diet", definition 2.3: EL2N(x, y) = E ‖p(w_t, x) - y‖₂ over
replicas, at step t. It ranks examples by difficulty; one replica alone ranks them poorly.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn
from torch.nn import functional

from workbench.data import Data, Split
from workbench.evaluation import evaluate
from workbench.scores import Score
from workbench.weights import Weights
from workbench.work import progress


def el2n(
    model: nn.Module, networks: Sequence[Weights], data: Data, *, split: str = "train", step: int | None = None
) -> Score:
    """Score the examples of a split by the mean over `networks` (replicas at one step) of ‖softmax(f(x)) - onehot‖₂.

    In eval mode and on un-augmented images: the order of the examples does not matter. In [0, √2]; `step` is noted in
    the score. Costs one forward pass a network. Raises a ValueError without a network, or for an empty split.
    """
    if not networks:
        raise ValueError("EL2N is a mean over networks, and there is none; train a few to the same early step")
    part: Split = getattr(data, split)
    target = functional.one_hot(part.labels.cpu(), len(data.classes))
    found = torch.zeros(len(part))
    for weights in progress.walk("network", iter(networks), len(networks)):
        p = evaluate(model, weights, part).logits.softmax(1)
        found += (p - target).norm(dim=1) / len(networks)
    return Score("el2n", found, part.ids.cpu(), data.fingerprint, split, step, len(networks))
