"""What was measured on a plane: loss and error on a grid, and where networks and their trajectories stand in it."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from jaxtyping import Float64
from torch import Tensor

from workbench.numbers.tables import table
from workbench.work import html, rules

if TYPE_CHECKING:
    import pandas


@dataclass(frozen=True)
class Mark:
    """A network, or a point of a trajectory, in the plane at (x, y), and its `distance` from the plane.

    `kind` is "network" or "trajectory"; a trajectory's name is that of the network it belongs to, `step` its step.
    `loss` and `error` are the network's own; of a trajectory, which is not in the plane, they are not measured: None.
    """

    kind: str
    name: str
    step: int | None
    x: float
    y: float
    distance: float
    loss: float | None = None
    error: float | None = None


@dataclass(frozen=True, eq=False)
class Surface:
    """Loss and error on a grid of a plane, as far as it is refined: `level` of `levels`, from 0.

    `x` and `y` are coordinates in units of `unit`: "distance" (Euclidean, between weights) or "filter norm" (lengths of
    the filter-normalised directions). `loss_YX` is mean cross-entropy in nats, `error_YX` a fraction in [0, 1].
    `marks` are the networks, exactly measured, and the trajectories; `split` and `batch_norm` say where and how it was
    measured.
    """

    level: int
    levels: int
    x: Float64[Tensor, " X"]
    y: Float64[Tensor, " Y"]
    loss_YX: Float64[Tensor, "Y X"]
    error_YX: Float64[Tensor, "Y X"]
    marks: tuple[Mark, ...]
    unit: str
    split: str
    batch_norm: str

    @property
    def networks(self) -> tuple[Mark, ...]:
        """The networks that the plane was laid through."""
        return tuple(mark for mark in self.marks if mark.kind == "network")

    @property
    def trajectories(self) -> dict[str, list[Mark]]:
        """The projected points of every trajectory, by its name."""
        points = [mark for mark in self.marks if mark.kind == "trajectory"]
        return {name: [p for p in points if p.name == name] for name in dict.fromkeys(p.name for p in points)}

    def __repr__(self) -> str:
        low, high = float(self.loss_YX.min()), float(self.loss_YX.max())
        grid = f"{len(self.x)}×{len(self.y)}, level {self.level + 1}/{self.levels}"
        return f"Surface({grid}: loss {low:.4f} to {high:.4f}; split={self.split}, batch_norm={self.batch_norm})"

    def _repr_html_(self) -> str:
        head = ("", "x", "y", "from the plane", "loss", "error")
        rows = (
            (m.name, f"{m.x:.4g}", f"{m.y:.4g}", f"{m.distance:.4g}", f"{m.loss:.4f}", f"{m.error:.4f}")
            for m in self.networks
        )
        return html.table(rows, head=head, caption=repr(self))


def plane_table(surface: Surface) -> pandas.DataFrame:
    """Return the table of a surface: a row for every point of the grid, every network, every point of a trajectory.

    Columns: `role` (grid, network, trajectory), `name`, `step`, `x`, `y`, `distance` (from the plane), `loss`, `error`,
    `level` (at which a point of the grid was measured), `unit`, `split`, `batch_norm`.
    """
    rules.instance("surface", surface, Surface, "a Surface", "wb.landscape.plane(…) yields them")
    return table(plane_rows(surface))


def plane_rows(surface: Surface) -> list[dict[str, Any]]:
    """Return the rows of `plane_table` as dicts of plain values."""
    setting = {"unit": surface.unit, "split": surface.split, "batch_norm": surface.batch_norm}
    rows = []
    loss, error = surface.loss_YX.tolist(), surface.error_YX.tolist()
    for i, y in enumerate(surface.y.tolist()):
        for j, x in enumerate(surface.x.tolist()):
            level = next(k for k in range(surface.level + 1) if not (i | j) % 2 ** (surface.level - k))
            place = {"role": "grid", "name": None, "step": None, "x": x, "y": y, "distance": 0.0}
            rows.append({**place, "loss": loss[i][j], "error": error[i][j], "level": level, **setting})
    for m in surface.marks:
        place = {"role": m.kind, "name": m.name, "step": m.step, "x": m.x, "y": m.y, "distance": m.distance}
        rows.append({**place, "loss": m.loss, "error": m.error, "level": None, **setting})
    return rows


def contours(
    x: Sequence[float], y: Sequence[float], values: Sequence[Sequence[float]], count: int
) -> dict[float, dict[str, list[float]]]:
    """Return contour lines of values on a grid (`values[i][j]` is at x[j], y[i]) by their levels.

    So many levels lie evenly between the least value and the most; those that no line has are left out. A line is in
    straight pieces, one or two a cell, from (`x`, `y`) to (`x2`, `y2`); what is ambiguous the middle of a cell settles.
    """
    import contourpy

    rules.whole("count", count, most=1000, way_on="about ten can be told apart")

    heights = [value for line in values for value in line]
    low, high = min(heights), max(heights)
    generator = contourpy.contour_generator(x, y, values)
    lines: dict[float, dict[str, list[float]]] = {}
    for k in range(1, count + 1):
        level = low + (high - low) * k / (count + 1)
        ways: Any = generator.lines(level)
        pieces = [(*a, *b) for way in ways for a, b in itertools.pairwise(way.tolist())]
        if pieces:
            ends = zip(*pieces, strict=True)
            lines[level] = dict(zip(("x", "y", "x2", "y2"), map(list, ends), strict=True))
    return lines
