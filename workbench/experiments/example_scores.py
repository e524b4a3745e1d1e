"""How hard is each example? Every score of it, from the same trainings, over replicas.

Paul et al. 2021, "Deep Learning on a Data Diet" (EL2N, GraNd); Toneva et al. 2019 (forgetting); Paul et al. 2022,
"Lottery Tickets on a Data Diet" (the barrier by example). For each replica one training from its own initial weights:
forgetting is counted along it, the other scores are taken from its weights at an early step; the controls beside them
are the norm of the input, chance, loss and margin, and GraNd at initialisation.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from jaxtyping import Int64
from torch import Tensor, nn

from workbench import models
from workbench.data import Data, Split
from workbench.data_diet import SCORES
from workbench.data_diet.forgetting import Forgetting, Memory
from workbench.evaluation import evaluate
from workbench.experiments.replica import prepare
from workbench.landscape.children import children
from workbench.landscape.path import path
from workbench.nearest import unknown
from workbench.recipe import Recipe
from workbench.scores import Score
from workbench.seeds import number
from workbench.training import network_weights, steps
from workbench.weights import Weights, snapshot
from workbench.work import progress
from workbench.work.archive import Archive, run
from workbench.work.calls import call
from workbench.work.replicas import replicas as side_by_side

OF_TRAINING = ("forgetting", "first_learned")
OF_NETWORK: dict[str, dict[str, Any]] = {  # name: what it is called with, beside the network
    "el2n": {},
    "grand": {},
    "grand_last_layer": {"variant": "last_layer"},
    "grand_init": {},
    "loss": {},
    "margin": {},
}
CONTROLS = ("input_norm", "random")
NAMES = ("el2n", "grand", "grand_last_layer", "grand_init", *OF_TRAINING, *CONTROLS, "loss", "margin")  # + "barrier"


@dataclass(frozen=True, eq=False)
class Scored:
    """The scores of one replica by name, all of the training examples `examples`; its forgetting in full.

    `step` is where the network was scored, `flipped` are the ids whose labels were moved to another class.
    """

    seed: int
    replica: int
    step: int
    test_accuracy: float | None
    scores: dict[str, Score]
    forgetting: Forgetting
    examples: Split
    classes: tuple[str, ...]
    flipped: Int64[Tensor, " flipped"]

    def __repr__(self) -> str:
        accuracy = "None" if self.test_accuracy is None else f"{self.test_accuracy:.4f}"
        return f"Scored(replica={self.replica}, step={self.step}, test_accuracy={accuracy}: {', '.join(self.scores)})"


@dataclass(frozen=True, eq=False)
class Counted:
    """One training: weights by step, what was forgotten on the way, test accuracy at the end."""

    weights: dict[int, Weights]
    forgetting: Forgetting
    test_accuracy: float | None


def example_scores(
    dataset: str = "digits",
    *,
    train_size: int | None = None,
    image_size: int | None = None,
    model: str = "lenet(hidden=(100, 50))",
    recipe: Recipe = Recipe(epochs=40, learning_rate=0.05),  # noqa: B008 (frozen)
    scores: Sequence[str] = NAMES,
    score_step: int | None = None,
    barrier_step: int | None = None,
    label_noise: float = 0.0,
    seed: int = 0,
    replicas: int = 3,
    archive: Archive | str | None = None,
) -> Iterator[Scored]:
    """Yield a `Scored` for every replica as it finishes, replicas side by side; all score the same training examples.

    `scores` are names, in `NAMES`, or "barrier", which costs two more trainings a replica: two children part at
    `barrier_step` (default: a sixtieth of the recipe). The network is scored at `score_step` (default: a quarter of the
    recipe), "grand_init" at step 0, forgetting over the whole recipe. `label_noise` is the share of training labels
    moved to another class. `score_tables` averages over replicas. An `archive` keeps every finished training. Raises a
    ValueError for an option out of range, before anything is trained.
    """
    what = {"train_size": train_size, "image_size": image_size, "model": model, "recipe": recipe}
    data, _, drawn = prepare(dataset, **what, label_noise=label_noise, seed=seed, replicas=replicas)
    length = recipe.length(len(data.train))
    score_step = length // 4 if score_step is None else score_step
    barrier_step = length // 60 if barrier_step is None else barrier_step
    check_scores(data, recipe, scores, score_step, barrier_step)

    def replica(own: int) -> Scored:
        born = models.named(model, data, seed=own)
        found = score_replica(born, data, recipe, scores, score_step, barrier_step, own, archive)
        return replace(found, seed=seed, replica=drawn.index(own))

    for _, outcome in side_by_side(replica, drawn):
        yield outcome


def score_replica(
    model: nn.Module,
    data: Data,
    recipe: Recipe,
    names: Sequence[str],
    score_step: int,
    barrier_step: int,
    own: int,
    archive: Archive | str | None,
) -> Scored:
    """Train one network from its initial weights, and score the training examples by it."""
    barrier = "barrier" in names
    at = {0, score_step, barrier_step} if barrier else {0, score_step}
    work = call(train_and_count, model, snapshot(model), data, recipe, at=tuple(sorted(at)), seed=own)
    with progress.within("part", 0, 2 + barrier):
        found = run(work, archive)
    with progress.within("part", 1, 2 + barrier):
        scores = {name: _score(name, model, found, data, score_step, own) for name in names if name != "barrier"}
    if barrier:
        with progress.within("part", 2, 3):
            start = found.weights[barrier_step]
            scores["barrier"] = _barrier(model, start, data, recipe, barrier_step, own, archive)
    return Scored(
        seed=own,
        replica=0,
        step=score_step,
        test_accuracy=found.test_accuracy,
        scores={name: scores[name] for name in names},
        forgetting=found.forgetting,
        examples=data.train,
        classes=data.classes,
        flipped=data.flipped,
    )


def train_and_count(
    model: nn.Module, start: Weights, data: Data, recipe: Recipe, *, at: Collection[int] = (), seed: int = 0
) -> Counted:
    """Train `start` to the end of the recipe, count what is forgotten, and keep the weights at some steps."""
    memory, weights = Memory(data), dict(start)
    kept = {0: dict(start)} if 0 in at else {}
    for step in steps(model, start, data, recipe, seed=seed):
        memory.add(step)
        if step.step in at or step.step == step.of:
            weights = network_weights(model, start, step.state)
        if step.step in at:
            kept[step.step] = weights
    with progress.within("evaluation", 0):
        accuracy = evaluate(model, weights, data.test).accuracy if len(data.test) else None
    return Counted(kept, memory.forgetting(), accuracy)


def _score(name: str, model: nn.Module, found: Counted, data: Data, step: int, seed: int) -> Score:
    """Return one score of one replica."""
    if name in OF_TRAINING:
        return found.forgetting.score(name)
    if name == "input_norm":
        return SCORES[name](data)
    if name == "random":
        return SCORES[name](data, seed=seed)
    at = 0 if name == "grand_init" else step
    function = SCORES["grand" if name.startswith("grand") else name]
    with progress.within(name, 0):
        score = function(model, [found.weights[at]], data, step=at, **OF_NETWORK[name])
        return replace(score, name=name)


def _barrier(
    model: nn.Module, start: Weights, data: Data, recipe: Recipe, step: int, seed: int, archive: Archive | str | None
) -> Score:
    """Return the loss barrier, in nats, of every training example at the midpoint of two children of `start`."""
    options = {"n": 2, "seed": number(seed, "barrier"), "workers": 1, "archive": archive}
    a, b = (child.run.weights for child in children(model, {step: start}, data, recipe, **options))
    line = run(call(path, model, a, b, data, split="train", points=3, batch_norm="average"), archive)
    return replace(line.score(data), step=step)


def check_scores(data: Data, recipe: Recipe, scores: Sequence[str], score_step: int, barrier_step: int) -> None:
    """Raise a ValueError for a score that is not known, and for a step out of range."""
    length, n = recipe.length(len(data.train)), len(data.train)
    if not scores:
        raise ValueError("scores must name at least one score, got none; el2n is a good first one")
    for name in scores:
        if name not in (*NAMES, "barrier"):
            raise unknown("score", name, (*NAMES, "barrier"))
    if not 0 <= score_step <= length:
        raise ValueError(f"score_step must be from 0 to {length}, the length of the recipe, got {score_step}")
    if not 0 <= barrier_step < length:
        raise ValueError(f"barrier_step must be from 0 to {length - 1}, got {barrier_step}: its children train on")
    if length * recipe.batch_size < n and any(name in scores for name in OF_TRAINING):
        shown = f"{length} steps of {recipe.batch_size} show {length * recipe.batch_size} of {n} examples"
        raise ValueError(f"forgetting must be counted over one epoch or more, got a recipe whose {shown}")
