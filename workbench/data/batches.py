"""The order in which a training run sees its examples.

Step s takes the positions s·B to (s+1)·B of the endless sequence of epoch permutations: every batch is full, every
example is seen once an epoch. A permutation is drawn from (order seed, epoch) alone, so that any step can be begun at
without replaying those before it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Int64
from torch import Tensor

from workbench.work import rules
from workbench.work.seeds import generator, number


@dataclass(frozen=True, eq=False)
class Batch:
    """The examples of one step: their ids, their labels (or class probabilities), and which step it is, of how many."""

    ids: Int64[Tensor, " batch"]
    labels: Int64[Tensor, " batch"] | Float[Tensor, "batch classes"]
    step: int
    of: int


@dataclass(frozen=True, eq=False)
class Mixture:
    """How a batch is mixed with itself: `of(x)` = share · x + (1 - share) · x[partner], of images and labels alike.

    Zhang et al. 2018, "mixup: Beyond Empirical Risk Minimization": one share for the batch, drawn from Beta(a, a).
    """

    share: float
    partner: Int64[Tensor, " batch"]

    def of(self, x: Tensor) -> Tensor:
        """Mix every example with its partner."""
        return (self.share * x).add_(x.index_select(0, self.partner.to(x.device)), alpha=1 - self.share)

    def labels(self, labels: Int64[Tensor, " batch"], classes: int) -> Float[Tensor, "batch classes"]:
        """Return the class probabilities of the mixed examples."""
        return self.of(torch.nn.functional.one_hot(labels, classes).float())


def mixture(a: float, n: int, seed: int, step: int) -> Mixture:
    """Draw the mixture of a batch of n from (seed, step) alone, so that any step can be begun at."""
    draw = np.random.default_rng(number(seed, "mixup", step))
    return Mixture(float(draw.beta(a, a)), torch.from_numpy(draw.permutation(n)))


def places_of(ids: Int64[Tensor, " some"], train_ids: Int64[Tensor, " n"]) -> Int64[Tensor, " some"]:
    """Return the places of these ids among `data.train.ids`; a ValueError for an id that is not there."""
    if not isinstance(ids, Tensor) or ids.ndim != 1 or ids.is_floating_point():
        raise rules.refused("ids", "a tensor of whole numbers (ids,)", ids, "data.train.ids[:100] are a hundred")
    ids = ids.to(train_ids.device)
    if len(absent := ids[~torch.isin(ids, train_ids)]):
        rule = "ids must be among data.train.ids"
        raise ValueError(f"{rule}, got {len(absent)} that are not, {int(absent[0])} for one; ids are not places")
    ascending, order = train_ids.sort()
    return order[torch.searchsorted(ascending, ids)]


class Order:
    """The endless order of n examples in batches; `order(step)` gives the indices of that step's batch."""

    def __init__(self, n: int, batch_size: int, seed: int) -> None:
        self.n, self.batch_size, self.seed = n, batch_size, seed
        self._epochs: dict[int, Tensor] = {}

    def __call__(self, step: int) -> Int64[Tensor, " batch"]:
        epoch, begin = divmod(step * self.batch_size, self.n)
        end = begin + self.batch_size
        if end <= self.n:
            return self._permutation(epoch)[begin:end]
        last = (step * self.batch_size + self.batch_size - 1) // self.n  # a batch may span several small epochs
        sequence = torch.cat([self._permutation(e) for e in range(epoch, last + 1)])
        return sequence[begin:end]

    def _permutation(self, epoch: int) -> Tensor:
        if epoch not in self._epochs:
            self._epochs = {e: p for e, p in self._epochs.items() if e == epoch - 1}  # keep two at most
            self._epochs[epoch] = torch.randperm(self.n, generator=generator(self.seed, "order", epoch))
        return self._epochs[epoch]
