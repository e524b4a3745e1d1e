"""Made-up outcomes of pre-training on subsets, for tables and charts."""

from __future__ import annotations

from typing import Any

import torch

from workbench.experiments.pretraining import Pretrained
from workbench.nets.hardware import Hardware
from workbench.training.recipe import Recipe
from workbench.training.runs import Run

RUN = Run(
    weights={"a.weight": torch.tensor([[0.5, -0.5]])},
    history=[],
    test_accuracy=0.5,
    test_loss=0.1,
    validation_accuracy=0.5,
    validation_loss=0.1,
    train_accuracy=0.5,
    train_loss=0.1,
    density=1.0,
    steps=2,
    seconds=0.1,
    seed=0,
    order_seed=0,
    augment_seed=0,
    recipe=Recipe(steps=2),
    hardware=Hardware("cpu", "", "float32", False, 1, False),
    checkpoints={},
)


def outcome(kind: str, k: int, replica: int, accuracy: float, size: int = 100, **options: Any) -> Pretrained:
    """A round below 20 % density of a made-up cell, trained with batches of 128; what is not read is empty."""
    fields = {
        "subset": kind,
        "size": size,
        "pretrain_steps": k,
        "presentations": k * 128 / size,
        "seed": 0,
        "replica": replica,
        "round": 2,
        "density": 0.16,
        "test_accuracy": accuracy,
        "validation_accuracy": None,
        "pretrain_accuracy": 0.3,
        "agreement": 0.5,
        "barrier": 1.0,
        "batch_norm": "average",
        "steps": 10,
        "barriers": torch.tensor([0.0, 0.3, 1.0, 2.7], dtype=torch.float64),
        "ids": torch.arange(4),
        "mask": {"a.weight": torch.tensor([[True, False]])},
        "rewound": {},
        "run": RUN,
    }
    return Pretrained(**fields | options)
