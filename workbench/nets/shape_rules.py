"""How operations without weights pass channels on: sums and activations, poolings, what makes flat or joins.

What would change with the number of channels (a size written into `view`, a sum over channels, a tensor of one's own
for every channel) is refused.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from workbench.nets.channels import Channels, Images, Size, Stream, tensors_of, zeros_alone

DEPTHS = ("1d", "2d", "3d")
BATCH, CHANNELS, IMAGE, SHAPE = (Size(of) for of in ("batch", "channels", "image", "shape"))


def each(channels: Channels, function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """What is done to every number by itself, or to two at the same place: channels of the two go together."""
    values = tensors_of((args, kwargs))
    images = [value for value in values if isinstance(value, Images)]
    streams = [value for value in values if isinstance(value, Stream)]
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
    value = channels.learned(out.flatten().masked_fill(unknown, torch.nan))
    arrives = torch.stack([stream.arrives for stream in streams]).any(0)
    sizes = [stream.size for stream in streams if stream.size != 1]
    output = replace(first, arrives=arrives, value=value, size=sizes[0] if sizes else 1)
    channels.overwrite(first.memory, output)
    return channels.added(output, *streams)


def pool(channels: Channels, stream: Any, depth: str, padded: bool, output_size: Any) -> Any:
    if isinstance(stream, Images):
        return stream
    if stream.space != DEPTHS.index(depth) + 1:
        raise channels.refused("pools a tensor of another form")
    single = output_size is not None and set(tensors_of([output_size])) == {1}
    value = zeros_alone(stream.value) if padded else stream.value
    return channels.added(replace(stream, value=value, size=1 if single else None, memory=object()), stream)


def mean(channels: Channels, stream: Any, dim: Any = None, keepdim: bool = False) -> Any:
    dims = list(dim) if isinstance(dim, (tuple, list)) else [dim]
    if isinstance(stream, Images) or not all(isinstance(d, int) for d in dims):
        raise channels.refused("takes the mean over what is not known to be the image", "x.mean((2, 3)) is")
    behind = {d % (stream.space + 2) for d in dims}
    if not behind or min(behind) < 2:
        raise channels.refused("takes the mean over channels or examples", "x.mean((2, 3)) is over the image")
    whole, space = len(behind) == stream.space, stream.space - (0 if keepdim else len(behind))
    return channels.added(replace(stream, space=space, size=1 if whole else None, memory=object()), stream)


def flat(channels: Channels, stream: Any) -> Any:
    return Images(flat=True) if isinstance(stream, Images) else channels.added(replace(stream, space=0), stream)


def view(channels: Channels, stream: Any, shape: list[Any]) -> Any:
    if len(shape) == 2 and ((shape[0] == BATCH and shape[1] == -1) or isinstance(stream, Images)):
        return flat(channels, stream)
    raise channels.refused("is given a size that a smaller network has not", "write x.flatten(1)")


def cat(channels: Channels, streams: Any) -> Stream:
    if not isinstance(streams, (tuple, list)) or not all(isinstance(stream, Stream) for stream in streams):
        raise channels.refused("joins something other than the channels that layers made")
    first = streams[0]
    if any(s.space != first.space for s in streams) or (not first.space and any(s.size != 1 for s in streams)):
        raise channels.refused("joins tensors of different forms")
    ids, arrives, value = (torch.cat([getattr(s, name) for s in streams]) for name in ("ids", "arrives", "value"))
    output = Stream(ids, arrives, value, first.space, first.size, object())
    counts = [len(stream.ids) for stream in streams]
    return channels.added(output, *streams, back=lambda read: read.split(counts))


def mixed(channels: Channels, stream: Any) -> Any:
    """What looks at all channels at once: all of them stay."""
    if isinstance(stream, Images):
        return stream
    channels.pin(stream)
    arrives = stream.arrives.any().expand(len(stream.ids))
    output = replace(stream, arrives=arrives, value=torch.full_like(stream.value, torch.nan), memory=object())
    return channels.added(output, stream, back=lambda read: (read.any().expand(len(read)),))


def size(channels: Channels, index: Any) -> Size:
    if isinstance(index, int) and index == 0:
        return BATCH
    if (isinstance(index, int) and index > 1) or (isinstance(index, slice) and (index.start or 0) > 1):
        return IMAGE
    if index in (1, slice(1, 2)) or isinstance(index, int):
        return CHANNELS
    raise channels.refused("takes a part of a shape that is not followed", "x.shape[0] and x.shape[2:] are")
