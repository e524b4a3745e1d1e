"""How does a subset sum land on its target? One sum, vector by vector: far on the way, near at the end.

It takes a moment, so that a slider can move it. In a random network every vector is a kept filter's slab, and the
target a slab of the network that the ticket becomes (da Cunha, d'Amore & Natale 2023).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from workbench.experiments.subset_sums import TARGETS, numbers_of, target_of
from workbench.strong.candidates import draw
from workbench.strong.reach import reach
from workbench.strong.subset_sum import settle, subset_sum
from workbench.work import rules
from workbench.work.seeds import check_seed
from workbench.work.typed import typed

FRAMES = 40  # partial sums that are kept, at most
LARGEST = {"dimension": 256, "candidates": 2048}  # of which a linear program takes a few seconds
SIDES = (3, 5)  # of kernels


@dataclass(frozen=True, eq=False)
class Walk:
    """A subset sum as a walk from 0 to the target, in the order in which the kept candidates were drawn.

    `sums` are partial sums, of the first `added` kept ones; `distances` are all ‖partial sum - target‖_2 / ‖target‖_2,
    for 0, 1, … `kept` of them. `shape` is how a vector is shown: so many pictures, their height, their width.
    `least_scale` is that from which on the target is a sum of fractions of these candidates, for this very draw
    (infinity: it is none at any scale); the other numbers are those of `Summed`.
    """

    dimension: int
    candidates: int
    distribution: str
    scale: float
    solver: str
    seed: int
    error: float
    law: float
    seconds: float
    relative_error: float
    target_norm: float
    kept: int
    status: str
    least_scale: float
    shape: tuple[int, int, int]
    target: Float[Tensor, " dimension"]
    added: tuple[int, ...]
    sums: Float[Tensor, "frames dimension"]
    distances: Float[Tensor, " steps"]

    def __repr__(self) -> str:
        kept = f"kept={self.kept} of {self.candidates}"
        return f"Walk(dimension={self.dimension}, {kept}, relative_error={self.relative_error:.3g}, {self.status})"


@typed
def partial_sums(
    dimension: int = 36,
    *,
    candidates: int = 400,
    distribution: str = "normally_scaled",
    scale: float = 0.02,
    solver: str = "auto",
    target: str = "sphere",
    seconds: float | None = None,
    seed: int = 0,
) -> Iterator[Walk]:
    """Yield one `Walk`: candidates and a target drawn as in `subset_sums`, the subset that a solver chooses, its sums.

    Raises a ValueError for an option out of range, or for more candidates than the solver takes.

    Arguments:
        dimension: How many numbers a vector has; 9 is a kernel of 3 × 3, 36 are four of them.
        distribution: How the candidates are drawn.
        scale: What the drawn candidates are multiplied by.
    """
    for name, size in (("dimension", dimension), ("candidates", candidates)):
        rules.whole(name, size, least=1, most=LARGEST[name], way_on="subset_sums takes more")
    rules.choice("target", target, TARGETS)
    Y = draw(dimension, candidates, distribution=distribution, scale=scale, seed=check_seed(seed))
    settle(solver, dimension, candidates)
    z = target_of(target, dimension, seed)
    subset = subset_sum(Y, z, solver=solver, seconds=seconds, seed=seed)
    sums = torch.cat([torch.zeros_like(z)[None], Y.T[subset.kept].cumsum(0)])
    frames = min(len(sums), FRAMES)
    added = [round(i * (len(sums) - 1) / max(frames - 1, 1)) for i in range(frames)]
    of = {"dimension": dimension, "candidates": candidates, "distribution": distribution, "scale": float(scale)}
    yield Walk(
        **of,
        seed=seed,
        **numbers_of(subset, z, **of),
        least_scale=scale / share if (share := reach(Y, z)) else math.inf,
        shape=pictures(dimension),
        target=z,
        added=tuple(added),
        sums=sums[added],
        distances=(sums - z).norm(dim=1) / z.norm(),
    )


def pictures(dimension: int) -> tuple[int, int, int]:
    """Return how so many numbers are shown: as kernels 3×3 or 5×5 where they are some, else as one picture."""
    for side in SIDES:
        if dimension % side**2 == 0:
            return dimension // side**2, side, side
    height = next(h for h in range(math.isqrt(dimension), 0, -1) if dimension % h == 0)
    return 1, height, dimension // height
