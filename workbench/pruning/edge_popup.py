"""Edge-popup: a trained mask of frozen random weights.

Ramanujan et al. 2020, "What's Hidden in a Randomly Weighted Neural Network?" (recalled, not verified); the details are
those of the code of Sapkota et al. 2023, "Distributionally Robust Ensemble of Lottery Tickets". Every weight w has a
score s. The forward pass keeps the weights of largest |s|; the backward pass hands the mask's gradient on to |s|:

    forward   W = w · [|s| is among the k largest]          backward   ds = dW · w · sign(s)

so that a weight whose presence would lower the loss pops up. Nothing but the scores is trained: biases and the weights
of norms stay as they are; the norms' statistics follow the data.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial

import torch
from torch import Tensor, nn

from workbench.data.data import Data
from workbench.nets import masks
from workbench.nets.initialisation import fan_in
from workbench.nets.masks import Mask
from workbench.nets.weights import Weights, on_cpu
from workbench.pruning.freezing import check_events, freezing
from workbench.pruning.search import Search, at_end, now_and_then, score_steps, searched
from workbench.pruning.straight_through import Popup, mask_of
from workbench.training.entrance import check_training
from workbench.training.recipe import Recipe
from workbench.training.state import State
from workbench.training.steps import Step
from workbench.work import rules
from workbench.work.seeds import generator

SELECTIONS = ("carried", "exact")


def edge_popup(
    model: nn.Module,
    weights: Weights,
    data: Data,
    recipe: Recipe,
    *,
    density: float,
    scope: str = "layer",
    gradual: bool = False,
    period: int | None = None,
    until: float = 1.0,
    l2: float = 0.0,
    mask: Mask | None = None,
    scores: Weights | None = None,
    selection: str = "carried",
    example_weights: Tensor | None = None,
    seed: int = 0,
    order_seed: int | None = None,
    augment_seed: int | None = None,
    invert: bool = False,
) -> Mask:
    """Search to the recipe's end and return the mask, of exactly round(density × prunable) weights.

    The options are those of `edge_popup_steps`. Of a search in which a layer lost all its weights, `masks.collapsed`
    tells the name.
    """
    return at_end(edge_popup_search, locals()).kept


def edge_popup_search(
    model: nn.Module,
    weights: Weights,
    data: Data,
    recipe: Recipe,
    *,
    density: float,
    scope: str = "layer",
    gradual: bool = False,
    period: int | None = None,
    until: float = 1.0,
    l2: float = 0.0,
    mask: Mask | None = None,
    scores: Weights | None = None,
    selection: str = "carried",
    example_weights: Tensor | None = None,
    seed: int = 0,
    order_seed: int | None = None,
    augment_seed: int | None = None,
    invert: bool = False,
    every: int | None = None,
    after: Search | None = None,
) -> Iterator[Search]:
    """Yield the search after every so many steps and at its end; `every=None` makes about twenty of it.

    The options are those of `edge_popup_steps`. `after` is the last finished value: the search goes on behind it with
    the same bits.
    """
    arguments = locals()
    bound = _bound(model, weights, data, recipe, mask, density, gradual, period, until)

    def value(step: Step, seconds: float) -> Search:
        scores, allowed = on_cpu(step.state.trained), masks.allowed(model, step.state.mask or masks.prunable(model))
        kept = mask_of(scores, allowed, bound(step.step), scope, seed, invert=invert)
        return searched(step, kept, kept, bound=bound(step.step), seconds=seconds)

    yield from now_and_then(edge_popup_steps, arguments, value)


def edge_popup_steps(
    model: nn.Module,
    weights: Weights,
    data: Data,
    recipe: Recipe,
    *,
    density: float,
    scope: str = "layer",
    gradual: bool = False,
    period: int | None = None,
    until: float = 1.0,
    l2: float = 0.0,
    mask: Mask | None = None,
    scores: Weights | None = None,
    selection: str = "carried",
    example_weights: Tensor | None = None,
    seed: int = 0,
    order_seed: int | None = None,
    augment_seed: int | None = None,
    invert: bool = False,
    state: State | None = None,
) -> Iterator[Step]:
    """Train the scores, and yield a `Step` after every one; `step.state.trained` are the scores by name.

    `weights` are frozen; those of `initialise(model, rule="scaled_constant", density=density)` suit a low density.
    `scope` is "layer" (as published: every layer at one density) or "global". The family that leads from it to
    Gem-Miner (Sreenivasan et al. 2022, "Rare Gems", table 3) is `scope="global"`, then `gradual=True`, by which the
    density falls to `density` at the events of `freezing` (`period`, `until`), what is passed over being free to come
    back; then `l2`, the λ of λ Σ s²; then `gem_miner`. `mask` is what may be kept (default: all that is prunable),
    `scores` what they begin with (default: `initial_scores`). `selection` is how the k-th largest is found, with the
    same masks: "carried" from the step before, or "exact" anew. `invert=True` is the control, a search for the worst:
    every step keeps the weights of *smallest* |s|, and the gradient is as before. `state` resumes, and holds mask and
    scores. Raises a ValueError for an option out of range, a mask or scores of another model.
    """
    rules.choice("selection", selection, SELECTIONS)
    rules.flag("invert", invert, "True is the control, a search for the worst")
    rules.number("l2", l2, least=0, way_on="0 is no regulariser")
    bound, carried = _bound(model, weights, data, recipe, mask, density, gradual, period, until), selection == "carried"
    popup = partial(Popup, density=bound, scope=scope, seed=seed, carried=carried, invert=invert)
    decayed = replace(recipe, weight_decay=recipe.weight_decay + 2 * l2)  # d(λs²) = 2λs
    draw = partial(initial_scores, model, seed=seed)
    begin = {"mask": mask, "scores": scores, "state": state, "example_weights": example_weights}
    seeds = {"seed": seed, "order_seed": order_seed, "augment_seed": augment_seed}
    yield from score_steps(model, weights, data, decayed, popup, draw, **begin, **seeds)


def _bound(
    model: nn.Module,
    weights: Weights,
    data: Data,
    recipe: Recipe,
    mask: Mask | None,
    density: float,
    gradual: bool,
    period: int | None,
    until: float,
) -> Callable[[int], float]:
    """Return the density after so many steps: one and the same, or by the events of a gradual search."""
    rules.flag("gradual", gradual, "True comes down to the density by and by")
    check_events(period, until)
    check_training(model, weights, data, recipe)
    if not gradual:
        return lambda step: density
    of, allowed = recipe.length(len(data.train)), masks.allowed(model, mask)
    return freezing(allowed, density=density, of=of, period=period, until=until).bound


def initial_scores(model: nn.Module, mask: Mask, seed: int) -> Weights:
    """Draw a score for every weight that the mask names, from U(-1/sqrt(fan_in), 1/sqrt(fan_in))."""
    drawn = {}
    for index, (name, full) in enumerate(masks.prunable(model).items()):
        if name in mask:
            uniform = torch.rand(full.shape, generator=generator(seed, "scores", index))
            drawn[name] = (2 * uniform - 1) / fan_in(full) ** 0.5
    return drawn
