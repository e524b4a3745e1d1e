"""The parameters of a batch job are the notebook's own, of their types and in their ranges, or nothing runs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nbformat
import pytest
from click.testing import CliRunner
from papermill.cli import papermill

import workbench as wb
from workbench.work.parameters import read_parameters

OWN = """epochs: float = 10.0  # passes, above 0
rounds: int = 3  # at least 0
train_size: "int or None" = None  # at least 1; None takes all
dataset: str = "digits"  # a name
augment: str = "none"  # "none", "crop" or "flip"
interactive: bool = True  # False in a batch job
archive: "str or None" = None  # a folder
sizes: list = [1, 2]  # whole, at least 1
densities: list = [0.1]  # in (0, 1), each once
lams: list = [float("inf"), 1.0]  # above 0; infinity is the plain loss
controls: list = ["random_mask"]  # names
loose = 4"""

PYTHON = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}


def namespace_of(injected: str) -> dict[str, Any]:
    """Return the names of a notebook whose cells were run as far as the check of its parameters."""
    cells, names = [OWN, f"# Parameters\n{injected}\n"], {}
    for cell in cells:
        exec(cell, names)
    return names | {"In": ["", *cells, "import workbench as wb"]}


def checked(name: str, written: str) -> Any:
    names = namespace_of(f"{name} = {written}")
    wb.check_parameters(names)
    return names[name]


def test_a_notebook_that_a_person_runs_is_left_as_it_is():
    names = {"In": ["", "epoch = 3", OWN, "rounds = 2.5"], "rounds": 2.5}
    wb.check_parameters(names)
    assert names["rounds"] == 2.5


@pytest.mark.parametrize(
    ("name", "written", "meant"),
    [
        *(("epochs", "3", 3.0), ("epochs", "0.5", 0.5), ("epochs", "1e-3", 0.001)),
        *(("rounds", "32.0", 32), ("rounds", "7", 7), ("train_size", "100.0", 100), ("train_size", "None", None)),
        *(("interactive", "False", False), ("archive", "None", None), ("archive", '"runs"', "runs")),
        *(("dataset", '"007"', "007"), ("augment", '"crop"', "crop"), ("loose", '"any"', "any")),
        *(("sizes", "[3, 4.0]", [3, 4]), ("sizes", "(3,)", [3]), ("densities", "[0.5, 0.1]", [0.5, 0.1])),
        *(("lams", "[float('inf'), 2]", [float("inf"), 2.0]), ("controls", '"random_mask"', ["random_mask"])),
        *(("controls", '["a", "b"]', ["a", "b"]), ("controls", "[]", [])),
    ],
)
def test_a_notebook_gets_the_value_that_is_meant(name: str, written: str, meant: Any):
    value = checked(name, written)
    assert (value, type(value)) == (meant, type(meant))
    if isinstance(meant, list):
        assert [type(element) for element in value] == [type(element) for element in meant]


@pytest.mark.parametrize(
    ("name", "written", "words"),
    [
        ("epoch", "1", 'parameter "epoch" is not known; did you mean "epochs"'),
        ("Rounds", "1", 'did you mean "rounds"'),
        ("epochs", '"many"', "epochs must be float: passes, above 0, got 'many'"),
        *(("epochs", written, "epochs must be float") for written in ("None", "True", "[1]", "0", "-1", "1e400")),
        *(("epochs", f"float('{written}')", f"got {written}") for written in ("nan", "inf", "-inf")),
        *(("rounds", written, "rounds must be int: at least 0") for written in ("3.5", "-1", "True", "None", "'3'")),
        *(("rounds", written, "rounds must be int") for written in ("float('nan')", "float('inf')", "[3]")),
        ("train_size", '"all"', "train_size must be int or None: at least 1; None takes all"),
        ("train_size", "0", "train_size must be int or None"),
        ("interactive", '"false"', r"interactive must be bool \(True or False\): False in a batch job, got 'false'"),
        ("interactive", "0", "interactive must be bool"),
        ("interactive", "None", "interactive must be bool"),
        ("archive", "7", "archive must be str or None"),
        ("archive", "True", "archive must be str or None"),
        ("dataset", "7", "dataset must be str: a name, got 7"),
        ("dataset", "None", "dataset must be str"),
        ("augment", '"rotate"', 'augment must be str: "none", "crop" or "flip", got \'rotate\''),
        ("sizes", "3", "sizes must be list"),
        ("sizes", "[3, 0]", r"sizes\[1\] must be int: whole, at least 1, got 0"),
        ("sizes", "[2.5]", r"sizes\[0\] must be int"),
        ("sizes", '"three"', r"sizes\[0\] must be int: whole, at least 1, got 'three'"),
        ("sizes", "[[1]]", r"sizes\[0\] must be int"),
        ("densities", "[0.1, 1.0]", r"densities\[1\] must be float: in \(0, 1\), each once, got 1.0"),
        ("densities", "[0.1, 0.1]", r"densities\[1\] must be float: in \(0, 1\), each once"),
        ("densities", "[True]", r"densities\[0\] must be float"),
        ("lams", "[float('nan')]", r"lams\[0\] must be float"),
        ("controls", "3", "controls must be list: names, got 3; papermill reads"),
        ("controls", '"[random_mask]"', "lists go into a YAML file"),
        ("controls", '["a", 3]', r"controls\[1\] must be str: names, got 3"),
        ("controls", '""', "controls must be list"),
        ("controls", "None", "controls must be list"),
        ("controls", "{'a': 1}", "controls must be list"),
    ],
)
def test_what_is_not_known_of_another_type_or_out_of_range_is_refused(name: str, written: str, words: str):
    with pytest.raises(ValueError, match=words):
        checked(name, written)


@pytest.mark.parametrize("namespace", [{}, {"In": "epochs = 3"}, {"In": [3]}])
def test_the_names_are_those_of_a_notebook(namespace: dict[str, Any]):
    with pytest.raises(ValueError, match=r"namespace must be .*check_parameters\(globals\(\)\)"):
        wb.check_parameters(namespace)


def test_what_a_person_changed_since_is_not_set_back():
    names = namespace_of("rounds = 8.0")
    names["rounds"] = 2.0
    wb.check_parameters(names)
    assert names["rounds"] == 2


def test_cells_of_ipython_s_own_words_and_computed_defaults_are_passed_over():
    names = namespace_of("rounds = 8.0\nhere = 'x'")
    names["In"][1:2] = ["%matplotlib inline", f"{OWN}\nimport os\nhere: str = os.getcwd()"]
    wb.check_parameters(names)
    assert names["rounds"] == 8


class TestReading:
    """A parameters cell, as text."""

    def test_comments_are_told_from_text(self):
        source = 'model: str = "lenet(hidden=(512, 512))"  # a name, sizes in brackets\ncolour: str = "#fff"  # a # b'
        model, colour = read_parameters(source).values()
        assert (model.default, model.about) == ("lenet(hidden=(512, 512))", "a name, sizes in brackets")
        assert (colour.default, colour.about) == ("#fff", "a # b")

    def test_types_defaults_and_lines(self):
        source = """
