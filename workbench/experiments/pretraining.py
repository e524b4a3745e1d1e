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
from torch import Tensor

from workbench import lottery
from workbench.data.data import Data, load
from workbench.data_diet.agreement import agreement
from workbench.data_diet.scores import Score
from workbench.data_diet.subsets import check_subset, needs_score, parse, subset
from workbench.experiments.fields_of import fields_of
from workbench.experiments.given_names import are, told
from workbench.experiments.instability import STEEP
from workbench.experiments.replica import Replica, prepare
from workbench.experiments.score_to_sort_by import check_sorting, cost_of, score_to_sort_by
from workbench.nets import masks
from workbench.nets.evaluation import evaluate
from workbench.nets.masks import Mask
from workbench.nets.weights import Weights
from workbench.training.recipe import Recipe
from workbench.training.runs import Run
from workbench.work import progress, rules
from workbench.work.archive import ArchiveLike
from workbench.work.seeds import number
from workbench.work.typed import typed

BATCHES = 16  # whose gradients agree or do not, each about five steps of training
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


@typed
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
    archive: ArchiveLike | None = None,
) -> Iterator[Pretrained]:
    """Yield a `Pretrained` for every round of every cell of the grid, replicas side by side.

    The grid is `subsets` (of `data_diet.SUBSETS`) × `sizes` × `pretrain_steps`; "all" has one size, and k = 0 is one
    cell, the reference that saw nothing. The same replica has the same initial weights and order in all cells: pair by
    it. Subsets are sorted by a `score`, one of `example_scores` by name, at `score_step` (default: a quarter of the
    recipe) over `score_replicas` networks of seeds that no ticket uses, or any `wb.Score` of these data. They take as
    many of every class if `balanced`. `label_noise` moves that share of the labels that the scores and the first k
    steps see; tickets are trained on the clean ones, as in the paper. An `archive` keeps every finished training.
    Raises a ValueError for an option out of range before anything is trained.

    Arguments:
        subsets: The parts of the data that the first steps see, by how hard their examples are.
        sizes: How many examples a subset has.
        pretrain_steps: How many steps are trained on a subset before tickets are drawn; 0 is the reference that saw
            nothing.
        score: The measure that sorts examples from the easiest to the hardest: the name of one, or of a kept score, or
            the path of its file.
        balanced: Whether a subset has as many examples of every class.
        score_replicas: How many networks, of seeds that are used for nothing else, score the examples.
        score_step: The training step at which examples are scored; a quarter of the training where none is given.
        label_noise: The share of labels moved to another class that scores and first steps see; tickets see the right
            ones.
    """
    sizes_of_data = (train_size, image_size)
    experiment = prepare(dataset, *sizes_of_data, model, recipe, seed, replicas, archive, batch_norm=batch_norm)
    as_long = replace(recipe, epochs=None, steps=experiment.length)  # on a subset too
    experiment = replace(experiment, recipe=as_long)
    shown = experiment.data
    if rules.share("label_noise", label_noise):
        shown = load(dataset, train_size=train_size, image_size=image_size, label_noise=label_noise, seed=seed)
    lottery.counts(masks.full(experiment.network), rounds, fraction)
    check_sorting(score, replace(experiment, data=shown), n=score_replicas, step=score_step)
    options = {"subsets": subsets, "sizes": sizes, "pretrain_steps": pretrain_steps, "balanced": balanced}
    grid = cells(shown, as_long, **options)
    each = [k + (rounds + 2) * (experiment.length - k) for k in (cell.pretrain_steps for cell in grid)]
    sorts = any(needs_score(cell.subset) for cell in grid)
    cost = cost_of(score, experiment, n=score_replicas, step=score_step) if sorts else 0.0
    order, costs = None, (cost, replicas * sum(each))
    if sorts:
        with progress.within("part", 0, costs):
            order = score_to_sort_by(score, replace(experiment, data=shown), n=score_replicas, step=score_step)
    ids = {  # each replica draws its own random subset
        (cell, replica_seed): subset(shown, cell.subset, cell.size, score=order, balanced=balanced, seed=replica_seed)
        for cell in grid
        for replica_seed in experiment.seeds
    }

    def pretrained(replica: Replica) -> Iterator[Pretrained]:
        for index, cell in enumerate(grid):
            part = shown.only(ids[cell, replica.seed])
            outcomes = _rounds(replica, cell, part, batch_norm, rounds=rounds, fraction=fraction)
            yield from progress.walk("cell", outcomes, each, index=index)

    yield from progress.walk("part", experiment.side_by_side(pretrained), costs, index=1)


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
    rules.names("subsets", subsets, '("random", "hardest") are two')
    rules.each("sizes", sizes, rules.whole, "they are numbers of examples", least=1)
    rules.each("pretrain_steps", pretrain_steps, rules.whole, "(0, 100) are two")
    for name, values in (("subsets", subsets), ("sizes", sizes), ("pretrain_steps", pretrain_steps)):
        if not values:
            raise ValueError(f"{name} must hold at least one value, got none; the defaults are a small grid")
    rules.flag("balanced", balanced)
    if not are(list(set(pretrain_steps)), rules.whole, most=length - 1):
        raise ValueError(f"pretrain_steps must be from 0 to {length - 1}, got {told(pretrain_steps)}")
    grid: dict[Cell, None] = {}
    for k in sorted(set(pretrain_steps)):
        for kind in subsets if k else ("all",):
            name, skip = parse(kind)
            for size in (n,) if name == "all" else sizes:
                check_subset(data, kind, size, balanced=balanced)
                whole_name = f"window(skip={skip})" if name == "window" else name
                grid[Cell(whole_name, size, k, k * recipe.batch_size / size)] = None
    return list(grid)


