"""Scores: they know their data, and are refused for another."""

from __future__ import annotations

import pytest
import torch
from tiny import made

from workbench.scores import Score, terciles

DATA = made(n=6)


def score(**changed: object) -> Score:
    options = {"name": "el2n", "values": torch.arange(6).float(), "ids": DATA.train.ids, "dataset": DATA.fingerprint}
    return Score(**(options | changed))  # type: ignore[arg-type]


def test_values_come_in_the_order_of_the_ids():
    reverse = score(ids=DATA.train.ids.flip(0))
    assert score().of(DATA).tolist() == [0, 1, 2, 3, 4, 5]
    assert reverse.of(DATA).tolist() == [5, 4, 3, 2, 1, 0]
    assert score().on(torch.tensor([106, 100])).tolist() == [2, 0]


def test_a_score_is_refused_for_other_data():
    with pytest.raises(ValueError, match="this el2n was computed on other data than this made; score it anew"):
        score().of(made(n=7))


def test_missing_ids_are_said():
    with pytest.raises(ValueError, match="2 of these examples have no el2n, id 999 for one"):
        score().on(torch.tensor([100, 999, 101]))
    with pytest.raises(ValueError, match="one value an id, got 6 values for 5 ids"):
        score(ids=DATA.train.ids[:5])


def test_terciles_are_thirds_from_easy_to_hard():
    found = terciles(torch.tensor([5.0, 1.0, 3.0, 0.0, 4.0, 2.0, 6.0]))
    assert {name: places.tolist() for name, places in found.items()} == {
        "easy": [3, 1, 5],
        "middle": [2, 4],
        "hard": [0, 6],
    }


def test_a_score_says_what_it_is():
    assert repr(score(replicas=3)) == "Score(el2n, 6 examples of train, replicas=3)"
