"""The exercises on winning tickets: prune the smallest weights, and make the next round."""

from __future__ import annotations

import math
from collections.abc import Callable
from random import Random
from typing import Any

import torch
from torch import Tensor

from workbench.check.answers import literal, numbers, short
from workbench.check.questions import Questions
from workbench.check.verdict import Verdict, exercise, expect


@exercise(points=1)
def smallest_pruned(function: Callable[[Tensor, float], Any], *, seed: int | None = None) -> Verdict:
    """Check a learner's magnitude pruning: `function(weights, density)` returns the mask of what is kept.

    It must keep exactly round(density × n) weights, those of largest magnitude, and must not change the weights.
    """
    PRUNED.ask(function, seed)
    TIED.ask(function, seed, times=5)
    return Verdict(True, "exactly the largest are kept. wb.pruning.magnitude does this over all layers at once")


@exercise(points=2)
def next_round(
    function: Callable[[Tensor, Tensor, Tensor, float], tuple[Any, Any]], *, seed: int | None = None
) -> Verdict:
    """Check a learner's lottery round: `function(trained, rewound, mask, fraction)` returns the next (weights, mask).

    It must prune round(fraction × survivors) of the smallest *trained* weights among the survivors, and start the next
    round from the *rewound* weights, zero where they are pruned.
    """
    ROUND.ask(function, seed)
    return Verdict(True, "ranked by trained weights, rewound, masked. wb.lottery.rounds does this, round after round")


def _share(source: Random, n: int) -> float:
    """Draw a share of n that is far from half a weight, and no whole number of them."""
    shares = [share / 100 for share in range(10, 91)]
    return source.choice([share for share in shares if 0.1 < abs(share * n - round(share * n)) < 0.4])


def _weights(source: Random) -> tuple[Tensor, float]:
    """Draw from 6 to 12 weights of different magnitudes, and a density."""
    shape = source.choice(((2, 4), (3, 3), (2, 5), (3, 4), (7,), (2, 2, 2)))
    sizes = source.sample(range(1, 40), math.prod(shape))
    weights = torch.tensor([source.choice((-1, 1)) * size / 10 for size in sizes]).view(shape)
    return weights, _share(source, weights.numel())


def _largest(values: Tensor, count: int) -> Tensor:
    kept = torch.zeros(values.numel(), dtype=torch.bool)
    kept[values.flatten().argsort(descending=True, stable=True)[:count]] = True
    return kept.view(values.shape)


def _pruned(weights: Tensor, density: float) -> Tensor:
    return _largest(weights.abs(), round(density * weights.numel()))


def _counted(yours: Tensor, right: Tensor, weights: Tensor, density: float) -> str | None:
    n, kept, count = weights.numel(), int(yours.sum()), int(right.sum())
    return f"density {density:g} of {n} weights keeps {count}, yours keeps {kept}" if kept != count else None


def _by_rank(ranks: Callable[[Tensor], Tensor], count: Callable[[float, int], int]) -> Callable[..., Tensor]:
    """Keep the largest of other ranks than magnitude, or another number of them."""
    return lambda weights, density: _largest(ranks(weights), count(density, weights.numel()))


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
        ("density 1 keeps all, a weight of exactly 0, too", (torch.tensor([0.5, 0.0, -0.3]), 1.0)),
        ("so low a density keeps none; mind that [-0:] is everything", (torch.tensor([0.4, -0.7, 0.1, 0.9]), 0.1)),
    ],
)


def _tied(source: Random) -> tuple[Tensor, float]:
    n = source.randint(8, 12)
    return torch.tensor([source.choice((-1.0, 1.0)) for _ in range(n)]), _share(source, n)


def _kept(returned: Any) -> float | None:
    values = numbers(returned)
    return None if values is None else float(values.sum())


TIED = Questions(  # of weights that are all of one size any are right, of the right number
    "smallest_pruned",
    lambda weights, density: round(density * weights.numel()),
    _tied,
    form="how many it keeps",
    other=lambda yours, right, *inputs: f"all are of one size, so any {right} will do; a threshold keeps all or none",
    tidy=_kept,
)


