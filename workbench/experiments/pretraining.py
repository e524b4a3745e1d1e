"""Which data must the first steps see? Pre-train on a subset, rewind there, and prune on all data.

Paul et al. 2022, "Lottery Tickets on a Data Diet". For each replica and each cell (a subset, its size, k steps): the
dense network is trained k steps on the subset alone, which gives the rewinding point; from it, iterative magnitude
pruning on all data. What the dense network foretells is measured before the first sparse round: a second child of the
rewinding point is trained, and the loss barrier between both, by example, is the paper's predictor.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from jaxtyping import Float64, Int64
from torch import Tensor, nn

from workbench import lottery, masks, models
from workbench.data import Data, load
from workbench.data_diet.agreement import agreement
from workbench.data_diet.subsets import check_subset, needs_score, parse, subset
from workbench.evaluation import evaluate
from workbench.experiments.instability import STEEP
from workbench.experiments.replica import prepare
from workbench.experiments.score_to_sort_by import score_to_sort_by
from workbench.landscape.path import path
from workbench.masks import Mask
from workbench.recipe import Recipe
from workbench.runs import Run, train, weights_at
from workbench.scores import Score
from workbench.seeds import number
from workbench.weights import Weights, snapshot
from workbench.work import progress
from workbench.work.archive import Archive, each, run
from workbench.work.calls import call
from workbench.work.replicas import replicas as side_by_side

ENOUGH = 8  # presentations of every example of a subset, below which it shows much the same data as a run on all


@dataclass(frozen=True)
class Cell:
    """What the first steps see: k = `pretrain_steps` on a subset of `size`; `presentations` = k × batch / size."""

    subset: str
    size: int
    pretrain_steps: int
    presentations: float


@dataclass(frozen=True, eq=False)
class Pretrained:
    """One round of a lottery whose first steps saw a subset; round 0 is dense.

    `presentations` is how often every example of the subset was seen, k × batch / size: k steps show at most k × batch
    examples, so that below 8 a random subset is the same data by arithmetic. Of the dense rewinding point, the same for
    all its rounds: `pretrain_accuracy` on the test images, `agreement` of the gradients of its mini-batches, and the
    loss barrier between two children of it at their midpoint, in nats: `barrier` its mean over the training examples
    with these `ids`, `barriers` by example, under `batch_norm`.
    """

    subset: str
    size: int
    pretrain_steps: int
    presentations: float
    seed: int
    replica: int
    round: int
    density: float
    test_accuracy: float | None
    validation_accuracy: float | None
    pretrain_accuracy: float | None
    agreement: float
    barrier: float
    batch_norm: str
    steps: int
    barriers: Float64[Tensor, " N"]
    ids: Int64[Tensor, " N"]
    mask: Mask
    rewound: Weights
    run: Run

    def __repr__(self) -> str:
        accuracy = "None" if self.test_accuracy is None else f"{self.test_accuracy:.4f}"
        cell = f"{self.subset} {self.size}, {self.pretrain_steps} steps"
        return f"Pretrained({cell}: replica={self.replica}, density={self.density:.4g}, test_accuracy={accuracy})"

    def connected_share(self, threshold: float = 0.1) -> float:
        """Return the share of training examples whose barrier is below the threshold, in nats."""
        return float(self.barriers.lt(threshold).double().mean())


def pretraining(
    dataset: str = "digits",
    *,
    train_size: int | None = None,
    image_size: int | None = None,
    model: str = "resnet8(width=8)",
    recipe: Recipe = STEEP,
    subsets: Sequence[str] = ("all", "random", "easiest", "hardest"),
    sizes: Sequence[int] = (100,),
    pretrain_steps: Sequence[int] = (0, 10),
    score: str | Score = "el2n",
    balanced: bool = True,
    label_noise: float = 0.0,
    rounds: int = 3,
    fraction: float = 0.6,
    batch_norm: str = "average",
    score_replicas: int = 5,
    score_step: int | None = None,
    seed: int = 0,
    replicas: int = 3,
    archive: Archive | str | None = None,
) -> Iterator[Pretrained]:
    """Yield a `Pretrained` for every round of every cell of the grid, replicas side by side.

    The grid is `subsets` (of `data_diet.SUBSETS`) × `sizes` × `pretrain_steps`; "all" has one size, and k = 0 is one
    cell, the reference that saw nothing. The same replica has the same initial weights and order in all cells: pair by
    it. Subsets are sorted by a `score`, one of `example_scores` by name, at `score_step` (default: a quarter of the
    recipe) over `score_replicas` networks of seeds that no ticket uses, or any `wb.Score` of these data. They take as
    many of every class if `balanced`. `label_noise` moves that share of the labels that the scores and the first k
    steps see; tickets are trained on the clean ones, as in the paper. An `archive` keeps every finished training.
    Raises a ValueError for an option out of range before anything is trained.
    """
    what = {"train_size": train_size, "image_size": image_size, "model": model, "recipe": recipe}
    data, network, drawn = prepare(dataset, **what, seed=seed, replicas=replicas, batch_norm=batch_norm)
    shown = load(dataset, train_size=train_size, image_size=image_size, label_noise=label_noise, seed=seed)
    recipe = replace(recipe, epochs=None, steps=recipe.length(len(data.train)))  # as long on a subset
    lottery.counts(masks.full(network), rounds, fraction)
    what = {"subsets": subsets, "sizes": sizes, "pretrain_steps": pretrain_steps, "balanced": balanced}
    grid = cells(shown, recipe, **what)
    order = None
    if any(needs_score(cell.subset) for cell in grid):
        how = {"n": score_replicas, "step": score_step, "seed": seed, "archive": archive}
        order = score_to_sort_by(score, model, shown, recipe, **how)
    chosen = [[_subset(shown, cell, order, balanced, own) for own in drawn] for cell in grid]
    options = {"rounds": rounds, "fraction": fraction}

    def replica(own: int) -> Iterator[Pretrained]:
        born, place = models.named(model, data, seed=own), drawn.index(own)
        for index, cell in enumerate(grid):
            part = shown.only(chosen[index][place])
            found = _cell(born, data, part, recipe, cell, own, options, batch_norm, archive)
            for outcome in progress.walk("cell", found, len(grid), index=index):
                yield replace(outcome, seed=seed, replica=place)

    for _, outcome in side_by_side(replica, drawn):
        yield outcome


def cells(
    data: Data,
    recipe: Recipe,
    *,
    subsets: Sequence[str],
    sizes: Sequence[int],
    pretrain_steps: Sequence[int],
    balanced: bool = True,
) -> list[Cell]:
    """Return the cells of the grid, each once; a ValueError for a subset, a size or a step out of range."""
    n, length = len(data.train), recipe.length(len(data.train))
    for what, values in (("subsets", subsets), ("sizes", sizes), ("pretrain_steps", pretrain_steps)):
        if not values:
            raise ValueError(f"{what} must hold at least one value, got none; the defaults are a small grid")
    if not all(0 <= k < length for k in pretrain_steps):
        raise ValueError(f"pretrain_steps must be from 0 to {length - 1}, got {list(pretrain_steps)}")
    found: dict[Cell, None] = {}
    for k in sorted(set(pretrain_steps)):
        for kind in subsets if k else ("all",):
            name, skip = parse(kind)
            for size in (n,) if name == "all" else sizes:
                check_subset(data, kind, size, balanced=balanced)
                named = f"window(skip={skip})" if name == "window" else name
                found[Cell(named, size, k, k * recipe.batch_size / size)] = None
    return list(found)


def _subset(data: Data, cell: Cell, score: Score | None, balanced: bool, own: int) -> Int64[Tensor, " size"]:
    """Return the ids of one replica's subset: each replica draws its own random one."""
    return subset(data, cell.subset, cell.size, score=score, balanced=balanced, seed=own)


