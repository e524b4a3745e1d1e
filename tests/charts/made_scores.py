"""Scored and remembered examples, made by hand: eight images of two classes, of which one label was flipped."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from workbench.data.data import Split
from workbench.data_diet import Forgetting
from workbench.data_diet.scores import Score
from workbench.experiments.example_scores import Scored
from workbench.experiments.forgetting_by_epoch import Remembered

N = 8
EXAMPLES = Split(
    torch.arange(N * 4, dtype=torch.uint8).view(N, 1, 2, 2),
    torch.arange(N) % 2,
    torch.arange(N) + 100,
    torch.zeros(1),
    torch.ones(1),
)
FLIPPED = torch.tensor([106])
EVENTS = (0, 0, 0, 1, 1, 2, 3, 0)  # the last was never learned
CLASSES = ("cat", "dog")


def forgetting(events: Sequence[int] = EVENTS, never: Sequence[int] = (7,)) -> Forgetting:
    """One replica: so many events by example, and the places of those that were never learned."""
    learned = torch.ones(N, dtype=torch.bool)
    learned[list(never)] = False
    counted = torch.tensor(events)
    return Forgetting(
        events_RN=counted[None],
        learned_RN=learned[None],
        first_learned_RN=torch.where(learned, torch.arange(N), -1)[None],
        margin_RN=torch.where(counted > 0, -1.0, float("nan"))[None],
        presentations_RN=torch.full((1, N), 9),
        ids=EXAMPLES.ids,
        dataset="made",
        step=90,
    )


def scored(replica: int = 0, values: Sequence[float] = (0, 1, 2, 3, 4, 5, 6, 7)) -> Scored:
    """One replica: el2n in the order of the examples, its reverse as margin, forgetting with its infinity."""
    el2n = torch.tensor(values, dtype=torch.float64) / 8
    counted = forgetting()
    made = {
        "el2n": Score("el2n", el2n, EXAMPLES.ids, "made"),
        "margin": Score("margin", -el2n, EXAMPLES.ids, "made"),
        "input_norm": Score("input_norm", torch.ones(N, dtype=torch.float64), EXAMPLES.ids, "made"),
        "forgetting": counted.score(),
    }
    return Scored(
        seed=0,
        replica=replica,
        step=20,
        test_accuracy=0.9,
        scores=made,
        forgetting=counted,
        examples=EXAMPLES,
        classes=CLASSES,
        flipped=FLIPPED,
    )


def remembered(step: int, shares: Sequence[float], of: int = 30) -> Remembered:
    """After one epoch: the shares never learned, not forgotten, forgotten once and more often."""
    never, kept, once, more = shares
    return Remembered(
        seed=0,
        epoch=step // 10,
        step=step,
        of=of,
        never_learned=never,
        not_forgotten=kept,
        forgotten_once=once,
        forgotten_more=more,
        accuracy=0.5,
        forgetting=forgetting(),
        examples=EXAMPLES,
        classes=CLASSES,
        flipped=FLIPPED,
    )


def epochs() -> list[Remembered]:
    """Three epochs."""
    return [remembered(10, (0.5, 0.5, 0.0, 0.0)), remembered(20, (0.25, 0.5, 0.25, 0.0)),
            remembered(30, (0.125, 0.375, 0.25, 0.25))]  # fmt: skip


def networks(replicas: int = 4) -> list[Scored]:
    """Replicas that differ by two neighbours."""
    return [scored(r, [*range(r), r + 1, r, *range(r + 2, N)] if r + 1 < N else range(N)) for r in range(replicas)]
