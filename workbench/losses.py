"""Losses: what a step of training makes small.

A loss is a frozen value with one verb: `loss(logits, batch)` returns one number an example. `Recipe.loss` chooses one;
a new one is a dataclass here.
"""

from __future__ import annotations

from dataclasses import dataclass

from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

from workbench.batches import Batch


@dataclass(frozen=True)
class CrossEntropy:
    """Cross-entropy, with the labels softened by `smoothing` (Szegedy et al. 2016): y (1 - s) + s / C."""

    smoothing: float = 0.0

    def __post_init__(self) -> None:
        if not 0 <= self.smoothing < 1:
            raise ValueError(f"smoothing must be in [0, 1), got {self.smoothing}; 0.1 is the usual one, 0 is none")

    def __call__(self, logits: Float[Tensor, "batch classes"], batch: Batch) -> Float[Tensor, " batch"]:
        """Return the loss of every example; labels may be class numbers or class probabilities."""
        return functional.cross_entropy(logits, batch.labels, reduction="none", label_smoothing=self.smoothing)


Loss = CrossEntropy  # the union of the losses there are
