"""How hard is each example? Every score of it, from the same trainings, over replicas.

Paul et al. 2021, "Deep Learning on a Data Diet" (EL2N, GraNd); Toneva et al. 2019 (forgetting); Paul et al. 2022,
"Lottery Tickets on a Data Diet" (the barrier by example). For each replica one training from its own initial weights:
forgetting is counted along it, the other scores are taken from its weights at an early step; the controls beside them
are the norm of the input, chance, loss and margin, and GraNd at initialisation. A new score is a file of `data_diet`
and a line in its `SCORES`: it is given what its function asks for by name (model, networks, step, start, data, recipe,
seed).
"""

from __future__ import annotations

import inspect
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from jaxtyping import Int64
from torch import Tensor, nn

from workbench.data.data import Data, Split
from workbench.data_diet import SCORES
from workbench.data_diet.forgetting import Forgetting, Memory
from workbench.data_diet.scores import Score
from workbench.experiments.fields_of import fields_of
from workbench.experiments.given_names import check_names
from workbench.experiments.replica import Replica, prepare
from workbench.landscape.children import children
from workbench.nets.evaluation import evaluate
from workbench.nets.weights import Weights
from workbench.training.recipe import Recipe
from workbench.training.steps import network_weights, steps
from workbench.work import progress, rules
from workbench.work.archive import ArchiveLike
from workbench.work.seeds import number
from workbench.work.typed import typed

VARIANTS: dict[str, tuple[str, dict[str, Any]]] = {  # name: which score in SCORES it is, and what it is called with
    "grand_last_layer": ("grand", {"variant": "last_layer"}),
    "grand_init": ("grand", {"step": 0}),
    "first_learned": ("forgetting", {}),
}
OF_TRAINING = ("forgetting", "first_learned")  # counted along the one training; a score of SCORES may train its own
BARRIER = "barrier"  # joined here: it takes two children, which are of a floor above the scores


def score_names() -> tuple[str, ...]:
    """Return the names of all scores there are: those in `SCORES`, each with its variants, and "barrier"."""
    variants = {score: [name for name, (base, _) in VARIANTS.items() if base == score] for score in SCORES}
    return (*(name for score in SCORES for name in (score, *variants[score])), BARRIER)


NAMES = score_names()[:-1]  # the barrier costs two more trainings


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


@typed
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
    archive: ArchiveLike | None = None,
) -> Iterator[Scored]:
    """Yield a `Scored` for every replica as it finishes, replicas side by side; all score the same training examples.

    `scores` are names in `data_diet.SCORES`, their variants (`NAMES`), or "barrier", which costs two more trainings a
    replica: two children part at `barrier_step` (default: a sixtieth of the recipe). The network is scored at
    `score_step` (default: a quarter of the recipe), "grand_init" at step 0, forgetting over the whole recipe.
    `label_noise` is the share of training labels moved to another class. `score_tables` averages over replicas. An
    `archive` keeps every finished training. Raises a ValueError for an option out of range, before anything is trained.

    Arguments:
        scores: The measures of how hard an example is; the barrier takes two more trainings a replica.
        score_step: The training step at which examples are scored; a quarter of the training where none is given.
        barrier_step: The step after which two children part, for the barrier alone; a sixtieth of the training where
            none is given.
    """
    sizes = (train_size, image_size)
    experiment = prepare(dataset, *sizes, model, recipe, seed, replicas, archive, label_noise=label_noise)
    score_step = experiment.length // 4 if score_step is None else score_step
    barrier_step = experiment.length // 60 if barrier_step is None else barrier_step
    check_scores(experiment.data, recipe, scores, score_step, barrier_step)

    def scored(replica: Replica) -> Iterator[Scored]:
        yield score_replica(replica, scores, score_step, barrier_step)

    yield from experiment.side_by_side(scored)


