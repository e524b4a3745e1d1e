"""How each operation passes channels on: layers mix them, norms and activations take each by itself, sums join them.

A rule takes the streams that enter an operation to the one that leaves it, and adds what it did to the parts. Constants
are passed on by the operation itself, on one number a channel. What would change with the number of channels (a size
written into `view`, a sum over channels, a tensor of one's own for every channel) is refused.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor, fx, nn
from torch.nn import functional

from workbench.nets.channels import Channels, Images, Part, Size, Stream, known, target_name, tensors_of

DEPTHS = ("1d", "2d", "3d")
EACH = frozenset(  # of every number by itself, or of two
    [
        "relu",
        "relu_",
        "relu6",
        "leaky_relu",
        "leaky_relu_",
        "elu",
        "elu_",
        "selu",
        "selu_",
        "celu",
        "celu_",
        "gelu",
        "silu",
        "mish",
        "hardswish",
        "hardsigmoid",
        "hardtanh",
        "hardtanh_",
        "sigmoid",
        "sigmoid_",
        "tanh",
        "tanh_",
        "softplus",
        "softsign",
        "logsigmoid",
        "tanhshrink",
        "softshrink",
        "hardshrink",
        "threshold",
        "abs",
        "neg",
        "square",
        "sqrt",
        "exp",
        "sin",
        "cos",
        "pow",
        "clamp",
        "clamp_",
        "clip",
        "contiguous",
        "clone",
        "add",
        "add_",
        "sub",
        "sub_",
        "mul",
        "mul_",
        "div",
        "div_",
        "truediv",
        "iadd",
        "isub",
        "imul",
        "itruediv",
        "maximum",
        "minimum",
    ]
)
EACH_LAYERS = frozenset(
    [
        "ReLU",
        "ReLU6",
        "LeakyReLU",
        "ELU",
        "SELU",
        "CELU",
        "GELU",
        "SiLU",
        "Mish",
        "Hardswish",
        "Hardsigmoid",
        "Hardtanh",
        "Sigmoid",
        "Tanh",
        "Softplus",
        "Softsign",
        "LogSigmoid",
        "Tanhshrink",
        "Softshrink",
        "Hardshrink",
        "Threshold",
        "Identity",
        "Dropout",
        "Dropout1d",
        "Dropout2d",
        "Dropout3d",
    ]
)
POOLS = {f"{pool}_pool{d}": d for pool in ("max", "avg", "adaptive_max", "adaptive_avg") for d in DEPTHS}
POOL_LAYERS = {f"{pool}Pool{d}": d for pool in ("Max", "Avg", "AdaptiveMax", "AdaptiveAvg") for d in DEPTHS}
MIXED = {"log_softmax", "softmax"}  # of all channels at once: none of them can go
MIXED_LAYERS = {"LogSoftmax", "Softmax", "GroupNorm", "LayerNorm", "LocalResponseNorm", "RMSNorm"}
DROPOUTS = {"dropout", *(f"dropout{d}" for d in DEPTHS)}
BATCH, CHANNELS, IMAGE, SHAPE = (Size(of) for of in ("batch", "channels", "image", "shape"))


def step(channels: Channels, node: fx.Node) -> Any:
    """Follow one operation of the traced forward pass; a ValueError where no rule is known for it."""
    args, kwargs = (fx.node.map_arg(given, lambda n: channels.env[n]) for given in (node.args, node.kwargs))
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
    value = getattr(channels.network.get_submodule(owner), name)
    return value.detach().double().cpu() if isinstance(value, Tensor) else value


def _layer(channels: Channels, path: str, layer: nn.Module, given: tuple[Any, ...]) -> Any:
    kind, name = known(layer), type(layer).__name__
    if len(given) != 1 or not isinstance(given[0], (Stream, Images)):
        raise channels.refused("takes something other than one tensor")
    stream = given[0]
    if kind is not None:
        depthwise = getattr(layer, "groups", 1) == getattr(layer, "in_channels", 0) == getattr(layer, "out_channels", 0)
        is_norm = issubclass(kind, nn.modules.batchnorm._BatchNorm)
        rule = _norm if is_norm else _depthwise if depthwise and getattr(layer, "groups", 1) > 1 else _mixing
        return rule(channels, path, layer, stream)
    if type(layer) is not getattr(nn, name, None):
        raise channels.refused("is a layer of one's own, which calls no layers of torch's")
    if name in EACH_LAYERS:
        return _each(channels, layer, (stream,), {})
    if name == "PReLU":
        return _prelu(channels, path, layer, stream)
    if name in POOL_LAYERS:
        if getattr(layer, "return_indices", False):
            raise channels.refused("returns indices as well")
        padded = "Avg" in name and (getattr(layer, "ceil_mode", False) or _some(getattr(layer, "padding", 0)))
        padded = padded or getattr(layer, "divisor_override", None) is not None
        return _pool(channels, stream, POOL_LAYERS[name], bool(padded), getattr(layer, "output_size", None))
    if name == "Flatten" and (layer.start_dim, layer.end_dim) == (1, -1):
        return _flat(channels, stream)
    if name in MIXED_LAYERS:
        return _mixed(channels, stream)
    raise channels.refused("is no layer whose channels can be followed")


def _function(channels: Channels, name: str, function: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    first = args[0] if args else next(iter(kwargs.values()), None)
    given = tensors_of((args, kwargs))
    if CHANNELS in given:
        raise channels.refused("takes the number of channels, which is less in a smaller network", "write x.flatten(1)")
    if not any(isinstance(value, (Stream, Images)) for value in given):
        if name == "getitem" and first == SHAPE:
            return _size(channels, args[1])
    elif name in EACH and "out" not in kwargs:
        return _each(channels, function, args, kwargs)
    elif name in ("cat", "concat") and (args[1:] or tuple(kwargs.values())) in ((1,), ()):
        return _cat(channels, first, (args[1:] or (kwargs.get("dim", 0),))[0])
    elif not isinstance(first, (Stream, Images)):
        pass
    elif name in DROPOUTS:
        noisy = kwargs.get("training", args[2] if len(args) > 2 else True)
        return _each(channels, _zeros_alone if noisy else torch.clone, (first,), {})
    elif name in POOLS and not kwargs.get("return_indices") and len(args) < 7:
        plain = len(args) < 4 and kwargs.keys() <= {"kernel_size", "stride", "output_size"}
        size = kwargs.get("output_size", args[1] if len(args) > 1 else None) if "adaptive" in name else None
        return _pool(channels, first, POOLS[name], "avg" in name and not plain, size)
    elif name == "flatten" and (args[1:] or tuple(kwargs.values())) in ((1,), (1, -1)):
        return _flat(channels, first)
    elif name in ("view", "reshape"):
        return _view(channels, first, tensors_of((args[1:], kwargs)))
    elif name == "mean" and "dtype" not in kwargs:
        return _mean(channels, first, *args[1:], **kwargs)
    elif name in MIXED:
        return _mixed(channels, first)
    elif name == "size" or (name == "getattr" and args[1] == "shape"):
        return _size(channels, args[1]) if name == "size" and args[1:] else SHAPE
    raise channels.refused("is an operation whose channels cannot be followed")


def _entering(channels: Channels, given: Any, width: int, space: int, pinned: bool = True) -> tuple[Stream, int]:
    """Return what enters a layer as a stream, and how many of the layer's `width` inputs belong to a channel."""
    if isinstance(given, Images):
        if given.flat and space:
            raise channels.refused("reads images that were made flat")
        stream = channels.resolved(given, width, space)
        if pinned:
            channels.pin(stream)
        return stream, 1
    features, rest = divmod(width, len(given.ids))
    if given.space != space or rest or (features > 1 and (space or given.size == 1)):
        raise channels.refused("reads a tensor of another form than its channels tell", "x.flatten(1) makes one flat")
    return given, features


