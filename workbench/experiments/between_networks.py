"""What was found between networks: one measurement as a value, and the table of the finest planes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from torch import Tensor

from workbench.experiments.fields_of import fields_of
from workbench.landscape.path import Path
from workbench.landscape.surface import Surface, plane_rows

if TYPE_CHECKING:
    import pandas

LABELS = "seed replica between rewind_step networks"


@dataclass(frozen=True, eq=False)
class Between:
    """One measurement between the networks of a replica: the `kind` plane (at a level of refinement), line or curve.

    `least_loss` and `most_loss` are the extremes of what was measured, `found` is all of it. A plane has its `level`,
    its points a side (`grid`), and in `off_plane` the largest distance of a trajectory from it; a line or a curve has
    its barriers ("linear", error a fraction, loss in nats). None is what does not apply.
    """

    kind: str
    seed: int
    replica: int
    between: str
    rewind_step: int
    networks: int
    split: str
    batch_norm: str
    level: int | None
    grid: int | None
    off_plane: float | None
    barrier_error: float | None
    barrier_loss: float | None
    least_loss: float
    most_loss: float
    found: Surface | Path

    @property
    def surface(self) -> Surface | None:
        """The surface, of a plane."""
        return self.found if isinstance(self.found, Surface) else None

    @property
    def path(self) -> Path | None:
        """The path, of a line or a curve."""
        return self.found if isinstance(self.found, Path) else None

    def __repr__(self) -> str:
        if self.kind == "plane":
            measured = f"{self.grid}×{self.grid}, loss {self.least_loss:.4f} to {self.most_loss:.4f}"
        else:
            measured = f"barrier: error {self.barrier_error:.4f}, loss {self.barrier_loss:.4f}"
        return f"Between({self.kind}, replica={self.replica}, {self.split}, {self.batch_norm}: {measured})"


def of_plane(surface: Surface, labels: dict[str, Any]) -> Between:
    """Return the outcome of a plane; `labels` are the fields that say of what."""
    points = [mark.distance for mark in surface.marks if mark.kind == "trajectory"]
    measured = {"level": surface.level, "grid": len(surface.x), "off_plane": max(points, default=0.0)}
    return _between("plane", surface, surface.loss_YX, labels, **measured)


def of_path(kind: str, path: Path, labels: dict[str, Any]) -> Between:
    """Return the outcome of a line or a curve."""
    measured = {"barrier_error": path.barrier(of="error"), "barrier_loss": path.barrier(of="loss")}
    return _between(kind, path, path.loss, labels, **measured)


def _between(kind: str, found: Surface | Path, loss: Tensor, labels: dict[str, Any], **measured: Any) -> Between:
    nothing: dict[str, Any] = dict.fromkeys(("level", "grid", "off_plane", "barrier_error", "barrier_loss"))
    extremes = {"least_loss": float(loss.min()), "most_loss": float(loss.max())}
    return Between(kind=kind, found=found, **labels, **extremes, **nothing | measured)


def planes_table(outcomes: Iterable[Between]) -> pandas.DataFrame:
    """Return the `plane_table` of every replica's finest plane, one under the other, with what says of which it is.

    Its first columns are `seed`, `replica`, `between`, `rewind_step`, `networks`.
    """
    import pandas

    finest: dict[tuple[Any, ...], Between] = {}
    for o in outcomes:
        key = tuple(fields_of(o, LABELS).items())
        if o.surface is not None and o.surface.level >= getattr(finest.get(key), "level", 0):
            finest[key] = o
    planes = [(dict(key), o.surface) for key, o in finest.items() if o.surface is not None]
    return pandas.DataFrame([{**labels, **row} for labels, surface in planes for row in plane_rows(surface)])