def _round_inputs(source: Random) -> tuple[Tensor, Tensor, Tensor, float]:
    """Draw weights before and after a training, of which some are pruned already: the largest, too."""
    shape = source.choice(((7,), (8,), (2, 4)))
    n = math.prod(shape)
    trained, rewound = (
        torch.tensor([source.choice((-1, 1)) * size / 10 for size in source.sample(range(1, 40), n)]) for _ in range(2)
    )
    mask = torch.ones(n, dtype=torch.bool)
    gone = source.sample(range(n), 3)
    mask[gone] = False
    trained[gone[0]], trained[gone[1]] = 4.2, 0.0
    return trained.view(shape), rewound.view(shape), mask.view(shape), _share(source, n - 3)


def _next(
    trained: Tensor, rewound: Tensor, mask: Tensor, fraction: float, ranks: Tensor | None = None
) -> dict[str, Any]:
    left = int(mask.sum()) - round(fraction * int(mask.sum()))
    kept = _largest((trained.abs() if ranks is None else ranks).masked_fill(~mask, -torch.inf), left)
    return {"mask": kept, "weights": rewound * kept}


def _pair(returned: Any) -> dict[str, Any]:
    pair = isinstance(returned, (tuple, list)) and len(returned) == 2
    expect(pair, f"it should return two tensors, (weights, mask), and returned {short(returned)}")
    if str(getattr(returned[0], "dtype", "")).endswith("bool"):
        expect(
            str(getattr(returned[1], "dtype", "")).endswith("bool"), "it returns (mask, weights): the weights go first"
        )
    return {"weights": returned[0], "mask": returned[1]}


def _round_counted(
    yours: dict[str, Any], right: dict[str, Any], trained: Tensor, rewound: Tensor, mask: Tensor, fraction: float
) -> str | None:
    """Say what is wrong with the mask, before what is wrong with the weights in it."""
    kept, n, left = yours["mask"], int(mask.sum()), int(right["mask"].sum())
    if (kept & ~mask).any():
        return "a weight that was pruned before came back; only survivors can survive"
    if int(kept.sum()) != left:
        share = f"{100 * fraction:g} % of {n} survivors is {n - left}, so {left} are left"
        return f"{share}; yours leaves {int(kept.sum())}"
    if not torch.equal(kept, right["mask"]) or torch.equal(yours["weights"], right["weights"].double()):
        return None
    if yours["weights"][~kept].any() and torch.allclose(yours["weights"][kept], rewound[kept].double(), atol=1e-4):
        return "pruned places should be exactly 0 in the weights"
    survivors = f"the survivors' are {literal(rewound[kept])}"
    if torch.allclose(yours["weights"][kept], trained[kept].double(), atol=1e-4):
        return f"the next round starts from the trained weights; that is fine-tuning. Rewind them: {survivors}"
    return None


def _round(trained: Tensor, rewound: Tensor, mask: Tensor, fraction: float) -> dict[str, Any]:
    return _next(trained, rewound, mask, fraction)


ROUND = Questions(
    "next_round",
    _round,
    _round_inputs,
    form="two tensors, (weights, mask)",
    other=_round_counted,
    tidy=_pair,
    mistakes={
        "rank the trained weights, and yours ranks the rewound ones": lambda t, r, m, f: _next(t, r, m, f, r.abs()),
        "rank the trained weights by magnitude, whatever their sign": lambda t, r, m, f: _next(t, r, m, f, t),
        "it removes the largest; the smallest trained weights go": lambda t, r, m, f: _next(t, r, m, f, -t.abs()),
        "rank the trained weights, and yours ranks how far they moved": lambda t, r, m, f: _next(
            t, r, m, f, (t - r).abs()
        ),
        "it leaves the first places": lambda t, r, m, f: _next(
            t, r, m, f, -torch.arange(t.numel()).view(t.shape) * 1.0
        ),
    },
    corners=[
        (
            "so small a fraction removes none; mind that [-0:] is everything",
            (torch.tensor([0.4, -0.7, 0.2]), torch.tensor([0.1, 0.2, 0.3]), torch.tensor([True, True, True]), 0.1),
        ),
        (
            "what was pruned stays so, and a survivor whose trained weight is exactly 0 is a survivor",
            (
                torch.tensor([0.0, 0.5, 0.0, 0.0, -0.7, 0.0]),
                torch.tensor([0.1, 0.2, -0.3, 0.4, 0.5, 0.6]),
                torch.tensor([False, True, True, True, True, False]),
                0.1,
            ),
        ),
    ],
)
