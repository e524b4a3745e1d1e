"""What all models share: a module with the weights of a seed, how convolutions are drawn, the features of a stack."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

import torch
from torch import nn

from workbench.nets.initialisation import redrawn
from workbench.work import rules
from workbench.work.memory import check_room

Module = TypeVar("Module", bound=nn.Module)

PAPERS = "the default is the papers' size"
WIDEST, MOST = 2**24, 1000  # units of a layer, and layers: what is far beyond any memory is not even counted


class KaimingNormal(nn.Sequential):
    """Layers one after another, whose convolutions are drawn Kaiming-normal (He et al. 2015): std = sqrt(2 / fan_in).

    All else in it draws itself. `initialise` asks the whole, so that parts from elsewhere follow the one law too.
    """

    def reset_parameters(self) -> None:
        for part in self.modules():
            if isinstance(part, nn.Conv2d):
                nn.init.kaiming_normal_(part.weight, nonlinearity="relu")
                if part.bias is not None:
                    nn.init.zeros_(part.bias)
            elif part is not self and callable(draw := getattr(part, "reset_parameters", None)):
                draw()


def drawn(build: Callable[[], Module], seed: int, **sizes: int | tuple[int, ...]) -> Module:
    """Build the module with the weights that `initialise(module, seed=seed)` draws; every size must be above 0.

    It is built without memory (on torch's "meta" device), so that its constructor draws nothing from the generator
    that all of torch shares, and one that does not fit the memory is a ValueError before any is taken.
    """
    for name, size in sizes.items():
        several = size if isinstance(size, tuple) else (size,)
        if len(several) > MOST:
            raise rules.refused(name, f"at most {MOST} layers", len(several), PAPERS)
        rules.each(name, several, rules.whole, PAPERS, least=1, most=WIDEST)
    with torch.device("meta"):
        module = build()
    tensors = module.state_dict().values()
    way_on = "the defaults are the papers' sizes, so make it narrower"
    count = sum(tensor.numel() for tensor in tensors)
    check_room(f"a model of {count:,} numbers", 2 * sum(t.numel() * t.element_size() for t in tensors), way_on)
    module.to_empty(device="cpu")
    return redrawn(module, seed)  # pyright: ignore[reportReturnType]


def features(layers: Iterable[nn.Module], shape: tuple[int, ...]) -> int:
    """Count what layers that end flat make of an image; while a module is built this costs no arithmetic."""
    return nn.Sequential(*layers)(torch.empty(1, *shape)).shape[1]
