"""From easy to hard: do the members of an ensemble learn different examples, and complement one another?

`robust_ensembles`, then `easy_to_hard` and `solved` on what it yields, by the EL2N of the training images.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from workbench import models
from workbench.data import Data, load
from workbench.experiments.easy_to_hard import Solved, Tercile, easy_to_hard, solved
from workbench.experiments.replica import check_score_replicas, el2n_of
from workbench.experiments.robust_ensembles import POPUP, robust_ensembles
from workbench.noise import noisy
from workbench.recipe import Recipe
from workbench.scores import Score
from workbench.work.archive import Archive


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
    archive: Archive | str | None = None,
) -> Iterator[Tercile | Solved]:
    """Yield, for every ensemble, its members by tercile of EL2N, and who gets the test images right, once trained.

    EL2N is the mean over `score_replicas` dense networks of seeds of their own at `score_step` (None: a quarter of the
    recipe), on each replica's training images with their noise. Raises a ValueError for an option out of range, before
    anything is trained.
    """
    check_score_replicas(score_replicas)
    how: dict[str, Any] = {"train_size": train_size, "image_size": image_size}
    tickets: dict[str, Any] = {
        "density": density,
        "lams": lams,
        "gradient": gradient,
        "combine": combine,
        "pixel_noise": pixel_noise,
    }
    what: dict[str, Any] = {"model": model, "recipe": recipe, "methods": methods, "seed": seed, "replicas": replicas}
    found: dict[int, tuple[Data, Score]] = {}
    for o in robust_ensembles(dataset, **how, **tickets, **what, validation=validation, archive=archive):
        network = models.named(model, load(dataset, **how, seed=seed))
        if o.drawn not in found:
            data = noisy(load(dataset, **how, validation=validation, seed=o.drawn), pixel_noise, seed=o.drawn)
            by = {"n": score_replicas, "step": score_step, "seed": o.drawn, "archive": archive}
            found[o.drawn] = data, el2n_of(network, data, recipe, **by)["train"]
        yield from easy_to_hard(o, network, *found[o.drawn], batch_size=recipe.batch_size, seed=seed)
        yield from solved(o)
