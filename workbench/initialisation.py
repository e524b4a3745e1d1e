"""Draws of a model's initial weights, each from its own seed.

Whether a ticket needs *its* initial weights is the question of the random re-initialisation control (Frankle & Carbin
2019, section 2): so another draw must be one call away, and must not touch the model.
"""

from __future__ import annotations

import copy
import threading

import torch
from torch import nn

from workbench.seeds import number
from workbench.weights import Weights, snapshot

_DRAWING = threading.Lock()  # `reset_parameters` draws from torch's global generator, which all threads share


def initialise(model: nn.Module, *, seed: int = 0) -> Weights:
    """Draw the model's weights anew, as the model itself would; the model is not touched.

    A module that has `reset_parameters` draws itself, and what it holds; any other leaves it to its children. torch's
    global generator is left as it was. Raises a ValueError for a module with parameters that nothing draws.
    """
    drawn = copy.deepcopy(model)
    with _DRAWING, torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(number(seed, "initialise"))
        _reset(drawn, "the model")
    return snapshot(drawn)


def _reset(module: nn.Module, path: str) -> None:
    if hasattr(module, "reset_parameters"):
        module.reset_parameters()  # type: ignore[operator]
        return
    own = [name for name, _ in module.named_parameters(recurse=False)]
    if own:
        kind = type(module).__name__
        raise ValueError(f"{path} ({kind}) has parameters {own} but no reset_parameters(); give {kind} that method")
    for name, child in module.named_children():
        _reset(child, name)
