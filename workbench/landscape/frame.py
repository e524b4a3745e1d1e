"""Two directions in the space of weights, from an origin: the coordinates of a plane of networks.

Through three networks: Garipov et al. 2018, "Loss Surfaces, Mode Connectivity, and Fast Ensembling of DNNs". Random and
filter-normalised: Li et al. 2018, "Visualizing the Loss Landscape of Neural Nets".
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from workbench.nets import masks
from workbench.nets.masks import Mask
from workbench.nets.weights import Weights, owners, untied
from workbench.work.locks import cached_property
from workbench.work.seeds import generator

LEAST = 1e-4  # sine of the angle at the origin below which three networks are on a line: float32 tells no less


@dataclass(frozen=True, eq=False)
class Frame:
    """The plane w(x, y) = w₀ + x u + y v.

    `u` and `v` hold every float tensor, buffers too; lengths, angles and distances are over the parameters `names`
    alone, one that layers share counted once. Of buffers that are whole numbers a point has the origin's.
    """

    origin: Weights
    u: Weights
    v: Weights
    names: tuple[str, ...]

    def at(self, x: float, y: float) -> Weights:
        """Return the weights of the point (x, y)."""
        return {
            name: w.add(self.u[name], alpha=x).add_(self.v[name], alpha=y) if name in self.u else w.clone()
            for name, w in self.origin.items()
        }

    def project(self, weights: Weights) -> tuple[float, float, float]:
        """Return (x, y) of the nearest point of the plane, and the Euclidean distance of the weights from it.

        (x, y) solves [u·u u·v; u·v v·v] (x, y) = (d·u, d·v), with d = w - w₀; the distance is |d - x u - y v|.
        """
        d = {name: weights[name].double() - self.origin[name].double() for name in self.names}
        uu, uv, vv = self._gram
        du, dv = _dot(d, self.u), _dot(d, self.v)
        x, y = (vv * du - uv * dv) / (uu * vv - uv**2), (uu * dv - uv * du) / (uu * vv - uv**2)
        rest = {name: t - x * self.u[name].double() - y * self.v[name].double() for name, t in d.items()}
        return x, y, math.sqrt(_dot(rest, rest))

    @cached_property
    def _gram(self) -> tuple[float, float, float]:
        u, v = ({name: way[name] for name in self.names} for way in (self.u, self.v))
        return _dot(u, u), _dot(u, v), _dot(v, v)


def through(model: nn.Module, networks: Sequence[Weights]) -> tuple[Frame, list[tuple[float, float]]]:
    """Return the frame through three networks, with orthonormal directions, and where they stand in it.

    u = (w₁ - w₀) / |w₁ - w₀|; v is w₂ - w₀ less its part along u, of length one (Gram-Schmidt). So the networks are at
    (0, 0), (a, 0) and (p, q). Buffers take the combinations that the parameters take. Raises a ValueError for networks
    on a line.
    """
    w0, w1, w2 = networks
    names = parameters(model, w0)
    first, second = ({n: w[n].double() - t.double() for n, t in w0.items() if t.is_floating_point()} for w in (w1, w2))
    a, length = _norm(first, names), _norm(second, names)
    p = _dot({n: first[n] for n in names}, second) / a if a else 0.0
    rest = {n: t - p / a * first[n] for n, t in second.items()} if a else second
    q = _norm(rest, names)
    if not a or q <= LEAST * length:
        raise ValueError(
            "the three networks are on one line (or two of them are equal), so that they have no plane; "
            "take a third one that is not between the others, or wb.landscape.path"
        )
    u = {n: (t / a).to(w0[n].dtype) for n, t in first.items()}
    v = {n: (t / q).to(w0[n].dtype) for n, t in rest.items()}
    return Frame(dict(w0), u, v, names), [(0.0, 0.0), (a, 0.0), (p, q)]


def filter_normalised(model: nn.Module, centre: Weights, *, mask: Mask | None = None, seed: int = 0) -> Frame:
    """Return two random directions from `centre`, each filter of which is as long as the network's own.

    d ← d / |d| · |w| for every filter: an output channel of a convolution, a row of a linear layer. So that a step of
    one is as large for a network whose weights were scaled up, as ReLU with batch-norm allows. Biases, norms and
    buffers do not move. With a `mask` pruned places stay zero, and a filter's length is that of what is left of it.
    """
    centre = centre if mask is None else masks.apply(centre, mask)
    u, v = (_direction(model, centre, mask or {}, generator(seed, "direction", index)) for index in range(2))
    return Frame(dict(centre), u, v, parameters(model, centre))


def parameters(model: nn.Module, weights: Weights) -> tuple[str, ...]:
    """Name the parameters among the weights, one that layers share once."""
    buffers = {name for name, _ in model.named_buffers()}
    return tuple(name for name, t in untied(weights, model).items() if name not in buffers and t.is_floating_point())


def _direction(model: nn.Module, centre: Weights, mask: Mask, draw: torch.Generator) -> Weights:
    way = {name: torch.zeros_like(w) for name, w in centre.items() if w.is_floating_point()}
    for name in masks.prunable(model):
        w = centre[name]
        d = torch.randn(w.shape, generator=draw).to(w)
        d = torch.where(mask[name].to(w.device), d, 0) if name in mask else d
        length, filter_length = (t.flatten(1).norm(dim=1).view(-1, *[1] * (w.dim() - 1)) for t in (d, w))
        way[name] = torch.where(length > 0, d * (filter_length / length.clamp(min=1e-30)), 0)
    owner = owners(model)  # names that share a tensor share its direction
    return {name: way[owner.get(name, name)] for name in way}


def _dot(a: Mapping[str, Tensor], b: Mapping[str, Tensor]) -> float:
    """Return the inner product over the names of `a`, in doubles."""
    return float(sum((t.double() * b[name].double()).sum() for name, t in a.items()))


def _norm(a: Mapping[str, Tensor], names: Sequence[str]) -> float:
    part = {name: a[name] for name in names}
    return math.sqrt(_dot(part, part))
