"""What scores of examples share: a mean over networks, each in eval mode on un-augmented images.

Eval mode is what makes a score independent of the order of the examples: under batch statistics an example's score
depends on its neighbours (as in a published notebook that never called `eval()` and fed one class after another).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from jaxtyping import Float, Int64
from torch import Tensor, nn

from workbench.data.data import Data, Split
from workbench.data_diet.scores import Score
from workbench.nets.evaluation import evaluate_all
from workbench.nets.weights import Weights


def by_logits(
    name: str,
    score: Callable[[Float[Tensor, "N C"], Int64[Tensor, " N"]], Float[Tensor, " N"]],
    model: nn.Module,
    networks: Sequence[Weights],
    data: Data,
    *,
    split: str,
    step: int | None,
) -> Score:
    """Return the mean over networks of `score(logits, labels)`; it costs one forward pass a network.

    Raises a ValueError without a network, and for an empty split.
    """
    check_networks(name, networks)
    part: Split = getattr(data, split)
    labels = part.labels.cpu()
    values = [score(evaluation.logits, labels) for evaluation in evaluate_all(model, networks, part)]
    return Score(name, torch.stack(values).mean(0), part.ids.cpu(), data.fingerprint, split, step, len(networks))


def check_networks(name: str, networks: Sequence[Weights]) -> None:
    """Raise a ValueError where there is no network to take the mean over."""
    if not networks:
        raise ValueError(f"{name} is a mean over networks, and there is none; train a few to the same early step")


def check_images(split: Split) -> None:
    """Raise a ValueError where there is no image to score."""
    if not len(split):
        raise ValueError("there are no images to score: this split is empty; load the data with another share")
