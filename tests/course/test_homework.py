"""nbgitpuller brings what is new in the lessons and never eats homework, as the syllabus says."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import nbformat
import pytest

from workbench.work.shipped import shipped

NAME = "01_winning_tickets.ipynb"
MINE = "def smallest_pruned(weights, density):\n    return my_homework(weights)"


def git(folder: Path, *words: str) -> None:
    who = ("-c", "user.name=course", "-c", "user.email=course@example.org")
    subprocess.run(["git", *who, *words], cwd=folder, check=True, capture_output=True)


def exercise(notebook: Any) -> Any:
    return next(cell for cell in notebook.cells if "exercise" in cell.metadata.get("tags", ()))


@pytest.fixture
def course(tmp_path: Path) -> Path:
    folder = tmp_path / "course"
    folder.mkdir()
    git(folder, "init", "--initial-branch", "main")
    for name in (NAME, "other.ipynb"):
        (folder / name).write_bytes((shipped() / NAME).read_bytes())
    git(folder, "add", ".")
    git(folder, "commit", "--message", "first")
    return folder


def pull(course: Path, mine: Path) -> None:
    """What a click on the link does."""
    program = "from nbgitpuller.pull import main; main()"
    subprocess.run([sys.executable, "-c", program, course, "main", mine], check=True, capture_output=True, timeout=60)


def test_an_answer_in_a_cell_that_the_course_changes_stays(course: Path, tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    pull(course, mine)
    learners: Any = nbformat.read(mine / NAME, 4)
    exercise(learners).source = MINE
    for cell in learners.cells:
        if cell.cell_type == "code":
            cell.execution_count, cell.outputs = 1, [nbformat.v4.new_output("stream", text="seen")]
    learners.cells.append(nbformat.v4.new_code_cell("my_own_cell = 1"))
    nbformat.write(learners, mine / NAME)
    news: Any = nbformat.read(course / NAME, 4)
    exercise(news).source += "\n# mended"
    news.cells[0].source += "\n\nA new sentence."
    nbformat.write(news, course / NAME)
    git(course, "commit", "--all", "--message", "second")
    pull(course, mine)
    after: Any = nbformat.read(mine / NAME, 4)
    nbformat.validate(after)
    assert exercise(after).source == MINE
    assert after.cells[-1].source == "my_own_cell = 1"
    assert after.cells[0].source.endswith("A new sentence.")


def test_a_file_of_ones_own_is_renamed_and_a_deleted_one_comes_back(course: Path, tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    pull(course, mine)
    (mine / "notes.md").write_text("mine")
    (mine / "other.ipynb").unlink()
    (course / "notes.md").write_text("the course's")
    git(course, "add", ".")
    git(course, "commit", "--message", "second")
    pull(course, mine)
    assert [path.read_text() for path in mine.glob("notes_*.md")] == ["mine"]
    assert (mine / "notes.md").read_text() == "the course's"
    assert (mine / "other.ipynb").exists()
