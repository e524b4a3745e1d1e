"""Outcomes made by hand: a first layer of 4 inputs (a 2×2 image) and 2 outputs, and a second of 2 and 1."""

from __future__ import annotations

from typing import Any

import torch

from workbench.experiments.winning_tickets import Outcome
from workbench.nets.compaction import Alive
from workbench.nets.hardware import Hardware
from workbench.nets.masks import Mask, density
from workbench.training.recipe import Recipe
from workbench.training.runs import Run

DENSE: Mask = {"a.weight": torch.ones(2, 4, dtype=torch.bool), "b.weight": torch.ones(1, 2, dtype=torch.bool)}
SPARSE: Mask = {
    "a.weight": torch.tensor([[1, 1, 0, 0], [1, 0, 0, 0]], dtype=torch.bool),
    "b.weight": torch.tensor([[1, 0]], dtype=torch.bool),
}
ALIVE = {
    id(DENSE): {"a.weight": Alive(4, 4, 2, 2), "b.weight": Alive(2, 2, 1, 1)},
    id(SPARSE): {"a.weight": Alive(4, 2, 2, 1), "b.weight": Alive(2, 1, 1, 1)},  # nothing reads the second unit
}
WEIGHTS = {"a.weight": torch.arange(8.0).view(2, 4) / 8, "b.weight": torch.tensor([[-1.0, 1.0]])}
HISTORY = [{"step": 1, "loss": 2.0}, {"step": 2, "loss": 1.0, "test_accuracy": 0.9}]


def outcome(
    kind: str = "ticket",
    *,
    replica: int = 0,
    round: int = 0,
    accuracy: float | None = 0.9,
    mask: Mask = DENSE,
    history: list[dict[str, Any]] = HISTORY,
    collapsed: int = 0,
) -> Outcome:
    """One outcome; what the charts do not read is empty."""
    scores = {"test_accuracy": accuracy, "test_loss": 0.1, "validation_accuracy": accuracy}
    run = Run(
        weights={name: WEIGHTS.get(name, tensor.float()) for name, tensor in mask.items()},
        history=history,
        validation_loss=0.1,
        train_accuracy=accuracy,
        train_loss=0.1,
        density=density(mask),
        steps=2,
        seconds=0.1,
        seed=0,
        order_seed=0,
        augment_seed=0,
        recipe=Recipe(steps=2),
        hardware=Hardware("cpu", "", "float32", False, 1, False),
        checkpoints={},
        **scores,
    )
    return Outcome(
        kind=kind,
        seed=0,
        replica=replica,
        round=round,
        density=density(mask),
        steps=2,
        seconds=0.1,
        rewind_step=0,
        collapsed=collapsed,
        execution="dense",
        alive=ALIVE.get(id(mask), {name: Alive(2, 1, 2, 1) for name in mask}),
        mask=mask,
        rewound=WEIGHTS,
        run=run,
        **scores,
    )


def experiment(replicas: int = 3, sparse: float = 0.8) -> list[Outcome]:
    """A dense network, a ticket and a control at density 0.4, for every replica; replicas differ by a point."""
    found = []
    for replica in range(replicas):
        more = 0.01 * replica
        found.append(outcome(replica=replica, accuracy=0.9 + more))
        found.append(outcome(replica=replica, round=1, accuracy=sparse + more, mask=SPARSE))
        found.append(outcome("random_mask", replica=replica, round=1, accuracy=0.5 + more, mask=SPARSE))
    return found
