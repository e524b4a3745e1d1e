"""Right and wrong answers to the exercises on scores of examples."""

from __future__ import annotations

import itertools
import math
import sys

import numpy as np
import torch
from sets import Answers, Once
from torch.nn.functional import cross_entropy, one_hot, softmax


def length(logits, labels):
    return (logits.softmax(1) - one_hot(labels, logits.shape[1])).norm(dim=1)


def by_numpy(logits, labels):
    z = logits.numpy()
    p = np.exp(z) / np.exp(z).sum(1, keepdims=True)
    return np.linalg.norm(p - np.eye(z.shape[1])[labels.numpy()], axis=1)


def in_loops(logits, labels):
    scores = []
    for row, label in zip(logits.tolist(), labels.tolist(), strict=True):
        total = sum(math.exp(z) for z in row)
        scores.append(math.sqrt(sum((math.exp(z) / total - (c == label)) ** 2 for c, z in enumerate(row))))
    return scores


def in_place_of_a_copy(logits, labels):
    p = softmax(logits, dim=-1)
    p[torch.arange(len(p)), labels] -= 1
    return torch.sqrt((p**2).sum(-1))


def by_product(logits, labels):
    p = logits.softmax(1)
    return (p.square().sum(1) - 2 * p.gather(1, labels[:, None])[:, 0] + 1).sqrt()


el2n = Answers(
    right=[
        length,
        by_numpy,
        in_loops,
        in_place_of_a_copy,
        by_product,
        lambda z, y: length(z.double(), y),
        lambda z, y: list(length(z, y)),
        lambda z, y: tuple(in_loops(z, y)),
        lambda z, y: length(z, y).half(),
        lambda z, y: torch.cdist(z.softmax(1), torch.eye(z.shape[1])).gather(1, y[:, None]).squeeze(1),
        lambda logits, labels: length(logits.clone().requires_grad_(), labels),
        lambda z, y: torch.autograd.grad(cross_entropy(v := z.clone().requires_grad_(), y, reduction="sum"), v)[0].norm(
            dim=1
        ),
        lambda z, y: np.array(in_loops(z, y), dtype=object),
        lambda z, y: length(z, y).bfloat16(),
        lambda z, y: torch.nn.functional.pairwise_distance(softmax(z, 1), one_hot(y, z.shape[1])),
    ],
    wrong=[
        (lambda z, y: None, "returned nothing (None)"),
        (Once(length), "returned nothing (None)"),
        (lambda z, y: z.nothing, "raised AttributeError"),
        (lambda z: z, "should take 2 arguments, (logits, labels)"),
        (lambda z, y: length(z, y).mean(), "one number an example, of shape"),
        (lambda z, y: length(z, y)[:, None], "one number an example, of shape"),
        (lambda z, y: "0.8165", "one number an example"),
        (lambda z, y: length(z, y) ** 2, "the square root is missing"),
        (lambda z, y: 1 - z.softmax(1)[range(len(y)), y], "1 - p of the label"),
        (lambda z, y: z.softmax(1)[range(len(y)), y], "that is p of the label"),
        (lambda z, y: (z.softmax(1) - one_hot(y, z.shape[1])).abs().sum(1), "the Euclidean one"),
        (lambda z, y: (z.softmax(1) - one_hot(y, z.shape[1])).abs().amax(1), "1 - p of the label"),
        (lambda z, y: (z - one_hot(y, z.shape[1])).norm(dim=1), "take their softmax first"),
        (lambda z, y: (z.softmax(0) - one_hot(y, z.shape[1])).norm(dim=1), "softmax goes along the wrong axis"),
        (lambda z, y: (z.softmax(1) - one_hot(y, z.shape[1])).norm(dim=0), "one number an example"),
        (lambda z, y: z.softmax(1).norm(dim=1), "the label is not subtracted"),
        (lambda z, y: cross_entropy(z, y, reduction="none"), "that is the loss"),
        (lambda z, y: length(z, z.argmax(1)), "likeliest class"),
        (lambda z, y: length(z, y) * float("nan"), "and yours gives [nan"),
        (lambda z, y: length(z, torch.zeros_like(y)), "other values of `labels` do not change"),
        (lambda z, y: torch.full((len(y),), 0.8165), "el2n("),
        (lambda z, y: length(z.sub_(z.max()), y), "changed `logits`"),
        (lambda z, y: length(z, y).round(decimals=1), "and yours gives"),
        (lambda z, y: torch.where(y == 0, length(z, y), length(z, y) ** 2), "el2n("),
        (lambda z, y: -length(z, y), "and yours gives [-"),
        (lambda z, y: length(z, y.flip(0)), "el2n("),
        (lambda z, y: length(z, y).sort().values, "el2n("),
        (lambda z, y: y, "other values of `logits` do not change"),
        (lambda z, y: (z.softmax(1) - one_hot(y, z.shape[1])).norm(), "one number an example, of shape"),
        (lambda z, y: z.softmax(1) - one_hot(y, z.shape[1]), "one number an example, of shape"),
        (lambda z, y: length(z, y) / 2**0.5, "el2n("),
        (lambda z, y: (z.softmax(1) - one_hot(y, z.shape[1])).std(1), "el2n("),
        (lambda z, y: length(z.softmax(1), y), "el2n("),
        (lambda z, y: (z.exp() - one_hot(y, z.shape[1])).norm(dim=1), "el2n("),
        (lambda z, y: length(z, y).argsort().argsort(), "el2n("),
        (lambda z, y: -(z.softmax(1) * z.log_softmax(1)).sum(1), "other values of `labels` do not change"),
        (lambda z, y: (z.argmax(1) != y).float(), "el2n("),
        (lambda labels, logits: length(logits, labels), "and yours are (labels, logits)"),
        (lambda z, y: (z.sigmoid() - one_hot(y, z.shape[1])).norm(dim=1), "a sigmoid takes every class alone"),
    ],
)


