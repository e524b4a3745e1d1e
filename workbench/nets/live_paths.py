"""Which kept weights lie on a live path, one from the input to the output on which every weight is kept.

A weight whose unit has no kept input, or whose outputs lead nowhere, is dead: it counts in the density and does
nothing. The *effective density* leaves it out (Vysogorets & Kempe 2021, "Connectivity Matters: Neural Network Pruning
Through the Lens of Effective Sparsity"; recalled, not verified). Biases are no paths.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.modules.conv import _ConvNd

from workbench.nets import masks
from workbench.nets.door import check_model
from workbench.nets.flow import SMALL, Flow
from workbench.nets.masks import Mask

NAMED = 4  # layers in an alarm
WAY_ON = """take a higher density, or a method that spares small layers, "synflow" or "random_mask(layers='erk')\""""


@dataclass(frozen=True, eq=False)
class LivePaths:
    """What of a mask works: `live` are the kept weights on a live path, by name, as a mask.

    `density` and `effective_density` are the shares of the prunable weights that are kept, and that are kept and live.
    `collapsed` names the layers that keep no weight; `dead` counts the kept weights that lead nowhere, of each layer
    that has some; `severed` names the layers that keep weights, and none of them live.
    """

    live: Mask
    density: float
    effective_density: float
    collapsed: tuple[str, ...]
    dead: dict[str, int]

    @property
    def severed(self) -> tuple[str, ...]:
        return tuple(name for name in self.dead if not bool(self.live[name].any()))

    @property
    def alarm(self) -> str:
        """Say which layers the mask lost and what to do, in words; empty where it lost none."""
        if not self.collapsed and not self.severed:
            return ""
        lost = [f"{name} (keeps no weight)" for name in self.collapsed]
        lost += [f"{name} (keeps {self.dead[name]}, none on a path)" for name in self.severed]
        more = f" and {len(lost) - NAMED} more" if len(lost) > NAMED else ""
        passes = "what passes goes around them" if self.effective_density else "nothing passes from input to output"
        return f"at density {self.density:.3g} layers are lost: {', '.join(lost[:NAMED])}{more}; {passes}; {WAY_ON}"

    def __repr__(self) -> str:
        collapse = f", collapsed={self.collapsed}" if self.collapsed else ""
        dead = f", dead={sum(self.dead.values())}" if self.dead else ""
        return f"LivePaths(density={self.density:.4g}, effective_density={self.effective_density:.4g}{dead}{collapse})"


def live_paths(model: nn.Module, mask: Mask, shape: Sequence[int]) -> LivePaths:
    """Find the kept weights on a path from input to output, for images of `shape`: `data.shape`.

    The mask itself stands in for the weights, and every layer's outputs for whether they are reached, in the forward
    pass and in the backward pass: so no depth is too great, and no weight matters. All pixels count as lit. Raises a
    ValueError for a mask of another model, and for a model that no path can be followed through: attention, recurrent
    layers, an activation that is not 0 at 0.
    """
    check_model(model)
    masks.check_some(mask)
    kept = masks.allowed(model, mask)
    flow = Flow(model, shape, way_on="wb.masks.layers(mask) counts what every layer keeps", mean_pooling=True)
    for layer in flow.network.modules():
        if isinstance(layer, (nn.Linear, _ConvNd)):
            layer.register_forward_hook(_reached)
    tensors = flow.tensors({name: t.detach() for name, t in model.state_dict().items()}, ones=True)
    leaves = {name: tensor.double().requires_grad_() for name, tensor in kept.items()}
    with torch.enable_grad():
        total = flow(tensors | leaves)
        slopes = torch.autograd.grad(total, list(leaves.values()), materialize_grads=True)
    live = {name: kept[name] & (slope > 0) for name, slope in zip(leaves, slopes, strict=True)}
    counts, alive = masks.kept_by_layer(kept), masks.kept_by_layer(live)
    dead = {name: count - alive[name] for name, count in counts.items() if count > alive[name]}
    return LivePaths(live, masks.density(kept), masks.density(live), tuple(masks.collapsed(kept)), dead)


def _reached(layer: nn.Module, inputs: Any, output: Tensor) -> Any:
    return _Reached.apply(output)


class _Reached(torch.autograd.Function):
    """Whether anything arrives, forwards and backwards, in place of how much."""

    @staticmethod
    def forward(ctx: Any, output: Tensor) -> Tensor:
        return output.sign() * SMALL

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> Tensor:  # pyright: ignore[reportIncompatibleMethodOverride]
        return gradient.sign()
