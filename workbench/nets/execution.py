"""How a masked network is computed: dense, sparse or compact, from the same dense tensors.

    dense     every product in full, zeros included: the reference
    sparse    linear layers that keep a fifth at most as CSR (`sparse_linear.py`)
    compact   a smaller network, without what nothing reads (`compaction.py`)

An execution changes how logits and gradients are computed, and nothing else: what trains, its mask and the optimiser's
state stay dense tensors, so that what is left out is treated as dense training treats it, weight decay included. The
three agree to rounding over some steps; over a whole run rounding grows, as between two processors.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from typing import Any

import torch
from torch import Tensor, nn

from workbench.nets import masks
from workbench.nets.compaction import Compaction, compaction
from workbench.nets.hardware import Hardware
from workbench.nets.linear_maps import prunable
from workbench.nets.masks import Mask
from workbench.nets.plain_module import private
from workbench.nets.sparse_linear import make_sparse, sparse_layers
from workbench.nets.step_costs import cheapest
from workbench.nets.weights import Weights

WAY_ON = 'execution="dense" computes every network'
SEARCH = "is of masks over weights, and what trains here is something else (a search, a curve)"


@dataclass(frozen=True, eq=False)
class Execution:
    """A network that is computed in one of the ways, and what it was made for: `mask`.

    `pack` makes the network's tensors of the model's, and the gradients of these of those; `unpack` takes back the
    buffers that a forward pass wrote. It is `exact` where it gives the bits of the model under its mask.
    """

    network: nn.Module
    mask: Mask | None
    exact: bool = True
    smaller: Compaction | None = None
    shapes: dict[str, torch.Size] = field(default_factory=dict)

    def pack(self, tensors: Weights) -> Weights:
        """Return the tensors that the network takes."""
        if self.smaller is None:
            return tensors
        parts = {name: (tensors[name], places) for name, places in self.smaller.places.items() if name in tensors}
        return tensors | {n: _part(whole, places, self.shapes[n]) for n, (whole, places) in parts.items()}

    def unpack(self, packed: Weights, tensors: Weights, buffers: Collection[str]) -> None:
        """Put the buffers among `packed`, as a step of training left them, back into the model's tensors."""
        if self.smaller is None:
            return
        for name in buffers:
            if (places := self.smaller.places.get(name)) is None:
                tensors[name] = packed[name]
            else:
                tensors[name].view(-1).index_copy_(0, places, packed[name].detach().flatten())
        for name, (places, factor) in self.smaller.idle.items():
            flat = tensors[name].view(-1)
            flat.index_copy_(0, places, flat.index_select(0, places) * factor)


def execute(model: nn.Module, mask: Mask | None, hardware: Hardware) -> Execution:
    """Make the network that computes a model under a mask as `hardware.execution` says, in the model's own mode."""
    if mask is None or hardware.execution == "dense":
        return Execution(private(model).to(hardware.device), mask)
    if hardware.execution == "sparse":
        network = private(model).to(hardware.device)
        make_sparse(network, mask, hardware.device)
        return Execution(network, mask, exact=False)
    smaller = compaction(model, mask).to(hardware.device)
    shapes = {name: tensor.shape for name, tensor in smaller.network.state_dict().items()}
    return Execution(smaller.network, mask, exact=False, smaller=smaller, shapes=shapes)


def resolve(model: nn.Module, mask: Mask | None, asked: str, hardware: Hardware, *, search: bool = False) -> Hardware:
    """Return the hardware with the execution that is meant: a network with nothing pruned is computed dense.

    "auto" is the cheapest by what was measured on this processor. "sparse" is dense until a layer keeps a fifth at
    most. In a `search` the mask is over scores. Raises a ValueError where what is asked for does not serve (`refusal`).
    """
    if search and asked not in ("dense", "auto"):
        raise ValueError(f'execution="{asked}" {SEARCH}; {WAY_ON}')
    if asked == "dense" or search or mask is None or masks.kept(mask) == masks.total(mask):
        return replace(hardware, execution="dense")
    if asked == "auto":
        able = [name for name in ("sparse", "compact") if not refusal(model, name, hardware)]
        return replace(hardware, execution=cheapest(model, mask, able, hardware))
    check_execution(model, asked, hardware)
    if asked == "sparse" and not any(sparse_layers(model, mask)):
        return replace(hardware, execution="dense")
    return replace(hardware, execution=asked)


def check_execution(model: nn.Module, asked: str, hardware: Hardware) -> None:
    """Raise a ValueError, which names the reason, where an execution that is asked for does not serve a network."""
    if asked in ("dense", "auto"):
        return
    reason = refusal(model, asked, hardware)
    if asked == "compact" and not reason:
        try:
            compaction(model, prunable(model))
        except ValueError as error:
            reason = f"has to follow every channel, and {error}"
    if reason:
        raise ValueError(f'execution="{asked}" {reason}')


def refusal(model: nn.Module, name: str, hardware: Hardware) -> str:
    """Return why an execution does not serve a network here, empty where it does.

    Active dropout would draw other numbers. Sparse products are float32, not compiled, of linear layers, and on a CPU
    MKL's. What compaction cannot follow it says itself.
    """
    dropout = [path for path, m in model.named_modules() if isinstance(m, nn.modules.dropout._DropoutNd) and m.p]
    if dropout:
        drawn = f"would draw other random numbers than the masked network, by {dropout[0]}, an active dropout"
        return f"{drawn}; set its p to 0, or {WAY_ON}"
    if name == "compact":
        return ""
    other = {str(p.dtype).removeprefix("torch.") for p in model.parameters() if p.dtype != torch.float32}
    if hardware.precision != "float32" or other:
        given = ", ".join(sorted(other)) or hardware.precision
        return f"is float32 alone, and this network is computed in {given}; {WAY_ON}"
    if hardware.compiled:
        return "is not compiled by torch; compile=False goes with it"
    if not any(type(layer).forward is nn.Linear.forward for layer in model.modules()):
        return f"is of linear layers, and {type(model).__name__} has none of torch's; {WAY_ON}"
    if hardware.device.startswith("cpu") and not torch.backends.mkl.is_available():
        return f"needs MKL's sparse products on a CPU, which this build of torch lacks; {WAY_ON}"
    return ""


def _part(whole: Tensor, places: Tensor, shape: torch.Size) -> Tensor:
    return _Part.apply(whole, places, shape)  # pyright: ignore[reportReturnType]


class _Part(torch.autograd.Function):
    """What a smaller tensor is of a whole one; the gradient of the rest is zero."""

    @staticmethod
    def forward(ctx: Any, whole: Tensor, places: Tensor, shape: torch.Size) -> Tensor:
        ctx.places, ctx.shape = places, whole.shape
        return whole.reshape(-1).index_select(0, places).view(shape)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> Any:  # pyright: ignore[reportIncompatibleMethodOverride]
        whole = gradient.new_zeros(ctx.shape)
        whole.view(-1).index_copy_(0, ctx.places, gradient.reshape(-1))
        return whole, None, None
