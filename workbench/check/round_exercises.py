"""The exercise of a lottery round: prune what training left smallest, and rewind the rest."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from random import Random
from typing import Any

import torch
from torch import Tensor

from workbench.check.answers import literal, short
from workbench.check.learner import answer_of
from workbench.check.pruning_exercises import largest, share, tally, tie
from workbench.check.questions import Questions
from workbench.check.verdict import Verdict, exercise, expect


@exercise(points=2)
def next_round(
    function: Callable[[Tensor, Tensor, Tensor, float], tuple[Any, Any]], *, seed: int | None = None
) -> Verdict:
    """Check a learner's lottery round: `function(trained, rewound, mask, fraction)` returns the next (weights, mask).

    It must prune round(fraction × survivors) of the smallest *trained* weights among the survivors, and start the next
    round from the *rewound* weights, zero where they are pruned.
    """
    ROUND.ask(function, seed)
    ROUND_TIED.ask(function, seed)
    return Verdict(True, "ranked by trained weights, rewound, masked. wb.lottery.rounds does this, round after round")


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
    return trained.view(shape), rewound.view(shape), mask.view(shape), share(source, n - 3)


def _next(
    trained: Tensor, rewound: Tensor, mask: Tensor, fraction: float, ranks: Tensor | None = None
) -> dict[str, Any]:
    left = int(mask.sum()) - round(fraction * int(mask.sum()))
    kept = largest((trained.abs() if ranks is None else ranks).masked_fill(~mask, -torch.inf), left)
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
        told = f"{100 * fraction:g} % of {n} survivors is {n - left}, so {left} {'is' if left == 1 else 'are'} left"
        return f"{told}; yours leaves {int(kept.sum())}"
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
            "so large a fraction leaves none; mind that [-0:] is everything",
            (torch.tensor([0.4, -0.7, 0.2]), torch.tensor([0.1, 0.2, 0.3]), torch.tensor([True, True, True]), 0.9),
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


def _tied_round(source: Random) -> tuple[Tensor, Tensor, Tensor, float]:
    """Draw a round whose trained weights are of two sizes."""
    trained, rewound, mask, fraction = _round_inputs(source)
    sizes = torch.tensor([source.choice((0.5, 1.0)) for _ in range(trained.numel())]).view(trained.shape)
    return sizes * trained.sign(), rewound, mask, fraction


def _round_of_ties(
    function: Callable[..., Any], names: Sequence[str], trained: Tensor, rewound: Tensor, mask: Tensor, fraction: float
) -> dict[str, float]:
    returned = answer_of(function, names, trained, rewound, mask, fraction)
    return tally(_pair(returned)["mask"], trained)


ROUND_TIED = Questions(
    "next_round",
    lambda trained, rewound, mask, fraction: tally(_round(trained, rewound, mask, fraction)["mask"], trained),
    _tied_round,
    form="two tensors, (weights, mask)",
    other=tie,
    call=_round_of_ties,
)
