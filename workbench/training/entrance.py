"""What a training must be given: a network as values, data to train on, a recipe and a seed, at the door."""

from __future__ import annotations

import warnings

import torch
from torch import Tensor, nn

from workbench.data.data import Data
from workbench.nets.door import check_network, check_training_data
from workbench.nets.execution import check_execution
from workbench.nets.masks import Mask
from workbench.nets.weights import Weights
from workbench.training.forward import settle_recipe
from workbench.training.recipe import LONGEST, Recipe
from workbench.training.state import State
from workbench.work import rules
from workbench.work.seeds import check_seed

LARGEST = 10_000  # examples in a batch of fewer images, which repeats them: more are a slip


def check_training(
    model: nn.Module, weights: Weights, data: Data, recipe: Recipe, mask: Mask | None = None, **seeds: int | None
) -> None:
    """Raise a ValueError unless weights and mask are the model's, the data have training images, the rest its type."""
    check_network(model, weights, mask)
    check_training_data(data)
    check_recipe(recipe, len(data.train))
    check_execution_of(model, recipe)
    for name, seed in seeds.items():
        if seed is not None or name == "seed":
            check_seed(seed, name)  # pyright: ignore[reportArgumentType]


def check_execution_of(model: nn.Module, recipe: Recipe) -> None:
    """Raise a ValueError where the recipe asks for an execution that does not serve the model, before any work."""
    if recipe.execution not in ("dense", "auto"):
        check_execution(model, recipe.execution, settle_recipe(model, recipe))


def check_recipe(recipe: Recipe, examples: int | None = None, *, name: str = "recipe") -> None:
    """Raise a ValueError unless it is a recipe, and one that so many training examples can follow."""
    rules.instance(name, recipe, Recipe, "a Recipe", "wb.Recipe(epochs=4) is one")
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


def check_losses(losses: Tensor, index: Tensor) -> None:
    """Raise a ValueError unless a loss returned one number an example of the batch."""
    if not isinstance(losses, Tensor) or losses.shape != index.shape:
        rule = f"one number an example, a tensor of the shape ({len(index)},)"
        raise rules.refused("what the loss returns", rule, losses, 'reduction="none" keeps them apart in torch')


def check_within(step: int, of: int) -> None:
    """Raise a ValueError for a step after the end of a run of so many."""
    if step > of:
        raise ValueError(f"step {step} must lie within the run, from step {step} to {of}; choose a smaller step")


def check_functions(**functions: object) -> None:
    """Raise a ValueError for an option that is neither None nor a function."""
    for name, function in functions.items():
        if function is not None:
            rules.function(name, function, "None needs none")


def check_example_weights(example_weights: Tensor | None, n: int) -> Tensor | None:
    """Return one weight a training example, or None; a ValueError for another number of them, or one below 0."""
    if example_weights is None:
        return None
    rule, way_on = f"one number for each of {n} training examples", "torch.ones(len(data.train)) changes nothing"
    if not isinstance(example_weights, Tensor):  # a list serves as well
        rules.each("example_weights", example_weights, rules.number)
    example_weights = torch.as_tensor(example_weights)
    if tuple(example_weights.shape) != (n,):
        raise rules.refused("example_weights", rule, example_weights, way_on)
    if bad := int((~(example_weights.isfinite() & (example_weights >= 0))).sum()):
        raise ValueError(f"example_weights must be finite and at least 0, got {bad} that are not; 1 changes nothing")
    return example_weights.detach().float()


def say_dropout(network: nn.Module) -> nn.Module:
    """Return the network, and warn where dropout is active, whose bits are not promised."""
    active = [name for name, m in network.named_modules() if isinstance(m, nn.modules.dropout._DropoutNd) and m.p]
    if active:
        drawn = f"dropout ({', '.join(active)}) draws from torch's global generator"
        way_on = "set its p to 0 for the same bits every time"
        warnings.warn(f"{drawn}, so the bits of this run are not promised; {way_on}", stacklevel=4)
    return network
