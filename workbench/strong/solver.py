"""What a solver of subset sums is: how it searches, in which norm, and up to which size."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]
Found = Iterator[tuple[Vector, str]]
TOLD = 1e-4  # how near an error and its bound must come, relatively, to be called optimal


class Search(Protocol):
    """`search(Y, z, seconds=, seed=)` yields (x, what it is) as it goes; `Y` is (dimension, candidates), x 0 or 1.

    Y is scaled: its largest entry is from 0.5 to 1. What is yielded need not be better than what was before.
    """

    def __call__(self, Y: Vector, z: Vector, *, seconds: float | None, seed: int) -> Found: ...


@dataclass(frozen=True)
class Solver:
    """A solver: its `search`, the `norm` that it makes small, and the most candidates that it takes in a dimension.

    `limit` says that in words.
    """

    search: Search
    norm: Literal["l2", "l_inf"]
    most: Callable[[int], int]
    limit: str
