"""The recipes of README.md and CONTRIBUTING.md, followed to the letter: throw-away ones join a copy of the package."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
RECIPES = (ROOT / "CONTRIBUTING.md").read_text()
FILES = dict(re.findall(r"^```python\n# (\S+\.py)\n(.+?)^```", RECIPES, re.MULTILINE | re.DOTALL))
ENTRIES = re.findall(r"^```diff\n# (\S+), (\w+)\n\+(from .+)\n\+(    .+)\n```", RECIPES, re.MULTILINE)
TABLE = re.findall(r"^\| (?:a|an|its) (\w+) \| `(workbench/\w+/)yours.py`.* \| `(\w+)`, `(\S+)` \|$",
                   (ROOT / "README.md").read_text(), re.MULTILINE)  # fmt: skip
LONGEST = {"pruning": 20, "data_diet": 30, "charts": 25}  # lines of a worked example
TOGETHER = 80  # lines of the experiment, its chart and its panel


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkout in which every example of the recipes has joined."""
    root = tmp_path_factory.mktemp("joined")
    for folder in ("workbench", "tests"):
        shutil.copytree(ROOT / folder, root / folder, ignore=shutil.ignore_patterns("__pycache__"))
    for file, source in FILES.items():
        assert not (root / file).exists(), f"{file} is there already: a recipe adds one of its own"
        (root / file).write_text(source)
    for file, register, imports, entry in ENTRIES:
        path = root / file
        text, found = re.subn(rf"^({register}\b.*{{.*)$", rf"\1\n{entry}", path.read_text(), flags=re.MULTILINE)
        assert found == 1, f"{register} is no literal dict in {file}"
        path.write_text(re.sub(r"^(from workbench\.)", rf"{imports}\n\1", text, count=1, flags=re.MULTILINE))
    return root


def python(copy: Path, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=copy,
        env={**os.environ, "PYTHONPATH": str(copy)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return done.stdout


def test_the_readme_and_the_examples_are_of_the_same_registers_and_folders():
    assert [register for _, _, register, _ in TABLE] == ["METHODS", "SCORES", "CHARTS", "EXPERIMENTS", "PANELS"]
    assert {(register, file) for _, _, register, file in TABLE} == {(register, file) for file, register, *_ in ENTRIES}
    assert {f"{Path(file).parent}/" for file in FILES} == {folder for _, folder, *_ in TABLE}
    assert len(FILES) == len(ENTRIES) == len(TABLE)  # a file and an entry each, and nothing else


def test_an_example_is_as_short_as_is_said():
    lines = {file.split("/")[1]: len(source.splitlines()) for file, source in FILES.items()}
    assert all(lines[folder] <= most for folder, most in LONGEST.items()), lines
    assert lines["experiments"] + lines["charts"] + lines["panels"] <= TOGETHER, lines


SCRIPT = """
import torch
import workbench as wb
from workbench.charts import CHARTS
from workbench.panels import PANELS
from workbench.panels.pruning_limits import METHOD

assert wb.__file__.startswith({root!r}), wb.__file__
data = wb.load("digits", train_size=150)
model = wb.models.lenet(data, hidden=(12, 8))
start = wb.snapshot(model)
small = dict(train_size=150, model="lenet(hidden=(12, 8))", recipe=wb.Recipe(steps=6, batch_size=50), replicas=2)

mask = wb.pruning.prune("smallest", model, start, density=0.25)
assert wb.masks.kept(mask) == round(0.25 * wb.masks.total(mask))
weights = start["1.weight"].abs()
assert weights[mask["1.weight"]].max() < weights[~mask["1.weight"]].max()
assert "smallest" in METHOD.choices
shots = list(wb.experiments.one_shot(**small, shares=(0.5,), method="smallest"))
assert {{shot.method for shot in shots}} == {{"smallest"}}

scored = list(wb.experiments.example_scores(**small, scores=("el2n", "entropy")))
table = wb.experiments.scores_table(scored)
assert table["entropy"].between(0, 2.303).all() and table["entropy"].std() > 0
assert "entropy" in PANELS["scores"].options["scores"].choices
assert wb.data_diet.subset(data, "easiest", 20, score=scored[0].scores["entropy"]).numel() == 20

call = wb.call(wb.experiments.wider, train_size=150, recipe=wb.Recipe(steps=6, batch_size=50), widths=(5, 9))
assert "wb.experiments.wider(" in call.script()
outcomes = wb.Archive({archive!r}).run(call)
assert [type(outcome).__name__ for outcome in outcomes] == ["Wide"] * 6
assert wb.Archive({archive!r}).run(call) == outcomes
for given in (outcomes, wb.table(outcomes)):
    rows = CHARTS["accuracy by width"].rows(given)
    assert sum(row["role"] == "point" for row in rows) == 2
    CHARTS["accuracy by width"].draw(rows, 320).to_dict()
made = wb.panel("wider", interactive=False, widths=(5,), recipe=wb.Recipe(steps=2), train_size=150)
assert len(made.result) == 3
print("joined")
"""


def test_what_has_joined_is_served_everywhere(copy: Path, tmp_path: Path):
    assert "joined" in python(copy, "-c", SCRIPT.format(root=str(copy), archive=str(tmp_path / "archive")))


def test_what_has_joined_is_held_to_what_all_of_its_kind_promise(copy: Path):
    summary = python(copy, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-c", str(ROOT / "pyproject.toml"),
                  "--rootdir", str(copy), "tests/pruning/test_pruning.py", "tests/charts/test_charts.py",
                  "tests/panels/test_registers.py", "tests/experiments/test_experiments.py",
                  "-k", "smallest or accuracy_by_width or (width and chart) or wider or panel")  # fmt: skip
    passed = re.findall(r"(\d+) passed", summary)
    assert [int(number) >= 10 for number in passed] == [True], summary