def _called(channels: Channels, part: Part) -> Stream:
    """Add a layer's part; one that is called again has the channels that it had."""
    assert part.layer is not None
    if (before := channels.calls.get(part.layer)) is not None:
        if part.images or before.images or part.features != before.features:
            raise channels.refused("is called for the images and again for other channels")
        channels.repeated.add(part.layer)
        channels.joined(part.inputs[0].ids, before.inputs[0].ids)
        part = replace(part, output=replace(part.output, ids=before.output.ids))
    channels.calls.setdefault(part.layer, part)
    channels.parts.append(part)
    return part.output


def _mixing(channels: Channels, path: str, layer: Any, given: Stream | Images) -> Stream:
    """A linear layer or a convolution: every unit reads the channels that its unmasked weights lead from."""
    linear = isinstance(layer, nn.Linear)
    space, groups = (0, 1) if linear else (len(layer.kernel_size), layer.groups)
    skips = linear or (space == 2 and groups == 1)  # of the images it may read some channels only
    width = layer.in_features if linear else layer.in_channels
    stream, features = _entering(channels, given, width, space, pinned=not skips)
    kept = channels.mask_of(path, layer)
    reads = kept.view(len(kept), -1, features).any(2) if linear else kept.flatten(2).any(2)
    if groups > 1:
        reads = torch.block_diag(*reads.float().chunk(groups)).bool()
    rough = groups > 1 or not channels.values or zero_padded(layer)  # a constant arrives as one only if it is 0
    lost = stream.value.isnan() | ((stream.value != 0) & rough)
    value = torch.zeros(len(reads), dtype=torch.float64)
    if channels.values and not rough:
        value = constant_kernel(layer, stream.value.nan_to_num(), features).flatten(1).sum(1)
    value += _bias(channels, layer)
    value[(reads & lost).any(1)] = torch.nan
    output = channels.new(len(reads), (reads & stream.arrives).any(1), value, space, 1 if linear else None)
    if groups > 1:
        channels.pin(stream)
        channels.pin(output)
    back = lambda read: ((reads & read[:, None]).any(0),)  # noqa: E731
    return _called(
        channels, Part(path, layer, (stream,), output, back, reads, features, isinstance(given, Images) and skips)
    )


