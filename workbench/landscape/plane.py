"""The loss on a plane of networks, as a grid that refines while it is shown.

Through three networks, with their trajectories projected into it: Garipov et al. 2018, "Loss Surfaces, Mode
Connectivity, and Fast Ensembling of DNNs". Around one network, in random filter-normalised directions: Li et al. 2018,
"Visualizing the Loss Landscape of Neural Nets".
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

import torch
from jaxtyping import Float64, Int64
from torch import Tensor, nn

from workbench.data.data import Data, Split
from workbench.landscape.entrance import slice_of
from workbench.landscape.frame import Frame, filter_normalised, through
from workbench.landscape.path import measure
from workbench.landscape.surface import Mark, Surface
from workbench.nets import masks
from workbench.nets.batch_norm import TREATMENTS, treat_batch_norm
from workbench.nets.door import check_finite, check_keeps, check_network, check_networks
from workbench.nets.hardware import Hardware
from workbench.nets.masks import Mask
from workbench.nets.weights import Weights
from workbench.work import progress, rules

Point = Callable[[], Weights]
FAR = 1000  # a margin in sides of the box, a radius in lengths of the filters: more are a slip


def plane(
    model: nn.Module,
    networks: Sequence[Weights],
    data: Data,
    *,
    trajectories: Sequence[Mapping[int, Weights]] = (),
    names: Sequence[str] = ("first", "second", "third"),
    split: str = "test",
    batch_norm: str = "recompute",
    margin: float = 0.2,
    coarse: int = 5,
    levels: int = 3,
    examples: Int64[Tensor, " some"] | None = None,
    hardware: Hardware | None = None,
    after: Surface | None = None,
) -> Iterator[Surface]:
    """Yield the `Surface` of the plane through three networks, `coarse` × `coarse` points at first, then refined.

    Each of the `levels` halves the spacing (5, 9, 17 points a side) and measures only what is new. The three networks
    are measured exactly, beside the grid. `trajectories` are weights by step; the i-th is named after the i-th network,
    each of its points is projected, and its distance from the plane told: what the surface says under a point that is
    far away is not that point's loss. The grid is the box of all this, `margin` of its sides wider on each.
    `batch_norm`: "recompute" (theirs) takes statistics anew at every point on training images, "average" combines those
    of the three with the coefficients of the point (no variance below zero), "keep" takes the first network's. Places
    that are zero in all three stay zero. `examples` are places in the split. `after` is the last surface: the generator
    goes on behind it with the same bits. Raises a ValueError for networks on one line, of different models or not
    finite, and for an empty slice of the data.
    """
    rules.instance("names", names, (list, tuple), "three names", '("first", "second", "third") are the default')
    for place, name in enumerate(names := tuple(names)):
        rules.instance(f"names[{place}]", name, str, "text", '("first", "second", "third") are the default')
    check_networks(model, networks)
    if len(networks) != 3 or len(set(names)) != 3:
        raise ValueError(f"a plane is laid through 3 networks of 3 names, got {len(networks)} and {names}")
    rules.number("margin", margin, least=0, most=FAR, way_on="0.2 is a fifth of each side")
    _check_grid(coarse, levels)
    for name, weights in zip(names, networks, strict=True):
        _check(model, weights, f'the network "{name}"')
    _check_trajectories(model, trajectories, names)
    frame, corners = through(model, networks)
    marks = [Mark("network", name, None, *at, 0.0) for name, at in zip(names, corners, strict=True)]
    for name, steps in zip(names, trajectories, strict=False):
        for step, weights in sorted(steps.items()):
            marks.append(Mark("trajectory", name, step, *frame.project(weights)))
    box = [_box([mark.x for mark in marks], margin), _box([mark.y for mark in marks], margin)]
    points = [partial(dict, w) for w in networks]
    ground = _Ground(model, frame, slice_of(data, split, examples), data.train, split, batch_norm, hardware)
    yield from _refine(ground, _grid(box, coarse, levels), marks, points, levels, "distance", after)


def random_plane(
    model: nn.Module,
    centre: Weights,
    data: Data,
    *,
    mask: Mask | None = None,
    radius: float = 1.0,
    seed: int = 0,
    split: str = "test",
    batch_norm: str = "keep",
    coarse: int = 5,
    levels: int = 3,
    examples: Int64[Tensor, " some"] | None = None,
    hardware: Hardware | None = None,
    after: Surface | None = None,
) -> Iterator[Surface]:
    """Yield the `Surface` around one network, in two random filter-normalised directions drawn from `seed`.

    The grid goes from -`radius` to `radius` in units of the directions: at 1 every filter has moved by its own length
    (biases and norms do not move). With a `mask` the network is masked, and its pruned places stay zero. `batch_norm`
    defaults to "keep", the network's own statistics, as the authors have it. Trajectories are not drawn here: random
    directions are nearly orthogonal to them, so that they would look as if they stood still (their section 7).
    The other options, `after` too, are those of `plane`.
    """
    _check(model, centre, "the network")
    if mask is not None:
        masks.check(mask, centre)
        check_keeps(mask)
    rules.number("radius", radius, above=0, most=FAR, way_on="1.0 moves every filter by its own length")
    _check_grid(coarse, levels)
    frame = filter_normalised(model, centre, mask=mask, seed=seed)
    marks = [Mark("network", "network", None, 0.0, 0.0, 0.0)]
    ground = _Ground(model, frame, slice_of(data, split, examples), data.train, split, batch_norm, hardware)
    grid = _grid([(-radius, radius)] * 2, coarse, levels)
    yield from _refine(ground, grid, marks, [partial(dict, frame.origin)], levels, "filter norm", after)


@dataclass(frozen=True, eq=False)
class _Ground:
    """What is measured, on which images and how."""

    model: nn.Module
    frame: Frame
    part: Split
    train: Split
    split: str
    batch_norm: str
    hardware: Hardware | None

    def __post_init__(self) -> None:
        rules.choice("batch-norm treatment", self.batch_norm, TREATMENTS)

    def measure(self, points: Sequence[Point]) -> tuple[Tensor, Tensor]:
        """Return loss and error of every point."""
        treatment = {"batch_norm": self.batch_norm, "first": self.frame.origin, "train": self.train}
        treated = [lambda point=point: treat_batch_norm(self.model, point(), **treatment) for point in points]
        loss, error, _, _ = measure(self.model, treated, self.part, self.hardware)
        return loss, error


def _refine(
    ground: _Ground,
    grid: tuple[Tensor, Tensor],
    marks: Sequence[Mark],
    exact: Sequence[Point],
    levels: int,
    unit: str,
    after: Surface | None,
) -> Iterator[Surface]:
    """Yield the surface level by level; the points of a level hold those of the one before at every other place."""
    if after is not None:
        rules.instance("after", after, Surface, "a Surface, the last one", "begin without it")
        here = (unit, ground.split, ground.batch_norm, levels)
        if after.level >= levels or (after.unit, after.split, after.batch_norm, after.levels) != here:
            raise ValueError(f"after must be a surface of this same plane and grid, got {after!r}; begin without it")
    last, sides = after, [len(grid[0][:: 2 ** (levels - 1 - level)]) for level in range(levels)]
    new = [side**2 - before**2 for before, side in itertools.pairwise([0, *sides])]
    for level in range(0 if after is None else after.level + 1, levels):
        x, y = (axis[:: 2 ** (levels - 1 - level)] for axis in grid)
        loss_YX, error_YX, new_YX = _known(last, x, y)
        points: list[Point] = [partial(ground.frame.at, float(x[j]), float(y[i])) for i, j in new_YX.nonzero()]
        networks = exact if last is None else []
        with progress.within("level", level, new):
            loss, error = ground.measure([*networks, *points])
        loss_YX[new_YX], error_YX[new_YX] = loss[len(networks) :], error[len(networks) :]
        measured = [
            replace(mark, loss=float(loss[k]), error=float(error[k])) if k < len(networks) else mark
            for k, mark in enumerate(marks if last is None else last.marks)
        ]
        setting = (unit, ground.split, ground.batch_norm)
        last = Surface(level, levels, x.clone(), y.clone(), loss_YX, error_YX, tuple(measured), *setting)
        yield last


def _known(last: Surface | None, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Return loss and error on a grid as far as the last surface has them, and where they are not yet measured."""
    loss_YX, error_YX = torch.full((2, len(y), len(x)), torch.nan, dtype=torch.float64)
    new_YX = torch.ones(len(y), len(x), dtype=torch.bool)
    if last is None:
        return loss_YX, error_YX, new_YX
    if len(x) != 2 * len(last.x) - 1 or not (torch.allclose(last.x, x[::2]) and torch.allclose(last.y, y[::2])):
        raise ValueError(f"after must be a surface of this same plane and grid, got {last!r}; begin without it")
    loss_YX[::2, ::2], error_YX[::2, ::2], new_YX[::2, ::2] = last.loss_YX, last.error_YX, False
    return loss_YX, error_YX, new_YX


