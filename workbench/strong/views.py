"""Equal views of a strong ticket as plain modules: the random network under its masks, the compact one, the collapsed.

    masked      twice the target's depth and all that was drawn, zeros where it is pruned
    compact     what is left: a random scalar for each kept filter, and its random slab, dense and untouched
    collapsed   the target's own depth: the pairs multiplied out, K̂ = Σ u_f V_f

All three compute the same function, up to rounding (derived).
"""

from __future__ import annotations

from collections import OrderedDict

import torch
from jaxtyping import Float
from torch import Tensor, nn

from workbench.nets.masks import Mask
from workbench.strong.pair import Pair, dense_block
from workbench.strong.target import Shape, Target, module_between
from workbench.work.memory import check_room

WAY_ON = "compact() and collapse() are small, and compute the same"


class Ones(nn.Module):
    """Add a channel that is 1 everywhere: its kernel is the bias."""

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([x, torch.ones_like(x[:, :1])], 1)


class Signs(nn.Module):
    """Part X into X⁺ and X⁻, twice the channels."""

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([x.relu(), (-x).relu()], 1)


class Spread(nn.Module):
    """Give every filter its one channel, times its scalar: a 1×1 convolution under a block mask, without the zeros."""

    channel: Tensor

    def __init__(self, channel: Tensor, u: Tensor) -> None:
        super().__init__()
        self.register_buffer("channel", channel)
        self.u = nn.Parameter(u)

    def forward(self, x: Tensor) -> Tensor:
        return x.index_select(1, self.channel) * self.u[:, None, None]


def collapsed(shape: Shape, plus: Tensor, minus: Tensor) -> nn.Sequential:
    """Return a layer that computes `plus` of what is above zero and `minus` of what is below."""
    weight = torch.cat([plus, -minus], 1) if shape.signed else plus
    return _around(shape, signs=Signs() if shape.signed else None, K=_convolution(shape, weight))


def exact(target: Target, stage: Shape | str) -> nn.Module:
    """Return a stage of the target itself, in double precision."""
    if isinstance(stage, str):
        return module_between(stage)
    kernel = target.kernels[stage.name]
    return collapsed(stage, kernel, kernel)


def compact(pair: Pair) -> nn.Sequential:
    """Return what is left of a pair: its kept filters alone (one with a slab of zeros where none is)."""
    shape, left = pair.shape, pair.filters.clone()
    left[0, 0] |= not bool(left.any())
    check_room("the compact pair", 8 * int(left.sum()) * (shape.dimension + 2), "collapse() is smaller")
    scalars, slabs = [], []
    for j, u, V in pair.blocks():
        scalars.append(u[left[j]])
        slabs.append(V[left[j]])
    if pair.blocked:
        first = Spread(left.nonzero()[:, 0], torch.cat(scalars))
    else:
        first = _first(torch.cat([_dense(pair, j)[filters] for j, filters in enumerate(left)]))
    V = torch.cat(slabs).transpose(0, 1).contiguous()
    return _around(shape, u=first, relu=nn.ReLU(), V=_convolution(shape, V))


def random(pair: Pair, *, grouped: bool) -> nn.Sequential:
    """Return the pair with all that was drawn; `grouped` leaves out what the block mask removes, by a grouped layer."""
    _check_blocked(pair, grouped)
    shape, hidden = pair.shape, pair.kept.shape[0] * pair.candidates
    numbers = hidden * ((1 if grouped else shape.blocks) + shape.dimension)
    check_room("the random network", 8 * numbers, WAY_ON)  # single precision, and once more while it is put together
    blocks = [pair.block(j) for j in range(shape.blocks)]
    V = torch.cat([V for _, V in blocks]).transpose(0, 1).contiguous()
    U = torch.cat([u for u, _ in blocks])[:, None]
    if not grouped:
        U = torch.cat([_dense(pair, j) for j in range(shape.blocks)])
    first = _first(U, groups=shape.blocks if grouped else 1)
    return _around(shape, u=first, relu=nn.ReLU(), V=_convolution(shape, V))


def kept_places(pair: Pair, *, grouped: bool) -> Mask:
    """Return which weights of a pair's two layers in `random` are kept, u and V."""
    _check_blocked(pair, grouped)
    shape, filters = pair.shape, pair.filters
    first = filters.flatten()[:, None]
    if not grouped and pair.blocked:
        block = torch.arange(shape.blocks).repeat_interleave(pair.candidates)
        first = first & (block[:, None] == torch.arange(shape.blocks))
    elif not grouped:
        first = first.expand(-1, shape.blocks).clone()
    places = pair.kept.view(*pair.kept.shape, *[1] * (5 - pair.kept.ndim)).flatten(0, 1)
    second = places.expand(-1, shape.outputs, *shape.kernel_size).transpose(0, 1).contiguous()
    return {"u": first[:, :, None, None], "V": second}


def _check_blocked(pair: Pair, grouped: bool) -> None:
    if grouped and not pair.blocked:
        raise ValueError(f"grouped must be False here, for {pair.shape.name} has no block mask; leave it out")


def _dense(pair: Pair, j: int) -> Float[Tensor, "candidates blocks"]:
    return dense_block(pair.shape, j, index=pair.index, candidates=pair.candidates, seed=pair.seed)


def _first(weight: Tensor, groups: int = 1) -> nn.Conv2d:
    layer = nn.Conv2d(weight.shape[1] * groups, len(weight), 1, groups=groups, bias=False, device="meta")
    layer.weight = nn.Parameter(weight[:, :, None, None])
    return layer


def _convolution(shape: Shape, weight: Tensor) -> nn.Conv2d:
    outputs, inputs, *kernel_size = weight.shape
    options = {"stride": shape.stride, "padding": shape.padding, "dilation": shape.dilation}
    layer = nn.Conv2d(inputs, outputs, tuple(kernel_size), bias=False, device="meta", **options)  # pyright: ignore
    layer.weight = nn.Parameter(weight)
    return layer


def _around(shape: Shape, **layers: nn.Module | None) -> nn.Sequential:
    """Return the layers by name, with the channel of ones before them, and flat where the target's layer is."""
    around = {"maps": nn.Unflatten(1, (-1, 1, 1)) if shape.flat else None, "ones": Ones() if shape.bias else None}
    around |= layers | {"flat": nn.Flatten() if shape.flat else None}
    return nn.Sequential(OrderedDict((name, layer) for name, layer in around.items() if layer is not None))
