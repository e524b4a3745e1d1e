"""The exercises on calibration: an expected calibration error, and the weights of a robust loss."""

from __future__ import annotations

import math
from collections.abc import Callable
from random import Random
from typing import Any

import torch
from torch import Tensor

from workbench.check.questions import Questions
from workbench.check.verdict import Verdict, exercise


@exercise(points=2)
def ece(function: Callable[[Tensor, Tensor, int], Any], *, seed: int | None = None) -> Verdict:
    """Check a learner's ECE: `function(confidence, right, bins)` returns Σ |B| / N · |mean right - mean confidence|.

    Bins have equal width, each is closed on its right, and an empty one counts nothing.
    """
    ECE.ask(function, seed)
    return Verdict(
        True, "the gap of every bin by its share. wb.calibration.ece_in_full has what chance adds to it as well"
    )


@exercise(points=1)
def robust_weights(function: Callable[[Tensor, float], Any], *, seed: int | None = None) -> Verdict:
    """Check a learner's weights: `function(losses, lam)` returns exp(l / lam), scaled so that they sum to one.

    Losses of a thousand must not overflow, and the losses must stay as they were.
    """
    WEIGHTS.ask(function, seed)
    return Verdict(True, "the softmax of the losses over lambda. wb.robust.robust_weights takes eta as well")


def _confidences(source: Random) -> tuple[Tensor, Tensor, int]:
    """Draw from 8 to 10 confidences, none at the edge of a bin, one of exactly 1, and one bin empty."""
    bins, count = source.randint(3, 7), source.randint(8, 10)
    low = source.randint(0, bins - 2)  # a bin that stays empty
    values = [1.0]
    while len(values) < count:
        value = source.randint(5, 99) / 100
        if int(value * bins) != low and abs(value * bins - round(value * bins)) > 0.05:
            values.append(value)
    source.shuffle(values)
    return torch.tensor(values), torch.tensor([source.random() < 0.5 for _ in values]), bins


def _gaps(confidence: Tensor, right: Tensor, bins: int) -> list[tuple[int, float, float]]:
    """Return of every bin how many it holds, their share that is right, and their mean confidence."""
    inside: list[list[tuple[bool, float]]] = [[] for _ in range(bins)]
    places = (confidence * bins).ceil().long().clamp(1, bins) - 1
    for place, hit, sure in zip(places.tolist(), right.tolist(), confidence.tolist(), strict=True):
        inside[place].append((hit, sure))
    means = [tuple(sum(column) / len(held) for column in zip(*held, strict=True)) or (0.0, 0.0) for held in inside]
    return [(len(held), *mean) for held, mean in zip(inside, means, strict=True)]  # pyright: ignore (means are pairs)


def _ece(confidence: Tensor, right: Tensor, bins: int) -> float:
    return _over(_gaps(confidence, right, bins), lambda n, r, c: n / len(right) * abs(r - c))


def _over(gaps: list[tuple[int, float, float]], term: Callable[[int, float, float], float]) -> float:
    return sum(term(*gap) for gap in gaps if gap[0])


def _unweighed(confidence: Tensor, right: Tensor, bins: int, among: int | None = None) -> float:
    gaps = _gaps(confidence, right, bins)
    return _over(gaps, lambda n, r, c: abs(r - c)) / (among or sum(n > 0 for n, _, _ in gaps))


def _by_midpoint(confidence: Tensor, right: Tensor, bins: int) -> float:
    gaps = enumerate(_gaps(confidence, right, bins))
    return sum(n / len(right) * abs(r - (b + 0.5) / bins) for b, (n, r, _) in gaps if n)


def _as_if_named(confidence: Tensor, right: Tensor, bins: int) -> float:
    """Take a confidence for the probability of the class: below a half the other one would be named."""
    return _ece(torch.maximum(confidence, 1 - confidence), right ^ (confidence < 0.5), bins)


