"""An nbgrader assignment: a lesson's exercises and questions without its trainings, so that grading takes seconds.

What is written is nbgrader's *source* version, with solutions between its markers; `nbgrader generate_assignment` takes
them out. The metadata are those of its schema 3 (nbgrader's documentation, "Notebook metadata").
"""

from __future__ import annotations

from typing import Any

import nbformat
from nbformat import NotebookNode

from workbench.course import lesson
from workbench.course.key import Key
from workbench.course.lesson import Exercise
from workbench.course.teacher import check_fit

CONFIG = """# What nbgrader reads in this folder: nbgrader generate_assignment NAME, and when all is in, autograde NAME
c = get_config()
c.CourseDirectory.course_id = "lottery-workbench"
c.ExecutePreprocessor.timeout = 120  # seconds a cell; a check takes less than one, and where it trains some
"""
START = """import warnings

import numpy as np
import torch

import workbench as wb

warnings.simplefilter("ignore")  # nbgrader takes a warning of the cell that it grades for a failure"""
INTRODUCTION = """# {title}: the exercises

Replace what stands in each answer cell. The cell below it is locked: it says what is wrong, and gives the points. Begin
with the lesson itself, which needs nothing of this file: what a task calls *below* is the section that follows it
there."""
HIDDEN = "# this is graded after it was handed in\n### BEGIN HIDDEN TESTS\n{test}\n### END HIDDEN TESTS"


def assignment(notebook: NotebookNode, key: Key, *, hidden: bool = False, written: int = 0) -> NotebookNode:
    """Return the source version of a lesson's assignment.

    With `hidden` the checks stand between nbgrader's markers of hidden tests, so that learners do not see them. Every
    question is an answer of `written` points that a person grades; with 0, the default, questions have no cell, and all
    points are given by the checks.
    """
    check_fit(notebook, key)
    title = notebook.cells[0].source.splitlines()[0].removeprefix("# ")
    cells = [_text("introduction", INTRODUCTION.format(title=title)), _code("start", START, locked=True)]
    for exercise in lesson.exercises(notebook):
        cells += _exercise(exercise, key.solved[exercise.name].body(exercise.stub), hidden)
    if written:
        for i, (question, answer) in enumerate(zip(lesson.questions(notebook), key.answers, strict=True), 1):
            cells.append(_text(f"question-{i}", f"## Question {i}\n\n{question}"))
            solution = f"### BEGIN SOLUTION\n{answer}\n### END SOLUTION"
            cells.append(_text(f"answer-{i}", solution, grade=True, solution=True, locked=False, points=written))
    return nbformat.v4.new_notebook(cells=cells, metadata=notebook.metadata)


def _exercise(exercise: Exercise, body: str, hidden: bool) -> list[NotebookNode]:
    """The task, the answer's cell, and the locked cell that gives the points."""
    name, task = exercise.name, f"{exercise.task}\n\n*Points: {exercise.points}*"
    answer = f"{exercise.stub}\n    ### BEGIN SOLUTION\n{body}\n    ### END SOLUTION"
    test = f"verdict = {exercise.check}\nprint(verdict)\nverdict.points  # nbgrader reads them here"
    return [
        _text(f"{name}-task", task),
        _code(name, answer, solution=True),
        _code(f"{name}-check", HIDDEN.format(test=test) if hidden else test, grade=True, points=exercise.points),
    ]


def _text(grade_id: str, source: str, **metadata: Any) -> NotebookNode:
    given = _metadata(grade_id, "markdown", **{"locked": True, **metadata})
    return nbformat.v4.new_markdown_cell(source, id=grade_id, metadata=given)


def _code(grade_id: str, source: str, **metadata: Any) -> NotebookNode:
    given = _metadata(grade_id, "code", **{"locked": not metadata.get("solution"), **metadata})
    return nbformat.v4.new_code_cell(source, id=grade_id, metadata=given)


def _metadata(grade_id: str, cell_type: str, **given: Any) -> dict[str, Any]:
    plain = {"schema_version": 3, "grade_id": grade_id, "cell_type": cell_type, "task": False}
    return {"nbgrader": plain | {"grade": False, "solution": False, "locked": False} | given}
