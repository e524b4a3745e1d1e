"""Masks: which weights are kept.

A mask names the weights that may be pruned, each with a bool tensor of its shape; True is kept. What may be pruned is
every weight of a convolution or a linear layer, the last one included, and every matrix of attention and of a recurrent
layer; never a bias, never a norm. *Density* is the share of those weights that is kept: biases and norms count neither
above nor below the line.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping

import torch
from torch import Tensor, nn

from workbench.nets.largest import kth_largest
from workbench.nets.linear_maps import linear_maps, prunable
from workbench.nets.plain_module import check_module
from workbench.work import rules
from workbench.work.seeds import check_seed, generator
from workbench.work.tensor_file import ties

Mask = dict[str, Tensor]


def full(model: nn.Module, keep: Collection[str] = ()) -> Mask:
    """Return the dense mask: True at every weight that may be pruned, less the names in `keep`.

    `keep=("fc.weight",)` protects a layer, as some papers do with the last one. A weight that is not trained
    (`requires_grad=False`) may not be pruned; one that two layers share is there once, under its first name. Raises a
    ValueError for a layer whose weight is made of others (weight-norm), unless `keep` names it: it would stay dense.
    """
    check_module(model)
    rules.names("keep", keep, 'keep=("fc.weight",) protects a layer')
    mask, made = prunable(model), [name for name, layer, part in linear_maps(model) if part not in layer._parameters]
    if left := [name for name in made if name not in keep]:
        way_on = f"keep=({left[0]!r},) leaves it dense, remove_parametrizations of torch makes it plain"
        raise ValueError(
            f"{left[0]} is made of other weights (a parametrisation), so that it cannot be pruned; {way_on}"
        )
    unknown = sorted(set(keep) - mask.keys() - set(made))
    if unknown:
        raise ValueError(f"keep must name prunable weights, got {unknown}; those of this model are {sorted(mask)}")
    mask = {name: tensor for name, tensor in mask.items() if name not in keep}
    if not mask:
        way_on = "a layer of nn.Linear or nn.Conv2d whose weights are trained has some"
        raise ValueError(
            f"nothing is left to prune: the model trains no convolution or linear layer outside `keep`; {way_on}"
        )
    return mask


def total(mask: Mask) -> int:
    """Count the weights that may be pruned."""
    check_some(mask)
    return sum(tensor.numel() for tensor in mask.values())


def kept(mask: Mask) -> int:
    """Count the weights that are kept."""
    return sum(kept_by_layer(mask).values())


def density(mask: Mask) -> float:
    """Return the share of the prunable weights that is kept; 1.0 is dense."""
    return kept(mask) / total(mask)


def kept_by_layer(mask: Mask) -> dict[str, int]:
    """Count the weights that every layer keeps, by name."""
    check_some(mask)
    return {name: int(tensor.count_nonzero()) for name, tensor in mask.items()}


def layers(mask: Mask) -> dict[str, tuple[int, int]]:
    """Return, by name, how many weights are kept and how many there are."""
    check_some(mask)
    return {name: (int(tensor.count_nonzero()), tensor.numel()) for name, tensor in mask.items()}


def connections_by_place(mask: Mask, image_shape: tuple[int, int, int] | None = None) -> tuple[Tensor, int]:
    """Count what the first layer still reads: its connections by place (height, width), and how many were at each.

    Of a linear layer a place is a pixel (`image_shape` is channels, height, width; without it a square image is taken),
    of a convolution one of its kernels' places. Raises a ValueError for another shape than that of the layer's inputs.
    """
    check_some(mask)
    name, first = next(iter(mask.items()))
    if first.dim() == 4:
        return first.sum(dim=(0, 1)), first.shape[0] * first.shape[1]
    if first.dim() != 2:
        raise ValueError(
            f"the first layer must read images, got {name} of the shape {tuple(first.shape)}; name it first"
        )
    outputs, inputs = first.shape
    shape = _square(inputs) if image_shape is None else image_shape
    rules.each("image_shape", shape, rules.whole, "pass data.shape", least=1)
    if len(shape) != 3 or math.prod(shape) != inputs:
        raise ValueError(f"image_shape must fit the first layer's {inputs} inputs, got {image_shape}; pass data.shape")
    channels, height, width = shape
    return first.sum(dim=0).view(channels, height, width).sum(dim=0), channels * outputs


def _square(inputs: int) -> tuple[int, int, int]:
    for channels in (1, 3):
        side = math.isqrt(inputs // channels)
        if channels * side * side == inputs:
            return channels, side, side
    return 1, 1, inputs


def collapsed(mask: Mask) -> list[str]:
    """Name the layers that lost every weight: nothing passes through them any more (Tanaka et al. 2020)."""
    check_some(mask)
    return [name for name, tensor in mask.items() if not bool(tensor.any())]


def apply(weights: Mapping[str, Tensor], mask: Mask) -> dict[str, Tensor]:
    """Return the weights with zeros where the mask is False; what has no mask is passed on as it is.

    Names that share one tensor (tied weights) share its zeros.
    """
    check(mask, weights)
    masked = {name: torch.where(mask[name], w, 0) for name, w in weights.items() if name in mask}
    first = ties(weights)
    masked |= {first[name]: tensor for name, tensor in masked.items() if name in first}
    return {name: masked.get(first.get(name, name), w) for name, w in weights.items()}


def overlap(a: Mask, b: Mask) -> float:
    """Return the Jaccard overlap of two masks: kept by both over kept by either; 1.0 where neither keeps any."""
    check_some(a)
    check(b, a)
    if lacking := sorted(a.keys() - b.keys()):
        raise ValueError(f"two masks must name the same weights, but the second lacks {lacking}; both are of one model")
    both = sum(int((a[name] & b[name]).count_nonzero()) for name in a)
    either = sum(int((a[name] | b[name]).count_nonzero()) for name in a)
    return both / either if either else 1.0


def check(mask: Mask, weights: Mapping[str, Tensor]) -> None:
    """Raise a ValueError unless the mask fits the weights (or a model's state dict) by name, shape and dtype."""
    way_on = "wb.masks.full(model) is a mask of the right form"
    check_some(mask)
    rules.tensors("weights", weights, "wb.snapshot(model) gives them")
    for name, tensor in mask.items():
        if name not in weights:
            raise ValueError(f"the mask names {name!r}, which this model does not have; {way_on}")
        if tensor.shape != weights[name].shape:
            shapes = f"{tuple(tensor.shape)}, its weights {tuple(weights[name].shape)}"
            raise ValueError(f"the mask of {name} must have the shape of its weights, got {shapes}; {way_on}")


def allowed(model: nn.Module, mask: Mask | None) -> Mask:
    """Return what a method may keep, on the CPU and in the order of the model: `mask`, or all that is prunable.

    Raises a ValueError for a mask of another form, and for one that names what may not be pruned.
    """
    if mask is None:
        return full(model)
    whole = prunable(model)
    rules.tensors("mask", mask, "wb.masks.full(model) makes one")
    if bad := [name for name in mask if name not in whole]:
        raise ValueError(f"mask must name prunable weights, got {bad}; those of this model are {sorted(whole)}")
    check(mask, whole)
    return {name: mask[name].cpu() for name in whole if name in mask}


def survivors(mask: Mask, density: float) -> int:
    """Return round(density × prunable weights): how many a method keeps, exactly."""
    check_some(mask)
    rules.number("density", density, above=0, most=1, way_on='for "5 % kept" pass 0.05')
    count, most = round(density * total(mask)), kept(mask)
    if count < 1:
        raise ValueError(f"density {density} keeps none of {total(mask)} weights; the least is {1 / total(mask):.2g}")
    if count > most:
        raise ValueError(f"density {density} asks for {count} weights, but the mask keeps {most}; pass a denser mask")
    return count


def keep_largest(saliency: Mapping[str, Tensor], mask: Mask, count: int, *, seed: int = 0) -> Mask:
    """Keep exactly `count` of the places that `mask` keeps, those of the largest saliency; ties by the seed."""
    rules.whole("count", count, most=kept(mask), way_on="the mask keeps no more; pass a denser one")
    rules.tensors("saliency", saliency, "it has a number for every weight that the mask names")
    check(mask, saliency)
    check_seed(seed)
    if count == 0:
        return {name: torch.zeros_like(tensor) for name, tensor in mask.items()}
    alive = torch.cat([tensor.flatten() for tensor in mask.values()])
    flat = torch.cat([saliency[name].flatten().to(alive.device) for name in mask]).masked_fill(~alive, -torch.inf)
    threshold, at_least = kth_largest([flat], count)
    if at_least < count:  # a NaN is sorted above all numbers, and as large as none
        raise ValueError("a saliency is NaN; the network that was scored diverged, so train it with a smaller rate")
    chosen = flat >= threshold
    if at_least > count:
        chosen, ties = flat > threshold, ((flat == threshold) & alive).nonzero().flatten()
        order = torch.randperm(len(ties), generator=generator(seed, "ties")).to(ties.device)
        chosen[ties[order[: count - int(chosen.count_nonzero())]]] = True
    parts = chosen.split([tensor.numel() for tensor in mask.values()])
    return {name: part.view(mask[name].shape).clone() for name, part in zip(mask, parts, strict=True)}


def keep_by_layer(saliency: Mapping[str, Tensor], mask: Mask, quota: Mapping[str, int], *, seed: int = 0) -> Mask:
    """Keep in every layer the places of the largest saliency, as many as `quota` has for it; ties by the seed."""
    check_some(mask)
    rules.instance("quota", quota, Mapping, "a count by layer", "wb.masks.kept_by_layer(mask) is one")
    if lacking := sorted(mask.keys() - quota.keys()):
        raise ValueError(f"quota must have a count for every layer, but lacks {lacking}; 0 keeps none of it")
    return {name: keep_largest(saliency, {name: mask[name]}, quota[name], seed=seed)[name] for name in mask}


def share_out(count: int, shares: Mapping[str, float], mask: Mask) -> dict[str, int]:
    """Divide `count` over the layers by their shares, none above what the mask keeps there; the sum is exact.

    What a full layer cannot take goes to the others by their shares; fractions are settled by largest remainder.
    """
    room = kept_by_layer(mask)
    rules.whole("count", count, most=sum(room.values()), way_on="the mask keeps no more; pass a denser one")
    rules.instance("shares", shares, Mapping, "a number by layer", "{name: 1 for name in mask} gives all alike")
    for name in room:
        rules.number(f"shares[{name!r}]", shares.get(name), least=0, way_on="0 gives a layer nothing")
    capped: set[str] = set()
    while True:
        rest = count - sum(room[name] for name in capped)
        weight = sum(shares[name] for name in room.keys() - capped)
        ideal = {name: room[name] if name in capped else rest * shares[name] / max(weight, 1e-300) for name in room}
        over = {name for name in room.keys() - capped if ideal[name] > room[name]}
        if not over:
            break
        capped |= over
    quota = {name: int(value) for name, value in ideal.items()}
    by_remainder = sorted(room.keys() - capped, key=lambda name: (quota[name] - ideal[name], name))
    for name in [n for n in by_remainder if quota[n] < room[n]][: count - sum(quota.values())]:
        quota[name] += 1
    if (left := count - sum(quota.values())) > 0:
        raise ValueError(
            f"shares must reach for {count} weights, but those above 0 leave {left}; give each layer a share"
        )
    return quota


def check_some(mask: Mask) -> None:
    """Raise a ValueError for a mask that names no weight, and for what is no dict of bool tensors."""
    rules.tensors("mask", mask, "wb.masks.full(model) makes one")
    if not mask:
        raise ValueError("the mask names no weight, so there is nothing to keep; wb.masks.full(model) names all")
    if bad := [name for name, tensor in mask.items() if tensor.dtype != torch.bool]:
        way_on = "wb.masks.full(model) is a mask of the right form"
        raise ValueError(f"a mask must hold bool tensors, but {bad[0]} is {mask[bad[0]].dtype}; {way_on}")