a: "int or None" = None
b: int | None = 10_000
c: list = [
    float("inf"),  # the first
    -1.0,
]  # the last
d = -3
e: float = float("-inf")
f: int = 2 ** 3
"""
        read = read_parameters(source)
        assert {name: parameter.kinds for name, parameter in read.items()} == {
            "a": ("int", "None"),
            "b": ("int", "None"),
            "c": ("list",),
            "d": (),
            "e": ("float",),
            "f": ("int",),
        }
        assert [parameter.default for parameter in read.values()] == [
            *(None, 10_000, [float("inf"), -1.0], -3, float("-inf"), ...)
        ]
        assert read["c"].about == "the last"

    def test_nothing_is_executed(self):
        assert read_parameters("a: int = 1 / 0")["a"].default is ...


GUESSES = {  # what papermill makes of a text after -p: what the notebook gets, or the words that refuse it
    "rounds 32.0": 32,
    "rounds 007": 7,
    "rounds 1e3": 1000,
    "rounds none": "rounds must be int",
    "epochs 1e-3": 0.001,
    "epochs 3": 3.0,
    "epochs nan": "epochs must be float: passes, above 0, got nan",
    "epochs inf": "epochs must be float",
    "epochs None": "epochs must be float",
    "train_size None": None,
    "train_size none": "train_size must be int or None",
    "interactive False": False,
    "interactive false": "interactive must be bool",
    "interactive true": "interactive must be bool",
    "interactive 1": "interactive must be bool",
    "archive None": None,
    "archive True": "archive must be str or None",
    "dataset 007": "dataset must be str: a name, got 7",
    "dataset true": "!true",
    "controls random_mask": ["random_mask"],
    "controls nan": "controls must be list",
    "controls [a,b]": "lists go into a YAML file",
    "densities 0.5": "densities must be list",
    "epoch 3": 'did you mean "epochs"',
}


@pytest.mark.parametrize("given", GUESSES)
def test_papermill_s_guesses_of_a_text_are_taken_as_they_are_meant_or_refused(given: str, tmp_path: Path):
    name, text = given.split()
    cell = nbformat.v4.new_code_cell(OWN, metadata={"tags": ["parameters"]})
    nbformat.write(nbformat.v4.new_notebook(cells=[cell], metadata=PYTHON), tmp_path / "own.ipynb")
    paths = [str(tmp_path / "own.ipynb"), str(tmp_path / "out.ipynb")]
    prepared = CliRunner().invoke(papermill, [*paths, "-p", name, text, "--prepare-only"])
    assert prepared.exit_code == 0, prepared.output
    injected = nbformat.read(tmp_path / "out.ipynb", 4).cells[1].source
    names = namespace_of(injected.removeprefix("# Parameters\n"))
    expected = GUESSES[given]
    if isinstance(expected, str) and not expected.startswith("!"):
        with pytest.raises(ValueError, match=expected):
            wb.check_parameters(names)
    else:
        wb.check_parameters(names)
        assert names[name] == (expected.removeprefix("!") if isinstance(expected, str) else expected)
        assert type(names[name]) is type(expected)
