"""The score that an experiment sorts examples by: one of ours by name, from networks of its own, or any given one."""

from __future__ import annotations

from workbench import models
from workbench.data import Data
from workbench.data_diet import SCORES
from workbench.experiments.example_scores import CONTROLS, Scored, check_scores, score_replica
from workbench.experiments.replica import check_score_replicas, el2n_of
from workbench.experiments.score_tables import averaged
from workbench.recipe import Recipe
from workbench.scores import Score
from workbench.seeds import number
from workbench.work import progress
from workbench.work.archive import Archive
from workbench.work.replicas import replicas as side_by_side


def score_to_sort_by(
    score: str | Score,
    model: str,
    data: Data,
    recipe: Recipe,
    *,
    n: int,
    step: int | None,
    seed: int,
    archive: Archive | str | None,
) -> Score:
    """Return a score of the training examples: the one given, or by its name the mean over n networks at a step.

    The one given must be of these very data, flipped labels included; whether its networks are others than the tickets
    is the caller's to see to. Here no ticket has a seed of the networks. For EL2N they are trained to that step
    (default: a quarter of the recipe), for any other score to the end, as in `example_scores`; "input_norm" and
    "random" ask none. Raises a ValueError for a score of other data, and for a name that is not one.
    """
    if isinstance(score, Score):
        score.of(data)
        return score
    check_score_replicas(n)
    length = recipe.length(len(data.train))
    at, early = length // 4 if step is None else step, length // 60
    check_scores(data, recipe, (score,), at, early)
    if score in CONTROLS:  # which ask no network
        return SCORES[score](data) if score == "input_norm" else SCORES[score](data, seed=seed)
    if score == "el2n":
        network = models.named(model, data)
        return el2n_of(network, data, recipe, n=n, step=step, seed=seed, archive=archive)["train"]

    def one(own: int) -> Scored:
        return score_replica(models.named(model, data, seed=own), data, recipe, (score,), at, early, own, archive)

    own = [number(seed, "score", i) for i in range(n)]
    with progress.within("scores", 0):
        found = dict(side_by_side(one, own))
    return averaged([found[s] for s in own])[score]
