"""What does a network learn and forget while it trains? The counts of forgetting after every epoch, live.

Toneva et al. 2019, "An Empirical Study of Example Forgetting": many examples are learned once and never forgotten, some
are forgotten again and again, and some are never learned.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from jaxtyping import Int64
from torch import Tensor

from workbench.data.data import Split
from workbench.data_diet.forgetting import Forgetting, Memory
from workbench.experiments.fields_of import fields_of
from workbench.experiments.replica import prepare
from workbench.training.recipe import Recipe
from workbench.training.steps import steps
from workbench.work.typed import typed


@dataclass(frozen=True, eq=False)
class Remembered:
    """What is remembered after an epoch, at `step` of `of`.

    `never_learned` (so far), `not_forgotten` (learned once and for all), `forgotten_once` and `forgotten_more` are the
    shares of the training examples, and add up to 1. `accuracy` is of the presentations since the last one: in train
    mode, augmented, before the update.
    """

    seed: int
    epoch: int
    step: int
    of: int
    never_learned: float
    not_forgotten: float
    forgotten_once: float
    forgotten_more: float
    accuracy: float
    forgetting: Forgetting
    examples: Split
    classes: tuple[str, ...]
    flipped: Int64[Tensor, " flipped"]

    def __repr__(self) -> str:
        shares = f"never_learned={self.never_learned:.3f}, not_forgotten={self.not_forgotten:.3f}"
        return f"Remembered(step {self.step} of {self.of}: {shares}, accuracy={self.accuracy:.4f})"


@typed
def remembering(
    dataset: str = "digits",
    *,
    train_size: int | None = None,
    image_size: int | None = None,
    model: str = "lenet(hidden=(100, 50))",
    recipe: Recipe = Recipe(epochs=40, learning_rate=0.05),  # noqa: B008 (frozen)
    label_noise: float = 0.0,
    seed: int = 0,
) -> Iterator[Remembered]:
    """Train one network, and yield a `Remembered` after every epoch, and at the end.

    `seed` draws the data's split, the initial weights and the order. `label_noise` is the share of training labels that
    are moved to another class. Raises a ValueError for an option out of range, before anything is trained.
    """
    experiment = prepare(dataset, train_size, image_size, model, recipe, seed, 1, label_noise=label_noise)
    replica, data = experiment.replica(experiment.seeds[0]), experiment.data
    memory, epoch, presented, right = Memory(data), 0, 0, 0
    for step in steps(replica.model, replica.start, data, recipe, seed=replica.seed):
        memory.add(step)
        now = step.step * recipe.batch_size // len(data.train)
        if now == epoch and step.step < step.of:
            continue
        epoch, counted = now, memory.forgetting()
        accuracy = (memory.right - right) / (memory.presented - presented)
        presented, right = memory.presented, memory.right
        events, learned = counted.events_RN[0], counted.learned_RN[0]
        groups = {"never_learned": ~learned, "not_forgotten": learned & (events == 0)}
        groups |= {"forgotten_once": events == 1, "forgotten_more": events > 1}
        shares = {name: float(group.double().mean()) for name, group in groups.items()}
        measured = {**fields_of(step, "step of"), **shares, "accuracy": accuracy, "forgetting": counted}
        yield Remembered(seed, epoch, examples=data.train, **measured, **fields_of(data, "classes flipped"))
