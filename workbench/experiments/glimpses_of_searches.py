"""What is seen of a search before it begins, and as it goes: densities, the untrained ticket's accuracy, the scores."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from typing import Any

import torch

from workbench.experiments.fields_of import fields_of
from workbench.experiments.replica import Replica
from workbench.lottery.outlook import gem_miner_outlook
from workbench.nets.evaluation import evaluate
from workbench.nets.weights import Weights
from workbench.pruning.search import Search
from workbench.training.recipe import Recipe
from workbench.work import progress

BINS = 20  # of the scores


@dataclass(frozen=True)
class Glimpse:
    """A search as it goes, after `step` of `of` steps: densities, bound, and the network of which no weight is trained.

    `accuracy` is that of the rounded mask on the validation split, with the statistics that the search has. `scores`
    counts the scores of what is kept in equal bins from 0 to the largest; `threshold` is what the rounded ones are
    above.
    """

    method: str
    control: str
    seed: int
    replica: int
    asked: float
    step: int
    of: int
    density: float
    density_rounded: float
    bound: float
    accuracy: float
    collapsed_layers: int
    largest: float
    threshold: float
    scores: tuple[int, ...]


@dataclass(frozen=True)
class Foreseen:
    """What a search by Gem-Miner will do, in words, before it begins: `wb.lottery.gem_miner_outlook`."""

    method: str
    seed: int
    replica: int
    asked: float
    idle: bool
    words: str


def foreseen(
    replica: Replica, weights: Weights, search: Recipe, options: dict[str, Any], labels: dict[str, Any]
) -> Foreseen:
    """Say what a search by Gem-Miner with these options will do."""
    asked = inspect.signature(gem_miner_outlook).parameters
    given = {key: value for key, value in options.items() if key in asked}
    with progress.within("outlook", 0):
        outlook = replica.run(gem_miner_outlook, replica.model, weights, replica.data, search, **given)
    where = {key: labels[key] for key in ("method", "seed", "replica", "asked")}
    return Foreseen(**where, idle=outlook.idle, words=str(outlook))


def glimpse(replica: Replica, weights: Weights, search: Search, labels: dict[str, Any]) -> Glimpse:
    """Return what is seen of a search: its rounded network is evaluated on the validation split."""
    ticket = search.ticket(weights, rounded=True)
    part = replica.data.validation if len(replica.data.validation) else replica.data.train
    with progress.within("evaluation", 0):
        accuracy = evaluate(replica.model, ticket.weights, part, mask=ticket.mask).accuracy
    flat = torch.cat([score.abs().flatten() for score in search.scores.values()])
    kept = torch.cat([search.rounded[name].flatten() for name in search.scores])
    largest = float(flat.max())
    counts = torch.histc(flat[(flat > 0) | kept], BINS, 0, largest) if largest else torch.zeros(BINS)
    return Glimpse(
        **labels,
        **fields_of(search, "step of density density_rounded bound"),
        accuracy=accuracy,
        collapsed_layers=len(search.collapsed),
        largest=largest,
        threshold=float(flat[kept].min()) if bool(kept.any()) else largest,
        scores=tuple(int(count) for count in counts),
    )
