"""Follow a network's channels from the images to the logits, operation by operation.

Each operation of the traced forward pass has a rule, by its name, in `layer_rules` or `shape_rules`. What no rule is
known for is refused in words, with the layer's name: a wrong flow would be a wrong network.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, fx, nn
from torch.fx.node import map_arg

from workbench.nets import layer_rules, shape_rules
from workbench.nets.channels import Channels, Images, Stream, tensors_of, zeros_alone
from workbench.nets.masks import Mask
from workbench.nets.shape_rules import CHANNELS, DEPTHS, SHAPE
from workbench.nets.tracing import known, shown, target_name, traced

EACH = {  # of every number by itself, or of two at one place
    *("relu", "relu_", "relu6", "leaky_relu", "leaky_relu_", "elu", "elu_", "selu", "selu_", "celu", "celu_"),
    *("gelu", "silu", "mish", "hardswish", "hardsigmoid", "hardtanh", "hardtanh_", "sigmoid", "sigmoid_"),
    *("tanh", "tanh_", "softplus", "softsign", "logsigmoid", "tanhshrink", "softshrink", "hardshrink"),
    *("threshold", "abs", "neg", "square", "sqrt", "exp", "sin", "cos", "pow", "clamp", "clamp_", "clip"),
    *("contiguous", "clone", "add", "add_", "sub", "sub_", "mul", "mul_", "div", "div_", "truediv", "iadd"),
    *("isub", "imul", "itruediv", "maximum", "minimum"),
}
EACH_LAYERS = {
    *("ReLU", "ReLU6", "LeakyReLU", "ELU", "SELU", "CELU", "GELU", "SiLU", "Mish", "Hardswish", "Hardsigmoid"),
    *("Hardtanh", "Sigmoid", "Tanh", "Softplus", "Softsign", "LogSigmoid", "Tanhshrink", "Softshrink"),
    *("Hardshrink", "Threshold", "Identity", "Dropout", "Dropout1d", "Dropout2d", "Dropout3d"),
}
POOLS = {f"{pool}_pool{d}": d for pool in ("max", "avg", "adaptive_max", "adaptive_avg") for d in DEPTHS}
POOL_LAYERS = {f"{pool}Pool{d}": d for pool in ("Max", "Avg", "AdaptiveMax", "AdaptiveAvg") for d in DEPTHS}
MIXED = {"log_softmax", "softmax"}  # of all channels at once: none of them can go
MIXED_LAYERS = {"LogSoftmax", "Softmax", "GroupNorm", "LayerNorm", "LocalResponseNorm", "RMSNorm"}
DROPOUTS = {"dropout", *(f"dropout{d}" for d in DEPTHS)}


def follow(network: nn.Module, kept: Mask, *, values: bool = False) -> Channels:
    """Return the channels of a private network; a ValueError where one of its operations cannot be followed."""
    channels = Channels(network, kept, values=values)
    for node in traced(network).nodes:
        channels.here = shown(node, network)
        channels.env[node] = _step(channels, node)
    return channels


def _step(channels: Channels, node: fx.Node) -> Any:
    """Follow one operation of the traced forward pass; a ValueError where no rule is known for it."""
    args: Any = map_arg(node.args, lambda n: channels.env[n])
    kwargs: Any = map_arg(node.kwargs, lambda n: channels.env[n])
    if node.op == "placeholder":
        if any(isinstance(value, Images) for value in channels.env.values()):
            if node.users:
                raise channels.refused("is a second input of its forward pass")
            return None
        return Images()
    if node.op == "get_attr":
        return _attribute(channels, str(node.target))
    if node.op == "output":
        if not isinstance(args[0], Stream):
            raise channels.refused("of its forward pass is not one tensor of logits that layers made")
        channels.logits = args[0]
        return channels.pin(args[0])
    if node.op == "call_module":
        layer = channels.network.get_submodule(str(node.target))
        return _layer(channels, str(node.target), layer, (*args, *kwargs.values()))
    method = node.op == "call_method"
    name = str(node.target) if method else target_name(node.target)
    function = getattr(Tensor, name, None) if method else node.target
    return _function(channels, name, function, tuple(args), dict(kwargs))


def _attribute(channels: Channels, path: str) -> Any:
    owner, _, name = path.rpartition(".")
    if not hasattr(part := channels.network.get_submodule(owner), name):
        raise channels.refused("is a tensor that the forward pass makes")
    value = getattr(part, name)
    return value.detach().double().cpu() if isinstance(value, Tensor) else value


def _layer(channels: Channels, path: str, layer: nn.Module, given: tuple[Any, ...]) -> Any:
    kind, name = known(layer), type(layer).__name__
    if len(given) != 1 or not isinstance(given[0], (Stream, Images)):
        raise channels.refused("takes something other than one tensor")
    stream = given[0]
    if kind is not None:
        return _with_weights(kind, layer)(channels, path, layer, stream)
    if type(layer) is not getattr(nn, name, None):
        raise channels.refused("is a layer of one's own, which calls no layers of torch's")
    if name in EACH_LAYERS:
        return shape_rules.each(channels, layer, (stream,), {})
    if name == "PReLU":
        return layer_rules.prelu(channels, path, layer, stream)
    if name in POOL_LAYERS:
        if getattr(layer, "return_indices", False):
            raise channels.refused("returns indices as well")
        padded = "Avg" in name and (getattr(layer, "ceil_mode", False) or _some(getattr(layer, "padding", 0)))
        padded = padded or getattr(layer, "divisor_override", None) is not None
        return shape_rules.pool(channels, stream, POOL_LAYERS[name], bool(padded), getattr(layer, "output_size", None))
    if name == "Flatten" and (layer.start_dim, layer.end_dim) == (1, -1):
        return shape_rules.flat(channels, stream)
    if name in MIXED_LAYERS:
        return shape_rules.mixed(channels, stream)
    raise channels.refused("is no layer whose channels can be followed")


def _with_weights(kind: type[nn.Module], layer: Any) -> Callable[..., Stream]:
    if issubclass(kind, nn.modules.batchnorm._BatchNorm):
        return layer_rules.norm
    depthwise = not issubclass(kind, nn.Linear) and 1 < layer.groups == layer.in_channels == layer.out_channels
    return layer_rules.depthwise if depthwise else layer_rules.mixing


def _function(channels: Channels, name: str, function: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    args = args or tuple(kwargs.pop(name) for name in ("input", "tensors") if name in kwargs)
    first, more = args[0] if args else None, (*args[1:], *kwargs.values())
    given = tensors_of((args, kwargs))
    if CHANNELS in given:
        raise channels.refused("takes the number of channels, which is less in a smaller network", "write x.flatten(1)")
    if not any(isinstance(value, (Stream, Images)) for value in given):
        if name == "getitem" and first == SHAPE:
            return shape_rules.size(channels, args[1])
    elif name in EACH and "out" not in kwargs:
        return shape_rules.each(channels, function, args, kwargs)
    elif name in ("cat", "concat") and more == (1,):
        return shape_rules.cat(channels, first)
    elif not isinstance(first, (Stream, Images)):
        pass
    elif name in DROPOUTS:
        noisy = kwargs.get("training", args[2] if len(args) > 2 else True)
        return shape_rules.each(channels, zeros_alone if noisy else torch.clone, (first,), {})
    elif name in POOLS and not kwargs.get("return_indices") and len(args) < 7:
        plain = len(args) < 4 and kwargs.keys() <= {"kernel_size", "stride", "output_size"}
        size = kwargs.get("output_size", args[1] if len(args) > 1 else None) if "adaptive" in name else None
        return shape_rules.pool(channels, first, POOLS[name], "avg" in name and not plain, size)
    elif name == "flatten" and more in ((1,), (1, -1)):
        return shape_rules.flat(channels, first)
    elif name in ("view", "reshape"):
        return shape_rules.view(channels, first, tensors_of(more))
    elif name == "mean" and kwargs.keys() <= {"dim", "keepdim"}:
        return shape_rules.mean(channels, first, *args[1:], **kwargs)
    elif name in MIXED:
        return shape_rules.mixed(channels, first)
    elif (name == "size" and not more) or (name == "getattr" and more == ("shape",)):
        return SHAPE
    elif name == "size":
        return shape_rules.size(channels, more[0])
    raise channels.refused("is an operation whose channels cannot be followed")


def _some(padding: Any) -> bool:
    return any(padding) if isinstance(padding, tuple) else bool(padding)