def _depthwise(channels: Channels, path: str, layer: Any, given: Stream | Images) -> Stream:
    """A convolution of every channel by itself."""
    stream, _ = _entering(channels, given, layer.in_channels, len(layer.kernel_size))
    reads = channels.mask_of(path, layer).flatten(1).any(1)
    value = torch.zeros(len(reads), dtype=torch.float64)
    rough = not channels.values or zero_padded(layer)
    if not rough:
        value = layer.weight.detach().double().cpu().flatten(1).sum(1) * stream.value.nan_to_num()
    value += _bias(channels, layer)
    value[reads & (stream.value.isnan() | ((stream.value != 0) & rough))] = torch.nan
    output = replace(stream, arrives=stream.arrives & reads, value=value, size=None, memory=object())
    return _called(channels, Part(path, layer, (stream,), output, lambda read: (read & reads,)))


def _norm(channels: Channels, path: str, layer: Any, given: Stream | Images) -> Stream:
    """Batch-norm. Running statistics that training would have to compute let their channel stay."""
    space = 2 * isinstance(layer, nn.BatchNorm2d) + 3 * isinstance(layer, nn.BatchNorm3d)
    if isinstance(layer, nn.BatchNorm1d) and isinstance(given, Stream):
        space = given.space if given.space == 1 else 0
    stream, features = _entering(channels, given, layer.num_features, space)
    value = torch.full_like(stream.value, torch.nan)
    if channels.values and layer.running_var is not None and features == 1:
        ones = stream.value[None].expand(2, -1)
        mean, variance, weight, bias = (
            None if t is None else t.detach().double().cpu()
            for t in (layer.running_mean, layer.running_var, layer.weight, layer.bias)
        )
        value = functional.batch_norm(ones, mean, variance, weight, bias, eps=layer.eps)[0]
    if not channels.values and layer.training and layer.running_var is not None:
        computed = (stream.value != 0) | (layer.momentum is None)
        channels.pin(replace(stream, ids=stream.ids[computed]))
    output = replace(stream, value=value, memory=object())
    return _called(channels, Part(path, layer, (stream,), output, _alike, features=features))


