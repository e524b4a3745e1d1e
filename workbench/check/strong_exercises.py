"""The exercises on strong tickets: the subset whose sum is nearest, and the kernel that kept filters make."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator, Sequence
from random import Random
from typing import Any

import torch
from torch import Tensor

from workbench.check.answers import numbers, short
from workbench.check.learner import answer_of
from workbench.check.questions import ASKED, Questions
from workbench.check.verdict import Verdict, exercise, expect
from workbench.work.seeds import generator

ABOVE, BELOW = "a sum may be above the target, not only below", "a sum may be below the target, not only above"
SIGNS = "minus signs count, of the numbers and of the target: only the distance has none"
SUMS = (  # numbers, the target, and what is said of some answers, or of any; of others, to try all subsets
    (
        (5.0, 8.0, -20.0, 6.0, -4.0),
        11.0,
        {
            "5 + 8": "so does taking one number after another; try all subsets, where what is left out counts 0",
            "8": "that is the number that is nearest alone; it is the sum of a subset that counts: try all",
            "8 - 4": "what is said of each number comes in the order of the numbers, and yours is turned round",
            "-20 - 4": "that is the least sum, or the farthest: what counts is the distance, |sum - target|",
        },
    ),
    ((7.0, 4.0), 6.0, {"4": ABOVE, "nothing": ABOVE}),
    ((7.0, 4.0), 5.2, {"7": BELOW, "7 + 4": BELOW}),
    ((3.0, -6.0, 4.0), -4.0, {"4": SIGNS, "3": SIGNS, "nothing": SIGNS}),
    ((5.0, -7.0, 10.0), 0.5, {"any": "nothing at all is a subset too, with the sum 0"}),
    ((1.0, 2.0, 3.0), 6.5, {"any": "all numbers together are a subset too"}),
    ((2.0, 2.0, 9.0), 2.0, {"2 + 2": "two equal numbers are two candidates, to be chosen one by one"}),
)


@exercise(points=2)
def nearest_subset(function: Callable[[Tensor, float], Any], *, seed: int | None = None) -> Verdict:
    """Check a learner's search: `function(numbers, target)` says of each number whether it is in the nearest subset.

    That is the subset whose sum is nearest to the target; of several that are, any is right.
    """
    for given, target, ways in SUMS:
        chosen, distance = _chosen(function, torch.tensor(given), target)
        best = min(abs(sum(subset) - target) for subset in _subsets(given))
        told = " + ".join(f"{x:g}" for x, taken in zip(given, chosen, strict=True) if taken).replace("+ -", "- ")
        told = told or "nothing"
        rule = f"of {', '.join(f'{x:g}' for x in given)} some subset comes within {best:g} of {target:g}"
        way = ways.get(told) or ways.get("any") or f"try all of its {2 ** len(given)} subsets"
        expect(distance <= best + 1e-6, f"{rule}, and yours, {told}, within {distance:g}: {way}")
    for place in range(ASKED):
        source = generator(seed or 0, "nearest subset", place)
        drawn, target = torch.randn(11, generator=source), float(torch.randn((), generator=source))
        best = min(abs(sum(subset) - target) for subset in _subsets(drawn.tolist()))
        _, distance = _chosen(function, drawn, target)
        rule = f"of eleven random numbers the best of 2048 subsets comes within {best:.2g} of {target:.2g}"
        expect(distance <= best + 1e-5, f"{rule}, and yours within {distance:.2g}: try all of them")
    way = "wb.strong.subset_sum finds it among forty numbers too: two halves that meet in the middle"
    return Verdict(True, f"the best of all 2^n subsets. {way}")


@exercise(points=1)
def effective_kernel(function: Callable[[Tensor, Tensor, Tensor], Any], *, seed: int | None = None) -> Verdict:
    """Check a learner's kernel: `function(u, V, kept)` returns Σ max(u_f, 0) V_f over the kept filters f.

    `u` holds a scalar for each filter of one channel, `V` its slab (filters, outputs, height, width), `kept` is bool.
    """
    KERNEL.ask(function, seed)
    return Verdict(True, "random slabs that add up to a kernel. wb.strong's Pair.kernels() does this for every channel")


def _chosen(function: Callable[..., Any], given: Tensor, target: float) -> tuple[list[bool], float]:
    """Return which numbers a learner's function chooses, and how far their sum is from the target."""
    answer = answer_of(function, ("numbers", "target"), given, target)
    values = numbers(answer)
    form = f"it should say True or False of each of the {len(given)} numbers, and returned {short(answer)}"
    expect(values is not None and values.shape == given.shape and bool(((values == 0) | (values == 1)).all()), form)
    assert values is not None
    chosen = values == 1
    return chosen.tolist(), abs(float(given[chosen].double().sum()) - target)


