"""Train the members of an ensemble of tickets, each under its own loss: from easy (the mean) to hard (robust).

Sapkota et al. 2023, "Distributionally Robust Ensemble of Lottery Tickets": members share one random network and differ
by the lambda of their robust loss. They do not depend on one another, so they train side by side.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from workbench.data.data import Data
from workbench.ensembles.member import Member
from workbench.ensembles.weighing import weigh
from workbench.nets import masks
from workbench.nets.door import check_model, check_training_data
from workbench.nets.initialisation import initialise
from workbench.nets.masks import Mask
from workbench.nets.weights import Weights
from workbench.pruning.edge_popup import edge_popup_steps, initial_scores
from workbench.pruning.straight_through import mask_of
from workbench.training.entrance import check_recipe, check_training
from workbench.training.losses import CrossEntropy, Loss, Robust, check_loss
from workbench.training.recipe import Recipe
from workbench.training.robust import divergence, effective_sample_size, negative_share, robust_weights
from workbench.training.steps import Step, network_weights, steps
from workbench.work import rules
from workbench.work.archive import ArchiveLike, run
from workbench.work.calls import call
from workbench.work.nearest import check_known
from workbench.work.replicas import in_order
from workbench.work.seeds import check_seed, number

SHARE = ("weights", "weights and scores", "nothing")
OVER = ("batch", "dataset")
MOST = 10_000  # members
ROWS = 40  # of a member's history


def members(
    model: nn.Module,
    data: Data,
    recipe: Recipe,
    *,
    losses: Sequence[Loss],
    density: float = 0.05,
    scope: str = "layer",
    rule: str = "scaled_constant",
    share: str = "weights",
    over: str = "batch",
    seed: int = 0,
    workers: int | None = None,
    archive: ArchiveLike | None = None,
) -> list[Member]:
    """Train an edge-popup ticket for every loss, side by side; M members cost M trainings.

    A member whose loss is the mean anyway (lambda infinity, eta 0) is trained, and archived, as the ordinary one.
    `share` is what they have in common: "weights" (one random network, own scores), "weights and scores" (as the
    authors' code has it: they then differ by loss and order alone), or "nothing". `rule` draws the frozen weights
    (`initialise`). `over` is where a `Robust` loss weighs: the "batch" (as published), or the "dataset", by the last
    loss seen of every example. Raises a ValueError for no losses, or an option that is not known.
    """
    check_given(model, data, recipe, seed)
    way_on = "an ensemble needs a loss a member; losses=(Robust(lam=2), CrossEntropy())"
    if isinstance(losses, str) or not isinstance(losses, Sequence) or not losses:
        raise rules.refused("losses", "one or more losses", losses, way_on)
    check_known("share", share, SHARE)
    for loss in losses:
        check_weighing(loss, over, recipe)

    def member(m: int) -> Member:
        born, scored = (0 if share != "nothing" else m), (0 if share == "weights and scores" else m)
        weights = initialise(model, seed=number(seed, "member weights", born), rule=rule, density=density)
        scores = initial_scores(model, masks.full(model), number(seed, "member scores", scored))
        loss, place = as_trained(losses[m], over)
        options = {"loss": loss, "density": density, "scope": scope, "scores": scores, "over": place}
        options |= {"seed": number(seed, "member", m)}
        trained = run(call(edge_popup_member, model, weights, data, recipe, **options), archive)
        return replace(trained, loss=losses[m])

    return in_order(member, range(len(losses)), workers=workers)


def check_given(model: nn.Module, data: Data, recipe: Recipe, seed: int) -> None:
    """Raise a ValueError unless members, which draw their own weights, can be trained with these."""
    check_model(model)
    check_training_data(data)
    check_recipe(recipe, len(data.train))
    check_seed(seed)


def edge_popup_member(
    model: nn.Module,
    weights: Weights,
    data: Data,
    recipe: Recipe,
    *,
    loss: Loss,
    density: float,
    scope: str = "layer",
    scores: Weights | None = None,
    over: str = "batch",
    example_weights: Tensor | None = None,
    seed: int = 0,
) -> Member:
    """Train one edge-popup ticket of the frozen `weights` under a loss, and return it as a member.

    `example_weights` multiply the losses, one number an example of `data.train`. Raises a ValueError where a loss that
    weighs over the data set would take their place.
    """
    check_training(model, weights, data, recipe, seed=seed)
    recipe, place, keeper = _where_it_weighs(data, recipe, loss, over)
    if keeper is not None and example_weights is not None:
        raise ValueError('example_weights have no place where over="dataset" weighs the examples; take over="batch"')
    options = {"density": density, "scope": scope, "scores": scores, "example_weights": example_weights}
    walk = edge_popup_steps(model, weights, data, recipe, **options, seed=seed)
    last, history = consume(walk, loss, keeper, _by_id(example_weights, data))
    mask = mask_of(last.state.trained, masks.full(model), density, scope, seed)
    live = network_weights(model, weights, replace(last.state, trained={}))
    return Member(masks.apply(live, mask), mask, loss, history, last.of, seed, stored="bits", over=place)


def trained_member(
    model: nn.Module,
    start: Weights,
    data: Data,
    recipe: Recipe,
    *,
    loss: Loss,
    mask: Mask | None = None,
    over: str = "batch",
    seed: int = 0,
) -> Member:
    """Train the weights themselves under a loss, dense or under a mask (a magnitude ticket), as a member."""
    check_training(model, start, data, recipe, mask, seed=seed)
    recipe, place, keeper = _where_it_weighs(data, recipe, loss, over)
    last, history = consume(steps(model, start, data, recipe, mask=mask, seed=seed), loss, keeper)
    kept = masks.full(model) if mask is None else mask
    return Member(network_weights(model, start, last.state), kept, loss, history, last.of, seed, over=place)


def as_trained(loss: Loss, over: str) -> tuple[Loss, str]:
    """Return the loss that a member is trained with, and where it weighs.

    A robust loss of lambda infinity, or eta 0, is the plain cross-entropy, bit for bit over the data set too (there
    n · (1/n) need not be 1), and other losses than robust ones weigh in the batch.
    """
    if not isinstance(loss, Robust):
        return loss, "batch"
    plain = loss.eta == 0 if loss.lam is None else math.isinf(loss.lam)
    return (CrossEntropy(), "batch") if plain else (loss, over)


def check_weighing(loss: Loss, over: str, recipe: Recipe) -> None:
    """Raise a ValueError unless `over` says where a robust loss weighs, and this loss can weigh there."""
    check_loss(loss)
    check_known("place of the weights (over)", over, OVER)
    trained, place = as_trained(loss, over)
    if place == "dataset" and isinstance(trained, Robust) and (trained.gradient != "mathematics" or recipe.mixup):
        raise ValueError(
            'over="dataset" weighs by plain losses, by the gradient of the mathematics and without mixup, got '
            f'gradient="{trained.gradient}" and mixup={recipe.mixup:g}; over="batch" takes both'
        )


def _where_it_weighs(data: Data, recipe: Recipe, loss: Loss, over: str) -> tuple[Recipe, str, _OverDataset | None]:
    """Return the recipe with the loss, where it weighs, and what weighs the data set between steps, if that is it."""
    check_weighing(loss, over, recipe)
    trained, place = as_trained(loss, over)
    if place == "dataset" and isinstance(trained, Robust):
        return replace(recipe, loss=CrossEntropy()), place, _OverDataset(data, trained)
    return replace(recipe, loss=trained), place, None


class _OverDataset:
    """Robust weights over the whole data set, by the last loss that was seen of every example.

    Fidon et al. 2021, "Distributionally Robust Deep Learning using Hardness Weighted Sampling", keep losses in the same
    way, and sample by them where this weighs. An example not yet seen has the loss of a guess, log C.
    """

    def __init__(self, data: Data, loss: Robust) -> None:
        self.loss = loss
        self.place = torch.empty(int(data.train.ids.max()) + 1, dtype=torch.int64)
        self.place[data.train.ids] = torch.arange(len(data.train))
        self.seen = torch.full((len(data.train),), math.log(len(data.classes)))

    def __call__(self, step: Step) -> None:
        self.seen[self.place[step.batch.ids.cpu()]] = _plain(step).cpu()
        weights = robust_weights(self.seen, lam=self.loss.lam_at(self.seen, step.batch))
        step.state.example_weights = (len(weights) * weights).to(step.logits.device)


def consume(
    walk: Iterable[Step], loss: Loss, keeper: _OverDataset | None = None, example_weights: Tensor | None = None
) -> tuple[Step, list[dict[str, Any]]]:
    """Walk a training to its end; return its last step and the history of its weights.

    `keeper` weighs the data set between steps; `example_weights` are those that the losses are multiplied by, by id.
    """
    last, rows = None, []
    for last in walk:
        if keeper is not None:
            keeper(last)
        if (last.step - 1) % max(1, last.of // ROWS) == 0 or last.step == last.of:
            factors = None if example_weights is None else example_weights[last.batch.ids.cpu()]
            rows.append(_row(last, loss, _plain(last) if keeper is None else keeper.seen, factors))
    if last is None:
        raise ValueError("the recipe has no steps; a member is trained for one at least")
    return last, rows


def _by_id(example_weights: Tensor | None, data: Data) -> Tensor | None:
    """Return the weights at the places of their examples' ids."""
    if not isinstance(example_weights, Tensor) or example_weights.shape != (len(data.train),):  # which `steps` refuses
        return None
    by_id = torch.zeros(int(data.train.ids.max()) + 1)
    by_id[data.train.ids.cpu()] = example_weights.detach().cpu().float()
    return by_id


def _row(step: Step, loss: Loss, losses: Tensor, example_weights: Tensor | None) -> dict[str, Any]:
    """Return how the loss weighs a batch, or the data set, of these plain losses."""
    weighing = weigh(loss, losses, step.batch, example_weights)
    harder = losses.argsort(descending=True)[: len(losses) // 2]
    return {
        "step": step.step,
        "loss": float(losses.mean()),
        "lam": weighing.lam,
        "effective_share": effective_sample_size(weighing.weights) / len(losses),
        "divergence": divergence(weighing.weights),
        "negative_share": 0.0 if math.isnan(weighing.lam) else negative_share(losses, weighing.lam),
        "hard_weight": float(weighing.weights[harder].sum()),
    }


def _plain(step: Step) -> Tensor:
    """The cross-entropy of every example of the step, before any weight."""
    return functional.cross_entropy(step.logits, step.batch.labels, reduction="none")
