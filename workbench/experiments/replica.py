"""A replica as a value: a network drawn from its own seed, the data, the recipe and the archive travel together.

experiment = prepare(dataset, train_size, image_size, model, recipe, seed, replicas, archive)  # all is checked
yield from experiment.side_by_side(lambda replica: replica.rounds(rounds=8, fraction=0.2))
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

from torch import nn

from workbench import lottery
from workbench.data.data import Data, load
from workbench.landscape.path import Path, path, slice_of
from workbench.lottery.rounds import Round
from workbench.lottery.sanity import ANOTHER_DRAW, CONTROLS
from workbench.nets import models
from workbench.nets.batch_norm import TREATMENTS
from workbench.nets.compaction import Alive, alive
from workbench.nets.initialisation import initialise
from workbench.nets.masks import Mask
from workbench.nets.weights import Ticket, Weights, snapshot
from workbench.training.entrance import check_execution_of, check_recipe
from workbench.training.recipe import Recipe
from workbench.training.runs import Run, train, weights_along, weights_at
from workbench.work import progress, rules
from workbench.work.archive import ArchiveLike, each, opened, run
from workbench.work.calls import call
from workbench.work.locks import cached_property
from workbench.work.nearest import check_known
from workbench.work.replicas import replicas as threads
from workbench.work.seeds import check_seed, number, seeds

T = TypeVar("T")
MOST = 10_000  # replicas


@dataclass(frozen=True, eq=False)
class Replica:
    """One replica: its network as its own `seed` draws it, and what trains it; what it computes goes to the archive.

    `labels` are what its outcomes are known by: the `seed` of the experiment, and its number as `replica`.
    """

    model: nn.Module
    data: Data
    recipe: Recipe
    seed: int
    labels: dict[str, int]
    archive: ArchiveLike | None

    @cached_property
    def start(self) -> Weights:
        """The initial weights."""
        return snapshot(self.model)

    def draw(self, use: str) -> Weights:
        """Return other initial weights, of a seed of their own for this use."""
        return initialise(self.model, seed=number(self.seed, use))

    def rounds(self, **options: Any) -> Iterator[Round]:
        """Yield the rounds of a lottery from the initial weights, the dense one first."""
        return self.each(lottery.rounds, self.model, self.start, self.data, self.recipe, seed=self.seed, **options)

    def train(self, weights: Weights, *, seed: int | None = None, **options: Any) -> Run:
        """Train weights to the end of the recipe, in the replica's order of the data, or that of another seed."""
        order = self.seed if seed is None else seed
        return self.run(train, self.model, weights, self.data, self.recipe, seed=order, **options)

    def weights_at(self, weights: Weights, step: int) -> Weights:
        """Return the weights at a step of dense training from `weights`: where a ticket is rewound to."""
        return self.run(weights_at, self.model, weights, self.data, self.recipe, step=step, seed=self.seed)

    def weights_along(self, at: tuple[int, ...]) -> dict[int, Weights]:
        """Return the weights at several steps of dense training from the initial ones."""
        return self.run(weights_along, self.model, self.start, self.data, self.recipe, at=at, seed=self.seed)

    def path(self, a: Weights, b: Weights, **options: Any) -> Path:
        """Return the straight path between two networks."""
        with progress.within("path", 0, 1):
            return self.run(path, self.model, a, b, self.data, **options)

    def rewound_for(self, control: str, rewound: Weights, step: int) -> Weights:
        """Return the weights that a control is given: the ticket's own, or those of another draw at that step."""
        if CONTROLS[control] not in ANOTHER_DRAW:
            return rewound
        with progress.within("rewinding point", 0):
            return self.weights_at(self.draw(control), step)

    def control(self, kind: str, ticket: Ticket, weights: Weights, index: int) -> Ticket:
        """Return a control of a ticket, drawn from a seed of its own for this kind and index."""
        return CONTROLS[kind](ticket, weights=weights, seed=number(self.seed, kind, index))

    def alive(self, mask: Mask) -> dict[str, Alive] | None:
        """Count what of every layer is alive under a mask; None for a network whose channels cannot be followed."""
        try:
            return alive(self.model, mask)
        except ValueError:
            return None

    def run(self, function: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
        """Return what a call returns, found again in the archive."""
        return run(call(function, *arguments, **options), self.archive)

    def each(self, function: Callable[..., Any], *arguments: Any, **options: Any) -> Iterator[Any]:
        """Yield what a call yields, found again in the archive."""
        return each(call(function, *arguments, **options), self.archive)


@dataclass(frozen=True, eq=False)
class Experiment:
    """What all replicas of an experiment share: the data, the name of the model and a `network` of it, the recipe."""

    data: Data
    model: str
    network: nn.Module
    recipe: Recipe
    seed: int
    seeds: list[int]
    archive: ArchiveLike | None

    @property
    def length(self) -> int:
        """How many steps the recipe has on all the training images."""
        return self.recipe.length(len(self.data.train))

    def passes(self, images: int) -> float:
        """Return what evaluating so many images costs, in steps of training: a third of one for every batch."""
        return images / (3 * self.recipe.batch_size)

    def replica(self, seed: int) -> Replica:
        """Return the replica of a seed; -1 is the number of one that is not among the experiment's."""
        labels = {"seed": self.seed, "replica": self.seeds.index(seed) if seed in self.seeds else -1}
        born = models.named(self.model, self.data, seed=seed)
        return Replica(born, self.data, self.recipe, seed, labels, self.archive)

    def side_by_side(self, work: Callable[[Replica], Iterator[T]]) -> Iterator[T]:
        """Yield what the work yields for every replica, as it comes."""
        for _, outcome in threads(lambda seed: work(self.replica(seed)), self.seeds):
            yield outcome


def check_shared(recipe: Recipe, replicas: int, archive: ArchiveLike | None) -> None:
    """Raise a ValueError unless these are a recipe, a number of replicas, and an archive, its folder or none."""
    check_recipe(recipe)
    rules.whole("replicas", replicas, least=1, most=MOST, way_on="three are the least that have an interval")
    opened(archive)


def prepare(
    dataset: str,
    train_size: int | None,
    image_size: int | None,
    model: str,
    recipe: Recipe,
    seed: int,
    replicas: int,
    archive: ArchiveLike | None = None,
    *,
    rewind_step: int = 0,
    split: str | None = None,
    batch_norm: str = "average",
    label_noise: float = 0.0,
) -> Experiment:
    """Return the experiment, nothing trained yet; a ValueError for what is out of range.

    The data's split comes from `seed`, and is the same for all replicas.

    Arguments:
        dataset: The images that are learned, by a known name, or by the path of data of your own.
        train_size: How many training images are used, as many of every class; all of them where none is given.
        image_size: The side in pixels that images are scaled to; they stay as they are where none is given.
        model: The network, by name, with options in parentheses, as in resnet8(width=16).
        recipe: How every network is trained.
        seed: The number that every random draw comes from, so that the same one gives the same result again.
        replicas: How often everything is repeated, each time with draws of its own; three are the least that have an
            interval.
        archive: The folder in which every finished training is kept, and found again when the call is repeated.
        rewind_step: The training step to whose weights a ticket is set back; 0 is where training begins.
        split: The images on which networks are measured: those of training, of validation, or of the test.
        batch_norm: What batch-norm uses where weights are mixed: the average of both networks' statistics, those of the
            mixed network computed again, or those that the first network keeps.
        label_noise: The share of the training labels that are moved to another class.
    """
    check_shared(recipe, replicas, archive)
    check_known("batch-norm treatment", batch_norm, TREATMENTS)
    sizes = {"train_size": train_size, "image_size": image_size, "label_noise": label_noise}
    data = load(dataset, **sizes, seed=check_seed(seed))
    if split is not None:
        slice_of(data, split)
    check_recipe(recipe, len(data.train))
    length = recipe.length(len(data.train))
    if rules.whole("rewind_step", rewind_step, unit="steps", way_on="0 is the beginning") >= length:
        rule = f"rewind_step must be from 0 to {length - 1}" if length else "the recipe must have a step or more"
        raise ValueError(f"{rule}, got {rewind_step}; the recipe has {length} steps")
    network = models.named(model, data)
    check_execution_of(network, recipe)
    return Experiment(data, model, network, recipe, seed, seeds(seed, replicas), archive)
