"""What a training must be given: a network as values, data to train on, a recipe and a seed, at the door."""

from __future__ import annotations

from torch import nn

from workbench.data.data import Data
from workbench.nets.door import check_network, check_training_data
from workbench.nets.masks import Mask
from workbench.nets.weights import Weights
from workbench.training.recipe import LONGEST, Recipe
from workbench.training.state import State
from workbench.work import rules
from workbench.work.seeds import check_seed

LARGEST = 10_000  # examples in a batch of fewer images, which repeats them: more are a slip


def check_training(
    model: nn.Module, weights: Weights, data: Data, recipe: Recipe, mask: Mask | None = None, *, seed: int = 0
) -> None:
    """Raise a ValueError unless weights and mask are the model's, the data have training images, the rest its type."""
    check_network(model, weights, mask)
    check_training_data(data)
    check_recipe(recipe, len(data.train))
    check_seed(seed)


def check_recipe(recipe: Recipe, examples: int | None = None) -> None:
    """Raise a ValueError unless it is a recipe, and one that so many training examples can follow."""
    rules.instance("recipe", recipe, Recipe, "a Recipe", "wb.Recipe(epochs=4) is one")
    if examples is None:
        return
    of, most = recipe.length(examples), max(examples, LARGEST)
    if of > LONGEST:
        raise ValueError(
            f"a recipe must be of at most {LONGEST} steps, got {of} with {examples} examples; lower epochs"
        )
    rules.whole("batch_size", recipe.batch_size, least=1, most=most, way_on=f"{examples} are all training images")
    if recipe.warmup > of:
        raise ValueError(f"warmup must be at most {of} steps, the recipe's length here, got {recipe.warmup}; 0 is none")


def check_state(state: State, weights: Weights) -> int:
    """Return the step of a state; a ValueError unless it is one, and trains what such weights name."""
    rules.instance("state", state, State, "a State", "a Step of wb.steps holds one: step.state.copy()")
    state.check_fits({name: weights[name] for name in state.trained if name in weights})
    return state.step
