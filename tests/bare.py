"""Small things that calls of nonsense are made of: data, networks, masks and a recipe, in a Python of their own."""

from __future__ import annotations

from collections.abc import Iterable

from bare_python import words_of

BEGIN = """
import dataclasses, math, torch
import workbench as wb
from workbench.data.data import Data

def calling(function, **usual):
    def call(**how):
        value = function(**usual | how)
        return list(value) if hasattr(value, "__next__") else value
    return call

data = wb.load("digits", train_size=40)
small = wb.load("digits", train_size=40, image_size=6)
model, other = wb.models.lenet(data, hidden=(4,)), wb.models.lenet(data, hidden=(3,))
w, elsewhere = wb.snapshot(model), wb.snapshot(other)
w1, w2 = wb.initialise(model, seed=1), wb.initialise(model, seed=2)
double = {name: tensor.double() for name, tensor in w.items()}
diverged = {name: torch.full_like(tensor, math.nan) for name, tensor in w.items()}
full = wb.masks.full(model)
half = wb.pruning.random_mask(full, density=0.5)
recipe = wb.Recipe(steps=2, batch_size=8)
"""


def said_by(calls: Iterable[str], begin: str = "") -> dict[str, str]:
    """Return the words of the ValueError of every call, made after these small things and `begin`."""
    return words_of(BEGIN + begin, calls)
