"""Right and wrong answers to the exercises on strong tickets."""

from __future__ import annotations

import itertools

import numpy as np
import torch
from sets import Answers, Once

import workbench as wb


def nearest(numbers, target):  # the right answer to exercise 1
    choices = itertools.product([False, True], repeat=len(numbers))
    return min(choices, key=lambda choice: abs(float(numbers[torch.tensor(choice)].sum()) - target))


def by_bits(numbers, target):
    choices = (torch.arange(2 ** len(numbers))[:, None] >> torch.arange(len(numbers))) & 1
    return choices[((choices.float() @ numbers) - target).abs().argmin()]


def by_numpy(numbers, target):
    choices = np.array(list(itertools.product([0, 1], repeat=len(numbers))))
    return choices[np.abs(choices @ np.asarray(numbers) - target).argmin()]


def last_of_the_best(numbers, target):
    choices = [torch.tensor(choice) for choice in itertools.product([True, False], repeat=len(numbers))]
    distances = [abs(float(numbers[choice].sum()) - target) for choice in choices]
    return [bool(x) for x in choices[max(i for i, d in enumerate(distances) if d <= min(distances) + 1e-6)]]


def of_the_workbench(numbers, target):
    return wb.strong.subset_sum(numbers[None].double(), torch.tensor([float(target)]).double()).kept


def by_recursion(numbers, target):
    def best(left, rest):
        if not left:
            return abs(rest), ()
        without, taken = best(left[1:], rest), best(left[1:], rest - left[0])
        return min((without[0], (0, *without[1])), (taken[0], (1, *taken[1])))

    return best(tuple(numbers.tolist()), target)[1]


def among(choices):
    """Return a search through some choices alone; `choices(n)` yields them."""

    def search(numbers, target):
        return min(choices(len(numbers)), key=lambda choice: abs(float(numbers[torch.tensor(choice)].sum()) - target))

    return search


def largest_first(numbers, target):
    chosen = torch.zeros(len(numbers), dtype=torch.bool)
    for i in numbers.argsort(descending=True):
        with_it = chosen.clone()
        with_it[i] = True
        if abs(numbers[with_it].sum() - target) < abs(numbers[chosen].sum() - target):
            chosen = with_it
    return chosen


def flips(numbers, target):
    """Flip one number at a time, while that helps: a local optimum."""
    chosen = torch.tensor(nearest(numbers[:8], target) + (False,) * max(len(numbers) - 8, 0))
    return chosen[: len(numbers)]


def every(n):
    return itertools.product([False, True], repeat=n)


def scored(key):
    return lambda numbers, target: min(
        every(len(numbers)), key=lambda choice: key(float(numbers[torch.tensor(choice)].sum()), target)
    )


def of_sizes(numbers, target):
    return nearest(numbers.abs(), abs(target))


def by_value(numbers, target):
    values = numbers[torch.tensor(nearest(numbers, target))].tolist()
    return [x in values for x in numbers.tolist()]


