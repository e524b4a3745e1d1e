"""The exercise of pruning: keep the largest weights, exactly so many, whatever ties there are."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from random import Random
from typing import Any

import torch
from torch import Tensor

from workbench.check.answers import read
from workbench.check.learner import answer_of
from workbench.check.questions import Questions
from workbench.check.verdict import Verdict, exercise


@exercise(points=1)
def smallest_pruned(function: Callable[[Tensor, float], Any], *, seed: int | None = None) -> Verdict:
    """Check a learner's magnitude pruning: `function(weights, density)` returns the mask of what is kept.

    It must keep exactly round(density × n) weights, those of largest magnitude, and must not change the weights.
    """
    PRUNED.ask(function, seed)
    TIED.ask(function, seed)
    return Verdict(True, "exactly the largest are kept. wb.pruning.magnitude does this over all layers at once")


def share(source: Random, n: int) -> float:
    """Draw a share of n that is far from half a weight, and no whole number of them."""
    shares = [share / 100 for share in range(10, 91)]
    return source.choice([share for share in shares if 0.1 < abs(share * n - round(share * n)) < 0.4])


def _weights(source: Random) -> tuple[Tensor, float]:
    """Draw from 6 to 12 weights of different magnitudes, and a density."""
    shape = source.choice(((2, 4), (3, 3), (2, 5), (3, 4), (7,), (2, 2, 2)))
    sizes = source.sample(range(1, 40), math.prod(shape))
    weights = torch.tensor([source.choice((-1, 1)) * size / 10 for size in sizes]).view(shape)
    return weights, share(source, weights.numel())


def largest(values: Tensor, count: int) -> Tensor:
    kept = torch.zeros(values.numel(), dtype=torch.bool)
    kept[values.flatten().argsort(descending=True, stable=True)[:count]] = True
    return kept.view(values.shape)


def _pruned(weights: Tensor, density: float) -> Tensor:
    return largest(weights.abs(), round(density * weights.numel()))


def _counted(yours: Tensor, right: Tensor, weights: Tensor, density: float) -> str | None:
    n, kept, count = weights.numel(), int(yours.sum()), int(right.sum())
    return f"density {density:g} of {n} weights keeps {count}, yours keeps {kept}" if kept != count else None


def _by_rank(ranks: Callable[[Tensor], Tensor], count: Callable[[float, int], int]) -> Callable[..., Tensor]:
    """Keep the largest of other ranks than magnitude, or another number of them."""
    return lambda weights, density: largest(ranks(weights), count(density, weights.numel()))


PRUNED = Questions(
    "smallest_pruned",
    _pruned,
    _weights,
    form="a bool mask",
    other=_counted,
    mistakes={
        words: _by_rank(ranks, count)
        for words, (ranks, count) in {
            "the sign does not matter: a large negative weight is large": (torch.clone, lambda d, n: round(d * n)),
            "it keeps the smallest; keep those of largest magnitude": (lambda w: -w.abs(), lambda d, n: round(d * n)),
            "it keeps the first places; keep those of largest magnitude": (
                lambda w: -torch.arange(w.numel()).view(w.shape),
                lambda d, n: round(d * n),
            ),
            "it keeps the most negative": (torch.neg, lambda d, n: round(d * n)),
            "a count is rounded to the nearest, and yours is rounded down": (torch.abs, lambda d, n: int(d * n)),
            "a count is rounded to the nearest, and yours is rounded up": (torch.abs, lambda d, n: math.ceil(d * n)),
            "it keeps one too many": (torch.abs, lambda d, n: round(d * n) + 1),
            "it keeps one too few": (torch.abs, lambda d, n: max(round(d * n) - 1, 0)),
            "density is the share that is kept, and yours removes it": (torch.abs, lambda d, n: n - round(d * n)),
            "the mask holds what is kept, and yours what is pruned": (
                lambda w: -w.abs(),
                lambda d, n: n - round(d * n),
            ),
        }.items()
    },
    corners=[
        ("all of them count, however many", (torch.arange(25.0).view(5, 5) / 10, 0.4)),
        ("density 1 keeps all, a weight of exactly 0, too", (torch.tensor([0.5, 0.0, -0.3]), 1.0)),
        ("so low a density keeps none; mind that [-0:] is everything", (torch.tensor([0.4, -0.7, 0.1, 0.9]), 0.1)),
    ],
)


def _tied(source: Random) -> tuple[Tensor, float]:
    """Draw weights of one size or of two, and a density."""
    n, sizes = source.randint(8, 12), source.choice(((1.0,), (0.5, 1.0), (0.5, 1.0)))
    return torch.tensor([source.choice((-1.0, 1.0)) * source.choice(sizes) for _ in range(n)]), share(source, n)


COUNT, SIZES = "how many it keeps", "the sum of their sizes"


def tally(mask: Any, sizes: Tensor) -> dict[str, float]:
    """What a mask keeps, so that of weights of one size any are right."""
    kept = read(mask, torch.zeros(sizes.shape, dtype=torch.bool), "a bool mask")
    assert isinstance(kept, Tensor)
    return {COUNT: float(kept.sum()), SIZES: float((kept * sizes.abs()).sum())}


def _of_ties(function: Callable[..., Any], names: Sequence[str], weights: Tensor, density: float) -> dict[str, float]:
    return tally(answer_of(function, names, weights, density), weights)


def tie(yours: dict[str, float], right: dict[str, float], *inputs: Any) -> str:
    """Say what is wrong with what is kept of weights of which several are of one size."""
    if yours[COUNT] != right[COUNT]:
        return f"of one size any will do, and {right[COUNT]:g} in all; a threshold keeps all of them or none"
    return "of one size any will do, and yours keeps such a one for one that is larger"


TIED = Questions(
    "smallest_pruned",
    lambda weights, density: tally(_pruned(weights, density), weights),
    _tied,
    form="a bool mask",
    other=tie,
    call=_of_ties,
)
