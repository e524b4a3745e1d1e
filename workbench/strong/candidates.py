"""The random vectors that subset sums choose from.

A kept filter of a random network contributes its random slab times one random scale, so that its coordinates depend on
one another: a *normally scaled normal* vector, Z · (Z_1, …, Z_m), all of them N(0, 1) (da Cunha, d'Amore & Natale 2023,
as recalled, not verified). Beside it, as controls, vectors whose coordinates are independent.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Generator, Tensor

from workbench.work import rules
from workbench.work.seeds import generator

DISTRIBUTIONS: dict[str, Callable[[int, int, Generator], Tensor]] = {
    "normally_scaled": lambda m, n, g: (
        torch.randn(n, generator=g, dtype=torch.float64) * torch.randn(m, n, generator=g, dtype=torch.float64)
    ),
    "gaussian": lambda m, n, g: torch.randn(m, n, generator=g, dtype=torch.float64),
    "uniform": lambda m, n, g: 2 * torch.rand(m, n, generator=g, dtype=torch.float64) - 1,
}
NUMBERS = 2**27  # of dimension × candidates: 1 GiB
SPREAD = {"normally_scaled": 1.0, "gaussian": 1.0, "uniform": 3**-0.5}  # the standard deviation of a coordinate


def draw(
    dimension: int, candidates: int, *, distribution: str = "normally_scaled", scale: float = 1.0, seed: int = 0
) -> Float[Tensor, "dimension candidates"]:
    """Draw so many candidates, a column each, from one of `DISTRIBUTIONS`, times `scale`.

    Uniform coordinates lie in [-scale, scale], the others have the standard deviation `scale`. Another scale of the
    same seed is the same draw, scaled.
    """
    m = rules.whole("dimension", dimension, least=1, most=NUMBERS, way_on="1 is a sum of numbers")
    limit = f"20 a dimension are a good start, dimension × candidates up to {NUMBERS:,} fit in memory"
    rules.whole("candidates", candidates, least=1, most=NUMBERS // m, way_on=limit)
    rules.choice("distribution", distribution, DISTRIBUTIONS)
    rules.number("scale", scale, above=0, way_on="1 is the usual one")
    return scale * DISTRIBUTIONS[distribution](dimension, candidates, generator(seed, "candidates"))
