"""`workbench course`: three editions of every lesson; nothing of the teacher's in what learners get; no file lost."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, NoReturn

import nbformat
import pytest

from workbench import check
from workbench.course import key, lesson, teacher
from workbench.course.assignment import assignment
from workbench.course.editions import editions
from workbench.terminal.command import main
from workbench.work.shipped import shipped

NAME = "04_loss_landscape"
KEY = """# Key

## Questions

1. It is two.
2. It is three:
   four less one.

## twice

```python
def twice(x):
    \"\"\"Return 2x.\"\"\"
    return x + x
```

Look at the sign.

```python
def twice(x):
    return x
```
> 2 · … is wanted, got …
"""


POINTS = 3
CHECK = "\n\n\nwb.check.twice(twice)"


@pytest.fixture(autouse=True)
def twice(monkeypatch: pytest.MonkeyPatch) -> None:
    """A check of that name, worth three points."""

    def checked(function: Any) -> NoReturn:
        raise AssertionError("what it is worth is known before it is asked")

    vars(checked)["of"] = POINTS
    monkeypatch.setattr(check, "twice", checked, raising=False)


def small(check: str = CHECK, *tags: str) -> Any:
    """A lesson of one exercise and two questions."""
    stub = 'def twice(x):\n    """Return 2x."""'
    cells = [
        nbformat.v4.new_markdown_cell("# Doubling", id="a"),
        nbformat.v4.new_markdown_cell("## Questions\n\n1. What is 1 + 1?\n2. And 1 + 2?", id="b"),
        nbformat.v4.new_markdown_cell("## Exercise\n\nDouble it.", id="c"),
        nbformat.v4.new_code_cell(stub + check, id="d"),
    ]
    cells[1].metadata.tags, cells[3].metadata.tags = ["questions"], list(tags or ("exercise", "easy"))
    return nbformat.v4.new_notebook(cells=cells)


def test_a_lesson_and_its_key_are_read() -> None:
    assert lesson.questions(small()) == ["What is 1 + 1?", "And 1 + 2?"]
    (exercise,) = lesson.exercises(small())
    assert (exercise.name, exercise.level, exercise.points, exercise.place) == ("twice", "easy", POINTS, 3)
    assert (exercise.stub, exercise.check) == ('def twice(x):\n    """Return 2x."""', "wb.check.twice(twice)")
    held = key.read(KEY)
    assert held.answers == ("It is two.", "It is three:\n   four less one.")
    assert held.solved["twice"].body(exercise.stub) == "    return x + x"
    (mistake,) = held.solved["twice"].mistakes
    assert mistake.is_told_by("no: 2 · 3.5 is wanted, got 3.5")
    assert not mistake.is_told_by("3.5 is wanted")


def test_the_teachers_edition_has_the_solution_the_answers_and_the_mistakes() -> None:
    made = teacher.teachers(small(), key.read(KEY))
    nbformat.validate(made)
    sources = [cell.source for cell in made.cells]
    assert sources[1] == teacher.NOTE
    assert sources[3] == "### Answers\n\n1. It is two.\n2. It is three:\n   four less one."
    assert sources[5] == 'def twice(x):\n    """Return 2x."""\n    return x + x\n\n\nwb.check.twice(twice)'
    assert sources[6].startswith("### The key to twice\n\nLook at the sign.")
    assert sources[6].endswith("> 2 · … is wanted, got …")


def test_an_assignment_has_a_locked_check_with_the_points() -> None:
    made = assignment(small(), key.read(KEY))
    answer, check = made.cells[-2:]
    assert answer.source.endswith("    ### BEGIN SOLUTION\n    return x + x\n    ### END SOLUTION")
    given = {"grade": False, "solution": True, "locked": False, "grade_id": "twice", "schema_version": 3}
    assert answer.metadata.nbgrader == given | {"cell_type": "code", "task": False}
    given = {"grade": True, "solution": False, "locked": True, "grade_id": "twice-check", "points": POINTS}
    assert check.metadata.nbgrader == given | {"cell_type": "code", "task": False, "schema_version": 3}


def test_a_person_grades_the_questions_alone() -> None:
    opened = small(CHECK, "exercise", "open")
    made = assignment(opened, key.read(KEY), written=4)
    graded = [cell.metadata.nbgrader for cell in made.cells if cell.metadata.nbgrader.grade]
    assert {given.grade_id: given.points for given in graded} == {"twice-check": POINTS, "answer-1": 4, "answer-2": 4}
    plain = assignment(opened, key.read(KEY))
    assert [cell.id for cell in plain.cells if cell.metadata.nbgrader.grade] == ["twice-check"]


def test_a_section_that_runs_the_learners_function_is_no_exercise() -> None:
    notebook = small()
    running = "double = twice if wb.check.twice(twice) else wb.twice\ndouble(2)"
    notebook.cells.append(nbformat.v4.new_code_cell(running, id="e"))
    assert [exercise.place for exercise in lesson.exercises(notebook)] == [3]
    assert teacher.teachers(notebook, key.read(KEY)).cells[-1].source == running


def test_a_stub_may_begin_with_what_it_needs() -> None:
    before = "import math\n\n\ndef half(x):\n    return x / 2\n\n\n"
    notebook = small()
    notebook.cells[3].source = f"{before}{notebook.cells[3].source}\n"
    (exercise,) = lesson.exercises(notebook)
    assert (exercise.name, exercise.stub) == ("twice", f'{before}def twice(x):\n    """Return 2x."""')


@pytest.mark.parametrize(
    ("notebook", "text", "said"),
    [
        (small(CHECK, "exercise"), KEY, "an exercise must have a task above it"),
        (small("\n\n\nwb.check.thrice(thrice)"), KEY, "a def, and its wb.check as the last line"),
        (small("\n\n\ndef thrice(x): ...\n\n\nwb.check.thrice(thrice)"), KEY, 'check "thrice" is not known'),
        (small("", "exercise", "open"), KEY, "its wb.check as the last line"),
        (small(f"{CHECK}\n\nother = 1"), KEY, "its wb.check as the last line"),
        (small("\n\ndouble = twice if wb.check.twice(twice) else None"), KEY, "its wb.check as the last line"),
        (small(CHECK, "exercise", "easy", "open"), KEY, "one tag of easy, middle and open"),
        (small(), KEY.replace("## twice", "## thrice"), r"must solve the exercises of its lesson, \['twice'\]"),
        (small(), KEY.replace("2. It is three:", "It is three:"), "must answer the 2 questions of its lesson, got 1"),
        (small(), KEY.replace("Return 2x", "Return x"), "a solution must begin with the lesson's stub"),
        (small(), KEY[: KEY.index("```")], "the key to twice must have a solution"),
    ],
)
def test_a_key_that_does_not_fit_its_lesson_is_refused(notebook: Any, text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        teacher.teachers(notebook, key.read(text))


def test_learners_get_the_lesson_as_it_is_and_nothing_of_the_key() -> None:
    files = editions()
    lessons = sorted(path.name for path in shipped().glob("0*.ipynb"))
    beside = ["GLOSSARY.md", "SYLLABUS.md"]
    assert sorted(name for name in files if name.startswith("student/")) == [
        f"student/{name}" for name in sorted([*lessons, *beside])
    ]
    assert all(files[f"student/{name}"] == (shipped() / name).read_bytes() for name in lessons)
    assert sum(name.startswith("nbgrader/source/") for name in files) == len(lessons) - 1, "00 has no exercise"
    assert "### BEGIN" not in "".join(files[f"student/{name}"].decode() for name in lessons)


def test_a_changed_file_is_never_written_over_and_a_course_made_again_is_the_same(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["course", str(tmp_path), NAME]) == 0
    mine = tmp_path / "nbgrader" / "source" / NAME / f"{NAME}.ipynb"
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    mine.write_text("mine")
    capsys.readouterr()
    assert main(["course", str(tmp_path), NAME]) == 0
    assert "you changed it, so it is left as it is" in capsys.readouterr().out.splitlines()[0]
    assert mine.read_text() == "mine"
    assert {path: path.read_bytes() for path in before} == before | {mine: b"mine"}


def test_the_pages_that_a_lesson_names_lie_beside_it() -> None:
    files = editions()
    for where, content in files.items():
        edition = where.split("/")[0]
        if edition != "nbgrader" and where.endswith(".ipynb"):
            named = re.findall(r"`([A-Z]+\.md)`", content.decode())
            assert all(f"{edition}/{page}" in files for page in named), where


def test_the_syllabus_takes_the_names_of_a_repository(tmp_path: Path) -> None:
    assert main(["course", str(tmp_path), NAME, "--repository", "me/my.course"]) == 0
    syllabus = (tmp_path / "student" / "SYLLABUS.md").read_text()
    assert f"https://colab.research.google.com/github/me/my.course/blob/HEAD/notebooks/{NAME}.ipynb" in syllabus
    assert "OWNER/REPO" not in syllabus


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["04_loss_landscapes"], 'lesson "04_loss_landscapes" is not known; did you mean "04_loss_landscape"'),
        (["--repository", "me"], "--repository must be the owner and the name of a repository, got 'me'"),
        (["--written", "-1"], "--written must be a whole number of points from 0, got -1"),
    ],
)
def test_what_is_not_meant_is_refused_before_a_file_is_written(
    words: list[str], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["course", str(tmp_path / "out"), *words]) == 2
    assert said in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
