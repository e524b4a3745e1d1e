"""What lies between networks: the loss on their plane, their trajectories in it, and a curve round a barrier.

Garipov et al. 2018, "Loss Surfaces, Mode Connectivity, and Fast Ensembling of DNNs"; children of one point: Frankle et
al. 2020 (instability analysis). For each replica two or three networks are trained; their plane is measured and
refined; the first two are joined by the straight line and, if asked for, by a trained curve.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from torch import Tensor

from workbench.experiments.beginning import FRESH, Beginning, ticket_to_begin_from
from workbench.experiments.fields_of import fields_of
from workbench.experiments.given_names import check_names
from workbench.experiments.replica import Replica, prepare
from workbench.landscape.curve import CURVES, along
from workbench.landscape.curve import curve as train_curve
from workbench.landscape.path import Path, check_points
from workbench.landscape.plane import plane
from workbench.landscape.surface import Surface, plane_rows
from workbench.nets.initialisation import initialise
from workbench.nets.weights import Ticket, Weights
from workbench.numbers.asked import asked
from workbench.numbers.tables import table
from workbench.training.recipe import LONGEST, Recipe
from workbench.work import progress, rules
from workbench.work.archive import ArchiveLike
from workbench.work.replicas import in_order
from workbench.work.seeds import number
from workbench.work.typed import typed

if TYPE_CHECKING:
    import pandas

BETWEEN = ("children", "draws")
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


@typed
def plane_between(
    dataset: str = "digits",
    *,
    train_size: int | None = None,
    image_size: int | None = None,
    model: str = "lenet",
    recipe: Recipe = Recipe(epochs=20),  # noqa: B008 (frozen)
    start: Beginning = FRESH,
    between: str = "children",
    rewind_step: int = 0,
    networks: int = 2,
    checkpoints: int = 8,
    split: str = "test",
    batch_norm: str = "recompute",
    levels: int = 3,
    points: int = 25,
    curve: str = "bezier",
    curve_steps: int = 0,
    seed: int = 0,
    replicas: int = 1,
    archive: ArchiveLike | None = None,
) -> Iterator[Between]:
    """Yield a `Between` for every level of the plane, then for the line, then for the curve; replicas side by side.

    `between` "children": all `networks` (2 or 3) are trained from one point, dense weights at `rewind_step`, each under
    its own noise. "draws", the control: each from its own initial weights, where a barrier is to be expected. The plane
    is through two networks and the point that the first began from, or through three, from which their beginning is
    far. `checkpoints` of every training are projected, at steps that are even in their square root, since networks move
    fastest at first. `levels` of refinement are 5, 9, 17, … points a side. `curve_steps` above 0 train a `curve`
    ("bezier" or "polygon", one bend) between the first two networks, by the recipe with that many steps; the line
    beside it is its control. Raises a ValueError for an option out of range, before anything is trained.

    Arguments:
        start: What children part from: the initial weights, fresh, or a ticket, by the name that it was kept under or
            the path of its file; its mask holds for all of them.
        between: Whether the networks are children of one point, or draws of their own, between which a barrier is
            expected.
        rewind_step: The step of the common training after which children part; 0 is the initialisation.
        networks: How many networks lie in the plane; two are joined by the point that the first began from.
        checkpoints: How many points of every training are shown on the plane.
        levels: How often the grid is refined: 5, 9, 17, … points a side.
        points: How many networks are evaluated on a path, its ends included; an odd number.
        curve_steps: How many steps a curve between the first two networks is trained for; with 0 there is only the
            line.
        curve: The shape of the trained curve: a Bézier curve, or a polygon of one bend.
        replicas: How often everything is repeated, each time with draws of its own; the picture shows the first.
    """
    checked: dict[str, Any] = {"rewind_step": rewind_step, "split": split, "batch_norm": batch_norm}
    experiment = prepare(dataset, train_size, image_size, model, recipe, seed, replicas, archive, **checked)
    _check(between, rewind_step, networks, checkpoints, levels, points, curve, curve_steps)
    ticket = ticket_to_begin_from(start, experiment)
    if ticket is not None and (between != "children" or rewind_step):
        rule = 'a ticket is where children part at once, so between must be "children" and rewind_step 0'
        raise ValueError(f'{rule}, got "{between}" and {rewind_step}; start="fresh" parts them later, or draws several')
    length = experiment.length
    at = sorted({rewind_step + round((length - rewind_step) * (i / checkpoints) ** 2) for i in range(checkpoints + 1)})
    how: dict[str, Any] = {"split": split, "batch_norm": batch_norm}
    evaluated = len(getattr(experiment.data, split))
    if batch_norm == "recompute" and any(True for _ in experiment.network.buffers()):
        evaluated += min(2000, len(experiment.data.train))
    of_plane, of_line = (experiment.passes(evaluated * n) for n in ((2 ** (levels + 1) + 1) ** 2, points))
    trained = networks * (length - rewind_step) + rewind_step
    parts = trained, of_plane, of_line, curve_steps, of_line * (curve_steps > 0)
    workers = None if replicas == 1 else 1

    def measured(replica: Replica) -> Iterator[Between]:
        labels = {**replica.labels, "between": between, "networks": networks, **checked}
        with progress.within("part", 0, parts):
            trained = _trained(replica, between, rewind_step, networks, at, workers, ticket)
        ends = [weights[length] for weights in trained]
        corners = ends if networks == 3 else [trained[0][rewind_step], *ends]
        trajectories = trained if networks == 3 else [{}, *trained]
        names = ["first", "second", "third"] if networks == 3 else ["start", "first", "second"]
        options = {"trajectories": trajectories, "names": names, "levels": levels, **how}
        surfaces = replica.each(plane, replica.model, corners, replica.data, **options)
        for surface in progress.walk("plane", surfaces, parts, index=1):
            yield _of_plane(surface, labels)
        with progress.within("part", 2, parts):
            line = replica.path(*ends[:2], points=points, **how)
        yield _of_path("line", line, labels)
        if curve_steps:
            with progress.within("curve", 3, parts):
                short = replace(recipe, epochs=None, steps=curve_steps)
                trained_by = {"kind": curve, "seed": number(replica.seed, "curve")}
                bend = replica.run(train_curve, replica.model, *ends[:2], replica.data, short, **trained_by)
            with progress.within("path", 4, parts):
                bent = along(replica.model, bend, replica.data, points=points, **how)
            yield _of_path("curve", bent, labels)

    yield from experiment.side_by_side(measured)


def _of_plane(surface: Surface, labels: dict[str, Any]) -> Between:
    """Return the outcome of a plane; `labels` are the fields that say of what."""
    points = [mark.distance for mark in surface.marks if mark.kind == "trajectory"]
    measured = {"level": surface.level, "grid": len(surface.x), "off_plane": max(points, default=0.0)}
    return _between("plane", surface, surface.loss_YX, labels, **measured)


def _of_path(kind: str, path: Path, labels: dict[str, Any]) -> Between:
    """Return the outcome of a line or a curve."""
    measured = {"barrier_error": path.barrier(of="error"), "barrier_loss": path.barrier(of="loss")}
    return _between(kind, path, path.loss, labels, **measured)


def _between(kind: str, found: Surface | Path, loss: Tensor, labels: dict[str, Any], **measured: Any) -> Between:
    nothing: dict[str, Any] = dict.fromkeys(("level", "grid", "off_plane", "barrier_error", "barrier_loss"))
    extremes = {"least_loss": float(loss.min()), "most_loss": float(loss.max())}
    return Between(kind=kind, found=found, **labels, **extremes, **nothing | measured)


def _trained(
    replica: Replica,
    between: str,
    rewind_step: int,
    networks: int,
    at: list[int],
    workers: int | None,
    ticket: Ticket | None,
) -> list[dict[int, Weights]]:
    """Return the weights of every network at the steps `at`, the first of them where it began."""
    first = initialise(replica.model, seed=replica.seed)
    starts = [first, *(initialise(replica.model, seed=number(replica.seed, "draw", i)) for i in range(1, networks))]
    if ticket is not None:
        starts = [ticket.weights] * networks
    elif between == "children":
        with progress.within("start", 0):
            starts = [replica.weights_at(first, rewind_step)] * networks

    masked: dict[str, Any] = {} if ticket is None else {"mask": ticket.mask}

    def one(i: int) -> dict[int, Weights]:
        noise = number(replica.seed, "child", i)
        return replica.train(starts[i], step=rewind_step, seed=noise, checkpoints=at, **masked).checkpoints

    return in_order(one, range(networks), workers=workers)


def _check(
    between: str, rewind_step: int, networks: int, checkpoints: int, levels: int, points: int, kind: str, steps: int
) -> None:
    check_names("relation between the networks", [between], BETWEEN)
    if between == "draws" and rewind_step:
        rule, way_on = "networks of different draws share no step to part at", 'rewind_step=0, or between="children"'
        raise ValueError(f"{rule}, got rewind_step={rewind_step}; pass {way_on}")
    rules.whole("networks", networks, least=2, most=3, way_on="three, or two and their beginning, make a plane")
    rules.whole("checkpoints", checkpoints, least=1, most=10_000, way_on="8 show which way a training went")
    rules.whole("levels", levels, least=1, most=6, way_on="3 of them end at 17 points a side")
    check_points(points)
    check_names("kind of curve", [kind], CURVES)
    rules.whole("curve_steps", steps, most=LONGEST, way_on="0 trains no curve")


def planes_table(outcomes: Iterable[Between]) -> pandas.DataFrame:
    """Return the `plane_table` of every replica's finest plane, one under the other, with what says of which it is.

    Its first columns are `seed`, `replica`, `between`, `rewind_step`, `networks`.
    """
    outcomes = asked("planes_table", outcomes, "surface between networks", "plane_between")
    planes = [(o, o.surface) for o in outcomes if o.surface is not None]
    finest = {tuple(fields_of(o, LABELS).items()): s for o, s in sorted(planes, key=lambda plane: plane[1].level)}
    return table(dict(labels) | row for labels, surface in finest.items() for row in plane_rows(surface))
