"""The exercises on scores of examples: EL2N, and a count of forgetting."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from random import Random
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy, one_hot

from workbench.check.answers import numbers, short
from workbench.check.learner import answer_of
from workbench.check.questions import Questions
from workbench.check.verdict import Verdict, exercise, expect


@exercise(points=1)
def el2n(function: Callable[[Tensor, Tensor], Any], *, seed: int | None = None) -> Verdict:
    """Check a learner's EL2N: `function(logits, labels)` returns ‖softmax(logits) - onehot(label)‖ by example."""
    EL2N.ask(function, seed)
    return Verdict(True, "how far the probabilities are from the label. wb.data_diet.el2n averages this over networks")


@exercise(points=2)
def forgetting(function: Callable[[list[bool]], Any], *, seed: int | None = None) -> Verdict:
    """Check a learner's count: `function(right)` returns the forgetting events of an example, in order of showing.

    An event is right once and wrong the next time. An example that was never right must rank above all others:
    infinity, or any number no other example can reach.
    """
    FORGETTING.ask(function, seed)
    for showings in (6, 1, 13, 400):
        never = answer_of(function, FORGETTING.names, [False] * showings)
        value = numbers(never)
        rule = f"never right in {showings} showing{'s' * (showings > 1)} is the hardest, with no event at all"
        most = f"others have up to {showings // 2} events there, so give it more"
        expect(value is not None and value.numel() == 1, f"{rule}: give it a number, yours says {short(never)}")
        expect(value is not None and float(value) > showings // 2, f"{rule}; {most}: yours says {short(never)}")
    return Verdict(True, "right before and wrong now; never right is the hardest. wb.data_diet.Memory counts this")


def _logits(source: Random) -> tuple[Tensor, Tensor]:
    """Draw the logits of as many examples as classes, so that no axis is told by its length, and of other numbers."""
    classes = source.randint(3, 4)
    n = classes if source.random() < 0.7 else 2
    logits = [[source.randint(-20, 30) / 10 for _ in range(classes)] for _ in range(n)]
    return torch.tensor(logits), torch.tensor([source.randrange(classes) for _ in range(n)])


def _distance(logits: Tensor, labels: Tensor) -> Tensor:
    """Return softmax(logits) - onehot(label)."""
    return logits.double().softmax(1) - one_hot(labels, logits.shape[1])


EL2N = Questions(
    "el2n",
    lambda logits, labels: _distance(logits, labels).norm(dim=1),
    _logits,
    form="one number an example",
    mistakes={
        "the square root is missing": lambda logits, y: _distance(logits, y).norm(dim=1) ** 2,
        "that is 1 - p of the label; EL2N counts where the rest of it went as well": lambda logits, y: (
            1 - logits.double().softmax(1)[range(len(y)), y]
        ),
        "that is p of the label": lambda logits, y: logits.double().softmax(1)[range(len(y)), y],
        "that sums absolute values; the norm of EL2N is the Euclidean one": lambda logits, y: (
            _distance(logits, y).abs().sum(1)
        ),
        "that is the distance of the logits; take their softmax first": lambda logits, y: (
            logits.double() - one_hot(y, logits.shape[1])
        ).norm(dim=1),
        "the softmax goes along the wrong axis: the probabilities of one example sum to one": lambda logits, y: (
            logits.double().softmax(0) - one_hot(y, logits.shape[1])
        ).norm(dim=1),
        "the norm goes along the wrong axis: it is one number an example, over its classes": lambda logits, y: (
            _distance(logits, y).norm(dim=0)
        ),
        "the label is not subtracted: that is the length of the probabilities alone": lambda logits, y: (
            logits.double().softmax(1).norm(dim=1)
        ),
        "that is a mean over the classes; a norm is a sum": lambda logits, y: (
            _distance(logits, y).square().mean(1).sqrt()
        ),
        "that is the mean square; a norm is the root of a sum": lambda logits, y: _distance(logits, y).square().mean(1),
        "that is the loss, -log p of the label": lambda logits, y: cross_entropy(logits.double(), y, reduction="none"),
        "that is the logarithm of the probabilities; take them themselves": lambda logits, y: (
            logits.double().log_softmax(1) - one_hot(y, logits.shape[1])
        ).norm(dim=1),
        "a sigmoid takes every class alone; the softmax takes them together": lambda logits, y: (
            logits.double().sigmoid() - one_hot(y, logits.shape[1])
        ).norm(dim=1),
        "it takes the likeliest class for the label": lambda logits, y: _distance(logits, logits.argmax(1)).norm(dim=1),
        "the label counts from 0, and yours from 1": lambda logits, y: _distance(
            logits, (y - 1) % logits.shape[1]
        ).norm(dim=1),
        "all have the mean of all": lambda logits, y: _distance(logits, y).norm(dim=1).mean().expand(len(y)),
    },
)


def _showings(source: Random) -> tuple[list[bool]]:
    """Draw whether an example was right at each of its showings, once at least; one in five is never forgotten."""
    right = [source.random() < 0.5 for _ in range(source.randint(4, 16))]
    right[source.randrange(len(right))] = True
    return (sorted(right) if source.random() < 0.2 else right,)


def _pairs(right: list[bool], event: Callable[[bool, bool], bool]) -> int:
    return sum(event(before, now) for before, now in itertools.pairwise(right))


FORGETTING = Questions(
    "forgetting",
    lambda right: _pairs(right, lambda before, now: before and not now),
    _showings,
    form="one number",
    not_finite="a number of its own has an example that was never right, and this one was",
    mistakes={
        "it counts how often it was wrong; wrong before it was learned, and still wrong, are no events": lambda right: (
            right.count(False)
        ),
        "it counts changes of both kinds; learned is not forgotten": lambda right: _pairs(
            right, lambda before, now: before != now
        ),
        "it counts how often it was learned; an event is right and then wrong": lambda right: _pairs(
            right, lambda before, now: now and not before
        ),
        "it counts whether it was ever forgotten, and not how often": lambda right: int(
            _pairs(right, lambda before, now: before and not now) > 0
        ),
        "every wrong showing after it was learned is counted; still wrong is no new event": lambda right: right[
            right.index(True) :
        ].count(False),
        "it counts how often it was right": lambda right: right.count(True),
        "it counts twice right": lambda right: _pairs(right, lambda before, now: before and now),
        "it counts twice wrong; still wrong is no event": lambda right: _pairs(
            right, lambda before, now: not before and not now
        ),
        "the last showing counts, too: forgotten at the end is forgotten": lambda right: _pairs(
            right[:-1], lambda before, now: before and not now
        ),
        "the first showing counts, too": lambda right: _pairs(right[1:], lambda before, now: before and not now),
        "that is the share of showings; count them": lambda right: (
            _pairs(right, lambda before, now: before and not now) / len(right)
        ),
        "wrong at the first showing is no event: it was not right before": lambda right: _pairs(
            [True, *right], lambda before, now: before and not now
        ),
        "a step back is from the end to the beginning: the first showing does not follow the last": lambda right: (
            _pairs([right[-1], *right], lambda before, now: before and not now)
        ),
        "it is the step at which it was first right": lambda right: right.index(True),
    },
    corners=[
        (why, (right,))
        for why, right in (
            ("right from the first showing on: nothing was forgotten", [True, True, True]),
            ("learned late and kept: wrong before it was learned is no forgetting", [False, False, True, True]),
            ("forgotten twice; still wrong is no event", [True, False, True, False, False]),
            ("learned and forgotten once", [False, True, False]),
            ("shown once, and right", [True]),
            ("right at the first showing alone: it was learned, and forgotten once", [True, False, False]),
            ("all showings count, however many", [True, False] * 40),
        )
    ],
)
