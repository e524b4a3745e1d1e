"""How far in the direction of a target do the candidates reach, if each may be taken in part?"""

from __future__ import annotations

import math

import numpy as np
from jaxtyping import Float
from torch import Tensor

from workbench.strong.subset_sum import numbers, settle

TOLERANCE = 1e-7  # of the linear program: what is less is nothing


def reach(candidates: Float[Tensor, "dimension candidates"], target: Float[Tensor, " dimension"]) -> float:
    """Return the largest t so that t z is in the zonotope {Y x : 0 <= x <= 1}; infinity for a target of 0.

    From 1 on the target can be reached in fractions, and by whole candidates nearly. Below 1 no solver helps: the scale
    of the candidates must be at least 1/t times theirs. One linear program; raises a ValueError as `subset_sum` does.
    """
    from scipy.optimize import linprog

    Y, z = numbers(candidates, target)
    settle("flips", *Y.shape)
    largest, length = float(np.abs(Y).max()), float(np.abs(z).max())
    if not (largest and length):
        return math.inf if not length else 0.0
    n = Y.shape[1]
    ray = np.hstack([Y / largest, -z[:, None] / length])
    outcome = linprog(np.append(np.zeros(n), -1.0), A_eq=ray, b_eq=np.zeros(len(z)), bounds=[(0, 1)] * n + [(0, None)])
    t = 0.0 if outcome.x is None else float(outcome.x[-1])
    return t * (largest / length) if t > TOLERANCE else 0.0
