"""The exercises on tickets at initialisation: scores that are rounded, and weights that lie on a live path."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Sequence
from random import Random
from typing import Any

import torch
from torch import Tensor

from workbench.check.answers import short
from workbench.check.learner import answer_of, raised
from workbench.check.questions import Questions
from workbench.check.verdict import Slip, Verdict, exercise, expect

LOST = "no gradient comes back to the scores: a comparison has none. Add what has one, and is 0: p - p.detach()"


@exercise(points=1)
def rounded(function: Callable[[Tensor, Tensor], Any], *, seed: int | None = None) -> Verdict:
    """Check a learner's rounding of scores: `function(scores, weights)` returns the weights whose scores are above 1/2.

    The others are 0; and the gradient comes back to every score as if nothing had been rounded, dp = dW · w.
    """
    ROUNDED.ask(function, seed)
    return Verdict(True, "rounded forwards, straight through backwards. wb.pruning.gem_miner trains such scores")


@exercise(points=2)
def effective_density(function: Callable[[list[Tensor]], Any], *, seed: int | None = None) -> Verdict:
    """Check a learner's effective density: `function(layers)` returns the share of all weights that are kept and live.

    `layers` are bool masks from input to output, each with a row for every output and a column for every input of its
    layer. Live is what lies on a path, from any input to any output, on which every weight is kept.
    """
    DENSITY.ask(function, seed)
    return Verdict(True, "what is reached from both sides. wb.live_paths does this for any network, and names the dead")


def _scored(source: Random) -> tuple[Tensor, Tensor, Tensor]:
    """Draw scores on both sides of 1/2 and on it, weights of both signs, and the gradient dW that comes back."""
    shape = source.choice(((4,), (5,), (6,), (2, 2), (2, 3), (3, 2)))
    n = math.prod(shape)
    scores = [source.choice((0.1, 0.2, 0.4, 0.49)), 0.5, source.choice((0.51, 0.7, 0.8, 0.9))]
    scores += [source.randint(0, 10) / 10 for _ in range(n - 3)]
    source.shuffle(scores)
    weights, slopes = (
        torch.tensor([source.choice((-1, 1)) * x / 2 for x in source.sample(range(1, 12), n)]) for _ in "wd"
    )
    slopes[0] += 3.0 * (slopes.sum() == 0)  # else the gradient of a mean would be none at all
    return torch.tensor(scores).view(shape), weights.view(shape), slopes.view(shape)


def _through(scores: Tensor, weights: Tensor, dW: Tensor) -> dict[str, Any]:
    return _both(weights * (scores > 0.5), dW * weights)


def _both(values: Tensor, gradient: Tensor) -> dict[str, Any]:
    return {"weights": values, "gradient of the scores": gradient}


def _with_gradient(
    function: Callable[..., Any], names: Sequence[str], scores: Tensor, weights: Tensor, dW: Tensor
) -> dict[str, Any]:
    """Return the network that a learner's function makes, and the gradient that comes back through it."""
    leaves: list[Tensor] = []

    @functools.wraps(function)
    def remembered(scores: Tensor, weights: Tensor) -> Any:
        leaves.append(scores)
        return function(scores, weights)

    network = answer_of(remembered, names[:2], scores.clone().requires_grad_(), weights)
    shaped = isinstance(network, Tensor) and network.shape == weights.shape
    form = f"it should return a tensor of shape {tuple(weights.shape)}, as gradients pass through tensors alone"
    expect(shaped, f"{form}, and returned {short(network)}")
    if not network.requires_grad:
        return _both(network, torch.zeros_like(scores))
    try:
        network.backward(dW.to(network.dtype))
    except Exception as error:
        raise Slip(raised(error, function)) from error
    slopes = leaves[0].grad
    return _both(network, torch.zeros_like(scores) if slopes is None else slopes)


def _gradient_lost(yours: dict[str, Any], right: dict[str, Any], *inputs: Any) -> str | None:
    same = torch.allclose(yours["weights"], right["weights"].double(), atol=1e-4)
    return LOST if same and not yours["gradient of the scores"].any() else None


ROUNDED = Questions(
    "rounded",
    _through,
    _scored,
    form="weights and a gradient",
    other=_gradient_lost,
    call=_with_gradient,
    hidden=1,  # dW comes back through what it returns
    mistakes={
        "a score of 0.9 keeps the whole weight, and yours keeps 0.9 of it; round on the way forward": lambda p, w, dW: (
            _both(w * p, dW * w)
        ),
        "a score of exactly 1/2 is not above 1/2, and yours keeps its weight": lambda p, w, dW: _both(
            w * (p >= 0.5), dW * w
        ),
        "a score of exactly 1/2 is not above 1/2, and no gradient comes back to the scores": lambda p, w, dW: _both(
            w * (p >= 0.5), torch.zeros_like(p)
        ),
        "it keeps the weights of low scores": lambda p, w, dW: _both(w * (p <= 0.5), -dW * w),
        "it keeps the weights of low scores, and drops those of high ones": lambda p, w, dW: _both(
            w * (p <= 0.5), dW * w
        ),
        "these are ones and zeros; multiply the weights by them": lambda p, w, dW: _both((p > 0.5).float(), dW),
        "a score that is not above 1/2 gets no gradient, so that its weight could never come back": lambda p, w, dW: (
            _both(w * (p > 0.5), dW * w * (p > 0.5))
        ),
        "the gradient of a score is that of W times its weight, dp = dW · w": lambda p, w, dW: _both(w * (p > 0.5), dW),
        "the gradient of a score comes back twice": lambda p, w, dW: _both(w * (p > 0.5), 2 * dW * w),
        "the gradient has the wrong sign": lambda p, w, dW: _both(w * (p > 0.5), -dW * w),
        "that is the gradient of a sigmoid; as if nothing had been rounded means a slope of one": lambda p, w, dW: (
            _both(w * (p > 0.5), dW * w * p.sigmoid() * (1 - p.sigmoid()))
        ),
        "the gradient takes the size of the weight, and not its sign": lambda p, w, dW: _both(
            w * (p > 0.5), dW * w.abs()
        ),
    },
)


