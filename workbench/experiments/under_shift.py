"""Do ensembles know what they do not know where images are corrupted, or of other data?

`robust_ensembles`, then `shifted` on what it yields: Sapkota et al. 2023, "Distributionally Robust Ensemble of Lottery
Tickets", report both.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import torch

from workbench.data.data import Data, Split, load
from workbench.experiments.given_names import several
from workbench.experiments.replica import check_shared
from workbench.experiments.robust_ensembles import POPUP, robust_ensembles
from workbench.experiments.shifted import SEVERITIES, Corrupted, Detected, check_shifts, shifted
from workbench.experiments.ways_to_an_ensemble import trainings
from workbench.nets import models
from workbench.shift import CORRUPTIONS, OUT_OF_DISTRIBUTION_SCORES
from workbench.training.recipe import Recipe
from workbench.work import progress, rules
from workbench.work.archive import ArchiveLike
from workbench.work.seeds import generator
from workbench.work.typed import typed

RANDOM = "random pixels"  # the other data that need no file


@typed
def under_shift(
    dataset: str = "digits",
    *,
    train_size: int | None = None,
    image_size: int | None = None,
    pixel_noise: float = 0.6,
    model: str = "lenet(hidden=(512, 512), norm=True)",
    recipe: Recipe = POPUP,
    methods: Sequence[str] = ("robust", "ordinary", "single"),
    density: float = 0.05,
    lams: Sequence[float] = (float("inf"), 2.0, 1.0),
    gradient: str = "mathematics",
    combine: str = "logits",
    corruptions: Sequence[str] = tuple(CORRUPTIONS),
    severities: Sequence[int] = SEVERITIES,
    others: Sequence[str] = (RANDOM,),
    scores: Sequence[str] = tuple(OUT_OF_DISTRIBUTION_SCORES),
    scaled: bool = False,
    seed: int = 0,
    replicas: int = 3,
    archive: ArchiveLike | None = None,
) -> Iterator[Corrupted | Detected]:
    """Yield, for every ensemble of `robust_ensembles`, what `shifted` yields, as soon as it is trained.

    `others` are names or paths for `wb.load`, and "random pixels", which are uniform; as many of their images are taken
    as there are test images, at most. `scaled` scales confidence by the temperature of the clean validation images.
    Raises a ValueError for an option out of range, and for other data that are not there, before anything is trained.

    Arguments:
        corruptions: The ways in which the test images are corrupted.
        severities: How strong the corruptions are, from 1 to 5.
        others: The data that were never learned, by name or path; random pixels are uniform noise.
        scores: The numbers by which other data are told from test images.
        scaled: Whether confidence is scaled by the temperature that suits the clean validation images.
    """
    sizes: dict[str, Any] = {"train_size": train_size, "image_size": image_size}
    data = load(dataset, **sizes, seed=seed)
    check_shared(recipe, replicas, archive)
    rules.flag("scaled", scaled)
    corruptions, others, scores = (
        several(what, given) for what, given in (("corruptions", corruptions), ("others", others), ("scores", scores))
    )
    strange = [_random_pixels(data, seed) if other == RANDOM else other for other in others]
    check_shifts(corruptions, severities, scores, strange)
    shifts: dict[str, Any] = {"corruptions": corruptions, "severities": severities, "scores": scores, "scaled": scaled}
    network = models.named(model, data)
    ensembles: dict[str, Any] = {**sizes, "pixel_noise": pixel_noise, "model": model, "recipe": recipe}
    ensembles |= {"methods": methods, "density": density, "lams": lams, "gradient": gradient, "combine": combine}
    number, members = (len(given) if isinstance(given, Sequence) else 1 for given in (methods, lams))
    images = len(data.test) * members * (len(corruptions) * len(severities) + len(strange))
    costs = replicas * trainings(methods, lams) * recipe.length(len(data.train)), images / recipe.batch_size
    trained = robust_ensembles(dataset, **ensembles, seed=seed, replicas=replicas, archive=archive)
    for place, outcome in enumerate(progress.walk("turn", trained, costs, index=0)):
        shown = shifted(outcome, network, data, others=strange, outside=len(data.test), seed=seed, **shifts)
        yield from progress.walk(
            "turn", progress.walk("ensemble", shown, replicas * number, index=place), costs, index=1
        )


def _random_pixels(data: Data, seed: int) -> Data:
    """Return as many images of uniform random pixels as there are test images."""
    draw = generator(seed, "random pixels")
    images = torch.randint(0, 256, data.test.images.shape, generator=draw).to(torch.uint8)
    ids, test = torch.arange(len(images)), data.test
    split = Split(images, torch.zeros_like(ids), ids, test.mean.cpu(), test.std.cpu())
    return Data(RANDOM, split, split, split, data.classes, ids[:0])
