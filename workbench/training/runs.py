"""One finished training as a value, and the verb that makes it."""

from __future__ import annotations

import time
from collections.abc import Collection, Sequence, Set
from dataclasses import dataclass, fields, replace
from typing import Any

import torch
from torch import Tensor, nn

from workbench.data.data import Data, Split
from workbench.nets import masks
from workbench.nets.evaluation import evaluate
from workbench.nets.hardware import Hardware
from workbench.nets.masks import Mask
from workbench.nets.weights import Weights
from workbench.training.entrance import check_state, check_training, check_within
from workbench.training.forward import settle_recipe
from workbench.training.recipe import Recipe
from workbench.training.state import State
from workbench.training.steps import network_weights, steps
from workbench.work import html, progress, rules

PARTS = ("weights", "history", "checkpoints")  # of a run that a table of it leaves out
EXAMPLES = 10_000  # training images that a run is evaluated on, of more evenly drawn


@dataclass(frozen=True, eq=False)
class Run:
    """One finished training.

    `weights` are the trained ones (zero where pruned), on the CPU. `history` is a list of flat dicts: `step`, the mean
    training `loss` since the last row (the recipe's loss, weighted where that weighs), `learning_rate`, and, where it
    was evaluated, `validation_loss`, `validation_accuracy`, `test_loss`, `test_accuracy`. Accuracies are in [0, 1]; all
    losses but that one are mean cross-entropy in nats, whatever the recipe's; of an empty split they are None.
    `train_accuracy` and `train_loss` are of at most 10,000 training images, evenly drawn. `steps`
    counts what was trained here, `seconds` is wall time, `checkpoints` holds weights by step. Choose on validation,
    report on test.
    """

    weights: Weights
    history: list[dict[str, Any]]
    test_accuracy: float | None
    test_loss: float | None
    validation_accuracy: float | None
    validation_loss: float | None
    train_accuracy: float | None
    train_loss: float | None
    density: float
    steps: int
    seconds: float
    seed: int
    order_seed: int
    augment_seed: int
    recipe: Recipe
    hardware: Hardware
    checkpoints: dict[int, Weights]

    def __repr__(self) -> str:
        accuracy = "None" if self.test_accuracy is None else f"{self.test_accuracy:.4f}"
        return f"Run(test_accuracy={accuracy}, density={self.density:.4g}, steps={self.steps}, seed={self.seed})"

    def _repr_html_(self) -> str:
        shown = {f.name: getattr(self, f.name) for f in fields(self) if f.name not in PARTS}
        return html.table((n, f"{value:.4g}" if isinstance(value, float) else value) for n, value in shown.items())


def train(
    model: nn.Module,
    start: Weights,
    data: Data,
    recipe: Recipe,
    *,
    mask: Mask | None = None,
    seed: int = 0,
    order_seed: int | None = None,
    augment_seed: int | None = None,
    step: int = 0,
    state: State | None = None,
    checkpoints: Collection[int] = (),
    example_weights: Tensor | None = None,
) -> Run:
    """Train `start` to the end of the recipe and evaluate the result on all three parts of the data.

    `step=k` begins at step k of the schedule and of the data's order, with a fresh optimiser; `state=` resumes exactly.
    `checkpoints` are the steps whose weights are kept; `example_weights` multiply the losses, as in `steps`. The model
    and `start` are not touched. Raises a ValueError for weights or a mask of another model, and `Diverged` (a
    ValueError) where the loss is not finite.
    """
    began = time.perf_counter()
    check_training(model, start, data, recipe, mask, seed=seed, order_seed=order_seed, augment_seed=augment_seed)
    of = recipe.length(len(data.train))
    first = (
        rules.whole("step", step, way_on="step=0 begins at the beginning")
        if state is None
        else check_state(state, start)
    )
    rules.each("checkpoints", checkpoints, rules.whole, "they are steps, as (0, 500)")
    check_within(first, of)
    if bad := [k for k in checkpoints if not first <= k <= of]:
        raise ValueError(f"the checkpoints {bad} must lie within the run, from step {first} to {of}; choose others")
    weights, mask = _beginning(model, start, mask, state)
    hardware = settle_recipe(model, recipe, mask)
    history = _History(model, data, recipe, hardware)
    snapshots = {first: weights} if first in checkpoints else {}
    last = None  # a run of no steps is its beginning
    seeds = {"seed": seed, "order_seed": order_seed, "augment_seed": augment_seed}
    beginning = {"mask": mask, "step": step, "state": state, "example_weights": example_weights}
    resolved = replace(recipe, execution=hardware.execution)
    for last in steps(model, start, data, resolved, **beginning, **seeds):
        history.add(last, start)
        if last.step in checkpoints:
            snapshots[last.step] = network_weights(model, start, last.state)
    if last is not None:
        weights, mask = network_weights(model, start, last.state), last.state.mask
    metrics = _metrics(model, weights, data, hardware, ("test", "validation", "train"), mask)
    history.end(of, metrics)
    return Run(
        weights=weights,
        history=history.rows,
        **metrics,
        density=1.0 if mask is None else masks.density(mask),
        steps=of - first,
        seconds=time.perf_counter() - began,
        seed=seed,
        order_seed=seed if order_seed is None else order_seed,
        augment_seed=seed if augment_seed is None else augment_seed,
        recipe=recipe,
        hardware=hardware,
        checkpoints=snapshots,
    )


