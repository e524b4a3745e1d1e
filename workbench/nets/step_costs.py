"""What a training step costs under each execution, by what was measured: the table behind `execution="auto"`.

`step_costs.json`, which `python tests/benchmarks/step_costs.py` wrote, has for a processor the time of a linear
layer as CSR against dense, by its shape and density, and of a compact network against the masked one, by the share of
the weights that it still has. Nothing is timed when a run starts: equal calls get equal executions, and equal bits.
"""

from __future__ import annotations

import functools
import json
import math
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from torch import Tensor, nn
from torch.nn.modules.conv import _ConvNd

from workbench.nets import masks
from workbench.nets.compaction import compaction
from workbench.nets.hardware import Hardware
from workbench.nets.masks import Mask
from workbench.nets.sparse_linear import sparse_layers

TABLE = Path(__file__).with_suffix(".json")
LITTLE = 0.94  # what sparse linear layers are taken to cost in a network with convolutions
GAIN = 0.95  # of a dense step: for less than that nothing is changed


def cheapest(model: nn.Module, mask: Mask, names: Iterable[str], hardware: Hardware) -> str:
    """Return the execution of the smallest expected step, among `names` and "dense".

    Dense where nothing was measured on this processor, and where less than a twentieth would be saved.
    """
    if not (rows := measured(hardware.processor)):
        return "dense"
    costs = {name: EXPECTED[name](model, mask, rows) for name in names}
    best = min(costs, key=lambda name: costs[name], default="dense")
    return best if costs.get(best, 1.0) < GAIN else "dense"


@functools.cache
def measured(of: str) -> dict[str, Any]:
    """Return what was measured on a processor; nothing where nothing was."""
    return json.loads(TABLE.read_text()).get(of, {}) if TABLE.is_file() else {}


def sparse_step(model: nn.Module, mask: Mask, rows: dict[str, Any]) -> float:
    """Return the expected step with sparse layers over the dense one: a mean over the layers, by their weights.

    In a network with convolutions these take the time, and sparse layers count for little: just enough to be taken.
    """
    total, cost = masks.total(mask), float(masks.total(mask))
    for name, layer in sparse_layers(model, mask):
        weights, kept = layer.weight.numel(), int(mask[name].count_nonzero())
        cost -= weights * (1 - _layer(rows["sparse"], layer.weight.shape, max(1, kept) / weights))
    if _convolves(model):
        return LITTLE if cost < GAIN * total else 1.0
    return cost / total


def compact_step(model: nn.Module, mask: Mask, rows: dict[str, Any]) -> float:
    """Return the expected step of the compact network over the masked one, by the share of weights that is left.

    Where no unit and no input of a layer lost every weight nothing can go, and channels need not be followed.
    """
    if all(_whole(kept) for kept in mask.values()):
        return 1.0
    try:
        left = dict(compaction(model, mask).network.named_parameters())
    except ValueError:  # a network that it cannot read
        return math.inf
    share = sum(left[name].numel() for name in mask) / masks.total(mask)
    return float(np.interp(share, *rows["compact"]["convolution" if _convolves(model) else "linear"]))


def _whole(kept: Tensor) -> bool:
    pairs = kept.flatten(2).any(2) if kept.dim() > 2 else kept
    return bool(pairs.any(0).all()) and bool(pairs.any(1).all())


def _convolves(model: nn.Module) -> bool:
    return any(isinstance(layer, _ConvNd) for layer in model.modules())


def _layer(rows: Sequence[Any], shape: Sequence[int], density: float) -> float:
    """Return the cost of a sparse layer over the dense one, of the nearest shape that was measured."""
    nearest = min(rows, key=lambda row: sum(abs(math.log(a / b)) for a, b in zip(row["shape"], shape, strict=True)))
    return float(np.interp(math.log(density), np.log(nearest["densities"]), nearest["ratios"]))


EXPECTED = {"sparse": sparse_step, "compact": compact_step}
