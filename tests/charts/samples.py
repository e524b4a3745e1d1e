"""Outcomes for every chart of every panel: made by hand, or the panel's own experiment, as small as it runs."""

from __future__ import annotations

import functools
import inspect
import math
from collections.abc import Callable
from typing import Any

from made import experiment
from made_diets import diet, parts
from made_ensembles import difficulty, ensembles, shifts
from made_executions import steps
from made_gems import gems
from made_partings import partings
from made_scores import epochs, networks
from made_strong import costs, neurons, prices, tickets

import workbench as wb
from workbench.panels import PANELS

SMALL = {"train_size": 150, "model": "lenet(hidden=(12, 8))", "recipe": wb.Recipe(steps=6, batch_size=50)}
TINY: dict[str, dict[str, Any]] = {
    "pairs": {"rounds": 2, "replicas": 2},
    "plane": {"levels": 1, "points": 3, "checkpoints": 2},
    "curvature": {"examples": 50, "k": 2, "draws": 3, "steps": 8, "measured": (0, 1), "replicas": 1},
    "perturbation": {"at": (0, 1), "rewind_step": 2, "distances": (1.0,), "points": 3, "replicas": 1},
    "one shot": {"shares": (0.5,), "replicas": 1},
    "until disconnected": {"rounds": 2, "replicas": 1},
}
RARE: dict[str, Any] = {"train_size": 60, "test_size": 40, "recipe": wb.Recipe(steps=5), "replicas": 2}
MADE: dict[str, Callable[[], list[Any]]] = {
    "lottery": experiment,
    "landscape": partings,
    "scores": networks,
    "forgetting": epochs,
    "data diet": diet,
    "kept data": parts,
    "ensembles": ensembles,
    "shift": shifts,
    "easy to hard": difficulty,
    "rare gems": gems,
    "strong tickets": tickets,
    "execution costs": steps,
    "strong costs": costs,
    "price of structure": prices,
    "block mask": neurons,
    "data": lambda: list(wb.experiments.dataset_view("digits", train_size=150, images=3, draws=2, label_noise=0.2)),
    "train": lambda: list(wb.experiments.trained_networks(**SMALL, replicas=3)),
    "robust weights": lambda: list(wb.experiments.robust_weighting(n=16)),
    "subset sums": lambda: list(wb.experiments.subset_sums((1, 2), candidates=(8, 12), scales=(0.1, 1.0), replicas=3)),
    "partial sums": lambda: list(wb.experiments.partial_sums(9, candidates=40, scale=0.1, solver="flips")),
    "rare features": lambda: list(wb.experiments.rare_features((math.inf, 0.5), **RARE)),
}
PANEL_OF = {chart: name for name, declaration in PANELS.items() for chart in declaration.charts}


@functools.cache
def sample(chart: str) -> list[Any]:
    """Return outcomes that this chart can draw."""
    panel = PANEL_OF[chart]
    if panel in MADE:
        return MADE[panel]()
    options = {"replicas": 1} | SMALL | TINY.get(panel, {})
    asked = inspect.signature(PANELS[panel].function).parameters
    return list(PANELS[panel].function(**{name: value for name, value in options.items() if name in asked}))