def _cell(
    model: nn.Module,
    data: Data,
    part: Data,
    recipe: Recipe,
    cell: Cell,
    own: int,
    options: dict[str, Any],
    batch_norm: str,
    archive: Archive | str | None,
) -> Iterator[Pretrained]:
    """Yield the rounds of one cell of one replica; after the dense one, what it foretells is measured."""
    k, start = cell.pretrain_steps, snapshot(model)
    with progress.within("rewinding point", 0):
        rewound = run(call(weights_at, model, start, part, recipe, step=k, seed=own), archive)
    tickets = call(lottery.rounds, model, start, data, recipe, rewound=rewound, rewind_step=k, seed=own, **options)
    foretold: dict[str, Any] = {}
    for r in each(tickets, archive):
        if r.round == 0:
            foretold = _foretold(model, rewound, r.run.weights, data, recipe, k, own, batch_norm, archive)
        yield Pretrained(
            **vars(cell),
            seed=own,
            replica=0,
            round=r.round,
            density=r.density,
            test_accuracy=r.run.test_accuracy,
            validation_accuracy=r.run.validation_accuracy,
            batch_norm=batch_norm,
            steps=r.run.steps,
            mask=r.mask,
            rewound=r.rewound,
            run=r.run,
            **foretold,
        )


def _foretold(
    model: nn.Module,
    rewound: Weights,
    sibling: Weights,
    data: Data,
    recipe: Recipe,
    step: int,
    own: int,
    batch_norm: str,
    archive: Archive | str | None,
) -> dict[str, Any]:
    """Measure what the dense network tells of its tickets; round 0 is the other child."""
    with progress.within("child", 0):
        child = run(call(train, model, rewound, data, recipe, step=step, seed=number(own, "child")), archive)
    with progress.within("path", 0):
        ends = sibling, child.weights
        line = run(call(path, model, *ends, data, split="train", points=3, batch_norm=batch_norm), archive)
    with progress.within("rewinding point", 0):
        cosine = run(call(agreement, model, rewound, data, batch_size=recipe.batch_size, seed=own), archive)
        early = evaluate(model, rewound, data.test).accuracy if len(data.test) else None
    found = line.barriers()
    which = {"ids": line.ids, "barriers": found, "barrier": float(found.mean())}
    return {**which, "agreement": cosine, "pretrain_accuracy": early}
