"""What lies between networks: the loss on their plane, their trajectories in it, and a curve round a barrier.

Garipov et al. 2018, "Loss Surfaces, Mode Connectivity, and Fast Ensembling of DNNs"; children of one point: Frankle et
al. 2020 (instability analysis). For each replica two or three networks are trained; their plane is measured and
refined; the first two are joined by the straight line and, if asked for, by a trained curve.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from torch import nn

from workbench.data import Data
from workbench.experiments.between_networks import Between, of_path, of_plane
from workbench.experiments.replica import prepare
from workbench.initialisation import initialise
from workbench.landscape.curve import CURVES, along, curve
from workbench.landscape.path import check_points, path
from workbench.landscape.plane import plane
from workbench.nearest import unknown
from workbench.recipe import Recipe
from workbench.runs import train, weights_at
from workbench.seeds import number
from workbench.weights import Weights
from workbench.work import progress
from workbench.work.archive import Archive, each, run
from workbench.work.calls import call
from workbench.work.replicas import replicas as side_by_side

BETWEEN = ("children", "draws")


def plane_between(
    dataset: str = "digits",
    *,
    train_size: int | None = None,
    image_size: int | None = None,
    model: str = "lenet",
    recipe: Recipe = Recipe(epochs=20),  # noqa: B008 (frozen)
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
    archive: Archive | str | None = None,
) -> Iterator[Between]:
    """Yield a `Between` for every level of the plane, then for the line, then for the curve; replicas side by side.

    `between` "children": all `networks` (2 or 3) are trained from one point, dense weights at `rewind_step`, each under
    its own noise. "draws", the control: each from its own initial weights, where a barrier is to be expected. The plane
    is through two networks and the point that the first began from, or through three, from which their beginning is
    far. `checkpoints` of every training are projected, at steps that are even in their square root, since networks move
    fastest at first. `levels` of refinement are 5, 9, 17, … points a side. `curve_steps` above 0 train a `curve`
    ("bezier" or "polygon", one bend) between the first two networks, by the recipe with that many steps; the line
    beside it is its control. Raises a ValueError for an option out of range, before anything is trained.
    """
    data, network, drawn = prepare(
        dataset,
        train_size=train_size,
        image_size=image_size,
        model=model,
        recipe=recipe,
        rewind_step=rewind_step,
        split=split,
        batch_norm=batch_norm,
        seed=seed,
        replicas=replicas,
    )
    _check(between, rewind_step, networks, checkpoints, levels, points, curve, curve_steps)
    length = recipe.length(len(data.train))
    at = sorted({rewind_step + round((length - rewind_step) * (i / checkpoints) ** 2) for i in range(checkpoints + 1)})
    same = {"between": between, "rewind_step": rewind_step, "networks": networks, "split": split}
    parts = 2 + (curve_steps > 0)

    def replica(own: int) -> Iterator[Between]:
        which = {"seed": seed, "replica": drawn.index(own), **same, "batch_norm": batch_norm}
        workers = None if replicas == 1 else 1
        with progress.within("part", 0, parts):
            trained = _train(network, data, recipe, own, same, at, workers, archive)
        ends = [steps[length] for steps in trained]
        corners = ends if networks == 3 else [trained[0][rewind_step], *ends]
        lines = trained if networks == 3 else [{}, *trained]
        names = ["first", "second", "third"] if networks == 3 else ["start", "first", "second"]
        how = {"split": split, "batch_norm": batch_norm}
        work = call(plane, network, corners, data, trajectories=lines, names=names, levels=levels, **how)
        for surface in progress.walk("part", each(work, archive), parts, index=1):
            yield of_plane(surface, which)
        with progress.within("line", 0):
            line = run(call(path, network, *ends[:2], data, points=points, **how), archive)
        yield of_path("line", line, which)
        if curve_steps:
            with progress.within("part", 2, parts):
                found = _curve(network, ends[:2], data, recipe, own, curve, curve_steps, archive)
                bent = along(network, found, data, split=split, batch_norm=batch_norm, points=points)
            yield of_path("curve", bent, which)

    for _, outcome in side_by_side(replica, drawn):
        yield outcome


def _train(
    network: nn.Module,
    data: Data,
    recipe: Recipe,
    seed: int,
    which: dict[str, Any],
    at: list[int],
    workers: int | None,
    archive: Archive | str | None,
) -> list[dict[int, Weights]]:
    """Return the weights of every network at the steps `at`, the first of them where it began."""
    k, count = which["rewind_step"], which["networks"]
    starts = [initialise(network, seed=seed if i == 0 else number(seed, "draw", i)) for i in range(count)]
    if which["between"] == "children":
        work = call(weights_at, network, starts[0], data, recipe, step=k, seed=seed)
        with progress.within("start", 0):
            starts = [run(work, archive)] * count

    def one(i: int) -> dict[int, Weights]:
        noise = number(seed, "child", i)
        work = call(train, network, starts[i], data, recipe, step=k, seed=noise, checkpoints=at)
        return run(work, archive).checkpoints

    found = dict(side_by_side(one, range(count), workers=workers))
    return [found[i] for i in range(count)]


def _curve(
    network: nn.Module,
    ends: list[Weights],
    data: Data,
    recipe: Recipe,
    seed: int,
    kind: str,
    steps: int,
    archive: Archive | str | None,
) -> Any:
    own = replace(recipe, epochs=None, steps=steps)
    return run(call(curve, network, *ends, data, own, kind=kind, seed=number(seed, "curve")), archive)


def _check(
    between: str, rewind_step: int, networks: int, checkpoints: int, levels: int, points: int, kind: str, steps: int
) -> None:
    if between not in BETWEEN:
        raise unknown("relation between the networks", between, BETWEEN)
    if between == "draws" and rewind_step:
        way_on = 'pass rewind_step=0, or between="children"'
        raise ValueError(
            f"networks of different draws share no step to part at, got rewind_step={rewind_step}; {way_on}"
        )
    if networks not in (2, 3):
        raise ValueError(f"networks must be 2 or 3, got {networks}: three, or two and their beginning, make a plane")
    if checkpoints < 1:
        raise ValueError(f"checkpoints must be at least 1, got {checkpoints}; 8 show which way a training went")
    if not 1 <= levels <= 6:
        raise ValueError(f"levels must be from 1 to 6, got {levels}; 3 of them end at 17 points a side")
    check_points(points)
    if kind not in CURVES:
        raise unknown("kind of curve", kind, CURVES)
    if steps < 0:
        raise ValueError(f"curve_steps must be at least 0, got {steps}; 0 trains no curve")
