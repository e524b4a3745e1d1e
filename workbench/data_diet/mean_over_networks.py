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
from workbench.nets.door import check_networks, check_split, part_of
from workbench.nets.evaluation import evaluate_all
from workbench.nets.weights import Weights
from workbench.work import rules


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
    part = part_to_score(name, model, networks, data, split, step)
    labels = part.labels.cpu()
    values = [score(evaluation.logits, labels) for evaluation in evaluate_all(model, networks, part)]
    return Score(name, torch.stack(values).mean(0), part.ids.cpu(), data.fingerprint, split, step, len(networks))


def part_to_score(
    name: str, model: nn.Module, networks: Sequence[Weights], data: Data, split: str, step: int | None
) -> Split:
    """Return the part of the data to score; a ValueError without a network, for what is not the model's, and as below.

    `step` is only noted in a score: a whole number of steps, or None.
    """
    check_networks(model, networks)
    if not networks:
        raise ValueError(f"{name} is a mean over networks, and there is none; train a few to the same early step")
    if step is not None:
        rules.whole("step", step, unit="steps", way_on="it is that of the networks, and None where it is not known")
    return images_to_score(data, split)


def images_to_score(data: Data, split: str) -> Split:
    """Return the part of the data of this name; a ValueError for another name, and where there is no image to score."""
    part = part_of(data, split)
    check_split(part, to="score")
    return part