def score_replica(replica: Replica, names: Sequence[str], score_step: int, barrier_step: int) -> Scored:
    """Train one network from its initial weights, and score the training examples by it."""
    model, data = replica.model, replica.data
    length, steps_of_an_epoch = replica.recipe.length(len(data.train)), len(data.train) / replica.recipe.batch_size
    scored = [name for name in names if name != BARRIER]
    each = [0 if name in OF_TRAINING else steps_of_an_epoch / (1 if "grand" in name else 3) for name in scored]
    parts = (length, sum(each), *[2 * (length - barrier_step) + steps_of_an_epoch] * (BARRIER in names))
    at = {0, score_step, *([barrier_step] if BARRIER in names else [])}
    with progress.within("part", 0, parts):
        options = {"at": tuple(sorted(at)), "seed": replica.seed}
        counted = replica.run(train_and_count, model, replica.start, data, replica.recipe, **options)
    scores = {}
    for place, name in enumerate(scored):
        with progress.within("scores", 1, parts), progress.within("part", place, each):
            scores[name] = _score(name, replica, counted, score_step)
    if BARRIER in names:
        with progress.within("part", 2, parts):
            scores[BARRIER] = _barrier(replica, counted.weights[barrier_step], barrier_step)
    of_training = fields_of(counted, "test_accuracy forgetting")
    of_data = {"examples": data.train, **fields_of(data, "classes flipped")}
    scores = {name: scores[name] for name in names}
    return Scored(step=score_step, scores=scores, **replica.labels, **of_training, **of_data)


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


def asks_a_network(name: str) -> bool:
    """Whether a score looks at more than the data."""
    score, _ = VARIANTS.get(name, (name, {}))
    return score == BARRIER or "model" in inspect.signature(SCORES[score]).parameters


def score_by_name(name: str, **given: Any) -> Score:
    """Return a score: its function in `SCORES` is called with what it asks for, by name, of what is given."""
    score, options = VARIANTS.get(name, (name, {}))
    asked = inspect.signature(SCORES[score]).parameters
    arguments = {argument: value for argument, value in {**given, **options}.items() if argument in asked}
    return replace(SCORES[score](**arguments), name=name)


def _score(name: str, replica: Replica, counted: Counted, score_step: int) -> Score:
    """Return one score of one replica."""
    if name in OF_TRAINING:
        return counted.forgetting.score(name)
    step = VARIANTS.get(name, (name, {}))[1].get("step", score_step)
    given = {"model": replica.model, "start": replica.start, "data": replica.data, "recipe": replica.recipe}
    with progress.within(name, 0, 1):
        return score_by_name(name, networks=[counted.weights[step]], step=step, seed=replica.seed, **given)


def _barrier(replica: Replica, start: Weights, step: int) -> Score:
    """Return the loss barrier, in nats, of every training example at the midpoint of two children of `start`."""
    options = {"n": 2, "seed": number(replica.seed, "barrier"), "workers": 1, "archive": replica.archive}
    n, recipe = len(replica.data.train), replica.recipe
    costs = 2 * (recipe.length(n) - step), n / recipe.batch_size
    with progress.within("part", 0, costs):
        siblings = children(replica.model, {step: start}, replica.data, replica.recipe, **options)
        a, b = (child.run.weights for child in siblings)
    with progress.within("part", 1, costs):
        line = replica.path(a, b, split="train", points=3, batch_norm="average")
    return replace(line.score(replica.data), step=step)


def check_scores(data: Data, recipe: Recipe, scores: Sequence[str], score_step: int, barrier_step: int) -> None:
    """Raise a ValueError for a score that is not known, and for a step out of range."""
    length, n = recipe.length(len(data.train)), len(data.train)
    check_names("score", scores, score_names(), least=1)
    rules.whole("score_step", score_step, most=length, way_on="that is the length of the recipe")
    rules.whole("barrier_step", barrier_step, most=length - 1, way_on="its children train on")
    if length * recipe.batch_size < n and any(name in scores for name in OF_TRAINING):
        shown = f"{length} steps of {recipe.batch_size} show {length * recipe.batch_size} of {n} examples"
        raise ValueError(f"forgetting must be counted over one epoch or more, got a recipe whose {shown}")
