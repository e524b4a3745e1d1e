"""Masks that match the task, on a strong ticket's random network: no target is needed, and no kernel is matched."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from torch import nn

from workbench.data.data import Data
from workbench.experiments.found_at_initialisation import Pruned
from workbench.experiments.given_names import are, told
from workbench.experiments.replica import Replica
from workbench.nets import masks
from workbench.nets.evaluation import evaluate
from workbench.nets.masks import Mask
from workbench.nets.weights import Weights, snapshot
from workbench.pruning.edge_popup import edge_popup
from workbench.pruning.filter_popup import filter_popup
from workbench.strong.comparison import beside
from workbench.strong.structured import unpruned
from workbench.training.entrance import check_recipe
from workbench.training.recipe import Recipe
from workbench.work import progress, rules

RIVALS: dict[str, Callable[..., Mask]] = {"edge_popup": edge_popup, "filter_popup": filter_popup}
DENSITY = 0.5  # of the weights, or of the filters of each layer: where there are the most subsets (recalled)


def may_go(rival: str, network: nn.Module) -> Mask:
    """Return the weights that a rival chooses from: all, or the filters that the construction chooses from."""
    full = masks.full(network)
    return {name: kept for name, kept in full.items() if name.endswith("u.weight")} if rival == "filter_popup" else full


def at_rates(popup: Recipe, rates: Sequence[float], images: int) -> list[Recipe]:
    """Return the recipe at each of these rates; a ValueError where one of them does not serve so many images."""
    if not are(rates, rules.number, above=0):
        raise ValueError(f"popup_rates must be above 0, each once, got {told(rates)}; (1.0, 10.0) are two")
    check_recipe(popup, name="popup")
    searches = [replace(popup, learning_rate=float(rate)) for rate in rates]
    for search in searches:
        check_recipe(search, images)
    return searches


def popup_mask(rival: str, model: nn.Module, weights: Weights, data: Data, recipe: Recipe, *, seed: int = 0) -> Pruned:
    """Return the mask of a rival on a random network, all that it leaves alone kept, and the seconds that it took."""
    rules.choice("rival", rival, RIVALS)
    began = time.perf_counter()
    may = may_go(rival, model)
    mask = masks.full(model) | RIVALS[rival](model, weights, data, recipe, density=DENSITY, mask=may, seed=seed)
    return Pruned(mask, time.perf_counter() - began)


def whole_filters(mask: Mask) -> Mask:
    """Return a mask without the slabs of filters that are gone, which nothing reaches."""
    left = dict(mask)
    for name in mask:
        if name.endswith("u.weight"):
            V = name.removesuffix("u.weight") + "V.weight"
            left[V] = mask[V] & mask[name].flatten(1).any(1)[None, :, None, None]
    return left


def popped(
    replica: Replica, weights: Weights, rival: str, ratio: float, searches: Sequence[Recipe], split: str
) -> dict[str, Any]:
    """Return the fields of a `Strong` of a rival: a trained mask of the random network that a search would prune.

    The network is under its block mask (a grouped layer), drawn as the search for whole filters draws it. Of several
    searches the best on validation images is taken.
    """
    random = unpruned(replica.model, weights, replica.data, ratio=ratio, seed=replica.seed)
    network = random.random(grouped=True)
    given, trained = (network, snapshot(network), replica.data), list[Pruned]()
    for place, search in enumerate(searches):
        with progress.within("search", place, len(searches)):
            trained.append(replica.run(popup_mask, rival, *given, search, seed=replica.seed))
    masked, chosen_on, best = [masks.apply(given[1], one.mask) for one in trained], replica.data.validation, 0
    if len(trained) > 1 and len(chosen_on):
        best = max(range(len(trained)), key=lambda i: evaluate(network, masked[i], chosen_on).accuracy)
    mask, images = trained[best].mask, getattr(replica.data, split)
    target, ticket = evaluate(replica.model, weights, images), evaluate(network, masked[best], images)
    wanted, answered = target.logits.double(), ticket.logits.double()
    logit_error, agreement = beside(wanted, answered)
    filters = [tensor.flatten(1).any(1) for name, tensor in mask.items() if name.endswith("u.weight")]
    return {
        "measured_sup": float((answered - wanted).abs().max()),
        "logit_error": logit_error,
        "target_accuracy": target.accuracy,
        "ticket_accuracy": ticket.accuracy,
        "agreement": agreement,
        "kept_filters": sum(int(kept.sum()) for kept in filters),
        "random_filters": sum(kept.numel() for kept in filters),
        "kept_parameters": masks.kept(whole_filters(mask) if rival == "filter_popup" else mask),
        "random_parameters": random.parameters[1],
        "candidates_per_block": random.candidates,
        "seconds": sum(one.seconds for one in trained),
    }
