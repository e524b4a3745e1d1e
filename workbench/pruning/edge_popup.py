"""Edge-popup: a trained mask of frozen random weights.

Ramanujan et al. 2020, "What's Hidden in a Randomly Weighted Neural Network?" (recalled, not verified); the details are
those of the code of Sapkota et al. 2023, "Distributionally Robust Ensemble of Lottery Tickets". Every weight w has a
score s. The forward pass keeps the weights of largest |s|; the backward pass hands the mask's gradient on to |s|:

    forward   W = w · [|s| is among the k largest]          backward   ds = dW · w · sign(s)

so that a weight whose presence would lower the loss pops up. Nothing but the scores is trained: biases and the weights
of norms stay as they are; the norms' statistics follow the data.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor, nn

from workbench.data.data import Data
from workbench.nets import masks
from workbench.nets.evaluation import place
from workbench.nets.initialisation import fan_in
from workbench.nets.masks import Mask
from workbench.nets.weights import Weights, check_fits
from workbench.pruning.search import Search, every_so_often
from workbench.pruning.straight_through import Popup, mask_of
from workbench.training.recipe import Recipe
from workbench.training.state import State
from workbench.training.steps import Step, settle_recipe, steps
from workbench.work.nearest import unknown
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
    what = {"density": density, "scope": scope, "mask": mask, "scores": scores, "selection": selection}
    what |= {"seed": seed, "order_seed": order_seed, "augment_seed": augment_seed, "invert": invert}
    end = max(1, recipe.length(len(data.train)))
    (last,) = edge_popup_search(model, weights, data, recipe, **what, example_weights=example_weights, every=end)
    return last.kept


def edge_popup_search(
    model: nn.Module,
    weights: Weights,
    data: Data,
    recipe: Recipe,
    *,
    density: float,
    scope: str = "layer",
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
    of = recipe.length(len(data.train))
    if of < 1:
        raise ValueError(f"a search takes one step at least, and the recipe has {of}; Recipe(epochs=4) searches four")
    every = every_so_often(every, of)
    what = {"density": density, "scope": scope, "mask": mask, "scores": scores, "selection": selection}
    what |= {"seed": seed, "order_seed": order_seed, "augment_seed": augment_seed, "invert": invert}
    what |= {"example_weights": example_weights, "state": None if after is None else after.state}
    for done in edge_popup_steps(model, weights, data, recipe, **what):
        if done.step % every == 0 or done.step == of:
            state = done.state.copy()
            found = mask_of(
                _on_cpu(state.trained), masks.allowed(model, state.mask), density, scope, seed, invert=invert
            )
            yield Search(
                step=done.step,
                of=of,
                scores=_on_cpu(state.trained),
                kept=found,
                buffers=_on_cpu(state.buffers),
                density=masks.density(found),
                state=state,
            )


def edge_popup_steps(
    model: nn.Module,
    weights: Weights,
    data: Data,
    recipe: Recipe,
    *,
    density: float,
    scope: str = "layer",
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
    `scope` is "layer" (as published: every layer at one density) or "global". `mask` is what may be kept (default: all
    that is prunable), `scores` what they begin with (default: `initial_scores`). `selection` is how the k-th largest is
    found, with the same masks: "carried" from the step before, or "exact" anew. `invert=True` is the control, a search
    for the worst: every step keeps the weights of *smallest* |s|, and the gradient is as before. `state` resumes, and
    holds mask and scores. Raises a ValueError for an option out of range, a mask or scores of another model.
    """
    hardware = settle_recipe(model, recipe)
    check_fits(weights, model)
    if selection not in SELECTIONS:
        raise unknown("selection", selection, SELECTIONS)
    trained = None
    if state is not None:
        allowed = masks.allowed(model, state.mask)
        state.check_fits(allowed)
    else:
        allowed = masks.allowed(model, mask)
        trained = initial_scores(model, allowed, seed) if scores is None else _checked(scores, allowed)
        mask = None if masks.kept(allowed) == masks.total(masks.full(model)) else allowed  # nothing to be masked
    frozen = {name: place(weights[name].detach(), hardware) for name in allowed}
    popup = Popup(frozen, allowed, density, scope, seed, selection == "carried", invert)
    what = {"seed": seed, "order_seed": order_seed, "augment_seed": augment_seed, "state": state}
    what |= {"mask": mask, "trained": trained, "weights_of": popup, "example_weights": example_weights}
    for done in steps(model, weights, data, recipe, **what):
        seen = done.state.mask
        yield done
        if done.state.mask is not seen:  # the consumer changed it
            popup.allow(masks.allowed(model, done.state.mask))


def initial_scores(model: nn.Module, mask: Mask, seed: int) -> Weights:
    """Draw a score for every weight that the mask names, from U(-1/sqrt(fan_in), 1/sqrt(fan_in))."""
    drawn = {}
    for index, (name, full) in enumerate(masks.full(model).items()):
        if name in mask:
            uniform = torch.rand(full.shape, generator=generator(seed, "scores", index))
            drawn[name] = (2 * uniform - 1) / fan_in(full) ** 0.5
    return drawn


def _checked(scores: Weights, mask: Mask) -> Weights:
    way_on = "initial_scores(model, mask, seed) draws scores of the right form"
    if scores.keys() != mask.keys():
        raise ValueError(f"scores must name what may be pruned, {sorted(mask)}, got {sorted(scores)}; {way_on}")
    for name, score in scores.items():
        if score.shape != mask[name].shape or not score.is_floating_point() or not bool(score.isfinite().all()):
            raise ValueError(
                f"the scores of {name} must be finite floats of the shape {tuple(mask[name].shape)}; {way_on}"
            )
    return {name: scores[name].float() for name in mask}


def _on_cpu(tensors: Weights) -> Weights:
    return {name: tensor.detach().cpu().contiguous().clone() for name, tensor in tensors.items()}
