"""Alignment: the same function with its hidden units in another order, and the order that brings two networks together.

A network does not change when its hidden units are permuted, but the straight line to another one does. Networks that
descend from one starting point may be linearly connected as they are; of independent ones this has been claimed up to a
permutation (Entezari et al. 2022). Here it is looked for by weight matching: Ainsworth et al. 2023, "Git Re-Basin:
Merging Models modulo Permutation Symmetries", section 3.2, algorithm 1. Mixed weights have other activations than
either end, so measure the path afterwards with batch_norm="recompute" (Jordan et al. 2023).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import torch
from jaxtyping import Int64
from torch import Tensor, nn

from workbench.landscape.entrance import check_ends
from workbench.landscape.hidden_units import Axis, Group, entries, hidden_units
from workbench.nets.weights import Weights, owners
from workbench.work import progress, rules
from workbench.work.nearest import unknown
from workbench.work.seeds import check_seed, generator

MOST = 1000  # searches: more are a slip
SWEEPS = 100  # the most; a search ends when a sweep over all groups changes none

Permutations = dict[str, Int64[Tensor, " units"]]


def align(model: nn.Module, a: Weights, b: Weights, *, seed: int = 0, orders: int = 3) -> Weights:
    """Return `b` with its hidden units in the order in which they come closest to those of `a`.

    It computes what `b` computes, up to the order of float sums; batch-norm's statistics move along. Of a ticket, whose
    weights are zero where pruned, the places move along too: its mask is `permute(model, mask, match(model, a, b))`.
    The arguments and errors are those of `match`.
    """
    return permute(model, b, match(model, a, b, seed=seed, orders=orders))


def match(model: nn.Module, a: Weights, b: Weights, *, seed: int = 0, orders: int = 3) -> Permutations:
    """Return the permutations P, one for each group of hidden units, that make ⟨a, P(b)⟩ over all parameters large.

    Group by group the best permutation, the others held, is a linear assignment problem, which scipy solves exactly;
    sweeps over the groups in random order (from the seed) go on until none changes. What is found is a local optimum:
    the best of `orders` searches. Raises a ValueError for weights of different models, for NaN, and for a module whose
    hidden units cannot be told (`hidden_units`).
    """
    check_ends(model, a, b)
    rules.whole("orders", orders, least=1, most=MOST, way_on="3 searches, and the best of them, is the default")
    check_seed(seed)
    groups = hidden_units(model)
    pairs = {name: (a[name].double().cpu(), b[name].double().cpu()) for name, _ in model.named_parameters()}
    closest, best, places = -math.inf, permutations(model), _by_tensor(groups)
    for order in range(orders):
        with progress.within("order", order, orders):
            candidate = _search(groups, pairs, generator(seed, "align", order))
        close = sum(float((x * _permuted(y, places.get(name, ()), candidate)).sum()) for name, (x, y) in pairs.items())
        if close > closest:
            closest, best = close, candidate
    return best


def permutations(model: nn.Module, *, seed: int | None = None) -> Permutations:
    """Return a permutation for every group of hidden units, by the name of the first weight that makes them.

    With a seed they are random ones, without they leave every unit in its place. Unit i of the permuted network is unit
    permutation[i] of the other.
    """
    groups = hidden_units(model)
    if seed is None:
        return {name: torch.arange(group.size) for name, group in groups.items()}
    draws = ((name, group.size, generator(seed, "permutation", i)) for i, (name, group) in enumerate(groups.items()))
    return {name: torch.randperm(size, generator=draw) for name, size, draw in draws}


def permute(model: nn.Module, tensors: Mapping[str, Tensor], permutations: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return weights, or a mask, with the hidden units in another order; the function stays the same.

    `permutations` are by group, as `permutations(model)` names them; a group without one stays as it is. Batch-norm's
    parameters and statistics move with their units. Raises a ValueError for a group that is not known, for what is no
    permutation of its units, and for tensors of another model.
    """
    groups, owner, state = hidden_units(model), owners(model), model.state_dict()
    _check(groups, permutations)
    rules.tensors("tensors", tensors, "weights or a mask of this model are some")
    for name, tensor in tensors.items():
        if name not in state or tensor.shape != state[name].shape:
            shape = tuple(tensor.shape)
            raise ValueError(f"the tensors must be of this model, but {name!r} of shape {shape} is not one of its own")
    places = _by_tensor(groups)
    return {name: _permuted(t, places.get(owner.get(name, name), ()), permutations) for name, t in tensors.items()}


