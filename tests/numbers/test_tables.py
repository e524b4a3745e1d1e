"""Tables: the plain fields of outcomes, a row each."""

from __future__ import annotations

from dataclasses import dataclass

import torch

import workbench as wb


@dataclass(frozen=True, eq=False)
class Outcome:
    name: str
    density: float
    accuracy: float | None
    weights: torch.Tensor
    history: list[int]


def test_a_table_has_the_plain_fields_of_dataclasses_and_dicts():
    outcomes = [Outcome("a", 1.0, 0.5, torch.ones(2), [1]), {"name": "b", "density": 0.5, "accuracy": None, "x": [1]}]
    table = wb.table(outcomes)
    assert list(table.columns) == ["name", "density", "accuracy"]
    assert table["name"].tolist() == ["a", "b"]
    assert table["density"].tolist() == [1.0, 0.5]
    assert table["accuracy"].isna().tolist() == [False, True]


def test_no_outcomes_are_an_empty_table():
    assert wb.table([]).empty


def test_a_run_is_a_row(digits: wb.Data, small: torch.nn.Module):
    run = wb.train(small, wb.snapshot(small), digits, wb.Recipe(steps=1))
    row = wb.table(iter([run])).iloc[0]
    assert row["test_accuracy"] == run.test_accuracy
    assert "weights" not in row
    assert row["steps"] == 1
