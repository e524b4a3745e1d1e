"""How curved is the loss around tickets, and does that foretell how much can be pruned? Spectra by density.

For each replica: a lottery; at some of its rounds the Hessian's spectrum at the trained network, on its surviving
weights (biases and norms held). Beside it the controls: the same places before training ("rewound"), and random places
by layer, trained. The share that can be pruned at once is foretold as in "Unmasking" (Paul et al. 2023; recalled, not
verified: see `workbench.landscape.curvature`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from torch import nn

from workbench import lottery, masks, models
from workbench.data import Data
from workbench.experiments.replica import prepare
from workbench.landscape.curvature import Curvature, prunable_share
from workbench.landscape.curvature import curvature as curvature_at
from workbench.landscape.path import slice_of
from workbench.lottery import Round
from workbench.masks import Mask
from workbench.nearest import unknown
from workbench.recipe import Recipe
from workbench.runs import train
from workbench.sanity import shuffled
from workbench.seeds import number
from workbench.weights import Weights, snapshot
from workbench.work import progress
from workbench.work.archive import Archive, each, run
from workbench.work.calls import call
from workbench.work.replicas import replicas as side_by_side

if TYPE_CHECKING:
    import pandas

CONTROLS = ("rewound", "random_mask")


@dataclass(frozen=True, eq=False)
class Sharpness:
    """The curvature at one network of the experiment, on all its surviving weights ("all") or on those of a layer.

    `kind` is ticket (trained), rewound (the same places before training) or random_mask (random places by layer,
    trained). `prunable_share` is foretold for a rise of the loss by `epsilon` and holds at `distance`, how far pruning
    so much moves the weights; `share_from_start` is the same where the distance is `travelled`, from the rewound
    weights to the trained ones. Both are None before training and for a layer.
    """

    kind: str
    seed: int
    replica: int
    round: int
    density: float
    layer: str
    dimension: int
    test_accuracy: float | None
    loss: float
    top_eigenvalue: float
    trace: float
    trace_error: float
    epsilon: float
    prunable_share: float | None
    distance: float | None
    share_from_start: float | None
    travelled: float | None
    curvature: Curvature

    def __repr__(self) -> str:
        where = f"{self.kind}, replica={self.replica}, round={self.round}, density={self.density:.4g}, {self.layer}"
        share = "" if self.prunable_share is None else f", prunable_share={self.prunable_share:.3f}"
        return f"Sharpness({where}: top_eigenvalue={self.top_eigenvalue:.4g}, trace={self.trace:.4g}{share})"


def curvature(
    dataset: str = "digits",
    *,
    train_size: int | None = None,
    image_size: int | None = None,
    model: str = "lenet(hidden=(100, 50))",
    recipe: Recipe = Recipe(epochs=20),  # noqa: B008 (frozen)
    measured: Sequence[int] = (0, 3, 6),
    fraction: float = 0.4,
    rewind_step: int = 0,
    controls: Sequence[str] = CONTROLS,
    by_layer: bool = False,
    split: str = "train",
    examples: int = 200,
    k: int = 8,
    draws: int = 12,
    steps: int = 80,
    repeats: int = 1,
    epsilon: float = 0.05,
    seed: int = 0,
    replicas: int = 3,
    archive: Archive | str | None = None,
) -> Iterator[Sharpness]:
    """Yield a `Sharpness` for every network measured, replicas side by side.

    `measured` are the rounds (0 is dense) whose networks are measured, `controls` names of `CONTROLS`; with `by_layer`
    each layer follows by itself. The loss is the mean over `examples` of `split`, drawn from the replica's seed; `k`,
    `draws`, `steps` and `repeats` are as in `wb.landscape.curvature`, whose defaults are finer. `epsilon` is the rise
    of the loss, in nats, that the foretold share allows. An `archive` keeps every training and every spectrum. Raises a
    ValueError for an option out of range, before anything is trained.
    """
    what = {"train_size": train_size, "image_size": image_size, "model": model, "recipe": recipe}
    how = {"rewind_step": rewind_step, "split": split, "batch_norm": "keep"}
    data, network, drawn = prepare(dataset, seed=seed, replicas=replicas, **what, **how)
    _check(network, data, measured, fraction, controls, split, examples, (k, draws, steps, repeats), epsilon)
    spectra = {"split": split, "examples": examples, "k": k, "draws": draws, "steps": steps, "repeats": repeats}

    def replica(own: int) -> Iterator[Sharpness]:
        born = models.named(model, data, seed=own)
        how = {"rounds": max(measured), "fraction": fraction, "rewind_step": rewind_step, "seed": own}
        work = call(lottery.rounds, born, snapshot(born), data, recipe, **how)
        jobs, done = (1 + len(controls)) * len(measured) - ("random_mask" in controls and 0 in measured), 0
        for r in progress.walk("network", each(work, archive), 1 + jobs, index=0):
            for kind in ("ticket", *controls) if r.round in measured else ():
                if kind == "random_mask" and not r.round:
                    continue
                done += 1
                with progress.within("network", done, 1 + jobs):
                    ends = _network(kind, born, r, data, recipe, rewind_step, own, archive)
                    found = _spectra(born, data, ends, by_layer, {**spectra, "seed": own}, archive)
                place = {"kind": kind, "seed": seed, "replica": drawn.index(own), "round": r.round}
                for each_found in found:
                    yield _sharpness(each_found, ends, place, epsilon)

    for _, outcome in side_by_side(replica, drawn):
        yield outcome


Ends = tuple[Mask, Weights, Weights, float | None]  # mask, rewound weights, weights to measure, test accuracy


def _network(
    kind: str,
    model: nn.Module,
    r: Round,
    data: Data,
    recipe: Recipe,
    step: int,
    seed: int,
    archive: Archive | str | None,
) -> Ends:
    """Return the network of one kind at the place of a round."""
    if kind == "ticket":
        return r.mask, r.rewound, r.run.weights, r.run.test_accuracy
    if kind == "rewound":
        return r.mask, r.rewound, r.rewound, None
    control = shuffled(r.ticket, weights=r.rewound, seed=number(seed, kind, r.round))
    work = call(train, model, control.weights, data, recipe, mask=control.mask, seed=seed, step=step)
    with progress.within("training", 0):
        done = run(work, archive)
    return control.mask, r.rewound, done.weights, done.test_accuracy


def _spectra(
    model: nn.Module, data: Data, ends: Ends, by_layer: bool, options: dict[str, Any], archive: Archive | str | None
) -> list[Curvature]:
    """Return the curvature on all surviving weights, and then of every layer that has some."""
    mask, _, weights, _ = ends
    several = [tuple(mask), *((name,) for name in mask if by_layer and bool(mask[name].any()))]
    found = []
    for index, layers in enumerate(several):
        with progress.within("layer", index, len(several)):
            found.append(run(call(curvature_at, model, weights, data, mask=mask, layers=layers, **options), archive))
    return found


def _sharpness(found: Curvature, ends: Ends, place: dict[str, Any], epsilon: float) -> Sharpness:
    mask, rewound, weights, accuracy = ends
    whole = found.dimension == masks.kept(mask)
    share = distance = start = travelled = None
    if whole and place["kind"] != "rewound":
        foretold = prunable_share(found, weights, mask, epsilon=epsilon)
        share, distance = foretold.share, foretold.distance
        moved = sum(float(((weights[n] - rewound[n])[mask[n]].double() ** 2).sum()) for n in mask)
        travelled = moved**0.5
        start = found.local_dimension(epsilon, travelled) / found.dimension
    return Sharpness(
        **place,
        density=masks.density(mask),
        layer="all" if whole else found.layer,
        dimension=found.dimension,
        test_accuracy=accuracy,
        loss=found.loss,
        top_eigenvalue=float(found.eigenvalues[0]),
        trace=found.trace,
        trace_error=found.trace_error,
        epsilon=epsilon,
        prunable_share=share,
        distance=distance,
        share_from_start=start,
        travelled=travelled,
        curvature=found,
    )


def spectrum_table(outcomes: Iterable[Sharpness]) -> pandas.DataFrame:
    """Return the spectra as one long table: a row for every eigenvalue, and for every point of a density.

    `part` is "eigenvalue" or "density" and `index` its place; `spectral_density`, which integrates to 1 over the
    eigenvalues, is missing for eigenvalues. (`density` is the share of weights kept, as everywhere.)
    """
    import pandas

    tables = []
    for o in outcomes:
        found, columns = o.curvature, ("kind", "seed", "replica", "round", "density", "layer", "dimension")
        parts = (("eigenvalue", found.eigenvalues, None), ("density", found.grid, found.values))
        for part, at, height in parts:
            row = {name: getattr(o, name) for name in columns} | {"part": part, "index": range(len(at))}
            heights = float("nan") if height is None else height.numpy()
            tables.append(pandas.DataFrame(row | {"eigenvalue": at.numpy(), "spectral_density": heights}))
    return pandas.concat(tables, ignore_index=True) if tables else pandas.DataFrame()


def _check(
    network: nn.Module,
    data: Data,
    measured: Sequence[int],
    fraction: float,
    controls: Sequence[str],
    split: str,
    examples: int,
    sizes: tuple[int, int, int, int],
    epsilon: float,
) -> None:
    if not measured or any(isinstance(r, bool) or not isinstance(r, int) or r < 0 for r in measured):
        raise ValueError(f"measured must be rounds from 0 on, got {list(measured)}; 0 is the dense one")
    lottery.counts(masks.full(network), max(measured), fraction)
    for name in controls:
        if name not in CONTROLS:
            raise unknown("control", name, CONTROLS)
    slice_of(data, split)
    if examples < 1:
        raise ValueError(f"examples must be at least 1, got {examples}; a few hundred are a first look")
    for name, size, least in zip(("k", "draws", "steps", "repeats"), sizes, (1, 3, 2, 1), strict=True):
        if size < least:
            raise ValueError(f"{name} must be at least {least}, got {size}")
    if not epsilon > 0:
        raise ValueError(f"epsilon must be above 0, got {epsilon}: the rise of the loss that is allowed; 0.05 is small")
