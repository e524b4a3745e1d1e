"""The exercises on the loss landscape: a point half-way, and a barrier."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

import torch
from torch import Tensor

from workbench.check.answers import close
from workbench.check.questions import Questions
from workbench.check.verdict import Verdict, exercise


@exercise(points=1)
def halfway(
    function: Callable[[dict[str, Tensor], dict[str, Tensor], float], Any], *, seed: int | None = None
) -> Verdict:
    """Check a learner's point of a path: `function(a, b, alpha)` returns (1 - alpha) a + alpha b, name by name.

    Whole numbers (batch-norm's count of batches) must come from `a` and stay whole, and both networks as they were.
    """
    HALFWAY.ask(function, seed)
    return Verdict(True, "every tensor mixed by its share, whole numbers from the first. wb.mix does this")


@exercise(points=2)
def barrier(function: Callable[[Tensor, Tensor], Any], *, seed: int | None = None) -> Verdict:
    """Check a learner's barrier: `function(alphas, errors)` returns how far the error rises above the straight line.

    That is max over alpha of E(alpha) - (1 - alpha) E(0) - alpha E(1).
    """
    BARRIER.ask(function, seed)
    return Verdict(True, "the highest rise above the line between the ends. Path.barrier() does this")


def _networks(source: Random) -> tuple[dict[str, Tensor], dict[str, Tensor], float]:
    """Draw two networks with batch-norm, and a share that is neither nothing, a half, nor all."""

    def drawn(*shape: int) -> Tensor:
        return torch.tensor([source.randint(-40, 40) / 10 for _ in range(shape[0])]).view(shape)

    def network(count: int) -> dict[str, Tensor]:
        weights = {"w": drawn(2, 1) if tall else drawn(3), "norm.running_mean": drawn(2)}
        return weights | {"norm.running_var": drawn(2).abs() + 0.1, "norm.num_batches_tracked": torch.tensor(count)}

    tall, (a, b) = source.random() < 0.5, source.sample(range(2, 90), 2)
    return network(a), network(b), source.choice((0.1, 0.2, 0.25, 0.3, 0.4, 0.6, 0.7, 0.75, 0.8, 0.9))


def _mixed(a: dict[str, Tensor], b: dict[str, Tensor], alpha: float) -> dict[str, Any]:
    return {n: (1 - alpha) * a[n] + alpha * b[n] if a[n].is_floating_point() else a[n] for n in a}


def _with(part: str, other: str) -> Callable[..., dict[str, Any]]:
    """Mix all but the tensors of this part of a name, which come from one of the networks."""

    def mixed(a: dict[str, Tensor], b: dict[str, Tensor], alpha: float) -> dict[str, Any]:
        source = {"a": a, "b": b}[other]
        return _mixed(a, b, alpha) | {name: source[name] for name in a if part in name and "num" not in name}

    return mixed


def _whole(yours: dict[str, Any], right: dict[str, Any], *inputs: Any) -> str | None:
    """Say so where all that is wrong is a whole number."""
    wrong = [name for name in right if not close(yours[name], right[name])]
    whole = all(not right[name].is_floating_point() for name in wrong)
    return "a count of batches is a whole number: take it from a, as it is" if whole else None


HALFWAY = Questions(
    "halfway",
    _mixed,
    _networks,
    form="a dict of tensors",
    other=_whole,
    mistakes={
        "alpha is the way from a to b, and yours goes from b to a": lambda a, b, alpha: _mixed(a, b, 1 - alpha),
        "alpha is the way from a to b, and yours goes from b to a, whole numbers too": lambda a, b, alpha: _mixed(
            b, a, alpha
        ),
        "that is half-way, whatever alpha says": lambda a, b, alpha: _mixed(a, b, 0.5),
        "that is a, and nothing of b": lambda a, b, alpha: _mixed(a, b, 0.0),
        "that is b; a is missing": lambda a, b, alpha: _mixed(a, b, 1.0),
        "the share of a is 1 - alpha, and yours takes all of it": lambda a, b, alpha: {
            n: a[n] + alpha * b[n] if a[n].is_floating_point() else a[n] for n in a
        },
        "a difference goes from a to b: a + alpha (b - a)": lambda a, b, alpha: {
            n: a[n] + alpha * (a[n] - b[n]) if a[n].is_floating_point() else a[n] for n in a
        },
        "batch-norm's statistics are mixed like the weights here, and yours are those of a": _with("running", "a"),
        "batch-norm's statistics are mixed like the weights here, and yours are those of b": _with("running", "b"),
        "batch-norm's mean is mixed like the weights here, and yours is that of a": _with("running_mean", "a"),
        "batch-norm's variance is mixed like the weights here, and yours is that of a": _with("running_var", "a"),
        "a count of batches is a whole number: take it from a, and not from b": lambda a, b, alpha: (
            _mixed(a, b, alpha) | {n: b[n] for n in a if not a[n].is_floating_point()}
        ),
        "a count of batches is a whole number: take it from a, and do not mix it": lambda a, b, alpha: (
            _mixed(a, b, alpha)
            | {n: ((1 - alpha) * a[n] + alpha * b[n]).long() for n in a if not a[n].is_floating_point()}
        ),
        "the shares do not sum to one": lambda a, b, alpha: {
            n: alpha * (a[n] + b[n]) if a[n].is_floating_point() else a[n] for n in a
        },
    },
    corners=[
        (why, ({"w": torch.tensor([1.0, -2.0])}, {"w": torch.tensor([3.0, 0.5])}, alpha))
        for why, alpha in (("where alpha is 0 it is a", 0.0), ("where alpha is 1 it is b", 1.0))
    ]
    + [
        (
            "a single number is mixed like any other, unless it is a whole one",
            (
                {"scale": torch.tensor(2.5), "num_seen": torch.tensor(3)},
                {"scale": torch.tensor(1.5), "num_seen": torch.tensor(8)},
                0.25,
            ),
        )
    ],
)


def _path(source: Random) -> tuple[Tensor, Tensor]:
    """Draw errors along a path whose ends differ, at alphas that are not evenly spaced."""
    n = source.randint(5, 8)
    alphas = [0.0, *sorted(x / 20 for x in source.sample(range(1, 20), n - 2)), 1.0]
    ends = source.sample(range(5, 60), 2)
    highest = source.choice((95, 95, 20))  # now and then all of it is below the line
    between = [source.randint(0, highest) for _ in alphas[2:]]
    return torch.tensor(alphas), torch.tensor([ends[0], *between, ends[1]]) / 100


def _rise(alphas: Tensor, errors: Tensor) -> Tensor:
    """Return E(alpha) - (1 - alpha) E(0) - alpha E(1) at every point."""
    return errors.double() - (1 - alphas) * errors[0] - alphas * errors[-1]


BARRIER = Questions(
    "barrier",
    lambda alphas, errors: float(_rise(alphas, errors).max()),
    _path,
    form="one number",
    mistakes={
        "that is the highest error; the barrier is how far it rises above the line": lambda x, e: float(e.max()),
        "that is above the mean of the ends; these ends differ, so take the line between them": lambda x, e: float(
            e.max() - (e[0] + e[-1]) / 2
        ),
        "that is above the first end; take the line between the ends": lambda x, e: float(e.max() - e[0]),
        "that is above the last end; take the line between the ends": lambda x, e: float(e.max() - e[-1]),
        "that is above the higher end; take the line between the ends": lambda x, e: float(
            e.max() - torch.maximum(e[0], e[-1])
        ),
        "that is above the lower end; take the line between the ends": lambda x, e: float(
            e.max() - torch.minimum(e[0], e[-1])
        ),
        "that is the rise at the middle point; take the highest of all": lambda x, e: float(_rise(x, e)[len(x) // 2]),
        "that is the rise nearest to alpha = 1/2; take the highest of all": lambda x, e: float(
            _rise(x, e)[(x - 0.5).abs().argmin()]
        ),
        "that is the rise where the error is highest, which need not be the highest rise": lambda x, e: float(
            _rise(x, e)[e.argmax()]
        ),
        "the line goes by alpha, and yours by the number of the point": lambda x, e: float(
            _rise(torch.linspace(0, 1, len(x)), e).max()
        ),
        "the line is E(0) at alpha = 0, and yours is turned round": lambda x, e: float(_rise(1 - x, e).max()),
        "that is the alpha of the barrier; return its height": lambda x, e: float(x[_rise(x, e).argmax()]),
        "that is the place of the barrier; return its height": lambda x, e: float(_rise(x, e).argmax()),
        "that is the mean rise; take the highest": lambda x, e: float(_rise(x, e).mean()),
        "that is the deepest fall; take the highest rise": lambda x, e: float(_rise(x, e).min()),
        "that is the largest distance from the line; below it is no barrier": lambda x, e: float(
            _rise(x, e).abs().max()
        ),
        "that is in percent": lambda x, e: 100 * float(_rise(x, e).max()),
        "where the error only falls between the ends the barrier is 0: the ends count too": lambda x, e: float(
            _rise(x, e)[1:-1].max()
        ),
    },
    corners=[
        (
            "where the error only falls between the ends the barrier is 0: the ends count too",
            (
                torch.tensor([0.0, 0.25, 0.5, 0.75, 1.0]),
                torch.tensor([0.1, 0.0, 0.0, 0.0, 0.1]),
            ),
        ),
        ("a straight path has no barrier", (torch.tensor([0.0, 0.2, 1.0]), torch.tensor([0.1, 0.2, 0.6]))),
    ],
)