nearest_subset = Answers(
    right=[
        nearest,
        by_bits,
        by_numpy,
        last_of_the_best,
        of_the_workbench,
        lambda numbers, target: list(nearest(numbers, target)),
        lambda numbers, target: np.array(nearest(numbers, target)),
        lambda numbers, target: torch.tensor(nearest(numbers, target)).float(),
        lambda numbers, target: by_bits(numbers, target).bool(),
        lambda numbers, target: [int(x) for x in nearest(numbers, target)],
        lambda numbers, target: np.array(nearest(numbers, target), dtype=object),
        by_recursion,
    ],
    wrong=[
        (Once(nearest), "nothing (None)"),
        (lambda numbers: numbers > 0, "should take 2 arguments, (numbers, target)"),
        (lambda numbers, target: None, "nothing (None)"),
        (lambda numbers, target: numbers.nothing, "raised AttributeError"),
        (lambda numbers, target: 5, "True or False of each of the 5 numbers"),
        (lambda numbers, target: "0110", "True or False of each of the 5 numbers"),
        (lambda numbers, target: [1, 2], "True or False of each of the 5 numbers"),
        (lambda numbers, target: [5.0, 0.0, 0.0, 6.0, 0.0], "True or False of each of the 5 numbers"),
        (lambda numbers, target: numbers * torch.tensor([1, 0, 0, 1, 0]), "True or False of each of the 5 numbers"),
        (lambda numbers, target: [float("nan")] * 5, "True or False of each of the 5 numbers"),
        (lambda numbers, target: (nearest(numbers, target), 0.0), "True or False of each of the 5 numbers"),
        (lambda numbers, target: torch.zeros(5, 1), "True or False of each of the 5 numbers"),
        (lambda numbers, target: [True, False, 1j, False, False], "True or False of each of the 5 numbers"),
        (lambda numbers, target: nearest(numbers.sort().values, target), "try all of its 32 subsets"),
        (lambda numbers, target: nearest(numbers.clone(), target) if numbers.zero_() is None else [0] * 5, "changed"),
        (lambda numbers, target: [0, 0, 0, 0, 0], "yours, nothing, within 11: try all"),
        (lambda numbers, target: [1, 1, 1, 1, 1], "yours, 5 + 8 - 20 + 6 - 4, within 16"),
        (lambda numbers, target: [1, 0, 0, 1, 0][: len(numbers)], "may be below"),
        (largest_first, "so does taking one number after another"),
        (among(lambda n: (tuple(i == j for j in range(n)) for i in range(n))), "nearest alone"),
        (among(lambda n: (tuple(j < i for j in range(n)) for i in (2, 1, 0))), "taking one number after another"),
        (scored(lambda total, target: total - target), "the least sum"),
        (scored(lambda total, target: -abs(total - target)), "or the farthest"),
        (scored(lambda total, target: abs(abs(total) - abs(target))), "minus signs count"),
        (of_sizes, "minus signs count"),
        (scored(lambda total, target: target - total if total <= target else 1e9), "above the target"),
        (scored(lambda total, target: total - target if total >= target else 1e9), "may be below"),
        (among(lambda n: [choice for choice in every(n) if any(choice)]), "nothing at all"),
        (among(lambda n: [choice for choice in every(n) if not all(choice)]), "all numbers together"),
        (among(lambda n: [choice for choice in every(n) if sum(choice) <= 2]), "all numbers together"),
        (by_value, "two equal numbers"),
        (flips, "of eleven random numbers"),
        (lambda numbers, target: nearest(numbers[:9], target) + (False,) * (len(numbers) - 9), "2048 subsets"),
        (lambda numbers, target: nearest(numbers[:10], target) + (False,) * (len(numbers) - 10), "2048 subsets"),
        (lambda numbers, target: by_bits(numbers, round(target)), "2048 subsets"),
        (among(lambda n: [c for c in every(n) if sum(c) == min(n, 2)]), "7 + 4, within 5: try all of its 4 subsets"),
        (among(lambda n: [c for c in every(n) if sum(c) <= 3]), "2048 subsets"),
        (lambda numbers, target: nearest(numbers, -target), "try all of its 32 subsets"),
        (lambda numbers, target: [not x for x in nearest(numbers, target)], "try all of its 32 subsets"),
        (lambda numbers, target: nearest(numbers.abs(), target), "minus signs count"),
        (lambda numbers, target: [i for i, x in enumerate(nearest(numbers, target)) if x], "of each of the 5 numbers"),
        (lambda numbers, target: sum(x for x, c in zip(numbers, nearest(numbers, target), strict=True) if c),
         "of each of the 5 numbers"),
        (lambda numbers, target: nearest(numbers.int(), int(target)), "2048 subsets"),
        (lambda numbers, target: nearest(numbers, target)[::-1], "and yours is turned round"),
        (lambda numbers, target: numbers * target > 0, "try all of its 32 subsets"),
        (lambda target, numbers: nearest(numbers, target), "and yours are (target, numbers)"),
    ],
    seeds=2,
)  # fmt: skip


def kernel(u, V, kept):  # the right answer to exercise 2
    return (u.relu() * kept).view(-1, 1, 1, 1).mul(V).sum(0)


def by_hand(u, V, kept):
    total = 0 * V[0]
    for f in range(len(u)):
        if kept[f] and u[f] > 0:
            total = total + u[f] * V[f]
    return total


def summed(weights):
    return lambda u, V, kept: torch.einsum("f,fohw->ohw", weights(u, kept).float(), V)


def all_of(u, V):
    return kernel(u, V, torch.ones(len(u), dtype=torch.bool))


