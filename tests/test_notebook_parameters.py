"""The parameters of the notebooks that there are: each number has a range that is read, and the library agrees."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

import workbench as wb
from workbench.work.parameter import Parameter
from workbench.work.parameters import read_parameters

NOTEBOOKS = sorted((Path(__file__).parents[1] / "notebooks").glob("*.ipynb"))


def parameters_of(path: Path) -> dict[str, Parameter]:
    [cell] = [cell for cell in nbformat.read(path, 4).cells if "parameters" in cell.metadata.get("tags", [])]
    return read_parameters(cell.source)


ALL = [
    pytest.param(parameter, id=f"{path.stem}-{parameter.name}")
    for path in NOTEBOOKS
    for parameter in parameters_of(path).values()
]


@pytest.mark.parametrize("parameter", ALL)
def test_a_default_is_in_its_own_range_and_a_number_has_one(parameter: Parameter):
    assert parameter.about
    assert parameter.value(parameter.default) == parameter.default
    assert parameter.from_text(str(parameter.default)) == parameter.default
    kinds = parameter.element.kinds if "list" in parameter.kinds else parameter.kinds
    assert kinds, "a list's elements are of some type"
    assert bool({"int", "float"} & set(kinds)) == parameter.range.of_numbers


@pytest.mark.parametrize("parameter", ALL)
def test_a_comment_that_speaks_of_none_has_the_type(parameter: Parameter):
    assert ("None" in parameter.kinds) == ("None " in parameter.about or parameter.default is None)


BOUNDS = {  # what a recipe, a dataset and the seeds take and refuse at the ends of their ranges
    "batch_size": lambda value: wb.Recipe(epochs=1, batch_size=value),
    "epochs": lambda value: wb.Recipe(epochs=value),
    "learning_rate": lambda value: wb.Recipe(epochs=1, learning_rate=value),
    "augment": lambda value: wb.Recipe(epochs=1, augment=value),
    "device": lambda value: wb.Recipe(epochs=1, device=value),
    "execution": lambda value: wb.Recipe(epochs=1, execution=value),
    "seed": lambda value: wb.seeds(value, 1),
    "image_size": lambda value: wb.load("digits", image_size=value),
}
TRIED = {
    "augment": ("none", "crop", "flip", "crop+flip", "flip+crop", "", "Crop"),
    "device": ("auto", "cpu", "cuda", "cuda:0", "cuda:12", "gpu", "", "cuda:x", "cpu:1"),
    "execution": ("dense", "sparse", "compact", "auto", "Dense", "", "csr"),
    "seed": (0, 2**53 - 1, 2**53, -1),
    "epochs": (1e-9, 1e9, 0.0, -1.0, float("inf"), float("nan")),
    "learning_rate": (1e-9, 1e9, 0.0, -1.0, float("inf"), float("nan")),
    "batch_size": (1, 10**6, 0, -1),
    "image_size": (1, 8, 0, -1),
}


@pytest.mark.parametrize("parameter", [case for case in ALL if case.values[0].name in BOUNDS])  # pyright: ignore[reportAttributeAccessIssue]
def test_the_range_is_that_of_the_library(parameter: Parameter):
    for value in TRIED[parameter.name]:
        refusals = []
        for door in (parameter.value, BOUNDS[parameter.name]):
            try:
                door(value)
            except ValueError:
                refusals.append(door)
        assert len(refusals) != 1, f"{parameter.name}={value!r} is refused by one of both"


REAL = """
import json
import workbench as wb

wb.check_parameters(globals())
print(json.dumps([batch_size, controls, interactive, models]))
"""


@pytest.mark.notebook
@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (["batch_size", "32.0", "controls", "random_mask"], [32, ["random_mask"], True, ["lenet(hidden=(512, 512))"]]),
        (["models", "resnet8(width=8)"], [128, ["shuffled"], True, ["resnet8(width=8)"]]),
        (["interactive", "false"], "interactive must be bool (True or False): False in a batch job, got 'false'"),
        (["batch_size", "2.5"], "batch_size must be int: images a step, at least 1, got 2.5; papermill reads"),
        (["batch_sizes", "2"], 'parameter "batch_sizes" is not known; did you mean "batch_size"?'),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) and isinstance(value[0], str) else None,
)
def test_a_batch_job_runs_with_what_is_meant_or_not_at_all(given: list[str], expected: object, tmp_path: Path):
    cell = nbformat.v4.new_code_cell(
        "batch_size: int = 128  # images a step, at least 1\n"
        'controls: list = ["shuffled"]  # names\n'
        "interactive: bool = True  # False in a batch job\n"
        'models: list = ["lenet(hidden=(512, 512))"]  # names',
        metadata={"tags": ["parameters"]},
    )
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    cells = [cell, nbformat.v4.new_code_cell(REAL)]
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata=kernel), tmp_path / "made.ipynb")
    options = [word for pair in zip(given[::2], given[1::2], strict=True) for word in ("-p", *pair)]
    command = [sys.executable, "-m", "papermill", "made.ipynb", "out.ipynb", "--no-progress-bar", *options]
    ended = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False)
    if isinstance(expected, str):
        assert ended.returncode != 0
        assert expected in ended.stderr
    else:
        assert ended.returncode == 0, ended.stderr
        [output] = nbformat.read(tmp_path / "out.ipynb", 4).cells[-1].outputs
        assert json.loads(output.text) == expected


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_every_notebook_checks_its_parameters_before_any_work(path: Path):
    cells = [cell for cell in nbformat.read(path, 4).cells if cell.cell_type == "code"]
    lines = cells[1].source.splitlines()
    work = [line for line in lines if line.strip() and not line.startswith(("import ", "from "))]
    assert work[0] == "wb.check_parameters(globals())"
