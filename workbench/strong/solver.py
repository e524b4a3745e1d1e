"""What a solver of subset sums is: how it searches, in which norm, and up to which size."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]
Found = Iterator[tuple[Vector, str]]
TOLD = 1e-4  # how near an error and its bound must come, relatively, to be called optimal


@dataclass(frozen=True)
class Solver:
    """A solver: its `search`, the `norm` that it makes small, and the most candidates that it takes in a dimension.

    `search(Y, z, seconds=, seed=)` yields (x, what it is) as it goes, better or not: Y is (dimension, candidates), x is
    0 or 1. The problem is scaled so that no entry of Y is above 1, and for a target within reach the largest from 0.5
    on. `limit` says in words what `most` does.
    """

    search: Callable[..., Found]
    norm: Literal["l2", "l_inf"]
    most: Callable[[int], int]
    limit: str
