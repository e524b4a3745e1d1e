"""From easy to hard: do the members of an ensemble learn different examples, and complement one another?

`robust_ensembles`, then `easy_to_hard` and `solved` on what it yields, by the EL2N of the training images.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from workbench.data_diet.scores import Score
from workbench.experiments.easy_to_hard import Solved, Tercile, easy_to_hard, solved
from workbench.experiments.replica import Experiment, check_shared
from workbench.experiments.robust_ensembles import POPUP, replica_data, robust_ensembles
from workbench.experiments.score_to_sort_by import check_score_replicas, checked_score_step, el2n_of
from workbench.experiments.ways_to_an_ensemble import trainings
from workbench.nets import models
from workbench.training.recipe import Recipe
from workbench.work import progress
from workbench.work.archive import ArchiveLike
from workbench.work.seeds import check_seed, seeds
from workbench.work.typed import typed


@typed
def member_difficulty(
    dataset: str = "digits",
    *,
    train_size: int | None = None,
    image_size: int | None = None,
    pixel_noise: float = 0.6,
    validation: float = 1 / 6,
    model: str = "lenet(hidden=(512, 512), norm=True)",
    recipe: Recipe = POPUP,
    methods: Sequence[str] = ("robust", "ordinary"),
    density: float = 0.05,
    lams: Sequence[float] = (float("inf"), 2.0, 1.0),
    gradient: str = "mathematics",
    combine: str = "logits",
    score_step: int | None = None,
    score_replicas: int = 3,
    seed: int = 0,
    replicas: int = 3,
    archive: ArchiveLike | None = None,
) -> Iterator[Tercile | Solved]:
    """Yield, for every ensemble, its members by tercile of EL2N, and who gets the test images right, once trained.

    EL2N is the mean over `score_replicas` dense networks of seeds of their own at `score_step` (None: a quarter of the
    recipe), on each replica's training images with their noise. Raises a ValueError for an option out of range, before
    anything is trained.

    Arguments:
        score_replicas: How many dense networks of other seeds sort the images by EL2N.
        score_step: The training step at which EL2N is measured; a quarter of the training where none is given.
    """
    check_score_replicas(score_replicas)
    check_shared(recipe, replicas, archive)
    sizes: dict[str, Any] = {"train_size": train_size, "image_size": image_size, "validation": validation}
    sizes["label_noise"] = 0.0  # named, so that the data are those that `robust_ensembles` holds
    data = {drawn: replica_data(dataset, pixel_noise, drawn, **sizes) for drawn in seeds(check_seed(seed), replicas)}
    for shown in data.values():
        checked_score_step(recipe, shown, score_step)
    scores: dict[int, Score] = {}
    ensembles: dict[str, Any] = {**sizes, "pixel_noise": pixel_noise, "model": model, "recipe": recipe}
    ensembles |= {"methods": methods, "density": density, "lams": lams, "gradient": gradient, "combine": combine}
    first, length = next(iter(data.values())), recipe.length(len(next(iter(data.values())).train))
    scored_at = checked_score_step(recipe, first, score_step)
    costs = replicas * trainings(methods, lams) * length, replicas * score_replicas * max(1, scored_at)
    trained = robust_ensembles(dataset, **ensembles, seed=seed, replicas=replicas, archive=archive)
    for o in progress.walk("turn", trained, costs, index=0):
        network = models.named(model, shown := data[o.drawn])
        if o.drawn not in scores:
            shown_to = Experiment(shown, model, network, recipe, o.drawn, [], archive)
            with progress.within("turn", 1, costs), progress.within("network", len(scores), replicas):
                scores[o.drawn] = el2n_of(shown_to, n=score_replicas, step=score_step)["train"]
        with progress.within("evaluation", 0):
            terciles = easy_to_hard(o, network, shown, scores[o.drawn], batch_size=recipe.batch_size, seed=seed)
        yield from terciles
        yield from solved(o)
