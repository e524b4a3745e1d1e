"""A recipe: how to train, as one frozen value of plain fields.

One recipe serves every round of an experiment, so that no round is trained by other rules than the dense network.
Lengths are in steps or in epochs; a schedule's places are shares of the whole length.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from workbench.data.images import AUGMENTATIONS
from workbench.nets.hardware import check_device
from workbench.training.losses import CrossEntropy, Loss, check_loss
from workbench.work import rules
from workbench.work.annotations import convert_fields
from workbench.work.nearest import unknown

OPTIMISERS = ("sgd", "adam")
SCHEDULES = ("constant", "multistep", "cosine")
LONGEST = 10**10  # steps: more are a slip, since they take years
OPTIONAL = ("epochs", "steps", "evaluate_every", "channels_last")  # None says something of these
CHOICES = {
    "optimiser": OPTIMISERS,
    "schedule": SCHEDULES,
    "precision": ("auto", "float32", "bfloat16"),
    "execution": ("auto", "dense", "sparse", "compact"),
    "augment": tuple(AUGMENTATIONS),
}
RULES: dict[str, tuple[Callable[..., Any], dict[str, Any], str]] = {
    "epochs": (rules.number, {"above": 0}, "epochs=0.5 trains on half of the data"),
    "steps": (rules.whole, {"most": LONGEST}, "steps=0 trains nothing"),
    "learning_rate": (rules.number, {"above": 0}, "0.1 is the usual one for SGD, 0.001 for Adam"),
    "momentum": (rules.number, {"least": 0, "below": 1}, "0.9 is the usual one"),
    "nesterov": (rules.flag, {}, "False is the usual one"),
    "weight_decay": (rules.number, {"least": 0}, "0.0001 is a usual one"),
    "batch_size": (rules.whole, {"least": 1}, "128 is the usual one"),
    "milestones": (rules.each, {"rule": rules.number, "above": 0, "below": 1}, "they are shares, (0.5, 0.75) for two"),
    "decay": (rules.number, {"above": 0, "most": 1}, "0.1 is the usual one"),
    "warmup": (rules.whole, {"most": LONGEST, "unit": "steps"}, "0 is none"),
    "mixup": (rules.number, {"least": 0}, "0 mixes nothing, 0.2 is a usual one"),
    "evaluate_every": (rules.whole, {"least": 1, "unit": "steps"}, "None evaluates at the end only"),
    "channels_last": (rules.flag, {}, "None takes what was measured"),
    "compile": (rules.flag, {}, "False is the usual one"),
}


@dataclass(frozen=True)
class Recipe:
    """How to train. Give `epochs` (may be fractional) or `steps`.

    The defaults (SGD at 0.1 with momentum 0.9, batches of 128, a constant rate) train every model of `wb.models` on
    every dataset of `wb.load`; with smaller batches, few images or wrong labels a rate of 0.03 does, where a warm-up
    alone does not (`tests/benchmarks/rates.py`). The papers' own settings differ and are named as presets. `milestones`
    are shares of the length at which `multistep` multiplies the rate by `decay`; `warmup` is the number of steps over
    which the rate rises from zero. `mixup` is the a of the Beta(a, a) by which the images and labels of a batch are
    mixed (Zhang et al. 2018); 0 mixes none. `loss` is one of `wb.losses`. `evaluate_every` counts steps; None evaluates
    at the end only. `precision`, `channels_last` and `compile` default to what was measured for the model and the
    processor (`nets/hardware.py`). `execution` is how a pruned network is computed (`nets/execution.py`).

    Arguments:
        epochs: How often training goes through all the training images; it may be a fraction, and stands in place of
            steps.
        steps: How many steps the optimiser takes, a batch each, in place of epochs.
        learning_rate: How far a step goes along the gradient; 0.1 is usual for SGD, 0.001 for Adam.
        momentum: How much of the last step's direction is kept, for SGD.
        nesterov: Whether momentum looks ahead.
        weight_decay: How strongly weights are drawn to zero at every step; 0.0001 is usual, 0 is none.
        batch_size: How many images a step takes; 128 is usual.
        optimiser: What turns gradients into steps: stochastic gradient descent, or Adam.
        schedule: How the learning rate goes: constant, lowered at some places, or falling along a cosine to zero.
        milestones: The shares of the length at which the rate is lowered.
        decay: What the rate is multiplied by when it is lowered.
        warmup: The steps over which the rate rises from zero.
        loss: What training makes small, by name, with options in parentheses, as in focal(gamma=2).
        augment: How training images are varied each time they are shown: cropped, flipped, or not at all.
        mixup: How strongly two images of a batch are mixed; 0 is not at all.
        evaluate_every: The steps between two evaluations; only at the end where none is given.
        device: The processor that trains; auto takes the GPU where there is one.
        precision: The floating-point numbers that are computed with.
        execution: How a pruned network is computed: in full, with its linear layers as sparse matrices, without what
            nothing reads, or in the way that was measured to be fastest here.
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
    execution: str = "dense"

    def __post_init__(self) -> None:
        if isinstance(self.milestones, Iterable) and not isinstance(self.milestones, str):
            object.__setattr__(self, "milestones", tuple(self.milestones))
        if (self.epochs is None) == (self.steps is None):
            pair = f"epochs={self.epochs}, steps={self.steps}"
            raise ValueError(f"a recipe takes epochs or steps, one of them, got {pair}; Recipe(epochs=4) trains four")
        for name, value in convert_fields(self).items():
            object.__setattr__(self, name, value)
        for name, (rule, limits, way_on) in RULES.items():
            if (value := getattr(self, name)) is not None or name not in OPTIONAL:
                rule(name, value, way_on=way_on, **limits)
        for name, choices in CHOICES.items():
            if getattr(self, name) not in choices:
                raise unknown("augmentation" if name == "augment" else name, getattr(self, name), choices)
        check_loss(self.loss)
        check_device(self.device)
        if self.execution == "sparse" and (self.compile or self.precision == "bfloat16"):
            given = "compile=True" if self.compile else 'precision="bfloat16"'
            raise ValueError(f'execution="sparse" is float32 alone and not compiled, got {given}; "dense" takes both')
        if self.nesterov and (self.optimiser != "sgd" or self.momentum == 0):
            raise ValueError('nesterov needs optimiser="sgd" with a momentum above 0; momentum=0.9 is the usual one')

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
