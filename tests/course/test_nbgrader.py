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


def in_one(folder: Path, line: str) -> None:
    """Run a line of nbgrader's own interface in a process of its own: to start one a step takes minutes."""
    program = f"""
from nbgrader.apps import NbGrader, NbGraderAPI
app = NbGrader()
app.initialize([])
api, names = NbGraderAPI(config=app.config), {LESSONS}
{line}
"""
    command = [sys.executable, "-c", program]
    ended = subprocess.run(command, cwd=folder, env=ENVIRONMENT, capture_output=True, text=True, timeout=600)
    assert ended.returncode == 0, ended.stderr


def exported(folder: Path) -> dict[tuple[str, str], tuple[float, float]]:
    """The score of each assignment and learner, and the most that it could be."""
    nbgrader(folder, "export")
    with (folder / "grades.csv").open() as file:
        rows = [*csv.DictReader(file)]
    return {(row["assignment"], row["student_id"]): (float(row["score"]), float(row["max_score"])) for row in rows}


@pytest.mark.notebook
def test_right_solutions_get_full_marks_and_none_get_zero(tmp_path: Path) -> None:
    solved = {name: key.read((shipped() / KEYS / f"{name}.md").read_text()).solved for name in LESSONS}
    assert main(["course", str(tmp_path)]) == 0
    folder = tmp_path / "nbgrader"
    in_one(folder, "for name in names: api.generate_assignment(name)")
    for name in LESSONS:
        hand_in(folder, name, "right", {exercise: one.solution for exercise, one in solved[name].items()})
        hand_in(folder, name, "empty", {})
    in_one(folder, "for name in names: [api.autograde(name, learner) for learner in ('right', 'empty')]")
    notebooks = {name: nbformat.read(shipped() / f"{name}.ipynb", 4) for name in LESSONS}
    most = {name: float(sum(one.points for one in lesson.exercises(of))) for name, of in notebooks.items()}
    assert exported(folder) == {
        (name, learner): (earned * most[name], most[name])
        for name in LESSONS
        for learner, earned in (("right", 1), ("empty", 0))
    }


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
    nbgrader(folder, "autograde", name)
    assert exported(folder) == {(name, "half"): (right, right + sum(rest) + 5 * len(lesson.questions(notebook)))}
