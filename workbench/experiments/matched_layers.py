"""A layer of a target and the random pair of layers that was pruned to it: what an outcome of strong tickets holds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from torch import Tensor

from workbench.experiments.fields_of import fields_of
from workbench.strong.pair import Pair
from workbench.strong.structures import STRUCTURES
from workbench.strong.target import Target

SHOWN = 8  # kernels of a layer that an outcome holds


@dataclass(frozen=True, eq=False)
class Matched:
    """A layer of the target, and the random pair that was pruned to it.

    `kernel` and `matched` are the first of the target's kernels and of the ticket's, (kernels, height, width), `scale`
    the standard deviation of the random ones. `error` is ‖K̂ - K‖ / ‖K‖. A pair without a block mask matches no kernels.
    """

    structure: str
    ratio: float
    seed: int
    replica: int
    layer: str
    index: int
    of: int
    dimension: int
    candidates: int
    scale: float
    error: float
    out_of_reach: int
    cut_short: int
    kept_filters: int
    random_filters: int
    seconds: float
    kernel: Tensor
    matched: Tensor | None
    pair: Pair

    def __repr__(self) -> str:
        where = f"{self.structure}, ratio={self.ratio:g}, replica={self.replica}, layer={self.layer!r}"
        return f"Matched({where}: error={self.error:.3g}, {self.kept_filters} of {self.random_filters} filters)"


def matched_layer(pair: Pair, target: Target, labels: dict[str, Any]) -> Matched:
    """Return what there is to see of a layer: its first kernels, the target's and the ticket's."""
    first = target.kernels[pair.shape.name].flatten(0, 1)[:SHOWN].float()
    return Matched(
        **labels,
        layer=pair.shape.name,
        of=len(target.shapes),
        dimension=STRUCTURES[pair.structure].dimension(pair.shape),
        **fields_of(pair, "index candidates scale error out_of_reach cut_short seconds"),
        kept_filters=int(pair.filters.sum()),
        random_filters=pair.filters.numel(),
        kernel=first,
        matched=pair.kernels()[0].flatten(0, 1)[:SHOWN].float() if pair.blocked else None,
        pair=pair,
    )
