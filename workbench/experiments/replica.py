"""What experiments around tickets begin with: data, a network, the replicas' seeds; all checked before any training."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from torch import nn

from workbench import models
from workbench.batch_norm import TREATMENTS
from workbench.data import Data, load
from workbench.data_diet.el2n import el2n
from workbench.initialisation import initialise
from workbench.landscape.pairs import compare
from workbench.landscape.path import slice_of
from workbench.lottery import Trained, projection
from workbench.nearest import unknown
from workbench.recipe import Recipe
from workbench.runs import weights_at
from workbench.scores import Score
from workbench.seeds import check_seed, number, seeds
from workbench.work import progress
from workbench.work.archive import Archive, run
from workbench.work.calls import call
from workbench.work.replicas import replicas as side_by_side


def prepare(
    dataset: str,
    *,
    train_size: int | None,
    image_size: int | None,
    model: str,
    recipe: Recipe,
    seed: int,
    replicas: int,
    rewind_step: int = 0,
    split: str | None = None,
    batch_norm: str = "average",
    label_noise: float = 0.0,
) -> tuple[Data, nn.Module, list[int]]:
    """Return the data, a network of the model's form and one seed a replica; a ValueError for what is out of range.

    The data's split comes from `seed`, and is the same for all replicas.
    """
    if replicas < 1:
        raise ValueError(f"replicas must be at least 1, got {replicas}; three are the least that have an interval")
    if batch_norm not in TREATMENTS:
        raise unknown("batch-norm treatment", batch_norm, TREATMENTS)
    how = {"train_size": train_size, "image_size": image_size, "label_noise": label_noise}
    data = load(dataset, **how, seed=check_seed(seed))
    if split is not None:
        slice_of(data, split)
    length = recipe.length(len(data.train))
    if not 0 <= rewind_step < length:
        rule = f"rewind_step must be from 0 to {length - 1}" if length else "the recipe must have a step or more"
        raise ValueError(f"{rule}, got {rewind_step}; the recipe has {length} steps")
    return data, models.named(model, data), seeds(seed, replicas)


def several(names: Any) -> list[Any]:
    """Return names as a list; one name alone is one of them, and not its letters."""
    return [names] if isinstance(names, str) else list(names)


def el2n_of(
    model: nn.Module,
    data: Data,
    recipe: Recipe,
    splits: Sequence[str] = ("train",),
    *,
    n: int,
    step: int | None,
    seed: int,
    archive: Archive | str | None,
) -> dict[str, Score]:
    """Return the EL2N of every split at a step (default: a quarter of the recipe), from n networks of their own seeds.

    No ticket and no child has one of these seeds.
    """
    length = recipe.length(len(data.train))
    at = length // 4 if step is None else step
    if not 0 <= at <= length:
        raise ValueError(f"score_step must be from 0 to {length}, the length of the recipe, got {at}")
    check_score_replicas(n)

    def one(own: int) -> object:
        return run(call(weights_at, model, initialise(model, seed=own), data, recipe, step=at, seed=own), archive)

    own = [number(seed, "score", i) for i in range(n)]
    with progress.within("scores", 0):
        found = dict(side_by_side(one, own))
        return {split: el2n(model, [found[s] for s in own], data, split=split, step=at) for split in splits}


def check_score_replicas(n: int) -> None:
    """Raise a ValueError where there is no network to score by."""
    if n < 1:
        raise ValueError(f"score_replicas must be at least 1, got {n}; one alone ranks poorly, five are a good mean")


def beside(
    model: nn.Module, denser: Trained, sparser: Trained, data: Data, split: str, batch_norm: str
) -> dict[str, float]:
    """Return the midpoint barriers between a network and one pruned from it, and what pruning alone cost the first."""
    part = slice_of(data, split)
    pair = compare(model, denser, sparser, part, batch_norm=batch_norm, train=data.train)
    with progress.within("projection", 0):
        cost = projection(model, denser, sparser, part)
    return {"barrier_error": pair.barrier_error, "barrier_loss": pair.barrier_loss, "projection_error": cost}


def tickets(outcomes: Iterable[Any], kind: str = "ticket") -> list[list[Any]]:
    """Return, for every replica, the dense outcome and those of one kind, dense first, for `lottery.matching`.

    Each list is cut to the length of the shortest, so that what is compared is there in every replica.
    """
    found: dict[int, list[Any]] = defaultdict(list)
    for o in outcomes:
        if o.density == 1 or getattr(o, "kind", "ticket") == kind:
            found[o.replica].append(o)
    lists = [sorted(several, key=lambda o: -o.density) for _, several in sorted(found.items())]
    shortest = min((len(several) for several in lists), default=0)
    return [several[:shortest] for several in lists if several[0].density == 1]
