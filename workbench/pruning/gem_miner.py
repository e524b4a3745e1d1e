"""Gem-Miner: a ticket at initialisation that is accurate before a weight is trained, and trains well after.

Sreenivasan et al. 2022, "Rare Gems: Finding Lottery Tickets at Initialization", section 3 and algorithm 1, with the
details of the authors' code. Every weight w has a score p in [0, 1], rounded in the forward pass:

    forward    W = w · [p > 1/2] · q            backward    dp = dW · w · q + 2λp, straight through the rounding
    then       p = clamp(p, 0, 1)               an event    q loses the smallest p, over all layers together, for good

The regulariser λ‖p‖² draws scores below a half, the events keep the density under its bound (`freezing`). What is left
of q at the end has exactly the asked density; the rounded mask, on which the scores were trained, may have fewer.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial

import torch
from torch import Tensor, nn

from workbench.data.data import Data
from workbench.nets import masks
from workbench.nets.masks import Mask
from workbench.nets.weights import Weights, on_cpu
from workbench.pruning.freezing import Freezing, freezing
from workbench.pruning.search import Search, at_end, now_and_then, score_steps, searched
from workbench.pruning.straight_through import SCOPES, Rounded
from workbench.training.entrance import check_training
from workbench.training.recipe import Recipe
from workbench.training.state import State
from workbench.training.steps import Step
from workbench.work import rules
from workbench.work.seeds import generator, number


def gem_miner(
    model: nn.Module,
    weights: Weights,
    data: Data,
    recipe: Recipe,
    *,
    density: float,
    l2: float = 1e-4,
    l1: float = 0.0,
    period: int | None = None,
    until: float = 1.0,
    through: Sequence[float] = (),
    scope: str = "global",
    mask: Mask | None = None,
    scores: Weights | None = None,
    seed: int = 0,
    order_seed: int | None = None,
    augment_seed: int | None = None,
    invert: bool = False,
) -> Mask:
    """Search to the recipe's end and return what is not frozen out: exactly round(density × prunable) weights.

    That is the paper's "unflagged" mask, which its sparse tickets are trained under; `gem_miner_search` yields the
    rounded one beside it. The options are those of `gem_miner_steps`.
    """
    return at_end(gem_miner_search, locals()).kept


def gem_miner_search(
    model: nn.Module,
    weights: Weights,
    data: Data,
    recipe: Recipe,
    *,
    density: float,
    l2: float = 1e-4,
    l1: float = 0.0,
    period: int | None = None,
    until: float = 1.0,
    through: Sequence[float] = (),
    scope: str = "global",
    mask: Mask | None = None,
    scores: Weights | None = None,
    seed: int = 0,
    order_seed: int | None = None,
    augment_seed: int | None = None,
    invert: bool = False,
    every: int | None = None,
    after: Search | None = None,
) -> Iterator[Search]:
    """Yield the search after every so many steps, wherever a density of `through` is met, and at its end.

    `every=None` makes about twenty values of it. Freezing is nested, so that one search gives tickets of several
    densities: `through=(0.1, 0.05)` makes it pass both exactly. `after` is the last finished value: the search goes on
    behind it with the same bits.
    """
    arguments = locals()
    events = _events(model, weights, data, recipe, mask, density, period, until, through)

    def value(step: Step, seconds: float) -> Search:
        kept = masks.allowed(model, step.state.mask or mask)
        rounded = {name: kept[name] & (step.state.trained[name].detach().cpu() > 0.5) for name in kept}
        return searched(step, kept, rounded, bound=events.bound(step.step), seconds=seconds)

    yield from now_and_then(gem_miner_steps, arguments, value, also=events.through)


def gem_miner_steps(
    model: nn.Module,
    weights: Weights,
    data: Data,
    recipe: Recipe,
    *,
    density: float,
    l2: float = 1e-4,
    l1: float = 0.0,
    period: int | None = None,
    until: float = 1.0,
    through: Sequence[float] = (),
    scope: str = "global",
    mask: Mask | None = None,
    scores: Weights | None = None,
    seed: int = 0,
    order_seed: int | None = None,
    augment_seed: int | None = None,
    invert: bool = False,
    state: State | None = None,
) -> Iterator[Step]:
    """Train the scores, and yield a `Step` after every one; `step.state.trained` are the scores, `.mask` is q.

    `weights` are frozen: those of `initialise(model, rule="signed_constant")` are the paper's, those of some steps of
    training make it the warm start of its code. `l2` and `l1` are λ of λ Σ p² and λ Σ p; the paper has 1e-4 for
    ResNet-20 at 1.44 %, less for denser tickets, and `wb.lottery.gem_miner_outlook` says what it will do here.
    `period` (T), `until` and `through` lay out the events (`freezing`): by default 29, as T = 5 of 150 epochs; Long
    Gem-Miner is a search of twenty times as many epochs with `period` one twentieth of it. `density=1` freezes nothing,
    and with `l2=0` too it is the paper's GM(0). `scope` is "global" or "layer" (every layer loses the same share).
    `mask` is what may be kept at first, `scores` in [0, 1] are what they begin with (default: uniform). `invert=True`
    is the control: every event removes the *largest* scores. `state` resumes, and holds q and the scores. Warns, once,
    where the rounded mask loses a layer, as it does for a large λ. Raises a ValueError for an option out of range, and
    for a search too short for one event.
    """
    for name, lam in (("l2", l2), ("l1", l1)):
        rules.number(name, lam, least=0, way_on="0 is no regulariser, 1e-4 the paper's for ResNet-20 at 1.44 %")
    rules.flag("invert", invert, "True is the control, which freezes out the largest scores")
    rules.choice("scope", scope, SCOPES)
    events = _events(model, weights, data, recipe, mask, density, period, until, through)
    _check_scores(scores)
    decayed = replace(recipe, weight_decay=recipe.weight_decay + 2 * l2)  # d(λp²) = 2λp: weight decay, at no cost
    begin = {"mask": mask, "scores": scores, "state": state, "penalty": partial(_sum, l1) if l1 else None}
    seeds = {"seed": seed, "order_seed": order_seed, "augment_seed": augment_seed}
    draw, lost = partial(_uniform, model, seed=seed), set[str]()
    for step in score_steps(model, weights, data, decayed, Rounded, draw, **begin, **seeds):
        with torch.no_grad():
            for score in step.state.trained.values():
                score.clamp_(0, 1)
        if step.step in events.steps:
            kept = masks.allowed(model, step.state.mask or mask)
            step.state.remask(_frozen(step, kept, events.count(step.step), scope, invert, seed))
            lost = lost if invert else _say_collapse(step, lost, l2 + l1)
        yield step


def _events(
    model: nn.Module,
    weights: Weights,
    data: Data,
    recipe: Recipe,
    mask: Mask | None,
    density: float,
    period: int | None,
    until: float,
    through: Sequence[float],
) -> Freezing:
    check_training(model, weights, data, recipe)
    of, allowed = recipe.length(len(data.train)), masks.allowed(model, mask)
    return freezing(allowed, density=density, of=of, period=period, until=until, through=through)


def _frozen(step: Step, kept: Mask, count: int, scope: str, invert: bool, seed: int) -> Mask:
    """Return q after an event: `count` of what is kept, those of the largest scores; ties by the seed."""
    scores, tie_seed = on_cpu(step.state.trained), number(seed, "freeze", step.step)
    if invert:
        scores = {name: -score for name, score in scores.items()}
    if scope == "global":
        return masks.keep_largest(scores, kept, count, seed=tie_seed)
    quota = masks.share_out(count, masks.kept_by_layer(kept), kept)
    return masks.keep_by_layer(scores, kept, quota, seed=tie_seed)


def _say_collapse(step: Step, said: set[str], lam: float) -> set[str]:
    """Warn of layers that q keeps some of, and of which no score is above a half; return those that have been told."""
    scores, kept = step.state.trained, step.state.mask or {}
    lost = {name for name, live in kept.items() if bool(live.any()) and not bool((scores[name] > 0.5).any())}
    if new := sorted(lost - said):
        where = f"after step {step.step} of {step.of} no score of {', '.join(new)} is above 1/2"
        way_on = f"λ = {lam:g} is too large for it; take a smaller one, or train the ticket that is not frozen out"
        warnings.warn(f"{where}, so that nothing passes the rounded mask: {way_on}", stacklevel=3)
    return said | lost


def _uniform(model: nn.Module, mask: Mask, seed: int) -> Weights:
    """Draw a score for every weight that the mask names, from U(0, 1)."""
    prunable = masks.prunable(model)
    drawn = {n: torch.rand(t.shape, generator=generator(seed, "gem", i)) for i, (n, t) in enumerate(prunable.items())}
    return {name: drawn[name] for name in mask}


def _check_scores(scores: Weights | None) -> None:
    if scores is None:
        return
    rules.tensors("scores", scores, "torch.rand(shape) by name makes some")
    for name, score in scores.items():
        if not bool(((score >= 0) & (score <= 1)).all()):
            raise ValueError(f"scores must be in [0, 1], but {name} has others; torch.rand(shape) draws such")


def _sum(lam: float, scores: Weights) -> Tensor:
    return lam * torch.stack([score.sum() for score in scores.values()]).sum()
