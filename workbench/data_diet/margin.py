"""The margin of every example, a control: how far the largest other logit is above the correct one.

Toneva et al. 2019 and Paul et al. 2021 compare their scores with it; with the sign turned, so that larger is harder.
"""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn

from workbench.data.data import Data
from workbench.data_diet.mean_over_networks import by_logits
from workbench.data_diet.scores import Score
from workbench.nets.weights import Weights


def margin(
    model: nn.Module, networks: Sequence[Weights], data: Data, *, split: str = "train", step: int | None = None
) -> Score:
    """Score the examples of a split by max over c ≠ y of f_c(x) - f_y(x), the mean over `networks`.

    Positive where the network is wrong. In eval mode and on un-augmented images. Raises a ValueError without a network,
    or for an empty split.
    """
    return by_logits("margin", _above_correct, model, networks, data, split=split, step=step)


def _above_correct(logits: Tensor, labels: Tensor) -> Tensor:
    others = logits.scatter(1, labels[:, None], float("-inf"))
    return others.max(1).values - logits.gather(1, labels[:, None])[:, 0]
