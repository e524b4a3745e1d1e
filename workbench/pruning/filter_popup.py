"""Edge-popup over whole filters: a trained choice of filters of a frozen random network.

Edge-popup (Ramanujan et al. 2020, "What's Hidden in a Randomly Weighted Neural Network?", recalled, not verified) with
one score s for a filter, where it has one for a weight: what is kept is a smaller dense network, which needs no sparse
arithmetic to be cheaper. A filter is all that lies under one index of a weight's first axis: what makes one output of a
convolution or of a linear layer (of a transposed convolution, what reads one input). In every layer but the last, whose
outputs are the classes,

    forward   W_f = w_f · m_f,  m_f = [|s_f| is among the k largest]         backward   ds_f = sign(s_f) · Σ dW_f · w_f

A filter that is left out leaves a trace, m_f = 2^-30, while scores are trained: at 0 itself ReLU has no slope, and it
could never come back. Measured on digits with one seed, 30 % of the filters kept, no weight trained: accuracy 0.59 with
the trace and 0.10 without it in an MLP with norms, 0.45 and 0.15 in Conv-2. Behind a batch-norm, which undoes the scale
of a filter, one that is kept has no slope either: it goes when others overtake it. The bias of a filter that is left
out, and its norm, stay as they are, as those of all pruned weights.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial

import torch
from torch import nn

from workbench.data.data import Data
from workbench.nets import masks
from workbench.nets.initialisation import fan_in
from workbench.nets.largest import round_largest
from workbench.nets.masks import Mask
from workbench.nets.weights import Weights, on_cpu
from workbench.pruning.search import Search, at_end, now_and_then, score_steps, searched
from workbench.training.recipe import Recipe
from workbench.training.state import State
from workbench.training.steps import Step
from workbench.work import rules
from workbench.work.seeds import generator

TRACE = 2.0**-30  # of a filter that is left out: behind a batch-norm too, below what a float32 can tell from none


def filter_popup(
    model: nn.Module,
    weights: Weights,
    data: Data,
    recipe: Recipe,
    *,
    density: float,
    mask: Mask | None = None,
    scores: Weights | None = None,
    seed: int = 0,
    order_seed: int | None = None,
    augment_seed: int | None = None,
    invert: bool = False,
) -> Mask:
    """Search to the recipe's end and return the mask of whole filters.

    `density` is of the filters of each layer: round(density × filters) stay, one at least, and all of the last layer;
    so `masks.density` of the mask, which counts weights, is another number. The options are those of
    `filter_popup_steps`.
    """
    return at_end(filter_popup_search, locals()).kept


def filter_popup_search(
    model: nn.Module,
    weights: Weights,
    data: Data,
    recipe: Recipe,
    *,
    density: float,
    mask: Mask | None = None,
    scores: Weights | None = None,
    seed: int = 0,
    order_seed: int | None = None,
    augment_seed: int | None = None,
    invert: bool = False,
    every: int | None = None,
    after: Search | None = None,
) -> Iterator[Search]:
    """Yield the search after every so many steps and at its end; `every=None` makes about twenty of it.

    Its `scores` are of filters, its `kept` and `density` of weights. The options are those of `filter_popup_steps`.
    `after` is the last finished value: the search goes on behind it with the same bits.
    """
    arguments = locals()

    def value(step: Step, seconds: float) -> Search:
        scores, allowed = on_cpu(step.state.trained), masks.allowed(model, mask)
        filters = step.state.mask or by_filter(model, masks.prunable(model))
        filters = kept_filters(scores, filters, counts(filters, density), seed, invert=invert)
        kept = {name: tensor.clone() for name, tensor in allowed.items()}
        for name, places in filters.items():
            kept[name][~places] = False
        return searched(step, kept, kept, bound=masks.density(kept), seconds=seconds)

    yield from now_and_then(filter_popup_steps, arguments, value)


def filter_popup_steps(
    model: nn.Module,
    weights: Weights,
    data: Data,
    recipe: Recipe,
    *,
    density: float,
    mask: Mask | None = None,
    scores: Weights | None = None,
    seed: int = 0,
    order_seed: int | None = None,
    augment_seed: int | None = None,
    invert: bool = False,
    state: State | None = None,
) -> Iterator[Step]:
    """Train the scores of filters, and yield a `Step` after every one; `step.state.trained` are the scores by name.

    `weights` are frozen. `density` is the share of the filters of each layer that stays. `mask` is what may be kept
    (default: all), whole filters of it and the whole last layer; a layer that it does not name stays whole. `scores`,
    one a filter, are what they begin with (default: `initial_scores`). `invert=True` is the control, a search for the
    worst: the filters of *smallest* |s| are kept, and the gradient is as before. `state` resumes, and holds scores, and
    what may be kept by filter. Raises a ValueError for an option out of range, a mask or scores of another form.
    """
    rules.flag("invert", invert, "True is the control, a search for the worst")
    popup = partial(FilterPopup, density=density, seed=seed, invert=invert)
    forms = {"draw": partial(initial_scores, model, seed=seed), "form": partial(by_filter, model)}
    begin = {"mask": mask, "scores": scores, "state": state}
    seeds = {"seed": seed, "order_seed": order_seed, "augment_seed": augment_seed}
    yield from score_steps(model, weights, data, recipe, popup, **forms, **begin, **seeds)


def initial_scores(model: nn.Module, mask: Mask, seed: int) -> Weights:
    """Draw a score for every filter that the mask names, from U(-1/sqrt(fan_in), 1/sqrt(fan_in)), as edge-popup's."""
    drawn = {}
    for index, (name, full) in enumerate(masks.prunable(model).items()):
        if name in mask:
            uniform = torch.rand(len(full), generator=generator(seed, "scores", index))
            drawn[name] = (2 * uniform - 1) / fan_in(full) ** 0.5
    return drawn


