"""Scores of examples: how hard each is, and for which data that was said.

A score is typed: it knows its dataset and the ids of its examples, so that it is never laid on another dataset, or on
the same one in another order (as happened to published score files, which were sorted by class).
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int64
from torch import Tensor

from workbench.data import Data, Split


@dataclass(frozen=True, eq=False)
class Score:
    """One number an example, larger is harder: `values` by `ids` (of the dataset's training or test file).

    `dataset` is the fingerprint of the data, `split` the part of it, `step` the training step scored at, `replicas` how
    many networks were averaged.
    """

    name: str
    values: Float[Tensor, " examples"]
    ids: Int64[Tensor, " ids"]
    dataset: str
    split: str = "train"
    step: int | None = None
    replicas: int = 1

    def __post_init__(self) -> None:
        if self.values.shape != self.ids.shape:
            raise ValueError(f"a score needs one value an id, got {len(self.values)} values for {len(self.ids)} ids")

    def __repr__(self) -> str:
        return f"Score({self.name}, {len(self.ids)} examples of {self.split}, replicas={self.replicas})"

    def on(self, ids: Int64[Tensor, " some"]) -> Float[Tensor, " some"]:
        """Return the values of these ids, in their order; a ValueError names an id that was not scored."""
        order = self.ids.argsort()
        place = torch.searchsorted(self.ids[order], ids).clamp(max=len(self.ids) - 1)
        found = order[place]
        if bool((self.ids[found] != ids).any()):
            missing = ids[self.ids[found] != ids]
            raise ValueError(f"{len(missing)} of these examples have no {self.name}, id {int(missing[0])} for one")
        return self.values[found]

    def of(self, data: Data) -> Float[Tensor, " examples"]:
        """Return the values in the order of this data; a ValueError if they are the scores of another dataset."""
        if data.fingerprint != self.dataset:
            raise ValueError(f"this {self.name} was computed on other data than this {data.name}; score it anew")
        part: Split = getattr(data, self.split)
        return self.on(part.ids)


def terciles(values: Float[Tensor, " examples"]) -> dict[str, Int64[Tensor, " some"]]:
    """Return the places of the lowest, the middle and the highest third: {"easy": …, "middle": …, "hard": …}."""
    parts = values.argsort(stable=True).tensor_split(3)
    return dict(zip(("easy", "middle", "hard"), parts, strict=True))