def _without_one(confidence: Tensor, right: Tensor, bins: int, of: int | None = None) -> float:
    inside = confidence < 1
    return _ece(confidence[inside], right[inside], bins) * int(inside.sum()) / (of or len(right))


def _equally_full(confidence: Tensor, right: Tensor, bins: int) -> float:
    order = confidence.argsort()
    parts = [part for part in order.tensor_split(bins) if len(part)]
    means = [(len(p), right[p].double().mean().item(), confidence[p].double().mean().item()) for p in parts]
    return _over(means, lambda n, r, c: n / len(right) * abs(r - c))


def _from_the_least(confidence: Tensor, right: Tensor, bins: int) -> float:
    least = confidence.min()
    place = ((confidence - least) / (confidence.max() - least) * bins).long().clamp(max=bins - 1)
    return float(torch.zeros(bins).double().index_add(0, place, right.double() - confidence).abs().sum() / len(right))


ECE = Questions(
    "ece",
    _ece,
    _confidences,
    form="one number",
    not_finite="an empty bin has no mean, and counts nothing",
    mistakes={
        "that is the gap of all examples together; take that of every bin, and its absolute value": lambda c, r, b: abs(
            float((r.double() - c).mean())
        ),
        "bins of different sign cancel; take the absolute value of every gap": lambda c, r, b: (
            -abs(float((r.double() - c).mean()))
        ),
        "bins of different sign cancel; take the absolute value of every gap, which is right less confidence": (
            lambda c, r, b: float((r.double() - c).mean())
        ),
        "bins of different sign cancel; take the absolute value of every gap, which is confidence less right": (
            lambda c, r, b: float((c - r.double()).mean())
        ),
        "that is the gap of every example alone; take means within the bins": lambda c, r, b: float(
            (r.double() - c).abs().mean()
        ),
        "that is the Brier score of the class that was named": lambda c, r, b: float(((r.double() - c) ** 2).mean()),
        "weigh a bin by its share of the examples, and yours counts every bin alike": _unweighed,
        "weigh a bin by its share of the examples; yours is the mean over bins, empty ones too": lambda c, r, b: (
            _unweighed(c, r, b, b)
        ),
        "the gaps of the bins are added up; weigh each by its share of the examples": lambda c, r, b: _unweighed(
            c, r, b, 1
        ),
        "that is the largest gap, the MCE; the ECE is the mean by the bins' shares": lambda c, r, b: max(
            abs(right - sure) for n, right, sure in _gaps(c, r, b) if n
        ),
        "the gaps are squared": lambda c, r, b: _over(
            _gaps(c, r, b), lambda n, right, sure: n / len(r) * (right - sure) ** 2
        ),
        "that is the root of squared gaps": lambda c, r, b: math.sqrt(
            _over(_gaps(c, r, b), lambda n, right, sure: n / len(r) * (right - sure) ** 2)
        ),
        "take the mean confidence in a bin, and not its middle": _by_midpoint,
        "that is in percent; a share is from 0 to 1": lambda c, r, b: 100 * _ece(c, r, b),
        "a confidence is that of the class that was named, whatever its size: below a half it is not turned round": (
            _as_if_named
        ),
        "a confidence of exactly 1 belongs to the last bin, and yours loses it": _without_one,
        "a confidence of exactly 1 belongs to the last bin, and yours leaves it out altogether": lambda c, r, b: (
            _without_one(c, r, b, int((c < 1).sum()))
        ),
        "bins have equal width, and yours hold equally many": _equally_full,
        "there are ten bins, whatever `bins` says": lambda c, r, b: _ece(c, r, 10),
        "there are fifteen bins, whatever `bins` says": lambda c, r, b: _ece(c, r, 15),
        "there is one bin too many": lambda c, r, b: _ece(c, r, b + 1),
        "there is one bin too few": lambda c, r, b: _ece(c, r, b - 1),
        "bins go from 0 to 1, and yours from the least confidence to the largest": _from_the_least,
        "it is not the right answers but the wrong ones that are counted": lambda c, r, b: _ece(c, ~r, b),
        "these are sums over the bins; divide by the number of examples": lambda c, r, b: len(c) * _ece(c, r, b),
        "that is the square of it": lambda c, r, b: _ece(c, r, b) ** 2,
    },
    corners=[
        (
            "a confidence at the edge of two bins is in one of them, not in both and not in neither",
            (torch.tensor([0.25, 0.75, 0.25, 0.5, 0.75]), torch.tensor([True, False, False, True, False]), 4),
        ),
        (
            "a bin is closed on its right: 0.25 is in the first of four, and 0.5 in the second",
            (torch.tensor([0.25, 0.125, 0.5, 0.375, 0.625]), torch.tensor([True, False, False, True, False]), 4),
        ),
    ],
)


