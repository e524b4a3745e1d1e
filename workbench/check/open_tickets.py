"""The open exercises that train: a rule for what is kept, densities of layers, and a search for wrong labels.

A claim of the learner's own is put to the test beside its control on small networks and the digits, in a few seconds.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from statistics import mean
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from workbench.check.answers import literal, numbers, read, short
from workbench.check.learner import answer_of
from workbench.check.verdict import Verdict, exercise, expect
from workbench.data.data import Data, load
from workbench.nets import masks
from workbench.nets.evaluation import evaluate_all
from workbench.nets.masks import Mask
from workbench.nets.models import lenet
from workbench.nets.weights import Weights, snapshot
from workbench.pruning.random_mask import random_mask
from workbench.training.recipe import Recipe
from workbench.training.runs import train
from workbench.work import seeds

RECIPE = Recipe(epochs=4.0, learning_rate=0.05, batch_size=32, device="cpu")
SPARSE = Recipe(epochs=10.0, learning_rate=0.1, batch_size=32, device="cpu")  # at 5 % a few epochs tell too little
LONG = Recipe(epochs=24.0, learning_rate=0.3, batch_size=32, device="cpu")
PLACES = 0.2  # test accuracy above that of random places, in the mean over draws: chance alone moves it by 0.05
LAYERS = 0.1  # and above that of one density for all layers
FOUND = 1.5  # times as many wrong labels as the last epoch's loss finds


@exercise(points=3)
def kept_places(function: Callable[[Weights, Weights, float], Any], *, seed: int | None = None) -> Verdict:
    """Check a learner's rule: `function(start, trained, density)` returns a mask of the kept places for every layer.

    Both are dicts of a network's weight matrices, before and after its training. Exactly round(density × all) places
    must be kept, over all layers; and the network trained again from `start` with them alone must be 20 points
    more accurate than with random places, as many in every layer, in the mean over three draws.
    """
    data, yours, control = load("digits"), [], []
    asked = ((50,), 0.05075), ((50,), 0.0506), ((60, 20), 0.055)  # where counts that are rounded otherwise are others
    for draw, (hidden, density) in zip(seeds.seeds(seed or 0, 3), asked, strict=True):
        model = lenet(data, hidden=hidden, seed=draw)
        start, full = snapshot(model), masks.full(model)
        trained = train(model, start, data, RECIPE, seed=draw).weights
        given = ({name: start[name] for name in full}, {name: trained[name] for name in full}, density)
        returned = answer_of(function, ("start", "trained", "density"), *given)
        mask = read(returned, full, "a dict of bool masks")
        assert isinstance(mask, dict)
        count, n = masks.survivors(full, density), masks.total(full)
        rule = f"density {density:g} of {n} weights keeps {count} in all layers together"
        expect(masks.kept(mask) == count, f"{rule}, and yours keeps {masks.kept(mask)}")
        yours.append(_accuracy(model, start, data, RECIPE, mask, draw))
        for place in range(2):
            shuffled = random_mask(full, layers=masks.kept_by_layer(mask), seed=draw + place)
            control.append(_accuracy(model, start, data, RECIPE, shuffled, draw))
    return _better(
        yours, control, PLACES, "random places, as many in every layer,", "wb.sanity.shuffled is that control"
    )


@exercise(points=3)
def layer_densities(function: Callable[[list[tuple[int, int]], float], Any], *, seed: int | None = None) -> Verdict:
    """Check a learner's rule for layers: `function(shapes, density)` returns the density of each, before any training.

    The shapes are (outputs, inputs) of weight matrices. In all round(density × all) weights must be kept, up to half a
    weight a layer; and random places at these densities must train to 10 points more accuracy than the same density
    in every layer, in the mean over six draws.
    """
    data, yours, control = load("digits"), [], []
    for place, draw in enumerate(seeds.seeds(seed or 0, 6)):
        model = lenet(data, hidden=(110 + 5 * (draw % 5), 36 + draw % 9), seed=draw)
        start, full, density = snapshot(model), masks.full(model), (0.05, 0.06, 0.055)[place % 3]
        _densities(function, full, 0.5)  # at which some layers are full
        kept = _densities(function, full, density)
        quota = masks.share_out(masks.survivors(full, density), kept, full)
        for mask, accuracies in (
            (random_mask(full, layers=quota, seed=draw), yours),
            (random_mask(full, density=density, layers="uniform", seed=draw), control),
        ):
            accuracies.append(_accuracy(model, start, data, SPARSE, mask, draw))
    return _better(yours, control, LAYERS, "one density for all layers", "wb.pruning.random_mask has layers='erk'")


@exercise(points=3)
def suspects(function: Callable[[Tensor, Tensor, int], Any], *, seed: int | None = None) -> Verdict:
    """Check a learner's search for wrong labels: `function(logits, labels, count)` returns `count` places of images.

    `logits` are (epochs, examples, classes), of a network that learns the labels by heart, `count` of which are wrong.
    For three networks together the places must hold one and a half times as many of the wrong ones as the largest
    losses of the last epoch do.
    """
    yours, last, wrongs = 0, 0, 0
    for draw, noise in zip(seeds.seeds(seed or 0, 3), (0.2, 0.25, 0.22), strict=True):
        logits, labels, wrong = _learned_by_heart(noise, draw)
        count, n = int(wrong.sum()), len(labels)
        returned = answer_of(function, ("logits", "labels", "count"), logits, labels, count)
        places = numbers(returned)
        form = f"it should return the places of {count} different images, whole numbers from 0 to {n - 1}"
        expect(places is not None and places.shape == (count,), f"{form}, and returned {short(returned)}")
        assert places is not None
        outside = places[(places < 0) | (places >= n) | (places != places.round())].tolist()
        found = ", ".join(f"{place:g}" for place in outside[:3])
        expect(not outside, f"{form}, and returned {short(returned)}, where {found} is none")
        expect(len(places.unique()) == count, f"{form}, and returned {short(returned)}, where some come twice")
        yours += int(wrong[places.long()].sum())
        last += int(wrong[cross_entropy(logits[-1], labels, reduction="none").topk(count).indices].sum())
        wrongs += count
    asked = math.ceil(FOUND * last)
    rule = f"of {wrongs} wrong labels in three data sets the last epoch's loss finds {last}, so {asked} are asked"
    expect(yours >= asked, f"{rule}, and yours finds {yours}: look at the epochs before they were learned")
    return Verdict(True, f"{yours} of {wrongs} wrong labels are found; the last epoch's loss finds {last}")


def _densities(function: Callable[..., Any], full: Mask, density: float) -> dict[str, float]:
    """Return how many weights a learner's rule keeps in each layer; a slip, where in all it is another number."""
    shapes = [tuple(layer.shape) for layer in full.values()]
    returned = answer_of(function, ("shapes", "density"), shapes, density)
    right = read(returned, torch.zeros(len(shapes)), "one density a layer")
    assert isinstance(right, Tensor)
    told = f"for layers of {shapes} it gives {literal(right)}"
    expect(bool(((right >= 0) & (right <= 1)).all()), f"a density is from 0 to 1, and {told}")
    sizes = torch.tensor([layer.numel() for layer in full.values()])
    count, total = masks.survivors(full, density), float((right * sizes).sum())
    rule = f"density {density:g} keeps {count} of {int(sizes.sum())} weights, and yours {total:.5g}"
    expect(abs(total - count) <= len(shapes) / 2 + 0.5, f"{rule}: {told}")
    return dict(zip(full, (right * sizes + 1e-9).tolist(), strict=True))


