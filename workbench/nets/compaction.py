"""Compaction: of a masked network an ordinary smaller one, which computes the same.

Units, channels and inputs that nothing reads go, and channels that are always zero; a smaller layer has the class and
the names of the whole one. While a network trains only that goes which changes neither its logits nor any gradient of
what stays: a unit with only a bias stays, since its bias learns. For inference constants go too, into what reads them
(`constants`). Convolutions whose outputs are summed lose a channel together.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from workbench.nets import constants, masks
from workbench.nets.channels import Channels, Part, Stream
from workbench.nets.door import check_finite, check_model, check_network
from workbench.nets.following import follow
from workbench.nets.kept_channels import Kept, keep, needs
from workbench.nets.linear_maps import prunable
from workbench.nets.masks import Mask
from workbench.nets.plain_module import NORMS, for_training, private
from workbench.nets.smaller_layers import read_some
from workbench.nets.weights import Weights, owners
from workbench.work import rules


@dataclass(frozen=True, eq=False)
class Compaction:
    """A smaller network, and where its tensors lie in those of the whole one.

    `network` is private, and its numbers are the model's; `places` gives, for every name whose tensor became smaller,
    the flat places that are left: `tensor.flatten()[places].view(shape)`. `idle` gives those of the running statistics
    that are left out, and the factor by which a step of training multiplies each: only zeros arrive there.
    """

    network: nn.Module
    places: dict[str, Tensor]
    idle: dict[str, tuple[Tensor, float]]

    def to(self, device: str) -> Compaction:
        """Return the compaction on a device."""
        places = {name: index.to(device) for name, index in self.places.items()}
        idle = {name: (index.to(device), factor) for name, (index, factor) in self.idle.items()}
        return Compaction(self.network.to(device), places, idle)


@dataclass(frozen=True)
class Alive:
    """What of a layer is alive: in which something arrives, by unmasked weights, and which something reads."""

    inputs: int
    inputs_alive: int
    units: int
    units_alive: int


def compact(model: nn.Module, weights: Weights, mask: Mask, *, inference: bool = False) -> nn.Module:
    """Return an ordinary smaller module that computes what the model does with these weights and this mask.

    A private copy in which what nothing reads is left out; it can be trained on. With `inference` it is in eval mode
    and for eval mode alone: batch-norm goes into the layer before it, and what is constant into the layer that reads
    it. Raises a ValueError for weights or a mask of another model, and for a model whose channels cannot be followed.
    """
    check_network(model, weights)
    check_finite(weights)
    _check_mask(model, mask)
    rules.flag("inference", inference)
    network = private(model)
    network.load_state_dict(masks.apply(weights, mask))
    if not inference:
        _shrink(network, _kept_in_training(network, mask))
        return network
    kept = keep(constants.channels(network.eval()))
    kernels = constants.folds(kept)
    _shrink(network, kept)
    constants.fold(kernels)
    return network


def compaction(model: nn.Module, mask: Mask) -> Compaction:
    """Return the smaller network to train: its logits, in train and eval mode, and its gradients are the masked one's.

    Batch-norm's running statistics too: a channel whose statistics training would have to compute stays. Raises a
    ValueError for a mask of another model, and for a model whose channels cannot be followed.
    """
    _check_mask(model, mask)
    kept, network = _kept_in_training(model, mask), private(model)
    return Compaction(network, _shrink(network, kept), _idle(kept))


def alive(model: nn.Module, mask: Mask) -> dict[str, Alive]:
    """Count what of every layer is alive, by its weight's name: something arrives in it, and something reads it.

    Units are a layer's outputs, filters of a convolution; inputs are what it reads. Biases arrive nowhere. Raises a
    ValueError for a mask of another model, and for a model whose channels cannot be followed.
    """
    _check_mask(model, mask)
    channels = follow(private(model), mask)
    read = {id(stream): torch.zeros(len(stream.ids), dtype=torch.bool) for stream in _streams(channels)}
    read[id(channels.logits)][:] = True
    for part in reversed(channels.parts):
        for stream, channel_read in zip(part.inputs, part.back(read[id(part.output)]), strict=True):
            read[id(stream)] |= channel_read
    counts: dict[str, list[Tensor]] = {}
    names = prunable(model)
    for part in channels.parts:
        if (name := f"{part.name}.weight") not in names:
            continue
        units = part.output.arrives & read[id(part.output)]
        inputs = part.inputs[0].arrives.repeat_interleave(part.features)
        inputs = inputs & _reached(channels, part, read[id(part.output)])
        counts[name] = [a | b for a, b in zip(counts.get(name, (inputs, units)), (inputs, units), strict=True)]
    return {name: Alive(len(i), int(i.sum()), len(u), int(u.sum())) for name, (i, u) in counts.items()}


def coupled(model: nn.Module) -> list[tuple[str, ...]]:
    """Name the weights, group by group, whose layers lose a filter only together: their outputs are summed.

    A depthwise convolution goes with the layer that it reads. Raises a ValueError for a model whose channels cannot be
    followed.
    """
    check_model(model)
    channels = follow(private(model), prunable(model))
    groups: dict[tuple[int, ...], list[str]] = {}
    for layer, part in channels.calls.items():
        if not isinstance(layer, NORMS) and not isinstance(layer, nn.PReLU):
            groups.setdefault(tuple(channels.label[part.output.ids].tolist()), []).append(f"{part.name}.weight")
    return [tuple(names) for names in groups.values() if len(names) > 1]


def _check_mask(model: nn.Module, mask: Mask) -> None:
    check_model(model)
    masks.check_some(mask)
    masks.allowed(model, mask)


def _kept_in_training(model: nn.Module, mask: Mask) -> Kept:
    return keep(follow(for_training(private(model)), mask))


def _streams(channels: Channels) -> Iterator[Stream]:
    for part in channels.parts:
        yield from (part.output, *part.inputs)


def _reached(channels: Channels, part: Part, read: Tensor) -> Tensor:
    """Return which inputs of a layer lead on to units that are read."""
    if part.reads is None:  # a depthwise convolution
        return part.back(read)[0]
    if isinstance(part.layer, nn.Linear):
        return channels.mask_of(part.name, part.layer)[read].any(0)
    return needs(part, read)


def _shrink(network: nn.Module, kept: Kept) -> dict[str, Tensor]:
    """Make every layer of a private network smaller; return where what is left of its tensors was."""
    places: dict[str, Tensor] = {}
    for part in kept.channels.calls.values():
        layer: Any = network.get_submodule(part.name)
        rows, inputs = kept.of(part.output.ids), kept.of(part.inputs[0].ids).repeat_interleave(part.features)
        rows = rows.repeat_interleave(part.features) if isinstance(layer, NORMS) else rows
        mixes = part.reads is not None and getattr(layer, "groups", 1) == 1
        for name, tensor in (*layer._parameters.items(), *layer._buffers.items()):
            if tensor is None or tensor.dim() == 0 or len(tensor) != len(rows):  # one number for all channels
                continue
            grid = torch.arange(tensor.numel()).view(tensor.shape)[rows]
            grid = grid[:, inputs] if mixes and name == "weight" else grid
            if grid.numel() < tensor.numel():
                places[f"{part.name}.{name}"] = grid.flatten()
                smaller = tensor.detach().flatten()[grid.flatten().to(tensor.device)].view(grid.shape)
                trained = isinstance(tensor, nn.Parameter)
                setattr(layer, name, nn.Parameter(smaller, tensor.requires_grad) if trained else smaller)
        _resize(layer, int(rows.sum()), int(inputs.sum()))
        if part.images and not bool(inputs.all()):
            read_some(layer, inputs.nonzero().flatten())
    return {name: places[first] for name, first in owners(kept.channels.network).items() if first in places}


def _resize(layer: Any, units: int, inputs: int) -> None:
    """Let a layer say the sizes that it has."""
    if isinstance(layer, nn.Linear):
        layer.in_features, layer.out_features = inputs, units
    elif isinstance(layer, NORMS):
        layer.num_features = units
    elif isinstance(layer, nn.PReLU):
        layer.num_parameters = len(layer.weight)
    else:
        layer.groups = inputs if layer.groups == layer.in_channels > 1 else layer.groups
        layer.in_channels, layer.out_channels = inputs, units


def _idle(kept: Kept) -> dict[str, tuple[Tensor, float]]:
    """Return the places of running statistics that are left out, and what a step of training multiplies them by."""
    idle: dict[str, tuple[Tensor, float]] = {}
    for layer, part in kept.channels.calls.items():
        if isinstance(layer, NORMS) and layer.training and layer.running_var is not None:
            places = (~kept.of(part.output.ids).repeat_interleave(part.features)).nonzero().flatten()
            calls = sum(other.layer is layer for other in kept.channels.parts)
            if len(places):
                assert layer.momentum is not None  # then all of it stays
                for name in ("running_mean", "running_var"):
                    idle[f"{part.name}.{name}"] = (places, (1 - layer.momentum) ** calls)
    return idle
