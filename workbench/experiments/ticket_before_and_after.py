"""A ticket before its training and after: what it is with no weight trained, and what training makes of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from workbench.experiments.fields_of import fields_of
from workbench.experiments.found_at_initialisation import Found
from workbench.experiments.replica import Replica
from workbench.nets import masks
from workbench.nets.batch_norm import recompute_batch_norm
from workbench.nets.evaluation import evaluate
from workbench.nets.live_paths import live_paths
from workbench.nets.masks import Mask
from workbench.nets.weights import Weights
from workbench.training.runs import Run


@dataclass(frozen=True, eq=False)
class Tried:
    """A ticket that a method found, or a control of it, before its training and after.

    `asked` is the density that was asked for, `density` that of the mask that is trained, `density_rounded` that of the
    mask whose scores were trained. `accuracy_before` is of the rounded mask, `accuracy_before_kept` of the other, with
    statistics as `batch_norm` says; both, and `accuracy_after`, are on the test split, `validation_accuracy` is what
    the `learning_rate` was chosen by. `budget` is "recipe", or "matched" where a rival was trained for as many passes
    as the dearest search and its training together. `collapsed_layers` counts layers that lost every weight,
    `effective_density` is the share of the weights that lie on a path from the images to the logits; None where no path
    can be followed (attention). `rewound` are the weights that the training began from.
    """

    method: str
    control: str
    seed: int
    replica: int
    asked: float
    density: float
    density_rounded: float
    accuracy_before: float | None
    accuracy_before_kept: float | None
    batch_norm: str
    accuracy_after: float | None
    validation_accuracy: float | None
    learning_rate: float
    budget: str
    steps: int
    rule: str
    search_steps: int
    search_passes: int
    search_seconds: float
    collapsed_layers: int
    effective_density: float | None
    mask: Mask
    rounded: Mask
    rewound: Weights
    run: Run

    def __repr__(self) -> str:
        before, after = ("None" if a is None else f"{a:.4f}" for a in (self.accuracy_before, self.accuracy_after))
        where = f"{self.method}, {self.control}, replica={self.replica}, density={self.density:.4g}"
        return f"Tried({where}: accuracy {before} before, {after} after)"


def before_and_after(replica: Replica, found: Found, run: Run, mask: Mask, row: dict[str, Any]) -> Tried:
    """Return what was found, and its `run` under `mask`, as an outcome; `row` has its labels and settings."""
    masks_before = (found.rounded, found.kept)
    before, before_kept = (_untrained(replica, found, kept, row["batch_norm"]) for kept in masks_before)
    return Tried(
        **row,
        **fields_of(run, "validation_accuracy steps"),
        density=masks.density(mask),
        density_rounded=masks.density(found.rounded),
        accuracy_before=before,
        accuracy_before_kept=before_kept,
        accuracy_after=run.test_accuracy,
        learning_rate=replica.recipe.learning_rate,
        search_steps=found.steps,
        search_passes=found.passes,
        search_seconds=found.seconds,
        collapsed_layers=len(masks.collapsed(mask)),
        effective_density=_effective(replica, mask),
        mask=mask,
        rounded=found.rounded,
        rewound=found.weights,
        run=run,
    )


def _effective(replica: Replica, mask: Mask) -> float | None:
    """Return the effective density; None for a network that no path can be followed through, such as attention."""
    try:
        return live_paths(replica.model, mask, replica.data.shape).effective_density
    except ValueError:
        return None


def _untrained(replica: Replica, found: Found, mask: Mask, batch_norm: str) -> float | None:
    """Return the test accuracy of the network under a mask, no weight of which is trained."""
    if not len(replica.data.test):
        return None
    network = masks.apply(found.weights | found.buffers, mask)
    if batch_norm == "recompute":
        network = recompute_batch_norm(replica.model, network, replica.data.train)
    return evaluate(replica.model, network, replica.data.test).accuracy