def _rounds(replica: Replica, cell: Cell, part: Data, batch_norm: str, **options: Any) -> Iterator[Pretrained]:
    """Yield the rounds of one cell of one replica; after the dense one, what it foretells is measured."""
    k = cell.pretrain_steps
    with progress.within("rewinding point", 0):
        rewound = replace(replica, data=part).weights_at(replica.start, k)
    foretold: dict[str, Any] = {}
    n, batch = len(replica.data.train), replica.recipe.batch_size
    child = replica.recipe.length(n) - k
    costs = child, n / batch, 5 * BATCHES
    turns = (options["rounds"] + 1) * child, sum(costs)
    rounds = replica.rounds(rewound=rewound, rewind_step=k, **options)
    for ticket in progress.walk("turn", rounds, turns, index=0):
        if ticket.round == 0:
            with progress.within("turn", 1, turns):
                foretold = _foretold(replica, rewound, ticket.run.weights, k, batch_norm, costs)
        shared = {**vars(cell), **replica.labels, "batch_norm": batch_norm, **foretold}
        of_run = fields_of(ticket.run, "test_accuracy validation_accuracy steps")
        yield Pretrained(**shared, **of_run, **fields_of(ticket, "round density mask rewound run"))


def _foretold(
    replica: Replica, rewound: Weights, sibling: Weights, step: int, batch_norm: str, costs: progress.Costs
) -> dict[str, Any]:
    """Measure what the dense network tells of its tickets; round 0 is the other child."""
    model, data = replica.model, replica.data
    with progress.within("child", 0, costs):
        child = replica.train(rewound, step=step, seed=number(replica.seed, "child"))
    with progress.within("part", 1, costs):
        line = replica.path(sibling, child.weights, split="train", points=3, batch_norm=batch_norm)
    with progress.within("agreement", 2, costs):
        options = {"batch_size": replica.recipe.batch_size, "seed": replica.seed}
        cosine = replica.run(agreement, model, rewound, data, **options)
    with progress.within("evaluation", 0):
        early = evaluate(model, rewound, data.test).accuracy if len(data.test) else None
    barriers = line.barriers()
    measured = {"ids": line.ids, "barriers": barriers, "barrier": float(barriers.mean())}
    return {**measured, "agreement": cosine, "pretrain_accuracy": early}