def weights_at(model: nn.Module, start: Weights, data: Data, recipe: Recipe, *, step: int, seed: int = 0) -> Weights:
    """Return the weights and buffers at step k of dense training from `start`: where a ticket is rewound to."""
    return weights_along(model, start, data, recipe, at=(step,), seed=seed)[step]


def weights_along(
    model: nn.Module, start: Weights, data: Data, recipe: Recipe, *, at: Collection[int], seed: int = 0
) -> dict[int, Weights]:
    """Return the weights and buffers at several steps of one dense training from `start`, which ends at the last."""
    check_training(model, start, data, recipe, seed=seed)
    rules.instance("at", at, (Sequence, Set), "several steps", "at=(0, 500) are two")
    of = recipe.length(len(data.train))
    if bad := [step for step in at if step not in range(of + 1) or step is True]:
        rule = f"from 0 to {of}, the length of this recipe, in whole steps"
        raise rules.refused("step", rule, bad[0], "step=0 is `start` itself")
    last = max(at, default=0)
    along = {0: dict(start)} if 0 in at else {}
    if last:
        for step in progress.walk("part", steps(model, start, data, recipe, seed=seed)):  # which would count to `of`
            progress.report(step.step, last, "step")
            if step.step in at:
                along[step.step] = network_weights(model, start, step.state)
            if step.step == last:
                break
    return along


def _beginning(model: nn.Module, start: Weights, mask: Mask | None, state: State | None) -> tuple[Weights, Mask | None]:
    """Return the weights and the mask that training begins with."""
    if state is not None:
        return network_weights(model, start, state), state.mask
    if mask is None:
        return dict(start), None
    return masks.apply(start, mask), mask


class _History:
    """The rows of a run's history; the loss of a row is the mean since the row before."""

    def __init__(self, model: nn.Module, data: Data, recipe: Recipe, hardware: Hardware) -> None:
        self.model, self.data, self.recipe, self.hardware = model, data, recipe, hardware
        self.every = recipe.evaluate_every or max(1, recipe.length(len(data.train)) // 20)
        self.rows: list[dict[str, Any]] = []
        self._losses: list[torch.Tensor] = []

    def add(self, step: Any, start: Weights) -> None:
        self._losses.append(step.losses.mean())
        if step.step % self.every and step.step < step.of:
            return
        loss = float(torch.stack(self._losses).mean())
        row = {"step": step.step, "loss": loss, "learning_rate": self.recipe.rate(step.step - 1, step.of)}
        self._losses.clear()
        if self.recipe.evaluate_every and step.step < step.of:
            weights = network_weights(self.model, start, step.state)
            row |= _metrics(self.model, weights, self.data, self.hardware, ("validation", "test"), step.state.mask)
        self.rows.append(row)

    def end(self, of: int, metrics: dict[str, float | None]) -> None:
        if not self.rows:
            self.rows.append({"step": of})
        self.rows[-1] |= {name: value for name, value in metrics.items() if not name.startswith("train")}


def _metrics(
    model: nn.Module, weights: Weights, data: Data, hardware: Hardware, parts: tuple[str, ...], mask: Mask | None
) -> dict[str, float | None]:
    metrics: dict[str, float | None] = {}
    for part in parts:
        split: Split = getattr(data, part)
        if part == "train" and len(split) > EXAMPLES:
            split = split.take(torch.linspace(0, len(split) - 1, EXAMPLES, dtype=torch.float64).long())
        with progress.within("evaluation", 0):
            evaluation = evaluate(model, weights, split, mask=mask, hardware=hardware) if len(split) else None
        metrics[f"{part}_accuracy"] = evaluation.accuracy if evaluation else None
        metrics[f"{part}_loss"] = evaluation.loss if evaluation else None
    return metrics
