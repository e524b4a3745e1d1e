"""How layers with weights pass channels on: which a unit reads, what arrives in it, and the constants it makes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from workbench.nets.channels import Channels, Images, Part, Stream


def mixing(channels: Channels, path: str, layer: Any, given: Stream | Images) -> Stream:
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


def depthwise(channels: Channels, path: str, layer: Any, given: Stream | Images) -> Stream:
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


def norm(channels: Channels, path: str, layer: Any, given: Stream | Images) -> Stream:
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
    return _called(channels, Part(path, layer, (stream,), output, lambda read: (read,), features=features))


def prelu(channels: Channels, path: str, layer: Any, given: Stream | Images) -> Stream | Images:
    weight = layer.weight.detach().double().cpu()
    if isinstance(given, Images):
        return given
    if layer.num_parameters not in (1, len(given.ids)):
        raise channels.refused("reads a tensor of another form than its channels tell")
    value = functional.prelu(given.value[None], weight)[0]
    output = replace(given, value=channels.learned(value), memory=object())
    return _called(channels, Part(path, layer, (given,), output, lambda read: (read,)))


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
    layer = part.layer
    assert layer is not None
    if (before := channels.calls.get(layer)) is not None:
        if part.images != before.images or part.features != before.features:
            raise channels.refused("is called for the images and again for other channels")
        channels.repeated.add(layer)
        channels.joined(part.inputs[0].ids, before.inputs[0].ids)
        part = replace(part, output=replace(part.output, ids=before.output.ids))
    channels.calls.setdefault(layer, part)
    channels.parts.append(part)
    return part.output


def _bias(channels: Channels, layer: Any) -> Any:
    if layer.bias is None:
        return 0.0
    return layer.bias.detach().double().cpu() if channels.values else torch.nan


def zero_padded(layer: Any) -> bool:
    """Whether a convolution sees zeros around the image, so that a constant is none at the border."""
    padding = getattr(layer, "_reversed_padding_repeated_twice", ())
    return getattr(layer, "padding_mode", "") == "zeros" and any(padding)


def constant_kernel(layer: Any, value: Tensor, features: int = 1) -> Tensor:
    """Return the kernel (units, …) that a constant in every channel makes of a layer's weight, in float64."""
    weight = layer.weight.detach().double().cpu()
    weight = weight.view(len(weight), -1, features) if weight.dim() == 2 else weight
    return torch.einsum("oi...,i->o...", weight, value)
