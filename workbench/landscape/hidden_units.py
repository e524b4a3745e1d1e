"""Which axes of which weights count the same hidden units, and so can only be permuted together.

A permutation of a layer's units moves the outputs of the layer, its bias, the batch-norm behind it, and the inputs of
every layer that reads it. Layers whose outputs are added (a residual stream) share one permutation; behind a flatten a
unit is a block of as many inputs as its image has pixels.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from workbench.landscape.operations import OPERATIONS
from workbench.landscape.symbols import Tracer, Units, Unknown, symbol, symbols_in
from workbench.nets.door import check_model
from workbench.nets.plain_module import private


@dataclass(frozen=True)
class Axis:
    """A stretch of a tensor's axis along which units stand, each as `block` entries, from `offset` on."""

    name: str
    dim: int
    offset: int
    block: int


@dataclass(frozen=True)
class Group:
    """Hidden units that are permuted as one: how many, and the axes of all tensors that count them."""

    size: int
    axes: tuple[Axis, ...]


def hidden_units(model: nn.Module) -> dict[str, Group]:
    """Return every group of hidden units by the name of the first weight that makes them.

    For any module that takes a batch of images and is built of linear layers, convolutions, norms, poolings and
    functions by element, joined by sums, products and concatenation; inputs and classes keep their places, and so do
    the units that are added to inputs. It is run once, on a private copy and on no numbers. Raises a ValueError that
    names an operation that is not known here, or what keeps the module from being followed.
    """
    check_model(model)
    network = private(model).eval()
    tensors = (*network.named_parameters(), *network.named_buffers())
    tracer = Tracer({id(tensor): name for name, tensor in tensors}, OPERATIONS)
    way_on = "alignment follows layers, norms, poolings, sums and concatenation; without it, measure the plain path"
    try:
        with torch.no_grad():
            outputs = network(symbol(tracer, None, 4))
    except Unknown as unknown:
        raise ValueError(f"the hidden units of {type(model).__name__} cannot be told: {unknown}; {way_on}") from None
    except Exception as error:
        reason = f"its forward pass cannot be followed ({type(error).__name__}: {error})"
        raise ValueError(f"the hidden units of {type(model).__name__} cannot be told: {reason}; {way_on}") from error
    for units, _ in (part for output in symbols_in(outputs) for part in output.parts or ()):
        units.root().fixed = True  # classes keep their places
    return _groups(tracer)


def _groups(tracer: Tracer) -> dict[str, Group]:
    axes: dict[Units, list[Axis]] = {}
    for (name, dim), parts in tracer.axes.items():
        offset = 0
        for units, block in parts:
            axes.setdefault(units.root(), []).append(Axis(name, dim, offset, block))
            offset += units.size * block
    return {together[0].name: Group(units.size, tuple(together)) for units, together in axes.items() if not units.fixed}


def entries(axis: Axis, permutation: Tensor) -> Tensor:
    """Return the entries of the tensor's axis that come to this stretch: unit i gets those of unit permutation[i]."""
    return axis.offset + (permutation[:, None] * axis.block + torch.arange(axis.block)).flatten()
