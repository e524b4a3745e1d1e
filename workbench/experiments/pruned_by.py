"""Any method of `wb.pruning.METHODS` by its name: it is given what it asks for, by the standard names of arguments."""

from __future__ import annotations

import inspect

from workbench.experiments.replica import Replica
from workbench.masks import Mask
from workbench.pruning import METHODS
from workbench.weights import Weights
from workbench.work import progress


def pruned_by(method: str, replica: Replica, weights: Weights, mask: Mask, density: float) -> Mask:
    """Return what a method keeps of these weights among those of a mask; one that trains goes through the archive."""
    function = METHODS[method]
    there = {"model": replica.model, "weights": weights, "data": replica.data, "recipe": replica.recipe, "mask": mask}
    there |= {"density": density, "seed": replica.seed}
    asked = inspect.signature(function).parameters
    given = {name: value for name, value in there.items() if name in asked}
    with progress.within("search", 0):
        return replica.run(function, **given) if "recipe" in asked else function(**given)