def _accuracy(model: nn.Module, start: Weights, data: Data, recipe: Recipe, mask: Mask, seed: int) -> float:
    return train(model, masks.apply(start, mask), data, recipe, mask=mask, seed=seed).test_accuracy or 0.0


def _better(yours: list[float], control: list[float], asked: float, name: str, way: str) -> Verdict:
    """Say whether a mean accuracy is above its control's by what is asked."""
    lead = mean(yours) - mean(control)
    numbers = f"yours trains to {mean(yours):.1%}, and {name} to {mean(control):.1%}"
    expect(lead >= asked, f"{numbers}: that is {100 * lead:+.1f} points, and {100 * asked:.0f} are asked")
    return Verdict(True, f"{numbers}. {way}")


def _learned_by_heart(noise: float, seed: int) -> tuple[Tensor, Tensor, Tensor]:
    """Return logits by epoch, the labels that were learned, and which of them are wrong."""
    data = load("digits", label_noise=noise, seed=seed)
    model = lenet(data, hidden=(100,), seed=seed)
    ends = [round(epoch * len(data.train) / LONG.batch_size) for epoch in range(1, int(LONG.epochs or 1) + 1)]
    run = train(model, snapshot(model), data, LONG, seed=seed, checkpoints=ends)
    evaluations = evaluate_all(model, [run.checkpoints[end] for end in ends], data.train)
    logits = torch.stack([evaluation.logits for evaluation in evaluations])
    return logits, data.train.labels, torch.isin(data.train.ids, data.flipped)