def _prelu(channels: Channels, path: str, layer: Any, given: Stream | Images) -> Stream | Images:
    weight = layer.weight.detach().double().cpu()
    if isinstance(given, Images):
        return given
    if layer.num_parameters not in (1, len(given.ids)):
        raise channels.refused("reads a tensor of another form than its channels tell")
    value = functional.prelu(given.value[None], weight)[0]
    output = replace(given, value=_learned(channels, value), memory=object())
    return _called(channels, Part(path, layer, (given,), output, _alike))


def _each(channels: Channels, function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """What is done to every number by itself, or to two at the same place: channels of the two go together."""
    values = tensors_of((args, kwargs))
    images, streams = ([v for v in values if isinstance(v, kind)] for kind in (Images, Stream))
    if any(isinstance(value, Size) for value in values):
        raise channels.refused("takes a size of a tensor, which a smaller network has not")
    if not streams:
        if len({image.flat for image in images}) > 1:
            raise channels.refused("joins tensors of different forms")
        return images[0]
    first = streams[0]
    if images and any(image.flat != (first.space == 0) for image in images):
        raise channels.refused("joins tensors of different forms")
    whole = {id(image): channels.resolved(image, len(first.ids), first.space) for image in images}
    for stream in whole.values():
        channels.pin(stream)
    streams += whole.values()
    for stream in streams[1:]:
        if stream.space != first.space or len(stream.ids) != len(first.ids):
            raise channels.refused("joins tensors of different forms")
        channels.joined(first.ids, stream.ids)

    def number(value: Any) -> Any:
        """Return one number a channel for a stream, and one for a tensor of one's own."""
        value = whole.get(id(value), value)
        if isinstance(value, Stream):
            return value.value.clone().view(1, -1, *[1] * value.space)
        if isinstance(value, Tensor) and (value.numel() > 1 or value.dim() > first.space + 2):
            raise channels.refused("takes a tensor of one's own with a number for every channel")
        return (value.reshape(()) if channels.values else torch.nan) if isinstance(value, Tensor) else value

    with torch.no_grad():
        out = function(*map(number, args), **{name: number(value) for name, value in kwargs.items()})
    if out.numel() != len(first.ids):
        raise channels.refused("makes a tensor of another form")
    unknown = torch.stack([stream.value.isnan() for stream in streams]).any(0)
    value = _learned(channels, out.flatten().masked_fill(unknown, torch.nan))
    arrives = torch.stack([stream.arrives for stream in streams]).any(0)
    sizes = [stream.size for stream in streams if stream.size != 1]
    output = replace(first, arrives=arrives, value=value, size=sizes[0] if sizes else 1)
    channels.overwrite(first.memory, output)
    channels.parts.append(Part("", None, tuple(streams), output, lambda read: (read,) * len(streams)))
    return output


def _pool(channels: Channels, stream: Any, depth: str, padded: bool, output_size: Any) -> Any:
    if isinstance(stream, Images):
        return stream
    if stream.space != DEPTHS.index(depth) + 1:
        raise channels.refused("pools a tensor of another form")
    single = output_size is not None and set(tensors_of([output_size])) == {1}
    value = _zeros_alone(stream.value) if padded else stream.value
    return _onwards(channels, replace(stream, value=value, size=1 if single else None, memory=object()), stream)


def _mean(channels: Channels, stream: Any, dim: Any = None, keepdim: bool = False) -> Any:
    dims = list(dim) if isinstance(dim, (tuple, list)) else [dim]
    if isinstance(stream, Images) or not all(isinstance(d, int) for d in dims):
        raise channels.refused("takes the mean over what is not known to be the image", "x.mean((2, 3)) is")
    behind = {d % (stream.space + 2) for d in dims}
    if not behind or min(behind) < 2:
        raise channels.refused("takes the mean over channels or examples", "x.mean((2, 3)) is over the image")
    whole, space = len(behind) == stream.space, stream.space - (0 if keepdim else len(behind))
    return _onwards(channels, replace(stream, space=space, size=1 if whole else None, memory=object()), stream)


def _flat(channels: Channels, stream: Any) -> Any:
    return Images(flat=True) if isinstance(stream, Images) else _onwards(channels, replace(stream, space=0), stream)


def _view(channels: Channels, stream: Any, shape: list[Any]) -> Any:
    if len(shape) == 2 and ((shape[0] == BATCH and shape[1] == -1) or isinstance(stream, Images)):
        return _flat(channels, stream)
    raise channels.refused("is given a size that a smaller network has not", "write x.flatten(1)")


def _cat(channels: Channels, streams: Any, dim: Any) -> Stream:
    if not isinstance(streams, (tuple, list)) or not all(isinstance(stream, Stream) for stream in streams) or dim != 1:
        raise channels.refused("joins something other than the channels that layers made")
    first = streams[0]
    if any(s.space != first.space for s in streams) or (not first.space and any(s.size != 1 for s in streams)):
        raise channels.refused("joins tensors of different forms")
    ids, arrives, value = (torch.cat([getattr(s, name) for s in streams]) for name in ("ids", "arrives", "value"))
    output = Stream(ids, arrives, value, first.space, first.size, object())
    counts = [len(stream.ids) for stream in streams]
    channels.parts.append(Part("", None, tuple(streams), output, lambda read: read.split(counts)))
    return output


def _mixed(channels: Channels, stream: Any) -> Any:
    """What looks at all channels at once: all of them stay."""
    if isinstance(stream, Images):
        return stream
    channels.pin(stream)
    arrives = stream.arrives.any().expand(len(stream.ids))
    output = replace(stream, arrives=arrives, value=torch.full_like(stream.value, torch.nan), memory=object())
    return _onwards(channels, output, stream, lambda read: (read.any().expand(len(read)),))


def _size(channels: Channels, index: Any) -> Size:
    if isinstance(index, int) and index == 0:
        return BATCH
    if (isinstance(index, int) and index > 1) or (isinstance(index, slice) and (index.start or 0) > 1):
        return IMAGE
    if index in (1, slice(1, 2)) or isinstance(index, int):
        return CHANNELS
    raise channels.refused("takes a part of a shape that is not followed", "x.shape[0] and x.shape[2:] are")


def _onwards(channels: Channels, output: Stream, stream: Stream, back: Any = None) -> Stream:
    channels.parts.append(Part("", None, (stream,), output, back or _alike))
    return output


def _alike(read: Tensor) -> tuple[Tensor, ...]:
    return (read,)


def _bias(channels: Channels, layer: Any) -> Any:
    if layer.bias is None:
        return 0.0
    return layer.bias.detach().double().cpu() if channels.values else torch.nan


def _learned(channels: Channels, value: Tensor) -> Tensor:
    """Return the constants that stay while biases learn: zeros alone, unless the numbers are fixed."""
    return value if channels.values else _zeros_alone(value)


def _zeros_alone(value: Tensor) -> Tensor:
    return torch.where(value == 0, 0.0, torch.nan)


def _some(padding: Any) -> bool:
    return any(padding) if isinstance(padding, tuple) else bool(padding)


def zero_padded(layer: Any) -> bool:
    """Whether a convolution sees zeros around the image, so that a constant is none at the border."""
    padding = getattr(layer, "_reversed_padding_repeated_twice", ())
    return getattr(layer, "padding_mode", "") == "zeros" and any(padding)


def constant_kernel(layer: Any, value: Tensor, features: int = 1) -> Tensor:
    """Return the kernel (units, …) that a constant in every channel makes of a layer's weight, in float64."""
    weight = layer.weight.detach().double().cpu()
    weight = weight.view(len(weight), -1, features) if weight.dim() == 2 else weight
    return torch.einsum("oi...,i->o...", weight, value)
