"""What experiments around tickets begin with: data, a network, the replicas' seeds; all checked before any training."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from torch import nn

from workbench import models
from workbench.batch_norm import TREATMENTS
from workbench.data import Data, load
from workbench.landscape.pairs import compare
from workbench.landscape.path import slice_of
from workbench.lottery import Trained, projection
from workbench.nearest import unknown
from workbench.recipe import Recipe
from workbench.seeds import check_seed, seeds
from workbench.work import progress


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
) -> tuple[Data, nn.Module, list[int]]:
    """Return the data, a network of the model's form and one seed a replica; a ValueError for what is out of range.

    The data's split comes from `seed`, and is the same for all replicas.
    """
    if replicas < 1:
        raise ValueError(f"replicas must be at least 1, got {replicas}; three are the least that have an interval")
    if batch_norm not in TREATMENTS:
        raise unknown("batch-norm treatment", batch_norm, TREATMENTS)
    data = load(dataset, train_size=train_size, image_size=image_size, seed=check_seed(seed))
    if split is not None:
        slice_of(data, split)
    length = recipe.length(len(data.train))
    if not 0 <= rewind_step < length:
        rule = f"rewind_step must be from 0 to {length - 1}" if length else "the recipe must have a step or more"
        raise ValueError(f"{rule}, got {rewind_step}; the recipe has {length} steps")
    return data, models.named(model, data), seeds(seed, replicas)


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
