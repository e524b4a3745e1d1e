"""Options of every panel with which its call takes a moment, and random ones around them."""

from __future__ import annotations

import random
from typing import Any

from workbench.panels.options import Flag, Names, Number, Numbers, Option, Several, Text
from workbench.panels.panel import Panel

TRAINED = {"recipe.epochs": None, "recipe.steps": 4, "recipe.batch_size": 16}
LEARNED = {"train_size": 60, **TRAINED}
NET = {**LEARNED, "model": "lenet(hidden=(6, 5))", "replicas": 1}
POPUP = {**NET, "model": "lenet(hidden=(6, 5), norm=True)"}
CNN = {**LEARNED, "model": "plain_cnn(channels=(4, 4))", "replicas": 1}
SCORED = {"score_replicas": 1, "score_step": 2}

SMALL: dict[str, dict[str, Any]] = {
    "lottery": {**NET, "rounds": 1},
    "rare gems": {
        **POPUP,
        "methods": ("snip", "edge_popup"),
        "controls": ("shuffled",),
        "learning_rates": (0.1,),
        "densities": (0.3,),
        "search.epochs": None,
        "search.steps": 4,
        "search.batch_size": 16,
        "recipe.epochs": None,
        "recipe.steps": 4,
    },
    "one shot": {**NET, "shares": (0.5,)},
    "until disconnected": {**NET, "rounds": 2},
    "perturbation": {**NET, "at": (0,), "distances": (1.0,), "rewind_step": 1, "points": 3},
    "execution costs": {**NET, "densities": (0.2,), "repeats": 1},
    "landscape": {**NET, "rewind_steps": (0, 2), "points": 3, "score_replicas": 1},
    "plane": {**NET, "levels": 1, "points": 3, "checkpoints": 1},
    "pairs": {**NET, "rounds": 1},
    "curvature": {**NET, "measured": (0,), "examples": 20, "k": 1, "draws": 3, "steps": 5},
    "scores": {**NET, "scores": ("el2n", "random"), "score_step": 2},
    "forgetting": {**LEARNED, "model": "lenet(hidden=(6, 5))"},
    "data diet": {**NET, **SCORED, "sizes": (40,), "pretrain_steps": (0, 2), "subsets": ("random",), "rounds": 1},
    "kept data": {**NET, **SCORED, "subsets": ("random",), "shares": (0.5,)},
    "ensembles": {**POPUP, "methods": ("robust", "single"), "lams": (2.0, 1.0), "density": 0.3},
    "shift": {**POPUP, "methods": ("single",), "corruptions": ("contrast",), "severities": (1,), "density": 0.3},
    "easy to hard": {**POPUP, **SCORED, "methods": ("robust",), "lams": (2.0, 1.0), "density": 0.3},
    "robust weights": {"n": 16},
    "rare features": {**LEARNED, "lams": (1.0,), "replicas": 1},
    "train": {**NET, "evaluations": 2},
    "strong tickets": {**CNN, "ratios": (6.0,)},
    "strong costs": {**CNN, "ratios": (6.0,), "images": 4, "repeats": 1},
    "price of structure": {"outputs": (2,), "candidates": (20,), "replicas": 1},
    "block mask": {"hidden": (8,), "replicas": 1},
    "subset sums": {"dimensions": (1, 2), "candidates": (6, 8), "replicas": 2},
    "partial sums": {"dimension": 4, "candidates": 20, "scale": 0.3},
}
FIXED = ("dataset", "model", "recipe.device", "train_size", "image_size", "recipe.learning_rate", "seconds")


def small(name: str) -> dict[str, Any]:
    """The options of a small call; of a panel that is not listed, the usual ones."""
    return SMALL.get(name, {})


def shake(panel: Panel, draw: random.Random) -> None:
    """Set random options around those of a panel; what does not go together is drawn again."""
    held = dict(panel.values)
    for _ in range(50):
        options = {
            name: _other(option, held[name], draw)
            for name, option in panel.declaration.options.items()
            if name not in FIXED and draw.random() < 0.4
        }
        panel.set(**held | options)
        try:
            assert panel.call
            return
        except ValueError:
            continue
    raise AssertionError(f"no random options of {panel.name} go together")


def _other(option: Option, value: Any, draw: random.Random) -> Any:
    if (
        value is None
        or isinstance(option, (Names, Text))
        or (isinstance(option, Numbers) and not hasattr(value, "__len__"))
    ):
        return value
    match option:
        case Several():
            return tuple(name for name in option.choices if name in value or draw.random() < 1 / len(option.choices))
        case Flag():
            return not value
        case Number(whole=True):
            return round(min(max(value + draw.choice((-1, 1)), option.low), option.high))
        case Number():
            return min(max(value * draw.uniform(0.8, 1.2), option.low), option.high)
        case Numbers():
            return tuple(value)[: max(option.least, len(tuple(value)) - draw.randint(0, 1))]
    return draw.choice(option.choices)
