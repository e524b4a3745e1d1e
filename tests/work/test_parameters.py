"""The parameters of a batch job are the notebook's own, and of their types, or nothing runs."""

from __future__ import annotations

import pytest

import workbench as wb

OWN = """epochs: float = 10.0  # passes
rounds: int = 3
train_size: "int or None" = None  # all
dataset: str = "digits"
interactive: bool = True
sizes: list = [1, 2]
loose = 4"""


def given(line: str) -> list[str]:
    return ["", OWN, f"# Parameters\n{line}\n", "import workbench as wb"]


def test_a_notebook_that_a_person_runs_is_not_checked():
    wb.check_parameters(["", "epoch = 3", OWN, "eppchs = 4"])


@pytest.mark.parametrize(
    "line",
    [
        *("epochs = 3", "epochs = 0.5", 'epochs = float("inf")', "train_size = 100", "train_size = None"),
        *("interactive = False", "sizes = [3]", 'loose = "any"', 'dataset = "007"'),
    ],
)
def test_what_the_notebook_knows_is_taken(line: str):
    wb.check_parameters(given(line))


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("epoch = 1", 'parameter "epoch" is not known; did you mean "epochs"'),
        ("Rounds = 1", 'did you mean "rounds"'),
        ('epochs = "many"', "epochs must be float"),
        ("epochs = None", "epochs must be float"),
        ("epochs = True", "epochs must be float"),
        ("rounds = 3.5", "rounds must be int"),
        ('train_size = "all"', "train_size must be int or None"),
        ('interactive = "false"', "interactive must be bool"),
        ("interactive = 0", "interactive must be bool"),
        ("sizes = 3", "sizes must be list"),
        ("dataset = 7", "dataset must be str"),
    ],
)
def test_what_it_does_not_know_or_is_of_another_type_is_refused(line: str, words: str):
    with pytest.raises(ValueError, match=words):
        wb.check_parameters(given(line))


def test_the_cells_are_a_list_of_texts():
    with pytest.raises(ValueError, match="cells must be"):
        wb.check_parameters("epochs = 3")
