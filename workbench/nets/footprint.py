"""What a network takes: bytes, parameters, multiply-adds for an image, and the time of a forward pass."""

from __future__ import annotations

import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from workbench.work import progress


@dataclass(frozen=True)
class Footprint:
    """What a network takes: `bytes` of the tensors of its state dict, `parameters`, `multiply_adds` for one image.

    `milliseconds` is the median time of a forward pass, by how many images it takes at once.
    """

    bytes: int
    parameters: int
    multiply_adds: int
    milliseconds: dict[int, float]


def stored_bytes(network: nn.Module) -> int:
    """Count the bytes of the tensors of a network's state dict, each name's by itself."""
    return sum(tensor.nbytes for tensor in network.state_dict().values())


def size(network: nn.Module, *, nonzero: bool = False) -> int:
    """Count the numbers that a network holds in its parameters, or those of them that are not zero."""
    return sum(int(p.count_nonzero()) if nonzero else p.numel() for p in network.parameters())


@torch.no_grad()
def multiply_adds(network: nn.Module, image: Tensor) -> int:
    """Count the multiplications of one image's forward pass, each with its addition; zeros of a mask count as any.

    What torch counts: convolutions, matrix products and attention. `image` is a batch of one.
    """
    with FlopCounterMode(display=False) as counter:
        network(image)
    return counter.get_total_flops() // 2  # torch counts the two apart


@torch.no_grad()
def timed(networks: Sequence[nn.Module], batch: Tensor, repeats: int) -> list[float]:
    """Return the median milliseconds of a forward pass of each, in turn, after one that is not counted."""
    times: list[list[float]] = [[] for _ in networks]
    for repeat in range(repeats + 1):
        for network, seconds in zip(networks, times, strict=True):
            began = time.perf_counter()
            network(batch)
            seconds.append(1000 * (time.perf_counter() - began))
        progress.report(repeat, repeats)
    return [statistics.median(seconds[1:]) for seconds in times]