def _subsets(given: Sequence[float]) -> Iterator[tuple[float, ...]]:
    return itertools.chain.from_iterable(itertools.combinations(given, size) for size in range(len(given) + 1))


def _slabs(source: Random) -> tuple[Tensor, Tensor, Tensor]:
    """Draw the filters of a channel: kept and removed ones, with positive and negative scalars each, and others."""
    kinds = [(1, True), (-1, True), (1, False), (-1, False)]
    kinds += [(source.choice((-1, 1)), source.random() < 0.5) for _ in range(source.randint(1, 3))]
    shape = source.choice(((3, 2, 2), (2, 3, 3), (3, 1, 2), (2, 3, 2)))
    source.shuffle(kinds)
    sizes = source.sample(range(2, 12), len(kinds))
    u = torch.tensor([sign * size / 2 for (sign, _), size in zip(kinds, sizes, strict=True)])
    slabs = [source.randint(-20, 20) / 10 for _ in range(len(kinds) * math.prod(shape))]
    return u, torch.tensor(slabs).view(-1, *shape), torch.tensor([kept for _, kept in kinds])


def _summed(weights: Callable[[Tensor, Tensor], Tensor]) -> Callable[[Tensor, Tensor, Tensor], Tensor]:
    """Return the sum of the slabs, each by a weight of its scalar and whether it is kept."""
    return lambda u, V, kept: torch.einsum("f,fohw->ohw", weights(u, kept).double(), V.double())


KERNEL = Questions(
    "effective_kernel",
    lambda u, V, kept: _summed(lambda u, kept: u.relu() * kept)(u, V, kept),
    _slabs,
    form="one kernel for each output",
    not_finite="nothing has to be divided here",
    mistakes={
        words: _summed(weights)
        for words, weights in {
            "a negative scalar gives 0 behind the ReLU, and yours passes it on": lambda u, kept: u * kept,
            "a negative scalar gives 0 behind the ReLU, and yours turns its sign": lambda u, kept: u.abs() * kept,
            "those that are not kept are still in; leave them out": lambda u, kept: u.relu(),
            "ReLU and the choice are both missing; only kept filters with positive scalars count": lambda u, kept: u,
            "that is the sum over those that were removed": lambda u, kept: u.relu() * ~kept,
            "outputs add up: it is a sum over filters, not a mean (over the kept ones)": lambda u, kept: (
                u.relu() * kept / kept.sum()
            ),
            "outputs add up: it is a sum over filters, not a mean (over those that pass)": lambda u, kept: (
                u.relu() * kept / (kept & (u > 0)).sum()
            ),
            "outputs add up: it is a sum over filters, not a mean": lambda u, kept: u.relu() * kept / len(u),
            "each slab counts with its scalar, and yours counts all alike": lambda u, kept: (u > 0) * kept,
            "each slab counts with its scalar, and yours counts all kept ones alike": lambda u, kept: kept,
            "the ReLU lets positive scalars pass, and yours the negative ones": lambda u, kept: u.clamp(max=0) * kept,
            "the sign is turned": lambda u, kept: -u.relu() * kept,
            "it is the largest filter alone; outputs add up": lambda u, kept: (
                (u.relu() * kept) * ((u.relu() * kept) == (u.relu() * kept).max())
            ),
        }.items()
    }
    | {
        "the ReLU is of the scalars, and yours is of the sum": lambda u, V, kept: _summed(lambda u, kept: u * kept)(
            u, V, kept
        ).relu(),
        "the ReLU is of the scalars, and yours is of the slabs": lambda u, V, kept: _summed(lambda u, kept: u * kept)(
            u, V.relu(), kept
        ),
        "`kept` says True or False of each filter, and yours takes it for places": lambda u, V, kept: _summed(
            lambda u, kept: u.relu()
        )(u[kept.long()], V[kept.long()], kept),
        "it takes the first filters, as many as are kept; take those that are": lambda u, V, kept: _summed(
            lambda u, kept: u.relu()
        )(u[: int(kept.sum())], V[: int(kept.sum())], kept),
        "height and width are exchanged": lambda u, V, kept: _summed(lambda u, kept: u.relu() * kept)(
            u, V, kept
        ).transpose(1, 2),
        "the outputs are in another order": lambda u, V, kept: _summed(lambda u, kept: u.relu() * kept)(
            u, V, kept
        ).flip(0),
    },
    corners=[
        (
            "where nothing is kept the kernel is zero",
            (torch.tensor([2.0, -1.0]), torch.ones(2, 3, 2, 2), torch.tensor([False, False])),
        ),
        (
            "one filter is its slab, times its scalar",
            (torch.tensor([1.5]), torch.arange(12.0).view(1, 3, 2, 2), torch.tensor([True])),
        ),
    ],
)