Place = tuple[str, Axis]  # a group, and where its units stand in a tensor


def _by_tensor(groups: Mapping[str, Group]) -> dict[str, list[Place]]:
    """Return the places of each tensor."""
    places: dict[str, list[Place]] = {}
    for name, group in groups.items():
        for axis in group.axes:
            places.setdefault(axis.name, []).append((name, axis))
    return places


def _permuted(tensor: Tensor, places: Sequence[Place], permutations: Mapping[str, Tensor]) -> Tensor:
    """Return one tensor with the units at these places permuted."""
    orders: dict[int, Tensor] = {}
    for group, axis in places:
        if group in permutations:
            order = orders.setdefault(axis.dim, torch.arange(tensor.shape[axis.dim]))
            sources = entries(axis, permutations[group])
            order[axis.offset : axis.offset + len(sources)] = sources
    for dim, order in orders.items():
        tensor = tensor.index_select(dim, order.to(tensor.device))
    return tensor if orders else tensor.clone()


def _search(
    groups: Mapping[str, Group], pairs: Mapping[str, tuple[Tensor, Tensor]], draw: torch.Generator
) -> Permutations:
    """Sweep over the groups until no permutation changes: algorithm 1."""
    from scipy.optimize import linear_sum_assignment

    names, places = list(groups), _by_tensor(groups)
    permutations = {name: torch.arange(groups[name].size) for name in names}
    for sweep in range(SWEEPS):
        changed = False
        for count, place in enumerate(torch.randperm(len(names), generator=draw).tolist(), 1):
            name = names[place]
            gains = _gains(groups[name], pairs, places, permutations)
            rows, columns = linear_sum_assignment(gains.numpy(), maximize=True)
            current = gains[torch.arange(len(gains)), permutations[name]].sum()
            better = gains[rows, columns].sum() - current > 1e-9 * gains.abs().max() * len(gains)
            if bool(better):
                permutations[name], changed = torch.from_numpy(columns).long(), True
            with progress.within("sweep", sweep, SWEEPS):
                progress.report(count, len(names))
        if not changed:
            break
    return permutations


def _gains(
    group: Group,
    pairs: Mapping[str, tuple[Tensor, Tensor]],
    places: Mapping[str, Sequence[Place]],
    permutations: Mapping[str, Tensor],
) -> Tensor:
    """Return ⟨unit i of a, unit j of b⟩, summed over the axes of a group; all other axes of b are permuted."""
    gains = torch.zeros(group.size, group.size, dtype=torch.float64)
    for axis in group.axes:
        if axis.name in pairs:  # batch-norm's statistics move along, but do not count
            x, y = pairs[axis.name]
            y = _permuted(y, [place for place in places[axis.name] if place[1] != axis], permutations)
            gains += _units(x, axis, group.size) @ _units(y, axis, group.size).T
    return gains


def _units(tensor: Tensor, axis: Axis, size: int) -> Tensor:
    """Return a row for every unit, of all its entries."""
    return tensor.narrow(axis.dim, axis.offset, size * axis.block).movedim(axis.dim, 0).reshape(size, -1)


def _check(groups: Mapping[str, Group], permutations: Mapping[str, Tensor]) -> None:
    rules.tensors("permutations", permutations, "wb.landscape.permutations(model) are some")
    for name, permutation in permutations.items():
        if name not in groups:
            raise unknown("group of hidden units", name, groups)
        if permutation.dtype != torch.int64 or permutation.sort().values.tolist() != list(range(groups[name].size)):
            raise ValueError(
                f"the permutation of {name} must hold each of its {groups[name].size} units once, got "
                f"{permutation.tolist()[:8]}…; torch.randperm({groups[name].size}) is one"
            )
