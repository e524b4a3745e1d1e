"""AdaBoost for many classes (SAMME): tickets that are each trained on what those before them got wrong.

Zhu, Zou, Rosset, Hastie 2009, "Multi-class AdaBoost", algorithm 2 (recalled; checked against scikit-learn's
`AdaBoostClassifier`). The tickets are masks of one frozen random network, by edge-popup. Whether the rival of this name
in "Distributionally Robust Ensemble of Lottery Tickets" is the same could not be read.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

import torch
from jaxtyping import Bool, Float64
from torch import Tensor, nn

from workbench.data.data import Data
from workbench.ensembles.member import Member
from workbench.ensembles.members import MOST, edge_popup_member
from workbench.nets import masks
from workbench.nets.evaluation import evaluate
from workbench.nets.weights import Weights
from workbench.pruning.edge_popup import initial_scores
from workbench.training.entrance import check_training
from workbench.training.recipe import Recipe
from workbench.work import progress, rules
from workbench.work.archive import ArchiveLike, run
from workbench.work.calls import call
from workbench.work.seeds import number


def boosted(
    model: nn.Module,
    weights: Weights,
    data: Data,
    recipe: Recipe,
    *,
    density: float,
    members: int = 3,
    scope: str = "layer",
    seed: int = 0,
    archive: ArchiveLike | None = None,
) -> Iterator[Member]:
    """Yield up to `members` edge-popup tickets of the frozen `weights`, each with its `vote`.

    With n examples of C classes, w = 1 at first; of ticket m, in eval mode on the training images,

        err_m = sum of w_i over the wrong / sum of w_i          a_m = log((1 - err_m) / err_m) + log(C - 1)
        w_i is multiplied by exp(a_m) where m is wrong, then scaled to mean 1

    w weighs the examples' losses, and a_m is the vote. A ticket no better than a guess (err_m >= 1 - 1/C) is left out
    and ends it, as in scikit-learn; where it is the first, that is a ValueError. One that errs nowhere has nothing to
    hand on: half an example is counted as wrong, so that its vote is finite, and the next ticket is trained with w as
    it is (scikit-learn stops there). Every ticket has its own initial scores and order, those that the ordinary
    ensemble of this seed draws (`ensembles.members`): where no ticket errs, this is that ensemble.
    """
    check_training(model, weights, data, recipe, seed=seed)
    rules.whole("members", members, least=1, most=MOST, way_on="three are the usual number")
    w = torch.ones(len(data.train), dtype=torch.float64)
    options = {"loss": recipe.loss, "density": density, "scope": scope}
    for m in range(members):
        with progress.within("member", m, members):
            begin = {"scores": initial_scores(model, masks.full(model), number(seed, "member scores", m))}
            begin |= {"example_weights": w.float() if m else None, "seed": number(seed, "member", m)}
            member = run(call(edge_popup_member, model, weights, data, recipe, **options, **begin), archive)
            wrong = _wrong(model, member, data)
        error, classes = float(w[wrong].sum() / w.sum()), len(data.classes)
        if error >= 1 - 1 / classes:
            if m == 0:
                raise ValueError(
                    f"the first ticket errs on {error:.3f} of the examples, no better than a guess between {classes}; "
                    "boosting needs a better one, so train longer or keep more"
                )
            return
        a = vote(max(error, 0.5 / len(w)), classes)
        yield replace(member, vote=a)
        w = reweighted(w, wrong, a)


def vote(error: float, classes: int) -> float:
    """Return a = log((1 - err) / err) + log(C - 1), which is 0 for a guess between C classes."""
    return math.log((1 - error) / error) + math.log(classes - 1)


def reweighted(weights: Float64[Tensor, " n"], wrong: Bool[Tensor, " n"], vote: float) -> Float64[Tensor, " n"]:
    """Return w_i exp(a [i is wrong]), scaled to mean 1."""
    raised = weights * torch.where(wrong, math.exp(vote), 1.0)
    return raised / raised.mean()


def _wrong(model: nn.Module, member: Member, data: Data) -> Tensor:
    with progress.within("evaluation", 0):
        logits = evaluate(model, member.weights, data.train).logits
    return logits.argmax(1) != data.train.labels.cpu()
