"""A recipe: how to train, as one frozen value of plain fields.

One recipe serves every round of an experiment, so that no round is trained by other rules than the dense network.
Lengths are in steps or in epochs; a schedule's places are shares of the whole length.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from workbench.data.images import AUGMENTATIONS
from workbench.training.losses import CrossEntropy, Loss
from workbench.work.nearest import unknown

OPTIMISERS = ("sgd", "adam")
SCHEDULES = ("constant", "multistep", "cosine")
PRECISIONS = ("auto", "float32", "bfloat16")


@dataclass(frozen=True)
class Recipe:
    """How to train. Give `epochs` (may be fractional) or `steps`.

    The defaults (SGD at 0.1 with momentum 0.9, batches of 128, a constant rate) train every model of `wb.models` on
    every dataset of `wb.load`; the papers' own settings differ and are named as presets. `milestones` are shares of
    the length at which `multistep` multiplies the rate by `decay`; `warmup` is the number of steps over which the rate
    rises from zero. `mixup` is the a of the Beta(a, a) by which the images and labels of a batch are mixed (Zhang et
    al. 2018); 0 mixes none. `loss` is one of `wb.losses`. `evaluate_every` counts steps; None
    evaluates at the end only. `precision`, `channels_last` and `compile` default to what was measured for the model and
    the processor (`nets/hardware.py`).
    """

    epochs: float | None = None
    steps: int | None = None
    learning_rate: float = 0.1
    momentum: float = 0.9
    nesterov: bool = False
    weight_decay: float = 0.0
    batch_size: int = 128
    optimiser: str = "sgd"
    schedule: str = "constant"
    milestones: tuple[float, ...] = (0.5, 0.75)
    decay: float = 0.1
    warmup: int = 0
    loss: Loss = CrossEntropy()  # noqa: RUF009 (frozen)
    augment: str = "none"
    mixup: float = 0.0
    evaluate_every: int | None = None
    device: str = "auto"
    precision: str = "auto"
    channels_last: bool | None = None
    compile: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "milestones", tuple(self.milestones))
        if (self.epochs is None) == (self.steps is None):
            pair = f"epochs={self.epochs}, steps={self.steps}"
            raise ValueError(f"a recipe takes epochs or steps, one of them, got {pair}; Recipe(epochs=4) trains four")
        for name, choices in (("optimiser", OPTIMISERS), ("schedule", SCHEDULES), ("precision", PRECISIONS)):
            if getattr(self, name) not in choices:
                raise unknown(name, getattr(self, name), choices)
        if self.augment not in AUGMENTATIONS:
            raise unknown("augmentation", self.augment, AUGMENTATIONS)
        for name, holds, rule in self._rules():
            value = getattr(self, name)
            if value is not None and not (holds and math.isfinite(value)):
                raise ValueError(f"{name} must be {rule}, got {value}")
        if not all(0 < m < 1 for m in self.milestones):
            raise ValueError(f"milestones are shares of the length, in (0, 1), got {self.milestones}; try (0.5, 0.75)")
        if self.nesterov and (self.optimiser != "sgd" or self.momentum == 0):
            raise ValueError('nesterov needs optimiser="sgd" with a momentum above 0; momentum=0.9 is the usual one')

    def _rules(self) -> list[tuple[str, bool, str]]:
        every = self.evaluate_every
        return [
            ("epochs", self.epochs is None or self.epochs > 0, "above 0; epochs=0.5 trains on half of the data"),
            ("steps", (self.steps or 0) >= 0, "at least 0"),
            ("learning_rate", self.learning_rate > 0, "above 0; 0.1 is the usual one for SGD, 0.001 for Adam"),
            ("momentum", 0 <= self.momentum < 1, "in [0, 1); 0.9 is the usual one"),
            ("weight_decay", self.weight_decay >= 0, "at least 0; 0.0001 is a usual one"),
            ("batch_size", self.batch_size >= 1, "at least 1; 128 is the usual one"),
            ("decay", 0 < self.decay <= 1, "in (0, 1]; 0.1 is the usual one"),
            ("mixup", self.mixup >= 0, "at least 0, which mixes nothing; 0.2 is a usual one"),
            ("warmup", self.warmup >= 0, "a number of steps, at least 0"),
            ("evaluate_every", every is None or every >= 1, "at least 1 step, or None for the end only"),
        ]

    def length(self, examples: int) -> int:
        """Return T, the number of steps over so many training examples: round(epochs · n / batch_size)."""
        if self.steps is not None:
            return self.steps
        assert self.epochs is not None
        return max(1, round(self.epochs * examples / self.batch_size))

    def rate(self, step: int, of: int) -> float:
        """Return the learning rate of a step, counted from 0, of a run of so many steps."""
        if step < self.warmup:
            return self.learning_rate * (step + 1) / self.warmup
        if self.schedule == "multistep":
            return self.learning_rate * self.decay ** sum(step >= round(m * of) for m in self.milestones)
        if self.schedule == "cosine":
            return self.learning_rate * (1 + math.cos(math.pi * step / of)) / 2
        return self.learning_rate
