"""The score that an experiment sorts examples by: one of ours by name, from networks of its own, or any given one."""

from __future__ import annotations

from collections.abc import Sequence

from workbench.data.data import Data
from workbench.data_diet.el2n import el2n
from workbench.data_diet.scores import Score
from workbench.experiments.example_scores import (
    Scored,
    asks_a_network,
    check_scores,
    score_by_name,
    score_names,
    score_replica,
)
from workbench.experiments.kept_by_name import by_name
from workbench.experiments.replica import Experiment
from workbench.experiments.score_tables import averaged
from workbench.nets.initialisation import initialise
from workbench.nets.weights import Weights
from workbench.training.recipe import Recipe
from workbench.training.runs import weights_at
from workbench.work import progress, rules
from workbench.work.archive import run
from workbench.work.calls import call
from workbench.work.replicas import in_order
from workbench.work.seeds import number


def score_to_sort_by(score: str | Score, experiment: Experiment, *, n: int, step: int | None) -> Score:
    """Return a score of the training examples: the one given, or by its name the mean over n networks at a step.

    A name that is none of a score's is that of a kept one, or the path of its file.

    The one given must be of these very data, flipped labels included; whether its networks are others than the tickets
    is the caller's to see to. Here no ticket has a seed of the networks. For EL2N they are trained to that step
    (default: a quarter of the recipe), for any other score to the end, as in `example_scores`; "input_norm" and
    "random" ask none. Raises a ValueError for a score of other data, and for a name that is not one.
    """
    data, recipe, seed = experiment.data, experiment.recipe, experiment.seed
    score = check_sorting(score, experiment, n=n, step=step)
    if isinstance(score, Score):
        return score
    at, early = checked_score_step(recipe, data, step), experiment.length // 60
    if not asks_a_network(score):
        return score_by_name(score, data=data, seed=seed)
    if score == "el2n":
        return el2n_of(experiment, n=n, step=step)["train"]

    def scored(score_seed: int) -> Scored:
        return score_replica(experiment.replica(score_seed), (score,), at, early)

    with progress.within("scores", 0, 1):
        return averaged(in_order(scored, score_seeds(seed, n)))[score]


def check_sorting(score: str | Score, experiment: Experiment, *, n: int, step: int | None) -> str | Score:
    """Return the score, or the name of one that is to be made, a kept one opened.

    Raises a ValueError for a score of other data, a name that is not one, and networks that cannot be trained.
    """
    check_score_replicas(n)
    at = checked_score_step(experiment.recipe, experiment.data, step)
    rules.instance("score", score, (str, Score), "a score, or the name of one", '"el2n" is one')
    if isinstance(score, str) and score not in score_names():
        score = by_name("score", score, experiment.archive)
    if isinstance(score, Score):
        rules.choice("split of the score", score.split, ("train",), "score the training examples")
        score.of(experiment.data)
    else:
        check_scores(experiment.data, experiment.recipe, (score,), at, experiment.length // 60)
    return score


def el2n_of(
    experiment: Experiment, splits: Sequence[str] = ("train",), *, n: int, step: int | None
) -> dict[str, Score]:
    """Return the EL2N of every split at a step (default: a quarter of the recipe), from n networks of their own seeds.

    No ticket and no child has one of these seeds.
    """
    network, data = experiment.network, experiment.data
    at = checked_score_step(experiment.recipe, data, step)
    check_score_replicas(n)

    def trained(score_seed: int) -> Weights:
        start, order = initialise(network, seed=score_seed), {"step": at, "seed": score_seed}
        return run(call(weights_at, network, start, data, experiment.recipe, **order), experiment.archive)

    costs = (n * at, *[n * experiment.passes(len(getattr(data, split))) for split in splits])
    with progress.within("scores", 0, 1), progress.within("part", 0, costs):
        networks = in_order(trained, score_seeds(experiment.seed, n))
    scores = {}
    for place, split in enumerate(splits, 1):
        with progress.within("scores", 0, 1), progress.within("part", place, costs):
            scores[split] = el2n(network, networks, data, split=split, step=at)
    return scores


def cost_of(score: str | Score, experiment: Experiment, *, n: int, step: int | None) -> float:
    """Return what a score to sort by costs, in steps of training, evaluations included."""
    if isinstance(score, Score) or score not in score_names() or not asks_a_network(score):  # a kept one costs nothing
        return 0.0
    at = checked_score_step(experiment.recipe, experiment.data, step) if score == "el2n" else experiment.length
    return n * (at + experiment.passes(len(experiment.data.train)))


def score_seeds(seed: int, n: int) -> list[int]:
    """Return the seeds of the networks that score, which nothing else has."""
    return [number(seed, "score", i) for i in range(n)]


def checked_score_step(recipe: Recipe, data: Data, step: int | None) -> int:
    """Return the step to score at, a quarter of the recipe by default; a ValueError for one that it does not have."""
    length = recipe.length(len(data.train))
    if step is not None:
        rules.whole("score_step", step, most=length, way_on="that is the length of the recipe")
    return length // 4 if step is None else step


def check_score_replicas(n: int) -> None:
    """Raise a ValueError where there is no network to score by."""
    rules.whole("score_replicas", n, least=1, most=1000, way_on="one alone ranks poorly, five are a good mean")
