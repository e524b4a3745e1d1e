"""What may be removed of a random network, from single weights to whole filters: the price of structure.

Under the block mask, what makes a kernel of the target is one subset sum of all that is kept or removed together: of
dimension 1 for a weight (Pensia et al. 2020; da Cunha, Natale & Viennot 2022), d² for a kernel, d² c1 for a filter
(da Cunha, d'Amore & Natale 2023). Without the block mask a filter is a random feature, which no sum of kernels
describes: `neuron`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor

from workbench.strong.target import Shape


@dataclass(frozen=True)
class Structure:
    """What is kept or removed together: `words` for it, and how slabs (…, outputs, height, width) part into sums.

    `parts(slabs)` is (…, sums, dimension): each sum's candidates have that dimension.
    """

    words: str
    parts: Callable[[Tensor], Tensor]
    place: Callable[[Shape], tuple[int, ...]]
    blocked: bool = True

    def dimension(self, shape: Shape) -> int:
        """Return the dimension of its sums in a layer."""
        places = 1
        for size in self.place(shape):
            places *= size
        return shape.dimension // places


STRUCTURES = {
    "filter": Structure("whole filters", lambda slabs: slabs.flatten(-3).unsqueeze(-2), lambda shape: ()),
    "kernel": Structure("kernels of V", lambda slabs: slabs.flatten(-2), lambda shape: (shape.outputs,)),
    "weight": Structure(
        "single weights of V",
        lambda slabs: slabs.flatten(-3).unsqueeze(-1),
        lambda shape: (shape.outputs, *shape.kernel_size),
    ),
    "neuron": Structure(
        "whole filters, no block mask", lambda slabs: slabs.flatten(-3).unsqueeze(-2), lambda shape: (), blocked=False
    ),
}
