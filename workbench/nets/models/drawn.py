"""What all models share: a module with the weights of a seed, and the number of features of a stack of layers."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

import torch
from torch import nn

from workbench.nets.initialisation import initialise

Module = TypeVar("Module", bound=nn.Module)


def drawn(build: Callable[[], Module], seed: int, **sizes: int | tuple[int, ...]) -> Module:
    """Build the module with the weights that `initialise(module, seed=seed)` draws; every size must be above 0.

    It is built without memory (on torch's "meta" device), so that its constructor draws nothing from the generator
    that all of torch shares.
    """
    for name, size in sizes.items():
        if min(size if isinstance(size, tuple) else (size,), default=1) < 1:
            raise ValueError(f"{name} must be above 0, got {size}; the default is the papers' size")
    with torch.device("meta"):
        module = build()
    module.to_empty(device="cpu")
    module.load_state_dict(initialise(module, seed=seed))
    return module


def features(layers: Iterable[nn.Module], shape: tuple[int, ...]) -> int:
    """Count what layers that end flat make of an image; while a module is built this costs no arithmetic."""
    return nn.Sequential(*layers)(torch.empty(1, *shape)).shape[1]
