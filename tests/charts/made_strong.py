"""Strong tickets, what they cost and what they take, made by hand: two layers, two ratios, three replicas."""

from __future__ import annotations

from typing import Any

import torch

from workbench.experiments import Approximated, Cost, Matched, Priced, Strong
from workbench.strong import Pair, Shape

SHAPES = (Shape("conv", 1, 2, (2, 2)), Shape("fc", 3, 2))
KERNELS = (
    torch.tensor([[[1.0, -2.0], [0.0, 4.0]], [[0.5, 0.0], [0.0, -1.0]]]),
    torch.tensor([[[1.0]], [[-0.5]], [[0.25]]]),
)


def matched(
    layer: int = 0, *, ratio: float = 10.0, replica: int = 0, structure: str = "filter", **more: Any
) -> Matched:
    """A layer whose ticket is the target but for a tenth; three of eight filters are kept, whatever the ratio."""
    kept = torch.zeros(1, 8, dtype=torch.bool)
    kept[0, :3] = True
    blocked, error = structure != "neuron", 1.0 / ratio
    counts: dict[str, Any] = {"candidates": 8, "scale": 0.1, "error": error, "out_of_reach": 0, "cut_short": 0}
    pair = Pair(
        SHAPES[layer],
        structure,
        layer,
        seed=0,
        kept=kept,
        blocked=blocked,
        errors=torch.tensor([error]),
        seconds=0.1,
        **counts,
    )
    made = {"structure": structure, "ratio": ratio, "seed": 0, "replica": replica, "layer": SHAPES[layer].name}
    made |= {"index": layer, "of": 2, "dimension": SHAPES[layer].dimension, "kept_filters": 3, "random_filters": 8}
    made |= {
        "seconds": 0.1,
        "kernel": KERNELS[layer],
        "matched": 0.9 * KERNELS[layer] if blocked else None,
        "pair": pair,
    }
    return Matched(**made | counts | more)


def strong(
    *, ratio: float = 10.0, replica: int = 0, structure: str = "filter", less: float = 0.0, **more: Any
) -> Strong:
    """A ticket, less accurate than its target by so much; a bound of ten times what is measured."""
    target = 0.9 + 0.01 * replica
    made = {"structure": structure, "ratio": ratio, "candidates_per_block": 8, "seed": 0, "replica": replica}
    made |= {
        "kernel_error": 1 / ratio,
        "certificate": 100 / ratio,
        "measured_sup": 10 / ratio,
        "logit_error": 2 / ratio,
    }
    made |= {"target_accuracy": target, "ticket_accuracy": target - less, "agreement": 0.99, "kept_filters": 6}
    made |= {"random_filters": 16, "kept_parameters": 30, "random_parameters": 80, "target_parameters": 14}
    made |= {"out_of_reach": 0, "cut_short": 0, "seconds": 0.2, "split": "test", "ticket": None, "comparison": None}
    return Strong(**made | more)


def tickets(replicas: int = 3) -> list[Matched | Strong]:
    """Two ratios, at the lower of which the ticket is 20 points less accurate, and one mask that matches the task."""
    made: list[Matched | Strong] = []
    for replica in range(replicas):
        for ratio, less in ((5.0, 0.2), (10.0, 0.0)):
            made += [matched(layer, ratio=ratio, replica=replica) for layer in (0, 1)]
            made.append(strong(ratio=ratio, replica=replica, less=less + 0.001 * replica))
        none = {"kernel_error": None, "certificate": None}
        made.append(strong(ratio=2.0, replica=replica, structure="edge_popup", less=0.1, **none))
    return made


def costs(replicas: int = 3) -> list[Cost]:
    """Compact holds half of what masked holds, in a quarter of its time, and ten times what the target holds."""
    views = {
        "target": (10, 1.0),
        "random": (200, 8.0),
        "masked": (200, 8.0),
        "compact": (100, 2.0),
        "collapsed": (10, 1.0),
    }
    return [
        Cost(view, ratio, 0, replica, held, held // 2 if view == "masked" else held, milliseconds, 32)
        for replica in range(replicas)
        for ratio in (5.0, 10.0)
        for view, (held, milliseconds) in views.items()
    ]


def prices(replicas: int = 3) -> list[Priced]:
    """A weight takes 10 candidates for one per cent; filters of 4 outputs are at four per cent with 40."""
    rows = [
        ("weight", 4, 1, 10, 0.01),
        ("weight", 4, 1, 5, 0.5),
        ("filter", 4, 36, 10, 0.9),
        ("filter", 4, 36, 40, 0.04),
    ]
    return [
        Priced(structure, outputs, 3, dimension, n, 0, replica, error, 1, 1.0, 0, 0.1)
        for replica in range(replicas)
        for structure, outputs, dimension, n, error in rows
    ]


def neurons(replicas: int = 3) -> list[Approximated]:
    """Without the mask the error is 4 / hidden, with it far smaller."""
    return [
        Approximated(mask, hidden, 0, replica, error, 3, 1.0, 0.1)
        for replica in range(replicas)
        for hidden in (20, 40, 80)
        for mask, error in (("blocked", 10.0 ** (-hidden / 10)), ("dense", 4 / hidden))
    ]