def events(right):
    return sum(before and not now for before, now in itertools.pairwise(right))


def count(right):
    return events(right) if any(right) else float("inf")


def in_a_loop(right):
    if True not in right:
        return len(right)
    total, before = 0, False
    for now in right:
        total += before and not now
        before = now
    return total


def by_difference(right):
    steps = np.diff(np.array(right, dtype=int))
    return np.count_nonzero(steps == -1) if np.any(right) else np.inf


def by_text(right):
    text = "".join("+" if x else "-" for x in right)
    return text.count("+-") if "+" in text else 10**9


def by_tensor(right):
    r = torch.tensor(right)
    return (r[:-1] & ~r[1:]).sum() if r.any() else torch.tensor(float("inf"))


def gets(never):
    return lambda right: events(right) if any(right) else never


forgetting = Answers(
    right=[
        count,
        in_a_loop,
        by_difference,
        by_text,
        by_tensor,
        lambda right: float(count(right)),
        lambda right: np.float32(count(right)),
        lambda right: np.array([count(right)]),
        gets(math.inf),
        lambda right: events(right) if any(right) else len(right) // 2 + 1,
        lambda right: torch.tensor(count(right)).half(),
        lambda right: np.int16(min(count(right), 999)),
        lambda right: events(right) if sum(right) else sys.maxsize,
        lambda right: len([1 for wrong, r in enumerate(right[1:]) if right[wrong] and not r]) or (not any(right)) * 1e9,
    ],
    wrong=[
        (lambda right: count(right) if len(right) < 2 or any(right[1:]) else 1000, "at the first showing alone"),
        (lambda right: count(right[:16]), "however many"),
        (lambda right: None, "returned nothing (None)"),
        (Once(count), "returned nothing (None)"),
        (lambda right: right.nothing, "raised AttributeError"),
        (lambda: 0, "should take 1 argument"),
        (lambda right: right, "should return one number"),
        (lambda right: str(events(right)), "should return one number"),
        (lambda right: right.count(False), "how often it was wrong"),
        (lambda right: sum(not x for x in right[1:]), "forgetting(["),
        (lambda right: sum(a != b for a, b in itertools.pairwise(right)), "changes of both kinds"),
        (lambda right: sum(b and not a for a, b in itertools.pairwise(right)), "how often it was learned"),
        (lambda right: right[right.index(True) :].count(False) if any(right) else 999, "still wrong is no new event"),
        (lambda right: min(1, events(right)), "and not how often"),
        (events, "never right in 6 showings is the hardest"),
        (gets(None), "is the hardest, with no event at all: give it a number"),
        (gets(-1), "is the hardest"),
        (gets(99), "others have up to 200 events"),
        (gets(float("nan")), "is the hardest"),
        (lambda right: events(right) / len(right), "share of showings"),
        (lambda right: events(right[:-1]), "the last showing counts"),
        (lambda right: events([True, *right]), "it was not right before"),
        (lambda right: events([right[-1], *right]), "the first showing does not follow the last"),
        (lambda right: right.append(False) or events(right), "changed `right`"),
        (lambda right: 2, "forgetting(["),
        (lambda right: 1 / 0, "raised ZeroDivisionError"),
        (lambda right: right.index(True), "the step at which"),
        (lambda right: count(right) + 0.5, "forgetting(["),
        (lambda right: count(right[:9]), "forgetting(["),
        (lambda right: math.inf, "has an example that was never right"),
        (lambda right: 3, "answers all questions alike"),
        (lambda right: len(list(itertools.groupby(right))), "forgetting(["),
        (lambda right: 1, "answers all questions alike"),
        (lambda right: int(right[0] and not right[-1]), "forgetting(["),
        (lambda right: sum(a and not b for a, b in zip(right, right[2:], strict=False)), "forgetting(["),
        (lambda right: events(right) + (not right[-1]), "forgetting(["),
        (lambda right: count(right[::-1]), "how often it was learned"),
        (lambda right: count([right.pop() for _ in range(len(right))]), "changed `right`"),
        (lambda right: (events(right), len(right)), "one number"),
        (lambda right: events(right) if any(right) else len(right) - 1, "in 1 showing is the hardest"),
        (lambda right: events(right) if any(right) else len(right) // 2, "is the hardest"),
        (lambda right: count(right) if not all(right) else math.inf, "forgetting([True, True, True"),
        (lambda right: events(right) > 0, "and not how often"),
    ],
)
