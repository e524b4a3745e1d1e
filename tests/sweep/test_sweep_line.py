"""The line of a terminal is read back as the plan that it was written for."""

from __future__ import annotations

import argparse
import math
import shlex
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from made_notebooks import made_notebook

import workbench as wb
from workbench.sweep.line import line
from workbench.terminal import sweeping

PARAMETERS = """\
seed: int = 0  # a whole number
size: float = 1.0  # of something
model: str = "lenet"  # a name
kinds: list = ["a", "b"]  # names
sizes: list = [0.5]  # numbers
nested: list = [[1], ["x"]]
many: "int or None" = None
word: "str or None" = None
table: dict = {"a": 1}
flag: bool = False
out: str = "out"
"""
VALUES: dict[str, list[Any]] = {
    "seed": [0, 1, 2, 7],
    "size": [0.1, 1e-7, math.inf, -3.0],
    "model": ["lenet(hidden=(512, 512))", "a, b", "", " a ", "it's", 'say "x"', "3", "None", "0:5", "[a]", "a=b", "*"],
    "kinds": [[], ["a"], ["a, b", "c"], ["lenet(hidden=(1, 2))", "it's"], ["true"]],
    "sizes": [[], [0.1, 0.05], [math.inf, 2.0]],
    "nested": [[], [[1, 2], ['q"u', "it's", None]], [[math.inf, -math.inf], [True]]],
    "many": [None, 1, 10**6],
    "word": [None, "None", "none", "true", "inf", "é\n"],
    "table": [{"a": 1}, {"b": [1, "x, y"], "c": None, "d": 'q"'}],
    "flag": [True, False],
}


def read(text: str) -> Any:
    """The plan that the terminal makes of a line."""
    parser = argparse.ArgumentParser()
    sweeping.add(parser)
    command, sweep, *words = shlex.split(text)
    assert (command, sweep) == ("workbench", "sweep")
    return sweeping._planned(parser.parse_args(words))


@pytest.mark.parametrize("name", VALUES)
def test_every_value_is_read_as_it_was(name: str, tmp_path: Path):
    book, out = made_notebook(tmp_path, parameters=PARAMETERS), tmp_path / "a folder"
    for grid in ({name: VALUES[name]}, *({name: [value]} for value in VALUES[name])):
        planned = wb.sweep.plan(book, grid, out=out)
        again = read(line(book, grid, out=out))
        assert [repr(point.parameters) for point in again.points] == [repr(p.parameters) for p in planned.points]
        assert [point.name for point in again.points] == [point.name for point in planned.points]
        assert again.out == planned.out


def test_a_range_is_short_and_numpys_numbers_are_numbers():
    words = line("01_winning_tickets", {"seed": range(3), "fraction": [np.float32(0.5), 0.2]}, workers=2)
    assert words == "workbench sweep 01_winning_tickets -p seed=0:3 -p fraction=0.5,0.2 --workers 2"


def test_all_that_a_run_takes_is_in_the_line():
    where = {"address": "tls://10.0.0.1:8786", "tls": {"ca": "a b.pem", "cert": "c", "key": "k"}}
    words = shlex.split(line("x", zipped={"a": [1, 2]}, repeats=3, out="o", cores=2, limit="10min", retries=0, **where))
    parser = argparse.ArgumentParser()
    sweeping.add(parser)
    told = parser.parse_args(words[2:])
    assert (told.zipped, told.repeats, told.out, told.cores, told.limit) == (["a=1,2"], 3, "o", 2, "10min")
    assert (told.retries, told.address, told.tls_ca, told.tls_cert, told.tls_key, told.workers) == (
        *(0, where["address"]),
        *("a b.pem", "c", "k", None),
    )


def test_what_cannot_be_typed_is_said():
    with pytest.raises(ValueError, match="both kinds of quotes cannot be typed"):
        line("x", {"a": ['it\'s "it"']})
