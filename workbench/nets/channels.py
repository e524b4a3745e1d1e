"""What becomes of every channel of a network: where it comes from, what arrives in it, and what reads it.

The module's forward pass is traced once, symbolically (torch.fx), and each of its operations is followed by a rule of
`channel_rules`. Channels that go one to one from operation to operation, through a sum of two branches too, have one
number: they stay or go together. Of each is known whether anything *arrives* (an unmasked weight from a channel in
which something arrives), and its constant value where nothing does: a bias makes a constant, batch-norm another. What
no rule is known for is refused in words, with the layer's name: a wrong flow would be a wrong network.
"""

from __future__ import annotations

import operator
import threading
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from types import ModuleType
from typing import Any

import torch
from torch import Tensor, fx, nn
from torch.nn import functional

from workbench.nets.masks import Mask
from workbench.nets.plain_module import private
from workbench.nets.weights import owners
from workbench.work.locks import Lock

_tracing = Lock(awaited=True)  # meanwhile torch has put its tracer into nn.Module itself, for all threads

KNOWN = (nn.Linear, nn.Conv1d, nn.Conv2d, nn.Conv3d, nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d)


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
    """A number that the forward pass reads from a tensor's shape: "batch", "channels", "image", or the whole "shape"."""

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
    from its tensors with `values`; without, only 0 is known, since biases and norms learn. Raises a ValueError for what
    cannot be followed.
    """

    def __init__(self, network: nn.Module, kept: Mask, *, values: bool = False) -> None:
        from workbench.nets import channel_rules  # its rules are of these classes

        self.network, self.kept, self.values = network, kept, values
        self.parts: list[Part] = []
        self.calls: dict[nn.Module, Part] = {}
        self.repeated: set[nn.Module] = set()
        self.owners = owners(network)
        self.label = torch.arange(0)
        self.pinned: list[Tensor] = []
        self.here, self.logits = "", Images()
        self.env: dict[fx.Node, Any] = {}
        for node in traced(network).nodes:
            self.here = _shown(node, network)
            self.env[node] = channel_rules.step(self, node)

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
                self.parts.append(Part("", None, (stream, by), either, lambda read: (read, read)))
                self.env[node] = either

    def mask_of(self, name: str, layer: nn.Module) -> Tensor:
        """Return which weights of a layer are kept: all that the mask does not name."""
        weight = layer._parameters.get("weight")
        if weight is None:
            raise self.refused("has a weight that is made of others", "remove_parametrizations of torch makes it plain")
        kept = self.kept.get(self.owners[f"{name}.weight"])
        return torch.ones(weight.shape, dtype=torch.bool) if kept is None else kept.cpu()


class _Tracer(fx.Tracer):
    """Torch's tracer, which lets the modules of other threads alone: they may train meanwhile."""

    def __init__(self) -> None:
        super().__init__(autowrap_modules=())  # pyright: ignore[reportArgumentType]
        self.thread = threading.get_ident()

    def call_module(self, m: nn.Module, forward: Callable[..., Any], args: Any, kwargs: Any) -> Any:
        here = threading.get_ident() == self.thread
        return super().call_module(m, forward, args, kwargs) if here else forward(*args, **kwargs)

    def getattr(self, attr: str, attr_val: Any, parameter_proxy_cache: dict[str, Any]) -> Any:
        here = threading.get_ident() == self.thread
        return super().getattr(attr, attr_val, parameter_proxy_cache) if here else attr_val

    def is_leaf_module(self, m: nn.Module, module_qualified_name: str) -> bool:
        return known(m) is not None or super().is_leaf_module(m, module_qualified_name)


def known(layer: nn.Module) -> type[nn.Module] | None:
    """Return which of torch's layers a module is, with that layer's forward pass: a subclass of it may be, too."""
    for kind in KNOWN:
        same = (getattr(type(layer), name, None) is getattr(kind, name, None) for name in ("forward", "_conv_forward"))
        if isinstance(layer, kind) and all(same):
            return kind
    return None


def traced(network: nn.Module) -> fx.Graph:
    """Trace a copy of the network, in eval mode and in train mode; a ValueError where the two differ, or none works."""
    if known(network) is not None:
        raise refused(network, "it is a single layer", "nn.Sequential(nn.Flatten(), layer) is a network")
    if hooked := [path or "itself" for path, m in network.named_modules() if m._forward_hooks or m._forward_pre_hooks]:
        raise refused(network, f"it has a forward hook, on {hooked[0]}", "remove it")
    shared: dict[int, nn.Module] = {}
    for path, layer in network.named_modules():
        for name, parameter in layer._parameters.items():
            if parameter is not None and shared.setdefault(id(parameter), layer) is not layer:
                raise refused(network, f"{f'{path}.{name}'.strip('.')} is shared by two layers")
    graphs = []
    for training in (False, True):
        copy = private(network).train(training)
        try:
            with _tracing:
                graphs.append(_Tracer().trace(copy))
        except Exception as error:  # whatever the module's own code raises when it is given no numbers
            words = " ".join(str(error).split())[:200]
            raise refused(network, f"its forward pass cannot be followed without numbers ({words})") from error
    first, second = ([(node.op, node.target) for node in graph.nodes] for graph in graphs)
    if first != second:
        raise refused(network, "its forward pass does something else in train mode than in eval mode")
    return graphs[0]


def target_name(target: Any, spaces: Collection[ModuleType] = (functional, torch, operator)) -> str:
    """Return the name of a function of torch's, or of Python's operators; empty for any other."""
    if target is getattr:
        return "getattr"
    name = getattr(target, "__name__", "")
    return name if any(getattr(space, name, None) is target for space in spaces) else ""


def refused(network: nn.Module, reason: str, way_on: str = "") -> ValueError:
    """Return the error: what of the network cannot be followed, and how it trains nevertheless."""
    dense = 'execution="dense" trains it as it is'
    return ValueError(
        f"{type(network).__name__} cannot be made smaller: {reason}; {f'{way_on}, or ' if way_on else ''}{dense}"
    )


def _shown(node: fx.Node, network: nn.Module) -> str:
    if node.op == "call_module":
        return f"{node.target} ({type(network.get_submodule(str(node.target))).__name__})"
    name = node.target if isinstance(node.target, str) else getattr(node.target, "__name__", str(node.target))
    return f"the call of {name} ({node.name})" if node.op.startswith("call") else f"{name}"


def tensors_of(given: Mapping[str, Any] | tuple[Any, ...] | list[Any]) -> list[Any]:
    """Return what is given to an operation, one after another, and what lies in its lists."""
    flat: list[Any] = []
    for value in given.values() if isinstance(given, Mapping) else given:
        flat += tensors_of(value) if isinstance(value, (tuple, list, Mapping)) else [value]
    return flat
