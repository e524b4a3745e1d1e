"""Subset sums made by hand: three replicas, whose errors are a tenth, one and ten times a middle one; and a walk."""

from __future__ import annotations

from typing import Any

import torch

from workbench.experiments import Summed, Walk


def summed(dimension: int = 2, candidates: int = 10, *, error: float = 0.1, **fields: Any) -> Summed:
    """A sum that was solved; what the charts do not read is plausible."""
    usual: dict[str, Any] = {"distribution": "gaussian", "scale": 1.0, "solver": "flips", "seed": 0, "replica": 0}
    usual |= {"law": 0.05, "seconds": 0.2, "relative_error": error, "target_norm": 0.0, "kept": 4}
    usual |= {"status": "local optimum", "trace": ((0.01, 2 * error), (0.1, error))}
    return Summed(**{**usual, **fields}, dimension=dimension, candidates=candidates, error=error)


def sums(**fields: Any) -> list[Summed]:
    """Two dimensions and three numbers of candidates, the middle error 0.1 and a tenth of the one before."""
    return [
        summed(dimension, n, error=10.0**-place * factor * dimension, replica=replica, **fields)
        for dimension in (1, 2)
        for place, n in enumerate((10, 20, 30))
        for replica, factor in enumerate((0.1, 1.0, 10.0))
    ]


def walk(**fields: Any) -> Walk:
    """A walk in four dimensions: away from the target, and onto it but for a hundredth."""
    target = torch.tensor([1.0, 0.0, 0.0, 0.0])
    sums = torch.tensor([[0.0, 0.0, 0.0, 0.0], [1.0, 3.0, 0.0, 0.0], [1.01, 0.0, 0.0, 0.0]])
    made: dict[str, Any] = {"dimension": 4, "candidates": 10, "distribution": "gaussian", "scale": 1.0, "seed": 0}
    made |= {"solver": "flips", "error": 0.01, "law": 0.001, "seconds": 0.1, "relative_error": 0.01, "kept": 2}
    made |= {"target_norm": 1.0, "status": "local optimum", "least_scale": 0.5, "shape": (1, 2, 2), "target": target}
    made |= {"added": (0, 1, 2), "sums": sums, "distances": torch.tensor([1.0, 3.0, 0.01])}
    return Walk(**{**made, **fields})