def _grid(
    box: Sequence[tuple[float, float]], coarse: int, levels: int
) -> tuple[Float64[Tensor, " X"], Float64[Tensor, " Y"]]:
    """Return the coordinates of the finest grid; a coarser one takes every other of them."""
    side = (coarse - 1) * 2 ** (levels - 1) + 1
    x, y = (torch.linspace(low, high, side, dtype=torch.float64) for low, high in box)
    return x, y


def _check_grid(coarse: int, levels: int) -> None:
    rules.whole("coarse", coarse, least=2, most=257, unit="points a side", way_on="5 is quickly there")
    rules.whole("levels", levels, least=1, most=8, way_on="3 of them end at 17 points a side")


def _check_trajectories(model: nn.Module, trajectories: Sequence[Mapping[int, Weights]], names: Sequence[str]) -> None:
    way_on = "one a network in their order, each weights by step: [{0: start, 500: later}]"
    rules.instance("trajectories", trajectories, (list, tuple), "a list of trajectories", way_on)
    if len(trajectories) > len(names):
        raise ValueError(f"trajectories must be at most {len(names)}, got {len(trajectories)}; {way_on}")
    for name, steps in zip(names, trajectories, strict=False):
        rules.instance(f'the trajectory of "{name}"', steps, Mapping, "a dict of weights by step", way_on)
        for step, weights in steps.items():
            rules.whole(f'a step of the trajectory of "{name}"', step, way_on=way_on)
            _check(model, weights, f'the trajectory of "{name}" at step {step}')


def _box(values: Sequence[float], margin: float) -> tuple[float, float]:
    low, high = min(values), max(values)
    return low - margin * (high - low), high + margin * (high - low)


def _check(model: nn.Module, weights: Weights, title: str) -> None:
    check_network(model, weights, name=title)
    check_finite(weights, title)
