"""Pruning methods, one file each. A new one is one file, one line here, and one test case worked out by hand.

A method can be chosen by a string, as a notebook's parameter: `prune("magnitude(scope='layer')", model, weights, …)`.
"""

from __future__ import annotations

import inspect
from typing import Any

from torch import nn

from workbench.data.data import Data
from workbench.nets import masks
from workbench.nets.door import check_data, check_network
from workbench.nets.masks import Mask
from workbench.nets.weights import Weights
from workbench.pruning.dynamic import Evolved, dynamic, dynamic_search, dynamic_steps
from workbench.pruning.edge_popup import edge_popup, edge_popup_search, edge_popup_steps
from workbench.pruning.filter_popup import filter_popup, filter_popup_search, filter_popup_steps
from workbench.pruning.filters import filters
from workbench.pruning.gem_miner import gem_miner, gem_miner_search, gem_miner_steps
from workbench.pruning.grasp import grasp
from workbench.pruning.magnitude import magnitude
from workbench.pruning.random_mask import random_mask
from workbench.pruning.smart_ratio import smart_ratio
from workbench.pruning.snip import snip
from workbench.pruning.synflow import synflow
from workbench.training.entrance import check_recipe
from workbench.training.recipe import Recipe
from workbench.work import rules
from workbench.work.nearest import unknown
from workbench.work.seeds import check_seed
from workbench.work.with_options import with_options

STANDARD = ("model", "weights", "data", "recipe", "mask", "density", "seed")  # what a method may ask for by name

METHODS = {
    "edge_popup": edge_popup,
    "gem_miner": gem_miner,
    "grasp": grasp,
    "magnitude": magnitude,
    "random_mask": random_mask,
    "smart_ratio": smart_ratio,
    "snip": snip,
    "synflow": synflow,
}

SEARCHES = {  # those of METHODS that train scores, as they go
    "edge_popup": edge_popup_search,
    "gem_miner": gem_miner_search,
}


def prune(
    method: str,
    model: nn.Module,
    weights: Weights,
    data: Data | None = None,
    recipe: Recipe | None = None,
    *,
    density: float,
    mask: Mask | None = None,
    seed: int = 0,
) -> Mask:
    """Return the mask of the method that a string such as "magnitude" or "random_mask(layers='erk')" names.

    The method is handed what it asks for by name, and no more: `data` and `recipe` may be left out where it asks for
    neither. `mask` is what may still be kept (default: all that is prunable). Raises a ValueError for a method or an
    option that is not known, with what is, and for what a method needs and was not given.
    """
    name, options = check_method(method)
    check_network(model, weights, mask)
    check_seed(seed)
    if data is not None:
        check_data(data)
    if recipe is not None:
        check_recipe(recipe)
    mask = masks.full(model) if mask is None else mask
    standard = dict(zip(STANDARD, (model, weights, data, recipe, mask, density, seed), strict=True))
    known = inspect.signature(METHODS[name]).parameters
    arguments = options | {key: value for key, value in standard.items() if key in known and value is not None}
    if missing := [key for key, p in known.items() if p.default is p.empty and key not in arguments]:
        raise ValueError(
            f"{name} needs {' and '.join(missing)}; prune(name, model, weights, data, recipe, …) gives all"
        )
    return METHODS[name](**arguments)


def check_method(method: str) -> tuple[str, dict[str, Any]]:
    """Return the name of a method and the options in the string; a ValueError for one that is not known."""
    rules.instance("method", method, str, "the name of a pruning method", "\"random_mask(layers='erk')\" is one")
    name, options = with_options(method) or (method, {})
    if name not in METHODS:
        raise unknown("pruning method", method, METHODS)
    others = inspect.signature(METHODS[name]).parameters.keys() - STANDARD
    for option in options:
        if option not in others:
            raise unknown(f"option of {name}", option, others, "others are arguments of prune")
    return name, options
