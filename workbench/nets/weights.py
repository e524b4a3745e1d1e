"""Weights are a plain dict, a ticket is weights and a mask.

`Weights` holds every entry of a model's state dict by its name, buffers included. Keeping one is rewinding; mixing two
is a step along the line between them. A `Ticket` is a sparse network in that form (Frankle & Carbin 2019, section 1).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from workbench.nets import masks
from workbench.nets.masks import Mask
from workbench.nets.plain_module import check_module
from workbench.work import rules
from workbench.work.tensor_file import read_tensors, ties, write_tensors

Weights = dict[str, Tensor]
SOURCE = "take both from the same model: wb.snapshot(model) or wb.initialise(model, seed=...)"


@dataclass(frozen=True, eq=False)
class Ticket:
    """A sparse network: weights, and the mask of those that are kept.

    The weights are zero wherever the mask is False, so that `model.load_state_dict(ticket.weights)` gives the sparse
    network in plain torch.
    """

    weights: Weights
    mask: Mask

    def __post_init__(self) -> None:
        object.__setattr__(self, "weights", masks.apply(self.weights, self.mask))

    def __repr__(self) -> str:
        return f"Ticket(density={masks.density(self.mask):.4g}, kept={masks.kept(self.mask)})"


def snapshot(model: nn.Module) -> Weights:
    """Copy a model's state dict: name -> tensor, buffers included, detached from the model.

    Names that share one tensor in the model (tied weights) share the copy.
    """
    check_module(model)
    owner, copies = owners(model), {}
    for name, tensor in model.state_dict().items():
        if owner.get(name, name) not in copies:
            copies[owner.get(name, name)] = tensor.detach().clone()
    return {name: copies[owner.get(name, name)] for name in model.state_dict()}


def on_cpu(tensors: Mapping[str, Tensor]) -> Weights:
    """Copy the tensors of a live state to the CPU, contiguous and detached: values that no later step changes."""
    return {name: tensor.detach().cpu().contiguous().clone() for name, tensor in tensors.items()}


def mix(a: Weights, b: Weights, alpha: float) -> Weights:
    """Return (1 - alpha) * a + alpha * b, exact at both ends; integer buffers come from `a`.

    Batch-norm's running statistics are mixed like everything else (`batch_norm="average"`, as "Lottery Tickets on a
    Data Diet" does).
    """
    check_same(a, b)
    rules.number("alpha", alpha, way_on="0 is the first weights, 1 the second")
    first = {name: owner for name, owner in ties(a).items() if torch.equal(b[name], b[owner])}
    mixed = {name: _mixed(tensor, b[name], alpha) for name, tensor in a.items() if name not in first}
    return {name: mixed[first.get(name, name)] for name in a}


def save(ticket: Ticket, path: str | Path) -> None:
    """Write a ticket to a safetensors file: the weights under their names, the mask under `mask:` and the name."""
    rules.instance("ticket", ticket, Ticket, "a Ticket", "wb.Ticket(run.weights, mask) makes one")
    tied = {"tied": json.dumps(ties(ticket.weights))}
    tensors = dict(ticket.weights) | {f"mask:{name}": tensor for name, tensor in ticket.mask.items()}
    tensors = {name: t.clone(memory_format=torch.contiguous_format) for name, t in tensors.items()}  # none shared
    write_tensors(path, tensors, {"format": "lottery-workbench ticket"} | tied, "a ticket")


def open(path: str | Path) -> Ticket:  # read as wb.open
    """Read a ticket that `save` wrote; `model.load_state_dict(ticket.weights)` puts it into the plain module."""
    tensors, about = read_tensors(path, "ticket", "wb.save(ticket, path) writes one")
    tensors |= {name: tensors[first] for name, first in json.loads(about.get("tied", "{}")).items()}
    mask = {name.removeprefix("mask:"): tensor for name, tensor in tensors.items() if name.startswith("mask:")}
    if not mask:
        raise ValueError(f"{path} holds no mask, so it is no ticket; wb.save(ticket, path) writes both")
    return Ticket({name: tensor for name, tensor in tensors.items() if not name.startswith("mask:")}, mask)


def _mixed(a: Tensor, b: Tensor, alpha: float) -> Tensor:
    if alpha in (0, 1) or not a.is_floating_point():
        return (b if alpha == 1 and a.is_floating_point() else a).clone()
    return torch.lerp(a, b, alpha)


def owners(model: nn.Module) -> dict[str, str]:
    """Return, for every parameter and buffer, the first name of its tensor: another one where weights are tied."""
    tensors = (*model.named_parameters(remove_duplicate=False), *model.named_buffers(remove_duplicate=False))
    first: dict[int, str] = {}
    return {name: first.setdefault(id(tensor), name) for name, tensor in tensors}


def untied(weights: Weights, model: nn.Module) -> Weights:
    """Leave out the names that only repeat another: `functional_call` takes a tied tensor once."""
    owner = owners(model)
    return {name: tensor for name, tensor in weights.items() if owner.get(name, name) == name}


def lent(weights: Weights, model: nn.Module) -> Weights:
    """Return the weights as `functional_call` takes them: a tied tensor once, and of buffers copies.

    A forward pass may write over a buffer, in eval mode too, and what came in stays as it was.
    """
    buffers = {name for name, _ in model.named_buffers()}
    return {name: t.clone() if name in buffers else t for name, t in untied(weights, model).items()}


def check_fits(weights: Weights, model: nn.Module) -> None:
    """Raise a ValueError unless the weights have the names, shapes and dtypes of the model's state dict."""
    check_module(model)
    _check_alike("the weights", weights, "the model", model.state_dict())
    for name, first in owners(model).items():
        if name != first and name in weights and not torch.equal(weights[name], weights[first]):
            tied = f"{first} and {name} are one tensor in the model (tied), but two that differ in the weights"
            raise ValueError(f"{tied}; give both the same: weights[{name!r}] = weights[{first!r}]")


def check_same(a: Weights, b: Weights) -> None:
    """Raise a ValueError unless both are weights of the same model."""
    rules.tensors("the first weights", a, SOURCE)
    _check_alike("the second weights", b, "the first", a)


def _check_alike(title: str, weights: Weights, owner: str, expected: Weights) -> None:
    rules.tensors(title, weights, SOURCE)
    missing, extra = _few(expected.keys() - weights.keys()), _few(weights.keys() - expected.keys())
    if missing or extra:
        raise ValueError(f"{title} must have the names of {owner}; missing: {missing}, not known: {extra}; {SOURCE}")
    for name, tensor in expected.items():
        if tensor.shape != weights[name].shape:
            shapes = f"{tuple(weights[name].shape)}, not {tuple(tensor.shape)}"
            raise ValueError(f"{title} must have the shapes of {owner}, but {name} has {shapes}; {SOURCE}")
        if tensor.dtype != weights[name].dtype:
            dtypes = f"{weights[name].dtype}, not {tensor.dtype}"
            raise ValueError(f"{title} must have the dtypes of {owner}, but {name} is {dtypes}; {SOURCE}")


def _few(names: Iterable[str]) -> str:
    names = sorted(names)
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
