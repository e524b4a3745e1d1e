"""Measure the table that `execution="auto"` reads, on this processor: `python tests/benchmarks/step_costs.py`.

Of a linear layer under a random mask, forward and backward pass as CSR over those as a dense matrix, at a batch of 128,
by shape and density; of a network without a part of its units or filters, a training step over the masked one's, by the
share of the weights that is left. Rerun it alone on a machine that does nothing else: what it finds replaces what
`workbench/nets/step_costs.json` has of this processor.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from statistics import median
from typing import Any

sys.path.insert(1, str(Path(__file__).parents[2]))  # this checkout's workbench

import torch
from measure import in_turn, machine
from torch import nn

from workbench.nets.hardware import processor
from workbench.nets.sparse_linear import make_sparse
from workbench.nets.step_costs import TABLE

BATCH = 128
SHAPES = ((10, 100), (100, 300), (300, 784), (512, 3072), (256, 4096), (1024, 1024))  # outputs, inputs
DENSITIES = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2)


def main() -> None:
    """Measure, and write the row of this processor."""
    print(machine(), flush=True)
    table = json.loads(TABLE.read_text()) if TABLE.is_file() else {}
    table[processor("cpu")] = {"sparse": [sparse_row(shape) for shape in SHAPES]}
    TABLE.write_text(json.dumps(table, indent=1, sort_keys=True) + "\n")


def sparse_row(shape: tuple[int, int]) -> dict[str, Any]:
    """Measure a layer of so many outputs and inputs."""
    ratios = [_ratio({"dense": _layer(shape, d, False), "other": _layer(shape, d, True)}, 40) for d in DENSITIES]
    print(shape, ratios, flush=True)
    return {"shape": list(shape), "densities": list(DENSITIES), "ratios": ratios}


def _layer(shape: tuple[int, int], density: float, sparse: bool) -> Callable[[], None]:
    """Make the work of ten passes through a layer."""
    draw = torch.Generator().manual_seed(0)
    kept = torch.rand(shape, generator=draw) < density
    linear = nn.Linear(shape[1], shape[0])
    layer = nn.Sequential(linear)
    with torch.no_grad():
        linear.weight.masked_fill_(~kept, 0)
    if sparse:
        make_sparse(layer, {"0.weight": kept}, "cpu")
    x = torch.randn(BATCH, shape[1], generator=draw, requires_grad=True)
    gradient, floats = torch.randn(BATCH, shape[0], generator=draw), kept.float()

    def work() -> None:
        for _ in range(10):
            layer.zero_grad()
            layer(x).backward(gradient)
            if not sparse:
                assert linear.weight.grad is not None
                linear.weight.grad.mul_(floats)

    return work


def _ratio(works: Mapping[str, Callable[[], None]], turns: int) -> float:
    times = in_turn(works, turns)
    return round(median(b / a for a, b in zip(times["dense"], times["other"], strict=True)), 3)


if __name__ == "__main__":
    main()