def _layers(source: Random) -> tuple[list[Tensor]]:
    """Draw the masks of three layers of two or three units each."""
    sizes = [source.randint(2, 3) for _ in range(4)]
    layers = []
    for outputs, inputs in zip(sizes[1:], sizes[:-1], strict=True):
        share = source.choice((0.4, 0.5, 0.9))
        layers.append(_bools([[source.random() < share for _ in range(inputs)] for _ in range(outputs)]))
    return (layers,)


def _bools(rows: list[list[Any]]) -> Tensor:
    return torch.tensor(rows, dtype=torch.bool)


def _reached(layers: list[Tensor], by: Callable[[Tensor, int], Tensor] = torch.any) -> list[Tensor]:
    """Return the weights of every layer that start at a unit which some input leads to."""
    units, reached = torch.ones(layers[0].shape[1], dtype=torch.bool), []
    for layer in layers:
        reached.append(layer & units)
        units = by(reached[-1], 1)
    return reached


def _leading(layers: list[Tensor], by: Callable[[Tensor, int], Tensor] = torch.any) -> list[Tensor]:
    """Return the weights of every layer that end at a unit which leads to some output."""
    return [layer.T for layer in _reached([layer.T for layer in layers[::-1]], by)][::-1]


def _live(layers: list[Tensor], by: Callable[[Tensor, int], Tensor] = torch.any) -> list[Tensor]:
    return [a & b for a, b in zip(_reached(layers, by), _leading(layers, by), strict=True)]


def _beside(layers: list[Tensor]) -> list[Tensor]:
    """Drop what the layers beside it alone show to be dead."""
    kept = [layer.clone() for layer in layers]
    for i in range(1, len(layers)):
        kept[i] &= layers[i - 1].any(1)
        kept[i - 1] &= layers[i].any(0)[:, None]
    return kept


def _one_walk(layers: list[Tensor]) -> list[Tensor]:
    """Drop on one walk from the input what nothing comes to, and of each layer what the next one leaves without use."""
    kept = [layer.clone() for layer in layers]
    for i in range(1, len(layers)):
        kept[i] &= kept[i - 1].any(1)
        kept[i - 1] &= kept[i].any(0)[:, None]
    return kept


def _share(layers: list[Tensor], of: list[Tensor]) -> float:
    return sum(int(layer.sum()) for layer in layers) / max(sum(layer.numel() for layer in of), 1)


DENSITY = Questions(
    "effective_density",
    lambda layers: _share(_live(layers), layers),
    _layers,
    form="one number",
    not_finite="where nothing is kept or live it is 0",
    mistakes={
        "that is the share that is kept, but not all of it does something": lambda layers: _share(layers, layers),
        "that is the share of what is kept; take that of all weights": lambda layers: (
            _share(_live(layers), layers) / max(_share(layers, layers), 1e-9)
        ),
        "a weight that nothing leads on from is dead, too, and so is all that leads to it alone": lambda layers: _share(
            _reached(layers), layers
        ),
        "a weight that nothing comes to is dead, too, and so is all that it alone leads to": lambda layers: _share(
            _leading(layers), layers
        ),
        "a unit may lead on to a unit that leads nowhere: look further than one layer": lambda layers: _share(
            _beside(layers), layers
        ),
        "one walk from the input sees one layer ahead: walk back from the output as well": lambda layers: _share(
            _one_walk(layers), layers
        ),
        "one kept weight is enough to reach a unit, and yours asks for all of them": lambda layers: _share(
            _live(layers, torch.all), layers
        ),
        "that is the share that is kept and dead": lambda layers: (
            _share(layers, layers) - _share(_live(layers), layers)
        ),
        "that counts the weights; divide by how many there are": lambda layers: float(
            sum(int(layer.sum()) for layer in _live(layers))
        ),
        "that is the mean over layers; every weight counts alike": lambda layers: (
            sum(_share([a], [b]) for a, b in zip(_live(layers), layers, strict=True)) / len(layers)
        ),
        "that is the product over layers; count the weights": lambda layers: (
            _share(layers[:1], layers[:1]) * _share(layers[1:2], layers[1:2]) * _share(layers[2:], layers[2:])
        ),
        "that is the share of the dead": lambda layers: 1 - _share(_live(layers), layers),
        "a share is a part of one, and yours is cut to a whole number": lambda layers: int(
            _share(_live(layers), layers)
        ),
        "that is in percent; a share is from 0 to 1": lambda layers: 100 * _share(_live(layers), layers),
    },
    corners=[
        (
            "where nothing passes from input to output it is 0",
            ([_bools([[0], [1]]), _bools([[1, 0], [0, 0]]), _bools([[1, 0], [0, 1]])],),
        ),
        ("where all is kept, all is live", ([_bools([[1, 1], [1, 1]]), _bools([[1, 1]])],)),
        ("in one layer alone all that is kept is live", ([_bools([[1, 0], [1, 1]])],)),
        ("where nothing is kept it is 0", ([_bools([[0, 0]]), _bools([[0], [0]])],)),
        ("what cuts the last of ten layers cuts all paths", ([_bools([[i < 9]]) for i in range(10)],)),
        ("where all is kept, all is live, however many come together", ([_bools([[1] * 256]), _bools([[1]])],)),
    ],
)
