"""From which step does the noise of training no longer decide? Barriers between children, by the step they part at.

Frankle et al. 2020 (instability analysis); by example and by difficulty: Paul et al. 2021 and 2022 (the data-diet
papers). For each replica: dense training gives a starting point at every step asked for; from each, children are
trained under their own noise; every pair of siblings is joined by a line, and loss and error are measured along it.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from jaxtyping import Float
from torch import Tensor

from workbench.data.data import Split
from workbench.data_diet.scores import Score, terciles
from workbench.experiments.fields_of import fields_of
from workbench.experiments.given_names import are, check_names, told
from workbench.experiments.replica import Replica, prepare
from workbench.experiments.score_to_sort_by import cost_of, el2n_of
from workbench.landscape.children import children as children_of
from workbench.landscape.path import DEFINITIONS, Path, check_points, slice_of
from workbench.nets.batch_norm import TREATMENTS
from workbench.numbers.asked import asked
from workbench.numbers.tables import table
from workbench.training.recipe import Recipe
from workbench.work import progress, rules
from workbench.work.archive import ArchiveLike
from workbench.work.nearest import check_known
from workbench.work.typed import typed

if TYPE_CHECKING:
    import pandas

STABLE = ("barrier_error", "rewind_step", "replica")
LABELS = "rewind_step seed replica pair split batch_norm"
LIMIT = 0.02  # of the error barrier: below it two networks count as connected (Frankle et al. 2020)
STEEP = Recipe(  # a rate at which digits show it: LeNet on digits is connected from step 0 on
    epochs=8, learning_rate=0.8, weight_decay=1e-4, batch_size=64, schedule="multistep"
)


@dataclass(frozen=True, eq=False)
class Parting:
    """One pair of children that parted at `rewind_step`, on one split, under one batch-norm treatment.

    `barrier_error` (a fraction) and `barrier_loss` (nats) are above the straight line between the ends ("linear");
    `connected_share` is the share of examples whose loss barrier at the midpoint is below 0.1; `accuracy` the mean of
    both ends. `path` holds all that was measured, on `examples`, whose EL2N is `scores` (None if there are none).
    """

    seed: int
    replica: int
    rewind_step: int
    pair: str
    split: str
    batch_norm: str
    barrier_error: float
    barrier_loss: float
    connected_share: float
    accuracy: float
    path: Path
    examples: Split
    scores: Float[Tensor, " N"] | None

    def __repr__(self) -> str:
        where = f"replica={self.replica}, rewind_step={self.rewind_step}, pair={self.pair}"
        what = f"barrier_error={self.barrier_error:.4f}, connected_share={self.connected_share:.3f}"
        return f"Parting({where}, {self.split}, {self.batch_norm}: {what})"


@typed
def instability(
    dataset: str = "digits",
    *,
    train_size: int | None = None,
    image_size: int | None = None,
    model: str = "resnet8(width=8)",
    recipe: Recipe = STEEP,
    rewind_steps: Sequence[int] = (0, 5, 20, 80),
    children: int = 2,
    points: int = 9,
    splits: Sequence[str] = ("train", "test"),
    batch_norm: Sequence[str] = TREATMENTS,
    score_replicas: int = 5,
    score_step: int | None = None,
    seed: int = 0,
    replicas: int = 3,
    archive: ArchiveLike | None = None,
) -> Iterator[Parting]:
    """Yield a `Parting` for every step, pair of children, split and treatment, replicas side by side.

    `rewind_steps` are the steps k at which the children part; `points` (odd) are on every path. EL2N, by which examples
    are grouped, comes from `score_replicas` networks of seeds that no child uses, at `score_step` (default: a quarter
    of the recipe); with 0 of them there is none. An `archive` keeps every finished training. Raises a ValueError for an
    option out of range, before anything is trained.

    Arguments:
        rewind_steps: The steps of the common training after which the children part; 0 is the initialisation.
        children: How many networks are trained on from each of these steps, each under noise of its own.
        points: How many networks are evaluated on the path between two children, its ends included; an odd number.
        splits: The images on which the path is measured: those of training, of validation, of the test.
        batch_norm: What batch-norm uses between two children: the average of both networks' statistics, those of the
            mixed network computed again, or those that the first network keeps.
        score_replicas: How many networks of other seeds say by EL2N which examples are hard; with 0 there are no
            groups.
        score_step: The training step at which EL2N is measured; a quarter of the training where none is given.
    """
    experiment = prepare(dataset, train_size, image_size, model, recipe, seed, replicas, archive)
    if not are(rewind_steps, rules.whole, most=experiment.length - 1):
        raise ValueError(f"rewind_steps must be steps from 0 to {experiment.length - 1}, got {told(rewind_steps)}")
    rules.whole("children", children, least=2, most=1000, way_on="barriers are between them")
    check_points(points)
    check_names("split", splits, ("train", "validation", "test"), least=1)
    for split in splits:
        slice_of(experiment.data, split)
    check_names("batch-norm treatment", batch_norm, TREATMENTS, least=1)
    rules.whole("score_replicas", score_replicas, most=1000, way_on="0 leaves EL2N out")
    options = {"n": score_replicas, "step": score_step}
    cost = cost_of("el2n", experiment, **options) if score_replicas else 0.0
    pairs, treated = children * (children - 1) // 2, list(itertools.product(splits, batch_norm))
    images = [points * len(getattr(experiment.data, split)) for split, _ in treated]
    each = [(children * (experiment.length - k), experiment.passes(pairs * sum(images))) for k in sorted(rewind_steps)]
    parts, workers = (max(rewind_steps), *map(sum, each)), None if replicas == 1 else 1
    costs = cost, replicas * sum(parts)
    with progress.within("part", 0, costs):
        scores = el2n_of(experiment, splits, **options) if score_replicas else {}

    def partings(replica: Replica) -> Iterator[Parting]:
        at = tuple(sorted(rewind_steps))
        with progress.within("dense", 0, parts):
            starts = replica.weights_along(at)
        options = {"n": children, "seed": replica.seed, "workers": workers, "archive": archive}
        for index, k in enumerate(at, 1):
            with progress.within("rewind step", index, parts), progress.within("part", 0, each[index - 1]):
                siblings = children_of(replica.model, {k: starts[k]}, replica.data, recipe, **options)
                weights = {child.child: child.run.weights for child in siblings}
            several = itertools.product(itertools.combinations(sorted(weights), 2), treated)
            for place, ((i, j), (split, treatment)) in enumerate(several):
                how = {"split": split, "points": points, "batch_norm": treatment}
                at_step = progress.within("rewind step", index, parts)
                with (
                    at_step,
                    progress.within("part", 1, each[index - 1]),
                    progress.within("pair", place, images * pairs),
                ):
                    line = replica.path(weights[i], weights[j], **how)
                labels = {**replica.labels, "rewind_step": k, "pair": f"{i}-{j}"}
                yield _parting(line, getattr(replica.data, split), scores.get(split), labels)

    yield from progress.walk("part", experiment.side_by_side(partings), costs, index=1)


def _parting(line: Path, examples: Split, score: Score | None, labels: dict[str, Any]) -> Parting:
    return Parting(
        **labels,
        **fields_of(line, "split batch_norm"),
        barrier_error=line.barrier(of="error"),
        barrier_loss=line.barrier(of="loss"),
        connected_share=line.connected_share(0.1),
        accuracy=1 - float(line.error[0] + line.error[-1]) / 2,
        path=line,
        examples=examples,
        scores=None if score is None else score.on(line.ids),
    )


def paths_table(partings: Iterable[Parting]) -> pandas.DataFrame:
    """Return a row for every point of every path: where it was measured, alpha, loss (nats), error (in [0, 1])."""
    return table(
        {**fields_of(p, LABELS), "alpha": float(alpha), "loss": float(loss), "error": float(error)}
        for p in asked("paths_table", partings, f"{LABELS} path", "instability")
        for alpha, loss, error in zip(p.path.alphas, p.path.loss, p.path.error, strict=True)
    )


def barriers_table(
    partings: Iterable[Parting],
    *,
    thresholds: Sequence[float] = (0.1, 0.5),
    definitions: Sequence[str] = tuple(DEFINITIONS),
) -> pandas.DataFrame:
    """Return a row for every path, definition, group of examples and threshold.

    `group` is all, or a third by EL2N: easy, middle, hard. `barrier_loss` and `barrier_error` are of the group's mean
    along the path; `connected_share` is the share of its examples whose own loss barrier is below `threshold` nats;
    `end_loss` and `end_error` are the mean of both ends.
    """
    rules.each("thresholds", thresholds, rules.number, "in nats; 0.1 is usual", least=0)
    check_names("definition", definitions, DEFINITIONS, least=1)
    partings = asked("barriers_table", partings, f"{LABELS} path scores", "instability")
    return table(row for p in partings for definition in definitions for row in _barriers(p, definition, thresholds))


def _barriers(p: Parting, definition: str, thresholds: Sequence[float]) -> Iterable[dict[str, Any]]:
    groups = {"all": None} | (terciles(p.scores) if p.scores is not None else {})
    by_example = p.path.barriers(definition)
    for group, examples in groups.items():
        some = slice(None) if examples is None else examples
        measured = {
            "barrier_loss": p.path.barrier(definition, of="loss", examples=examples),
            "barrier_error": p.path.barrier(definition, of="error", examples=examples),
            "end_loss": float(p.path.losses_PN[[0, -1]][:, some].double().mean()),
            "end_error": float(p.path.wrong_PN[[0, -1]][:, some].double().mean()),
        }
        for threshold in thresholds:
            share = float((by_example[some] < threshold).double().mean())
            labels = {**fields_of(p, LABELS), "definition": definition, "group": group, "threshold": threshold}
            yield {**labels, **measured, "connected_share": share}


def stable_from(barriers: pandas.DataFrame, *, limit: float = LIMIT, definition: str = "linear") -> pandas.DataFrame:
    """Return the smallest step from which the error barrier stays below the limit, by split, treatment and group.

    `barriers` is `barriers_table`'s; pairs of one replica are averaged first. `steps` lists that step for every replica
    (None where even the last is not below); `earliest` and `latest` are of the replicas, only where all have one: they
    are places on a grid of steps that were tried, not numbers with an interval.
    """
    import pandas

    rules.number("limit", limit, above=0, most=1, way_on='for "2 points of error" pass 0.02')
    check_known("definition of a barrier", definition, DEFINITIONS)
    keys = ["split", "batch_norm", "group"]
    if not isinstance(barriers, pandas.DataFrame):
        raise rules.refused("barriers", "a data frame", barriers, "wb.experiments.barriers_table(partings) makes one")
    asked("stable_from", barriers, " ".join(["definition", *keys, *STABLE]), "barriers_table")
    groups: Any = () if barriers.empty else barriers[barriers["definition"] == definition].groupby(keys)
    rows = []
    for labels, part in groups:
        by_step = part.pivot_table("barrier_error", "rewind_step", "replica")
        steps = [_stable(by_step[replica].dropna(), limit) for replica in by_step]
        row = dict(zip(keys, labels, strict=True)) | {"steps": steps, "n": len(steps)}
        known = [step for step in steps if step is not None]
        if len(known) == len(steps):
            row |= {"earliest": min(known), "latest": max(known)}
        rows.append(row)
    return pandas.DataFrame(rows, columns=[*keys, "steps", "n", "earliest", "latest"])


def _stable(barriers: Any, limit: float) -> int | None:
    """Return the first step from which on all of a series of barriers, by step, are below the limit."""
    below = (barriers < limit)[::-1].cummin()
    return int(below[below].index.min()) if below.any() else None