def by_filter(model: nn.Module, mask: Mask) -> Mask:
    """Return which filters a mask of weights keeps, of all layers that it names but the model's last.

    Raises a ValueError where it keeps a filter in part, or the last layer, and where no other layer is named.
    """
    last = next(reversed(masks.prunable(model)), None)
    filters = {name: tensor.flatten(1).any(1) for name, tensor in mask.items()}
    for name, tensor in mask.items():
        if not torch.equal(tensor.flatten(1).all(1), filters[name] | (name == last)):
            rule = "all of the last layer" if name == last else "filters whole or not at all"
            raise ValueError(f"mask must keep {rule}, but keeps {name} in part; wb.masks.full(model) keeps all")
    filters = {name: places for name, places in filters.items() if name != last}
    if not filters:
        raise ValueError("there is no layer to choose filters of: the mask names none but the last; name another")
    return filters


def counts(filters: Mask, density: float) -> dict[str, int]:
    """Return how many filters every layer keeps, round(density × filters), one at least.

    Raises a ValueError for a density out of range, or one that asks for more than the mask keeps.
    """
    rules.number("density", density, above=0, most=1, way_on='for "5 % kept" pass 0.05')
    quota = {name: max(1, round(density * len(places))) for name, places in filters.items()}
    for name, most in masks.kept_by_layer(filters).items():
        if quota[name] > most:
            asked = f"density {density} asks for {quota[name]} filters of {name}, but the mask keeps {most}"
            raise ValueError(f"{asked}; pass a denser mask")
    return quota


def kept_filters(
    scores: Weights, filters: Mask, quota: Mapping[str, int], seed: int = 0, *, invert: bool = False
) -> Mask:
    """Return, of the filters that may be kept, as many as the quota has of each layer, those of largest |s|.

    Ties are broken by the seed. Raises a ValueError for a score that is NaN.
    """
    kept = {}
    for name, count in quota.items():
        size = scores[name].detach().abs()
        kept[name] = (-size if invert else size).masked_fill(~filters[name].to(size.device), -torch.inf)
        round_largest([kept[name]], count, seed=seed)
    return {name: rounded.bool() for name, rounded in kept.items()}


class FilterPopup:
    """What turns the scores of filters into the network's weights at a step: a `weights_of` of `training.steps`."""

    def __init__(self, frozen: Weights, mask: Mask, *, density: float, seed: int, invert: bool) -> None:
        self.frozen, self.density, self.seed, self.invert = frozen, density, seed, invert
        self.allow(mask)

    def allow(self, mask: Mask) -> None:
        """Let only the filters that this mask keeps be kept from now on."""
        self.quota = counts(mask, self.density)
        self.filters = {name: mask[name].to(weight.device) for name, weight in self.frozen.items()}

    def __call__(self, scores: Weights, step: int) -> Weights:
        kept = kept_filters(scores, self.filters, self.quota, self.seed, invert=self.invert)
        weights = {}
        for name, w in self.frozen.items():
            size = scores[name].abs()
            m = kept[name].to(size.dtype).clamp_(min=TRACE) + (size - size.detach())  # the gradient passes as |s|'s
            weights[name] = m.view(-1, *[1] * (w.dim() - 1)) * w
        return weights
