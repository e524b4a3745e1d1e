"""Small things that calls of nonsense are made of: data, networks, masks and a recipe, in a Python of their own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pytest
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


def doors(calls: Mapping[str, str], serves: Iterable[str], begin: str = "") -> tuple[Any, Any, Any]:
    """Return the tests of a table of calls and the words that refuse them, and of calls that serve: `said` and both.

    The calls are made once, after these small things and `begin`.
    """
    serves = tuple(serves)

    @pytest.fixture(scope="module", name="said")
    def words() -> dict[str, str]:
        return words_of(BEGIN + begin, [*calls, *serves])

    @pytest.mark.parametrize("text", calls)
    def nonsense_is_refused_in_words(text: str, said: dict[str, str]):
        assert calls[text] in said[text]

    @pytest.mark.parametrize("text", serves)
    def what_is_right_is_not_refused(text: str, said: dict[str, str]):
        assert said[text] == ""

    return words, nonsense_is_refused_in_words, what_is_right_is_not_refused
