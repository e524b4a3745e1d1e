"""Measure the table that `execution="auto"` reads, on this processor: `python tests/benchmarks/step_costs.py`.

Of a linear layer under a random mask, forward and backward pass as CSR over those as a dense matrix, at a batch of 128,
by shape and density; of a network without a part of its units or filters, a training step over the masked one's, by the
share of the weights that is left. Rerun it alone on a machine that does nothing else: what it finds replaces what
`workbench/nets/step_costs.json` has of this processor.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import Any

sys.path.insert(1, str(Path(__file__).parents[2]))  # this checkout's workbench

import torch
from measure import in_turn, machine
from torch import Tensor, nn
from torch.func import functional_call

import workbench as wb
from workbench.nets.execution import execute
from workbench.nets.hardware import processor, settle
from workbench.nets.step_costs import TABLE

BATCH = 128
SHAPES = ((100, 300), (300, 784), (512, 3072), (256, 4096), (1024, 1024))  # outputs, inputs
DENSITIES = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2)
SHARES = (0.25, 0.5, 0.7, 0.85, 0.95, 1.0)  # of the units of every layer


def main() -> None:
    """Measure, and write the row of this processor."""
    print(machine(), flush=True)
    table = json.loads(TABLE.read_text()) if TABLE.is_file() else {}
    compact = {"linear": compact_row(_two_layers(), 40), "convolution": compact_row(_convolutions(), 15)}
    table[processor("cpu")] = {"sparse": [sparse_row(shape) for shape in SHAPES], "compact": compact}
    TABLE.write_text(json.dumps(table, indent=1, sort_keys=True) + "\n")


def sparse_row(shape: tuple[int, int]) -> dict[str, Any]:
    """Measure a layer of so many outputs and inputs."""
    model, x = nn.Sequential(nn.Linear(shape[1], shape[0])), torch.randn(BATCH, shape[1])
    masks = [{"0.weight": torch.rand(shape) < density} for density in DENSITIES]
    row = {"shape": list(shape), "densities": list(DENSITIES)}
    return row | {"ratios": [_ratio(model, mask, x, "sparse", 40) for mask in masks]}


def compact_row(measured: tuple[nn.Module, Tensor, list[wb.masks.Mask]], turns: int) -> list[list[float]]:
    """Measure a network under masks of whole units: the shares of weights that are left, and the costs, rising."""
    model, x, masks = measured
    rows = [[wb.masks.density(mask), _ratio(model, mask, x, "compact", turns)] for mask in masks]
    return [list(column) for column in zip(*rows, strict=True)]


def _two_layers() -> tuple[nn.Module, Tensor, list[wb.masks.Mask]]:
    model = nn.Sequential(nn.Linear(784, 300), nn.ReLU(), nn.Linear(300, 100))
    return model, torch.randn(BATCH, 784), [_units(model, share) for share in SHARES]


def _convolutions() -> tuple[nn.Module, Tensor, list[wb.masks.Mask]]:
    model = wb.models.ResNet(3, 16, 3, 10)
    return model, torch.randn(BATCH // 4, 3, 32, 32), [_units(model, share) for share in SHARES]


def _units(model: nn.Module, share: float) -> wb.masks.Mask:
    """Keep a share of the rows and columns of every layer, the first ones; classes and colours stay."""
    mask = wb.masks.full(model)
    for i, (name, kept) in enumerate(mask.items()):
        rows, columns = (n if n in (3, 10) else round(share * n) for n in kept.shape[:2])
        mask[name] = torch.zeros_like(kept)
        mask[name][: kept.shape[0] if i == len(mask) - 1 else rows, :columns] = True
    return mask


def _ratio(model: nn.Module, mask: wb.masks.Mask, x: Tensor, execution: str, turns: int) -> float:
    """Return the median cost of a forward and a backward pass over the dense one's, which masks its gradients."""
    works = {name: _passes(model, mask, x, name) for name in ("dense", execution)}
    times = in_turn(works, turns)
    found = round(median(b / a for a, b in zip(times["dense"], times[execution], strict=True)), 3)
    print(execution, type(model).__name__, [list(kept.shape) for kept in mask.values()][:2], found, flush=True)
    return found


def _passes(model: nn.Module, mask: wb.masks.Mask, x: Tensor, name: str) -> Callable[[], None]:
    """Make the work of ten passes, of one through convolutions."""
    ways = execute(model.train(), mask, replace(settle(model), execution=name))
    tensors = wb.masks.apply(wb.snapshot(model), mask)
    leaves = {k: tensors[k].requires_grad_() for k, _ in model.named_parameters()}
    floats = {k: kept.float() for k, kept in mask.items() if name == "dense"}

    def work() -> None:
        for _ in range(1 if x.dim() == 4 else 10):
            answer = functional_call(ways.network, ways.pack(tensors | leaves), (x,))
            grads = dict(zip(leaves, torch.autograd.grad(answer.square().sum(), list(leaves.values())), strict=True))
            for k, kept in floats.items():
                grads[k].mul_(kept)

    return work


if __name__ == "__main__":
    main()
