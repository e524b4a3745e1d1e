"""The checks of the exercises on strong tickets take what is right in any form, and say what is wrong."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
import torch

import workbench as wb
from workbench.strong.target import Shape


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


@pytest.mark.parametrize("right", [nearest, by_bits, by_numpy, last_of_the_best, of_the_workbench])
def test_a_right_search_is_right_in_any_form(right: Any) -> None:
    assert wb.check.nearest_subset(right).right, wb.check.nearest_subset(right)
    assert wb.check.nearest_subset(lambda numbers, target: np.array([bool(x) for x in right(numbers, target)])).right
    assert wb.check.nearest_subset(lambda numbers, target: torch.tensor(list(right(numbers, target))).float()).right


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (lambda numbers, target: None, "nothing (None)"),
        (lambda numbers, target: numbers.nothing, "raised AttributeError"),
        (lambda numbers, target: 5, "True or False of each of the 4 numbers"),
        (lambda numbers, target: "0110", "True or False of each of the 4 numbers"),
        (lambda numbers, target: [1, 2], "True or False of each of the 4 numbers"),
        (lambda numbers, target: [5.0, 0.0, 0.0, 6.0], "True or False of each of the 4 numbers"),
        (lambda numbers, target: numbers * torch.tensor([1, 0, 0, 1]), "True or False of each of the 4 numbers"),
        (lambda numbers, target: [float("nan")] * 4, "True or False of each of the 4 numbers"),
        (lambda numbers, target: (nearest(numbers, target), 0.0), "True or False of each of the 4 numbers"),
        (lambda numbers, target: torch.zeros(4, 1), "True or False of each of the 4 numbers"),
        (lambda numbers, target: [True, False, 1j, False], "True or False of each of the 4 numbers"),
        (lambda numbers, target: nearest(numbers.sort().values, target), "try all of its 16 subsets"),
        (lambda numbers, target: nearest(numbers.clone(), target) if numbers.zero_() is None else [0] * 4, "changed"),
        (lambda numbers, target: [0, 0, 0, 0], "yours, nothing, within 11: try all"),
        (lambda numbers, target: [1, 1, 1, 1], "yours, 5 + 8 - 4 + 6, within 4"),
        (lambda numbers, target: [1, 0, 0, 1][: len(numbers)], "may be below"),
        (largest_first, "taken one after another"),
        (among(lambda n: (tuple(i == j for j in range(n)) for i in range(n))), "the nearest number"),
        (among(lambda n: (tuple(j < i for j in range(n)) for i in (2, 1, 0))), "taken one after another"),
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
    ],
)
def test_a_wrong_search_is_told_what_is_wrong(wrong: Any, said: str) -> None:
    verdict = wb.check.nearest_subset(wrong)
    assert not verdict.right
    assert said in verdict.message, verdict


def kernel(u, V, kept):  # the right answer to exercise 2
    return (u.relu() * kept).view(-1, 1, 1, 1).mul(V).sum(0)


def by_hand(u, V, kept):
    total = 0 * V[0]
    for f in range(len(u)):
        if kept[f] and u[f] > 0:
            total = total + u[f] * V[f]
    return total


@pytest.mark.parametrize(
    "right",
    [
        kernel,
        by_hand,
        lambda u, V, kept: torch.einsum("f,fohw->ohw", u[kept].clamp(min=0), V[kept]),
        lambda u, V, kept: np.tensordot(np.maximum(u.numpy(), 0) * kept.numpy(), V.numpy(), 1),
        lambda u, V, kept: kernel(u, V, kept).tolist(),
        lambda u, V, kept: list(kernel(u, V, kept)),
        lambda u, V, kept: kernel(u, V, kept).double().requires_grad_(),
    ],
)
def test_a_right_kernel_is_right_in_any_form(right: Any) -> None:
    assert wb.check.effective_kernel(right).right, wb.check.effective_kernel(right)


def summed(weights: Any) -> Any:
    return lambda u, V, kept: torch.einsum("f,fohw->ohw", weights(u, kept).float(), V)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (lambda u, V, kept: None, "nothing (None)"),
        (lambda u, V, kept: u.nothing, "raised AttributeError"),
        (lambda u, V, kept: 0.0, "of shape (3, 2, 2)"),
        (lambda u, V, kept: (u.relu() * kept).view(-1, 1, 1, 1) * V, "of shape (3, 2, 2)"),
        (lambda u, V, kept: kernel(u, V, kept).sum(0), "of shape (3, 2, 2)"),
        (lambda u, V, kept: kernel(u, V, kept)[None], "of shape (3, 2, 2)"),
        (lambda u, V, kept: kernel(u, V, kept) * 1j, "of shape (3, 2, 2)"),
        (lambda u, V, kept: kernel(u, V.mul_(2), kept) / 2, "changed what it was given"),
        (lambda u, V, kept: kernel(u.relu_(), V, kept), "changed what it was given"),
        (lambda u, V, kept: kernel(u, V, kept) / 0, "not finite"),
        (summed(lambda u, kept: u * kept), "passes it on"),
        (lambda u, V, kept: summed(lambda u, kept: u * kept)(u, V, kept).relu(), "K̂ = 2 V_0 + 0.5 V_2"),
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
        (lambda u, V, kept: kernel(u, V, kept).transpose(1, 2), "K̂ = 2 V_0 + 0.5 V_2"),
        (lambda u, V, kept: kernel(u, V, kept).flip(0), "K̂ = 2 V_0 + 0.5 V_2"),
        (lambda u, V, kept: kernel(u, V, kept) if kept.any() else V[0], "where nothing is kept"),
        (lambda u, V, kept: kernel(u, V, kept) if kept.any() else kernel(u, V, kept) / 0, "not finite"),
        (lambda u, V, kept: 2 * V[0] + 0.5 * V[2] if kept.any() else 0 * V[0], "with filter 3 kept"),
    ],
)
def test_a_wrong_kernel_is_told_what_is_wrong(wrong: Any, said: str) -> None:
    verdict = wb.check.effective_kernel(wrong)
    assert not verdict.right
    assert said in verdict.message, verdict


def test_the_workbench_makes_the_kernel_of_the_exercise() -> None:
    shape = Shape("layer", inputs=2, outputs=3, kernel_size=(2, 2))
    target = torch.ones(3, 2, 2, 2, dtype=torch.float64)
    pair = wb.strong.prune_pair(shape, target, candidates=100, scale=0.2)
    plus, _ = pair.kernels()
    for j, u, V in pair.blocks():
        assert torch.allclose(kernel(u, pair.block(j)[1], pair.kept[j]).double(), plus[:, j], atol=1e-5)
        assert not V[~pair.kept[j]].any()