effective_kernel = Answers(
    right=[
        kernel,
        by_hand,
        lambda u, V, kept: torch.einsum("f,fohw->ohw", u[kept].clamp(min=0), V[kept]),
        lambda u, V, kept: np.tensordot(np.maximum(u.numpy(), 0) * kept.numpy(), V.numpy(), 1),
        lambda u, V, kept: kernel(u, V, kept).tolist(),
        lambda u, V, kept: list(kernel(u, V, kept)),
        lambda u, V, kept: kernel(u, V, kept).double().requires_grad_(),
        lambda u, V, kept: np.array(kernel(u, V, kept).tolist(), dtype=object),
        lambda u, V, kept: torch.vmap(lambda a, v, k: a.relu() * v * k)(u, V, kept).sum(0),
        lambda u, V, kept: torch.tensordot(torch.where(kept, u.clamp(min=0), 0.0), V, 1),
        lambda u, V, kept: (u.clamp(min=0)[kept, None] * V[kept].flatten(1)).sum(0).view(V.shape[1:]),
    ],
    wrong=[
        (Once(kernel), "returned nothing (None)"),
        (lambda u, V: kernel(u, V, u > 0), "should take 3 arguments, (u, V, kept)"),
        (lambda u, V, kept: None, "nothing (None)"),
        (lambda u, V, kept: u.nothing, "raised AttributeError"),
        (lambda u, V, kept: 0.0, "one kernel for each output, of shape"),
        (lambda u, V, kept: (u.relu() * kept).view(-1, 1, 1, 1) * V, "one kernel for each output, of shape"),
        (lambda u, V, kept: kernel(u, V, kept).sum(0), "one kernel for each output, of shape"),
        (lambda u, V, kept: kernel(u, V, kept)[None], "one kernel for each output, of shape"),
        (lambda u, V, kept: kernel(u, V, kept) * 1j, "one kernel for each output, of shape"),
        (lambda u, V, kept: kernel(u, V.mul_(2), kept) / 2, "it changed `"),
        (lambda u, V, kept: kernel(u.relu_(), V, kept), "it changed `"),
        (lambda u, V, kept: kernel(u, V, kept) / 0, "nothing has to be divided"),
        (summed(lambda u, kept: u * kept), "passes it on"),
        (lambda u, V, kept: summed(lambda u, kept: u * kept)(u, V, kept).relu(), "effective_kernel(["),
        (summed(lambda u, kept: u.abs() * kept), "turns its sign"),
        (summed(lambda u, kept: u.relu()), "not kept are still in"),
        (summed(lambda u, kept: u), "both missing"),
        (summed(lambda u, kept: u.relu() * ~kept), "those that were removed"),
        (summed(lambda u, kept: u.relu() * kept / kept.sum()), "not a mean (over the kept ones)"),
        (summed(lambda u, kept: u.relu() * kept / (kept & (u > 0)).sum()), "not a mean (over those that pass)"),
        (summed(lambda u, kept: u.relu() * kept / len(u)), "not a mean"),
        (summed(lambda u, kept: (u > 0) & kept), "counts all alike"),
        (summed(lambda u, kept: kept), "counts all kept ones alike"),
        (summed(lambda u, kept: u.clamp(max=0) * kept), "yours the negative ones"),
        (summed(lambda u, kept: -u.relu() * kept), "the sign is turned"),
        (lambda u, V, kept: kernel(u, V, kept).transpose(1, 2), "one kernel for each output"),
        (lambda u, V, kept: kernel(u, V, kept)[:3, :2, :2] + torch.zeros(3, 2, 2), "in line"),
        (lambda u, V, kept: all_of(u[kept.long()], V[kept.long()]), "takes it for places"),
        (lambda u, V, kept: all_of(u[: kept.sum()], V[: kept.sum()]), "the first filters"),
        (lambda u, V, kept: kernel(u, V, kept).flip(0), "effective_kernel(["),
        (lambda u, V, kept: kernel(u, V, kept) if kept.any() else V[0], "where nothing is kept"),
        (lambda u, V, kept: kernel(u, V, kept) if kept.any() else kernel(u, V, kept) / 0, "where nothing is kept"),
        (lambda u, V, kept: sum(a * v for a, v, k in zip(u, V, kept, strict=True) if k and a > 0),
         "where nothing is kept the kernel is zero"),
        (lambda u, V, kept: (u.view(-1, 1, 1, 1) * V).relu()[kept].sum(0), "effective_kernel(["),
        (lambda u, V, kept: (u.relu() * kept).view(-1, 1, 1, 1).mul(V).amax(0), "effective_kernel(["),
        (summed(lambda u, kept: u.sigmoid() * kept), "effective_kernel(["),
        (summed(lambda u, kept: u.softmax(0) * kept), "effective_kernel(["),
        (summed(lambda u, kept: u.relu() ** 2 * kept), "effective_kernel(["),
        (summed(lambda u, kept: torch.nn.functional.leaky_relu(u) * kept), "effective_kernel(["),
        (lambda u, V, kept: kernel(u.int(), V, kept), "effective_kernel(["),
        (lambda u, V, kept: kernel(u, V.relu(), kept), "effective_kernel(["),
        (lambda u, V, kept: kernel(u, V, kept).flip(-1, -2), "effective_kernel(["),
        (lambda V, u, kept: kernel(u, V, kept), "and yours are (V, u, kept)"),
        (
            lambda u, V, kept: 2 * V[0] + 0.5 * V[2] if kept.any() else 0 * V[0],
            "other values of `u` and `kept` do not change",
        ),
    ],
)  # fmt: skip
