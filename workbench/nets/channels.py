"""What becomes of every channel of a network: where it comes from, what arrives in it, and what reads it.

Channels that go one to one from operation to operation, through a sum of two branches too, have one number: they stay
or go together. Of each is known whether anything *arrives* (an unmasked weight from a channel in which something
arrives), and its constant value where nothing does: a bias makes a constant, batch-norm another.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor, fx, nn

from workbench.nets.masks import Mask
from workbench.nets.tracing import refused
from workbench.nets.weights import owners


@dataclass(frozen=True, eq=False)
class Stream:
    """A tensor of the network by its channels, axis 1: their numbers, whether something arrives, their constants.

    `value` is NaN where something arrives, and where the constant is not known or not the same all over an image.
    `space` counts the axes behind the channels; `size` is the number of places behind each channel, in the image or,
    once flattened, in the row of features; None where it is not known. Streams of one `memory` may share it.
    """

    ids: Tensor
    arrives: Tensor
    value: Tensor
    space: int
    size: int | None
    memory: object


@dataclass(frozen=True, eq=False)
class Images:
    """The network's input: no channel of it can go, and how many there are is told by the first layer."""

    flat: bool = False


@dataclass(frozen=True)
class Size:
    """What the forward pass reads from a tensor's shape: "batch", "channels", "image", or the whole "shape"."""

    of: str


@dataclass(frozen=True, eq=False)
class Part:
    """One operation on streams; `reads` (units, channels) are the weights of a layer that mixes channels, unmasked.

    `back` takes which channels of the output are read to those of each input. `features` are how many columns of a
    weight, or numbers of a norm, belong to one channel; `images` says that the input is the network's.
    """

    name: str
    layer: nn.Module | None
    inputs: tuple[Stream, ...]
    output: Stream
    back: Callable[[Tensor], tuple[Tensor, ...]]
    reads: Tensor | None = None
    features: int = 1
    images: bool = False


class Channels:
    """All channels of a network, followed from the images to the logits.

    `network` is a private copy, and `kept` a bool tensor for every weight of it that is masked. Constants are computed
    from its tensors with `values`; without, only 0 is known, since biases and norms learn. `following` fills it.
    """

    def __init__(self, network: nn.Module, kept: Mask, *, values: bool = False) -> None:
        self.network, self.kept, self.values = network, kept, values
        self.parts: list[Part] = []
        self.calls: dict[nn.Module, Part] = {}
        self.repeated: set[nn.Module] = set()
        self.owners = owners(network)
        self.label = torch.arange(0)
        self.pinned: list[Tensor] = []
        self.here = ""
        self.logits: Stream | None = None
        self.env: dict[fx.Node, Any] = {}

    def refused(self, reason: str, way_on: str = "") -> ValueError:
        return refused(self.network, f"{self.here} {reason}", way_on)

    def new(self, count: int, arrives: Tensor, value: Tensor, space: int, size: int | None) -> Stream:
        """Return a stream of channels that were not there before."""
        ids = torch.arange(len(self.label), len(self.label) + count)
        self.label = torch.cat([self.label, ids])
        return Stream(ids, arrives, value, space, size, object())

    def joined(self, a: Tensor, b: Tensor) -> None:
        """Let channels stay or go together, pair by pair."""
        while not torch.equal(self.label[a], self.label[b]):
            first, lower = torch.arange(len(self.label)), torch.minimum(self.label[a], self.label[b])
            for ids in (a, b):
                first.scatter_reduce_(0, self.label[ids], lower, "amin")
            self.label = first[self.label]

    def pin(self, stream: Stream) -> None:
        """Let all channels of a stream stay."""
        self.pinned.append(stream.ids)

    def added(self, output: Stream, *inputs: Stream, back: Any = None) -> Stream:
        """Add an operation without weights: by default, what reads a channel of the output reads that of each input."""
        self.parts.append(Part("", None, inputs, output, back or (lambda read: (read,) * len(inputs))))
        return output

    def learned(self, value: Tensor) -> Tensor:
        """Return the constants that stay while biases learn: zeros alone, unless the numbers are fixed."""
        return value if self.values else zeros_alone(value)

    def resolved(self, images: Images, count: int, space: int) -> Stream:
        """Return the images as a stream, now that a layer tells how many channels they have."""
        nan = torch.full((count,), torch.nan, dtype=torch.float64)
        return self.new(count, torch.ones(count, dtype=torch.bool), nan, space, None)

    def overwrite(self, memory: object, by: Stream) -> None:
        """Let what shares a memory be of either value from here on: the operation may have written over it."""
        for node, stream in self.env.items():
            if isinstance(stream, Stream) and stream.memory is memory and len(stream.ids) == len(by.ids):
                value = torch.where(stream.value == by.value, stream.value, torch.nan)
                either = replace(stream, arrives=stream.arrives | by.arrives, value=value)
                self.env[node] = self.added(either, stream, by)

    def mask_of(self, name: str, layer: nn.Module) -> Tensor:
        """Return which weights of a layer are kept: all that the mask does not name."""
        weight = layer._parameters.get("weight")
        if weight is None:
            raise self.refused("has a weight that is made of others", "remove_parametrizations of torch makes it plain")
        kept = self.kept.get(self.owners[f"{name}.weight"])
        return torch.ones(weight.shape, dtype=torch.bool) if kept is None else kept.cpu()


def tensors_of(given: Mapping[str, Any] | tuple[Any, ...] | list[Any]) -> list[Any]:
    """Return what is given to an operation, one after another, and what lies in its lists."""
    flat: list[Any] = []
    for value in given.values() if isinstance(given, Mapping) else given:
        flat += tensors_of(value) if isinstance(value, (tuple, list, Mapping)) else [value]
    return flat


def zeros_alone(value: Tensor) -> Tensor:
    return torch.full_like(value, torch.nan).masked_fill(value == 0, 0)
