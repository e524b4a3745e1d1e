"""nbgrader itself makes, and grades, what `workbench course` writes: all right is full marks, an empty copy is zero."""

from __future__ import annotations

import csv
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import nbformat
import pytest

from workbench.course import key, lesson
from workbench.terminal.command import main
from workbench.work.shipped import KEYS, shipped

LESSONS = sorted(path.stem for path in (shipped() / KEYS).glob("*.md"))
ENVIRONMENT = {  # nbgrader calls alembic by its name; the kernel is this Python's
    **os.environ,
    "PATH": os.pathsep.join((str(Path(sys.executable).parent), os.environ.get("PATH", ""))),
    "PYTHONPATH": str(Path(__file__).parents[2]),
    "PYTHONWARNINGS": "ignore",
}


def nbgrader(folder: Path, *words: str) -> None:
    command = [sys.executable, "-m", "nbgrader", *words]
    ended = subprocess.run(command, cwd=folder, env=ENVIRONMENT, capture_output=True, text=True, timeout=300)
    assert ended.returncode == 0, ended.stderr


def assigned(name: str, folder: Path, *options: str) -> Path:
    """The folder of nbgrader with an assignment as learners get it."""
    assert main(["course", str(folder), name, *options]) == 0
    nbgrader(folder / "nbgrader", "generate_assignment", name)
    return folder / "nbgrader"


def hand_in(folder: Path, name: str, learner: str, answers: dict[str, str]) -> None:
    """Fill answers into a copy of the assignment, by the names of the exercises."""
    notebook: Any = nbformat.read(folder / "release" / name / f"{name}.ipynb", 4)
    for cell in notebook.cells:
        if cell.metadata.nbgrader.grade_id in answers:
            cell.source = answers[cell.metadata.nbgrader.grade_id]
    target = folder / "submitted" / learner / name / f"{name}.ipynb"
    target.parent.mkdir(parents=True)
    nbformat.write(notebook, target)


def grades(folder: Path, name: str) -> dict[str, tuple[float, float]]:
    """Grade all that was handed in; the score of each learner, and the most that it could be."""
    nbgrader(folder, "autograde", name)
    nbgrader(folder, "export")
    with (folder / "grades.csv").open() as file:
        return {row["student_id"]: (float(row["score"]), float(row["max_score"])) for row in csv.DictReader(file)}


@pytest.mark.notebook
@pytest.mark.parametrize("name", LESSONS)
def test_right_solutions_get_full_marks_and_wrong_ones_and_none_get_zero(name: str, tmp_path: Path) -> None:
    solved = key.read((shipped() / KEYS / f"{name}.md").read_text()).solved
    points = [exercise.points for exercise in lesson.exercises(nbformat.read(shipped() / f"{name}.ipynb", 4))]
    folder = assigned(name, tmp_path)
    hand_in(folder, name, "right", {exercise: one.solution for exercise, one in solved.items()})
    hand_in(folder, name, "wrong", {exercise: one.mistakes[0].code for exercise, one in solved.items()})
    hand_in(folder, name, "empty", {})
    most = float(sum(points))
    assert grades(folder, name) == {"right": (most, most), "wrong": (0, most), "empty": (0, most)}


@pytest.mark.notebook
def test_hidden_checks_are_not_in_what_learners_get_and_grade_all_the_same(tmp_path: Path) -> None:
    name = LESSONS[0]
    solved = key.read((shipped() / KEYS / f"{name}.md").read_text()).solved
    folder = assigned(name, tmp_path, "--hidden", "--written", "5")
    released = (folder / "release" / name / f"{name}.ipynb").read_text()
    assert "wb.check" not in released
    assert "argsort" not in released, "no solution"
    assert "Renda" not in released, "no answer"
    first, *others = solved
    hand_in(folder, name, "half", {first: solved[first].solution, others[0]: solved[others[0]].mistakes[0].code})
    notebook = nbformat.read(shipped() / f"{name}.ipynb", 4)
    right, *rest = [exercise.points for exercise in lesson.exercises(notebook)]
    assert grades(folder, name) == {"half": (right, right + sum(rest) + 5 * len(lesson.questions(notebook)))}
