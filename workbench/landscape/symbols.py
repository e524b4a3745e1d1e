"""Tensors that compute nothing: they only know which hidden units stand on their second axis.

A module that is run on one tells how its weights hang together (`workbench.landscape.hidden_units`). `torch.fx` would
show as much, but while it traces it replaces `nn.Module.__call__` for all threads, and replicas are threads.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

BATCH = 7  # the length of the first axis: a number that no view has by chance


@dataclass(eq=False)
class Units:
    """Hidden units that are permuted as one; `parent` is the group that they were found to be the same as."""

    size: int
    fixed: bool = False
    parent: Units | None = None

    def root(self) -> Units:
        """Return the group that this one is part of."""
        return self if self.parent is None else self.parent.root()

    def same(self, other: Units) -> None:
        """Say that both are the same units."""
        a, b = self.root(), other.root()
        if a is not b:
            b.parent, a.fixed = a, a.fixed or b.fixed


Parts = tuple[tuple[Units, int], ...]  # along an axis: groups one after another, each unit a block of so many entries


class Unknown(Exception):  # noqa: N818
    """What a symbol cannot follow."""


@dataclass(eq=False)
class Tracer:
    """What running a module on a symbol shows: `axes`, the units that stand along each axis of each of its tensors.

    `names` are those of the module's tensors by identity, `operations` what a function makes of symbols, by its name.
    """

    names: dict[int, str]
    operations: Mapping[str, Callable[..., Symbol]]
    axes: dict[tuple[str, int], Parts] = field(default_factory=dict)

    def mark(self, tensor: Tensor | None, dim: int, parts: Parts | None) -> None:
        """Say that these units stand along this axis of a weight; one that is used twice makes them the same."""
        if tensor is None:
            return
        name = self.name(tensor)
        if parts is None:  # the channels of the images, which keep their places
            parts = ((Units(tensor.shape[dim], fixed=True), 1),)
        if sum(units.size * block for units, block in parts) != tensor.shape[dim]:
            raise Unknown(f"{name} does not fit the units that it is used on")
        unite(self.axes.setdefault((name, dim), parts), parts, name)

    def name(self, tensor: Tensor) -> str:
        """Return the name of a parameter or a buffer."""
        if id(tensor) not in self.names:
            raise Unknown("a weight is used that is not the model's own, but made from others in its forward pass")
        return self.names[id(tensor)]


def unite(a: Parts, b: Parts, where: str) -> None:
    """Say that the units of two axes are the same, one by one."""
    if [(units.size, block) for units, block in a] != [(units.size, block) for units, block in b]:
        raise Unknown(f"{where} joins axes that are put together in different ways")
    for (first, _), (second, _) in zip(a, b, strict=True):
        first.same(second)


class Symbol(Tensor):
    """A tensor of so many axes; see `symbol`."""

    tracer: Tracer
    parts: Parts | None
    flat: bool

    @classmethod
    def __torch_function__(cls, func: Callable, types: Any, args: tuple = (), kwargs: dict | None = None) -> Any:
        name = getattr(func, "__name__", str(func)).strip("_")
        if name in ("get", "dim", "size", "ndimension", "numel", "is_floating_point"):  # asked for, not computed
            with torch._C.DisableTorchFunctionSubclass():
                return func(*args, **kwargs or {})
        operations = symbols_in([args, kwargs])[0].tracer.operations
        if name not in operations:
            raise Unknown(f"the operation {name} is not known")
        return operations[name](*args, **kwargs or {})


def symbol(tracer: Tracer, parts: Parts | None, ndim: int, flat: bool = False) -> Symbol:
    """Make a symbol; `parts` are the units on its second axis (None: the images' channels).

    `flat` means that an image was laid flat: each unit is a block of as many entries as the next weight tells. The
    lengths of the other axes mean nothing.
    """
    channels = sum(units.size * block for units, block in parts or ()) or 1
    tensor = torch.empty(BATCH, channels, *(1,) * (ndim - 2), device="meta").as_subclass(Symbol)
    tensor.tracer, tensor.parts, tensor.flat = tracer, parts, flat
    return tensor


def symbols_in(value: Any) -> list[Symbol]:
    """Return the symbols in a value, its tuples, lists and dicts."""
    if isinstance(value, Symbol):
        return [value]
    value = list(value.values()) if isinstance(value, Mapping) else value
    return [symbol for part in value for symbol in symbols_in(part)] if isinstance(value, (list, tuple)) else []
