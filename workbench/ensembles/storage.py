"""What an ensemble costs to keep and to run, and its members on the disk.

An edge-popup member is one bit a weight: the frozen random weights are drawn again, or shared. A magnitude member is
its mask and 32 bits for each weight it keeps. Either also has its batch-norm statistics.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.func import functional_call
from torch.nn.modules.conv import _ConvNd

from workbench.data.data import Data
from workbench.ensembles.member import Member, check_members
from workbench.nets import masks
from workbench.nets.door import check_data, check_model, taken_by
from workbench.nets.linear_maps import linear_maps
from workbench.nets.plain_module import private
from workbench.nets.weights import Weights, check_same, lent, owners
from workbench.training.losses import LOSSES
from workbench.work import rules
from workbench.work.annotations import convert_fields
from workbench.work.fingerprint import fingerprint
from workbench.work.tensor_file import read_tensors, write_tensors

FLOAT = 32  # bits
KEPT = ("steps", "seed", "vote", "stored", "over", "extra")  # of a member, beside its tensors and its loss


def stored_bits(member: Member, model: nn.Module) -> int:
    """Return how many bits a member takes beyond the random weights that edge-popup members share.

    "bits": the mask and the buffers. "values": the mask where it is sparse, 32 bits for each kept weight, and all else
    that the network has (biases, norms, buffers).
    """
    _check_of(member, model)
    buffers = 8 * sum(buffer.numel() * buffer.element_size() for _, buffer in model.named_buffers())
    places = masks.total(member.mask)
    if member.stored == "bits":
        return places + buffers
    rest = sum(p.numel() for name, p in model.named_parameters() if name not in member.mask)
    mask = 0 if masks.kept(member.mask) == places else places
    return mask + FLOAT * (masks.kept(member.mask) + rest) + buffers


def multiplications(model: nn.Module, member: Member, data: Data) -> int:
    """Return how many products a member takes for one image: kept weights × the places each is used at."""
    _check_of(member, model)
    check_data(data)
    used: dict[str, int] = {}
    network, owner = private(model).eval(), owners(model)
    for name, module, _ in linear_maps(network):
        if (name := owner.get(name, name)) in member.mask:
            if not isinstance(module, (nn.Linear, _ConvNd)):
                raise ValueError(
                    f"products are counted of linear layers and convolutions, and {name} is of neither; keep it dense"
                )
            module.register_forward_hook(_uses(used, name))
    image = torch.zeros(1, *data.shape)
    with torch.no_grad(), taken_by(model, image):
        functional_call(network, lent(member.weights, model), (image,))
    return sum(used.get(name, 0) * int(kept.count_nonzero()) for name, kept in member.mask.items())


def save(members: Sequence[Member], shared: Weights, path: str | Path) -> None:
    """Write members to a safetensors file: masks with eight places a byte, and what differs from the `shared` weights.

    `shared` are the random weights that edge-popup members are cut from (of members whose weights were trained, any of
    the model's form): they are drawn again from their seed, and not kept. Histories are not kept either. Raises a
    ValueError for a missing folder, and for members that were not cut from the shared weights.
    """
    check_members(members)
    rules.tensors("shared", shared, "wb.initialise(model, seed=0) gives random weights")
    tensors = {f"{m}:{name}": t for m, member in enumerate(members) for name, t in _tensors(member, shared, m).items()}
    about = {"format": "lottery-workbench ensemble", "members": json.dumps([_about(member) for member in members])}
    write_tensors(path, tensors, about | {"shared": fingerprint(shared)}, "an ensemble")


def open(path: str | Path, shared: Weights) -> list[Member]:  # read as wb.ensembles.open
    """Read the members that `save` wrote, with the random weights that they share; their histories are empty.

    Raises a ValueError for another file, and for members of frozen weights where `shared` are others.
    """
    way_on = "wb.ensembles.save(members, shared, path) writes one"
    rules.tensors("shared", shared, "wb.initialise(model, seed=0) gives random weights")
    tensors, about = read_tensors(path, "ensemble", way_on)
    if "members" not in about:
        raise ValueError(f"{path} holds no ensemble; {way_on}")
    fields = json.loads(about["members"])
    if any(member["stored"] == "bits" for member in fields) and about["shared"] != fingerprint(shared):
        raise ValueError(f"the members of {path} are cut from other random weights; draw those of their seed")
    if other := {name.rpartition(":")[2] for name in tensors} - shared.keys():
        raise ValueError(f"shared must be weights of the members' model, but {path} has {min(other)} beside; {way_on}")
    return [_member(tensors, f"{m}:", shared, member) for m, member in enumerate(fields)]


def _check_of(member: Member, model: nn.Module) -> None:
    check_members([member])
    check_model(model)
    if other := member.mask.keys() - {name for name, _ in model.named_parameters()}:
        raise ValueError(f"member must be of the model, but it keeps {min(other)}, which the model does not have")


def _tensors(member: Member, shared: Weights, m: int) -> dict[str, Tensor]:
    check_same(shared, member.weights)
    tensors: dict[str, Tensor] = {}
    for name, tensor in member.weights.items():
        kept = member.mask.get(name)
        if kept is not None:
            tensors[f"mask:{name}"] = torch.from_numpy(np.packbits(kept.cpu().numpy()))
            if member.stored == "values":
                tensors[name] = tensor[kept].clone()
            elif not torch.equal(tensor, torch.where(kept, shared[name], 0)):
                raise ValueError(
                    f"member {m} is not cut from the shared weights: {name} has others; pass those it was searched "
                    'in, or save its values: dataclasses.replace(member, stored="values")'
                )
        elif not torch.equal(tensor, shared[name]):
            tensors[name] = tensor.contiguous().clone()
    return tensors


def _about(member: Member) -> dict[str, Any]:
    loss = {"name": type(member.loss).__name__, **convert_fields(member.loss)}
    return {name: getattr(member, name) for name in KEPT} | {"loss": loss}


def _member(tensors: dict[str, Tensor], prefix: str, shared: Weights, about: dict[str, Any]) -> Member:
    weights, mask = dict(shared), {}
    for name, tensor in shared.items():
        values = tensors.get(f"{prefix}{name}")
        if (bits := tensors.get(f"{prefix}mask:{name}")) is not None:
            flat = np.unpackbits(bits.numpy(), count=tensor.numel()).astype(bool)
            mask[name] = torch.from_numpy(flat).view(tensor.shape)
            weights[name] = torch.where(mask[name], tensor, 0)
            if values is not None:
                weights[name] = torch.zeros_like(tensor).masked_scatter_(mask[name], values)
        elif values is not None:
            weights[name] = values
    options = dict(about["loss"])
    losses = {getattr(kind, "__name__", ""): kind for kind in LOSSES.values()}
    loss = losses[options.pop("name")](**options)
    return Member(weights, mask, loss, [], **{name: about[name] for name in KEPT})


def _uses(used: dict[str, int], name: str) -> Callable[[nn.Module, tuple[Tensor, ...], Tensor], None]:
    """A hook that notes at how many places a weight is used: of the output, or of a transposed convolution's input."""

    def hook(module: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
        side = inputs[0] if getattr(module, "transposed", False) else output
        weight: Any = module.weight
        used[name] = used.get(name, 0) + side[0].numel() // len(weight)

    return hook
