"""What a training must be given: a network as values, data to train on, a recipe and a seed, at the door."""

from __future__ import annotations

from torch import nn

from workbench.data.data import Data
from workbench.nets.door import check_network, check_training_data
from workbench.nets.masks import Mask
from workbench.nets.weights import Weights
from workbench.training.recipe import Recipe
from workbench.work import rules
from workbench.work.seeds import check_seed


def check_training(
    model: nn.Module, weights: Weights, data: Data, recipe: Recipe, mask: Mask | None = None, *, seed: int = 0
) -> None:
    """Raise a ValueError unless weights and mask are the model's, the data have training images, the rest its type."""
    check_network(model, weights, mask)
    check_training_data(data)
    check_recipe(recipe)
    check_seed(seed)


def check_recipe(recipe: Recipe) -> None:
    """Raise a ValueError unless it is a recipe."""
    rules.instance("recipe", recipe, Recipe, "a Recipe", "wb.Recipe(epochs=4) is one")
