"""Constants of a network whose numbers are fixed: folded into the layers that read them.

Batch-norm in eval mode is a factor and a shift a channel, which go into the layer before it. A channel in which nothing
arrives is a number, and what reads it adds that number times its weights: a bias, or near a border of zeros a map.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, fx, nn

from workbench.nets.channels import Channels
from workbench.nets.following import follow
from workbench.nets.kept_channels import Kept
from workbench.nets.layer_rules import constant_kernel, zero_padded
from workbench.nets.plain_module import NORMS
from workbench.nets.smaller_layers import add_constants
from workbench.nets.tracing import known, traced


def channels(network: nn.Module) -> Channels:
    """Fold the norms of a private network in eval mode, and follow its channels with their constants."""
    _fold_norms(network)
    kept = {name: parameter != 0 for name, parameter in network.named_parameters() if name.endswith("weight")}
    return follow(network, kept, values=True)


def folds(kept: Kept) -> list[tuple[Any, Tensor]]:
    """Return every layer that loses constants, and the kernel that they make of its weight, in units that stay."""
    kernels = []
    for part in kept.channels.parts:
        if part.reads is None or part.layer in kept.channels.repeated:
            continue
        value = part.inputs[0].value.nan_to_num().masked_fill(kept.of(part.inputs[0].ids), 0)
        if bool(value.any()):
            kernels.append((part.layer, constant_kernel(part.layer, value, part.features)[kept.of(part.output.ids)]))
    return [(layer, kernel) for layer, kernel in kernels if bool(kernel.any())]


def fold(kernels: list[tuple[Any, Tensor]]) -> None:
    """Add to every layer what it lost: to its bias, or around a border of zeros as a map."""
    for layer, kernel in kernels:
        if zero_padded(layer):
            add_constants(layer, kernel)
            continue
        bias = torch.zeros(len(kernel), dtype=torch.float64) if layer.bias is None else layer.bias.detach().cpu()
        layer.bias = nn.Parameter((bias + kernel.flatten(1).sum(1)).to(layer.weight))


def _fold_norms(network: nn.Module) -> None:
    """Put every batch-norm that alone reads a layer into that layer, and nothing in its place."""
    calls = [node for node in traced(network).nodes if node.op == "call_module"]
    paths = [node.target for node in calls]
    for node in calls:
        norm, before = network.get_submodule(str(node.target)), node.args[0] if node.args else None
        if not (isinstance(before, fx.Node) and before.op == "call_module" and len(before.users) == 1):
            continue
        layer = network.get_submodule(str(before.target))
        statistics = _is_norm(norm) and norm.running_var is not None
        if statistics and _mixes(layer) and paths.count(node.target) == paths.count(before.target) == 1:
            _fold_norm(layer, norm)
            for parent in network.modules():
                for child in [child for child, module in parent._modules.items() if module is norm]:
                    parent._modules[child] = nn.Identity()


def _is_norm(layer: nn.Module) -> bool:
    return known(layer) is not None and isinstance(layer, NORMS)


def _mixes(layer: nn.Module) -> bool:
    return known(layer) is not None and not isinstance(layer, NORMS)


def _fold_norm(layer: Any, norm: Any) -> None:
    """W' = γ W / √(σ² + ε), b' = γ (b - μ) / √(σ² + ε) + β; in float64."""
    scale = (norm.running_var.double() + norm.eps).rsqrt()
    scale = scale if norm.weight is None else scale * norm.weight.detach().double()
    bias = (0.0 if layer.bias is None else layer.bias.detach().double()) - norm.running_mean.double()
    bias = bias * scale + (0.0 if norm.bias is None else norm.bias.detach().double())
    weight = layer.weight.detach().double() * scale.view(-1, *[1] * (layer.weight.dim() - 1))
    layer.weight = nn.Parameter(weight.to(layer.weight.dtype), layer.weight.requires_grad)
    layer.bias = nn.Parameter(bias.to(layer.weight.dtype))
