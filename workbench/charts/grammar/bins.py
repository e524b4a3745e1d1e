"""The bins of a histogram: equal ones between two percentiles, and one apart for what is infinite."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True, eq=False)
class Bins:
    """The `edges` of bins, whose outer ones hold what lies outside; `beyond` names the bin of infinity, the last."""

    edges: Tensor
    beyond: str = "infinite"

    def of(self, values: Tensor) -> Tensor:
        """Return the bin of every value."""
        return torch.where(torch.isfinite(values), torch.bucketize(values, self.edges[1:-1]), len(self.edges) - 1)

    def ends(self) -> list[tuple[float, float]]:
        """Return where the bar of every bin begins and ends; that of infinity stands apart."""
        edge = [float(f"{float(value):.5g}") for value in self.edges]
        width = (edge[-1] - edge[0]) or 1.0
        return [*itertools.pairwise(edge), (edge[-1] + 0.05 * width, edge[-1] + 0.1 * width)]

    def words(self, bar: int) -> str:
        """Return the values of a bin in words."""
        low, high = self.ends()[bar]
        return self.beyond if bar == len(self.edges) - 1 else f"{low:.3g} to {high:.3g}"


def bins(values: Tensor, count: int, tail: float, beyond: str = "infinite") -> Bins:
    """Return so many bins of the finite ones of some values, between their percentiles `tail` and 1 - `tail`."""
    known = values[torch.isfinite(values)].double()
    low, high = known.quantile(torch.tensor([tail, 1 - tail]).double()).tolist() if len(known) else (0.0, 1.0)
    return Bins(torch.linspace(low, max(high, low + 1e-3), count + 1, dtype=torch.float64), beyond)
