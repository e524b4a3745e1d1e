"""The curveball: draw a 0-1 matrix anew among all that have its row sums and its column sums.

Of a layer's mask the sums are degrees: how many connections every output unit has, and every input. Two rows trade what
only one of them has, each getting back as many as it gave, until the matrix has forgotten where it began. In a sweep
all rows trade in pairs, which needs no loop over them: 6 ms for 20 sweeps of 300 × 784 at density 0.0144.

Strona et al. 2014, "A Fast and Unbiased Procedure to Randomize Ecological Binary Matrices with Fixed Row and Column
Totals", Nature Communications 5, 4114; a sweep is a global trade of Carstens et al. 2018, "Parallel and I/O-efficient
Randomisation of Massive Networks using Global Curveball Trades" (both recalled; a test counts that none is favoured).
"""

from __future__ import annotations

import torch
from torch import Tensor

SWEEPS = 20  # NetworKit's default; measured: what is left of the first matrix is at its floor then, at 1.44 % and 50 %


def curveball(places: Tensor, draw: torch.Generator, *, sweeps: int = SWEEPS) -> Tensor:
    """Return another bool matrix with the same row sums and the same column sums; the one given is not touched.

    Where no other matrix has these sums (all ones, one row, every row full or empty) it comes back as it was.
    """
    places = places.cpu().clone()
    pairs = len(places) // 2
    for _ in range(sweeps):
        a, b = torch.randperm(len(places), generator=draw)[: 2 * pairs].view(2, pairs)
        first = places[a]
        pair, column = (first ^ places[b]).nonzero(as_tuple=True)  # what only one of the two rows has
        key = pair + torch.rand(len(pair), generator=draw, dtype=torch.float64)
        dealt = first[pair, column][key.argsort(stable=True)]  # shuffled within every pair
        places[a[pair], column], places[b[pair], column] = dealt, ~dealt
    return places
