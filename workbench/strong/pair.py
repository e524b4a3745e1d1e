"""A random pair: two random layers for one layer of the target, and which of their filters are kept.

For a layer that reads c0 channels by kernels K of shape (c1, c0, d, d) the random network has a 1×1 convolution u, so
many filters for each channel, ReLU, and a d×d convolution V. Under the *channel-block mask* filter f of block j reads
channel j alone, so that ReLU is linear in it where inputs are at or above zero, and the pair computes

    Σ_j K̂_j * X_j,    K̂_j = Σ_{f in block j, kept} max(u_f, 0) V_f:

to make it the target is one subset sum a channel, of dimension m = d² c1. Filters with u_f <= 0 answer 0, and are
removed. Where inputs have signs, X = X⁺ - X⁻, those filters see X⁻ alone, and a second sum makes them -K_j. (Derived;
the block mask is the paper's n-channel-blocked mask, as recalled, not verified.)

All that is random comes from a seed, a stream a block, and is drawn once; `scale` is the standard deviation of V.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from workbench.strong.target import Shape
from workbench.work.seeds import generator, number

SIDES = (1, -1)  # of u: filters that see X⁺, and those that see X⁻


@dataclass(frozen=True, eq=False)
class Pair:
    """A random pair of layers, pruned: the target layer's `shape`, the seed that draws the pair, and what is `kept`.

    `index` is its place among the target's linear layers, `candidates` the filters drawn for each channel. `kept` is
    (blocks, candidates) for whole filters, (blocks, candidates, outputs) for kernels of V, with (height, width) behind
    for single weights; a pair that is not `blocked` has no block mask, and its filters read all channels. `error`
    is ‖K̂ - K‖ / ‖K‖, and `errors` by block, of the worse side (without blocks: of its outputs, on what it was shown).
    `out_of_reach` counts the sums that the candidates do not reach even in fractions, `cut_short` those that ended by a
    limit of time.
    """

    shape: Shape
    structure: str
    index: int
    candidates: int
    scale: float
    seed: int
    kept: Bool[Tensor, "blocks candidates *place"]
    blocked: bool
    error: float
    errors: Float[Tensor, " blocks"]
    out_of_reach: int
    cut_short: int
    seconds: float

    def __repr__(self) -> str:
        filters = f"{int(self.filters.sum())} of {self.filters.numel()} filters kept"
        return f"Pair({self.shape.name!r}, {filters}, error={self.error:.3g}, scale={self.scale:.3g})"

    @property
    def filters(self) -> Bool[Tensor, "blocks candidates"]:
        """The filters that are kept: those that anything kept reads."""
        return self.kept.flatten(2).any(2) if self.kept.ndim > 2 else self.kept

    @property
    def parameters(self) -> tuple[int, int]:
        """How many numbers are kept, and were drawn: of a kept filter its scalar, and what is kept of its slab."""
        drawn = self.kept.shape[0] * self.candidates * (self.shape.blocks + self.shape.dimension)
        reads = 1 if self.blocked else self.shape.blocks
        slabs = int(self.kept.sum()) * (self.shape.dimension // self.kept[0, 0].numel())
        return reads * int(self.filters.sum()) + slabs, drawn

    def block(self, j: int) -> tuple[Tensor, Tensor]:
        """Return u (candidates,) and V (candidates, outputs, height, width) of a block, drawn anew from the seed."""
        drawn = {"index": self.index, "candidates": self.candidates, "scale": self.scale, "seed": self.seed}
        return draw_block(self.shape, j, **drawn)

    def blocks(self) -> Iterator[tuple[int, Tensor, Tensor]]:
        """Yield of every block its number, u, and V with zeros where it is pruned."""
        for j, kept in enumerate(self.kept):
            u, V = self.block(j)
            yield j, u, V * kept.view(*kept.shape, *[1] * (4 - kept.ndim))

    def kernels(self) -> tuple[Tensor, Tensor]:
        """Return what the pair computes on X⁺ and on X⁻: two kernels (outputs, blocks, height, width), in double.

        Raises a ValueError for a pair without a block mask, whose outputs no kernel tells.
        """
        if not self.blocked:
            raise ValueError(f"{self.shape.name} has no block mask, so that no kernel tells its outputs; see compact()")
        plus, minus = [], []
        for _, u, V in self.blocks():
            u, V = u.double(), V.double()
            plus.append(torch.einsum("f,fohw->ohw", u.clamp(min=0), V))
            minus.append(-torch.einsum("f,fohw->ohw", (-u).clamp(min=0), V))
        return torch.stack(plus, 1), torch.stack(minus, 1)


def draw_block(
    shape: Shape, j: int, *, index: int, candidates: int, scale: float, seed: int
) -> tuple[Float[Tensor, " candidates"], Float[Tensor, "candidates outputs height width"]]:
    """Draw u and V of block j: the filters of a random pair that read channel j, in single precision."""
    stream = generator(number(seed, "strong layer", index), "block", j)
    u = torch.randn(candidates, generator=stream)
    V = torch.randn(candidates, shape.outputs, *shape.kernel_size, generator=stream)
    return u, scale * V


def dense_block(shape: Shape, j: int, *, index: int, candidates: int, seed: int) -> Float[Tensor, "candidates blocks"]:
    """Draw what the filters of block j read of all channels: u of their own, and what the block mask removes."""
    U = torch.randn(candidates, shape.blocks, generator=generator(number(seed, "strong layer", index), "outside", j))
    U[:, j], _ = draw_block(shape, j, index=index, candidates=candidates, scale=1.0, seed=seed)
    return U