def _losses(source: Random) -> tuple[Tensor, float]:
    """Draw from 3 to 6 losses, and a lambda that is not one."""
    losses = [loss / 10 for loss in source.sample(range(41), source.randint(3, 6))]
    return torch.tensor(losses), source.choice((0.5, 0.8, 1.5, 2.0, 3.0, 4.0))


def _softmax(losses: Tensor, lam: float) -> Tensor:
    return (losses.double() / lam).softmax(0)


WEIGHTS = Questions(
    "robust_weights",
    _softmax,
    _losses,
    form="one weight a loss",
    not_finite="exp overflows for large losses: subtract the largest loss first, or use softmax",
    mistakes={
        "the hardest example has the least weight; it is the largest loss that counts most": lambda losses, lam: (
            _softmax(-losses, lam)
        ),
        "the weights must sum to one; divide by their sum": lambda losses, lam: (losses.double() / lam).exp(),
        "the weights must sum to one, and their mean is one": lambda losses, lam: len(losses) * _softmax(losses, lam),
        "the weights must sum to one, and the largest is one; divide by their sum": lambda losses, lam: (
            (losses.double() - losses.max()) / lam
        ).exp(),
        "lambda divides the losses, and yours multiplies: a large one is mild, infinity is the plain mean": (
            lambda losses, lam: _softmax(losses, 1 / lam)
        ),
        "lambda divides the losses in the exponent, and yours leaves it out": lambda losses, lam: _softmax(losses, 1),
        "lambda divides the losses in the exponent, and not the weights": lambda losses, lam: _softmax(losses, 1) / lam,
        "that is the loss by the sum of losses; the exponential is missing": lambda losses, lam: (
            losses.double() / losses.sum()
        ),
        "these are the plain mean's weights, all equal": lambda losses, lam: torch.full(losses.shape, 1 / len(losses)),
        "that is the logarithm of the weights": lambda losses, lam: _softmax(losses, lam).log(),
        "all weight is on the largest loss": lambda losses, lam: _softmax(losses, 1e-3),
        "that is a power of 2; the base is e": lambda losses, lam: _softmax(losses * math.log(2), lam),
        "lambda divides the losses, and yours subtracts it": lambda losses, lam: (losses.double() - lam).exp(),
        "the weights are in the order of the losses, and yours are sorted": lambda losses, lam: (
            _softmax(losses, lam).sort(descending=True).values
        ),
        "the weights multiply the losses already; return the weights alone": lambda losses, lam: (
            _softmax(losses, lam) * losses
        ),
    },
    corners=[
        ("exp overflows for large losses, and must not be cut off: subtract the largest first, or use softmax", given)
        for given in (
            (torch.tensor([999.0, 1000.0, 998.0]), 1.0),
            (torch.tensor([0.0, 1000.0]), 1.0),
            (torch.tensor([0.0, 1000.0]), 0.5),
            (torch.tensor([40.0, 41.0, 39.5]), 0.05),
        )
    ]
    + [("an infinite lambda gives all the same weight", (torch.tensor([0.5, 3.0, 2.0, 1.0]), math.inf))],
)
