"""The teacher's edition of a lesson: solutions in place of the stubs, and the key below every exercise and question."""

from __future__ import annotations

import copy

import nbformat
from nbformat import NotebookNode

from workbench.course import lesson
from workbench.course.key import Key

NOTE = "**Teacher's edition**, made from the lesson and its key: solutions, answers, and mistakes that are common."


def teachers(notebook: NotebookNode, key: Key) -> NotebookNode:
    """Return a lesson with its key. Raises a ValueError where the two do not fit."""
    exercises = {exercise.place: exercise for exercise in lesson.exercises(notebook)}
    check_fit(notebook, key)
    made = copy.deepcopy(notebook)
    made.cells = []
    for place, cell in enumerate(copy.deepcopy(notebook.cells)):
        made.cells.append(cell)
        if place == 0:
            made.cells.append(_beside(cell, NOTE))
        if place in exercises:
            exercise = exercises[place]
            solved = key.solved[exercise.name]
            cell.source = f"{solved.solution}\n\n\n{exercise.check}"
            made.cells += [_beside(cell, f"### The key to {exercise.name}\n\n{solved.below}")]
        if lesson.QUESTIONS in cell.metadata.get("tags", ()):
            answers = "\n".join(f"{i}. {answer}" for i, answer in enumerate(key.answers, 1))
            made.cells.append(_beside(cell, f"### Answers\n\n{answers}"))
    return made


def check_fit(notebook: NotebookNode, key: Key) -> None:
    """Raise a ValueError unless every question has an answer, and every exercise a solution from its stub on."""
    names = [exercise.name for exercise in lesson.exercises(notebook)]
    if sorted(names) != sorted(key.solved):
        raise ValueError(f"a key must solve the exercises of its lesson, {names}, got {list(key.solved)}")
    asked = len(lesson.questions(notebook))
    if asked != len(key.answers):
        raise ValueError(f"a key must answer the {asked} questions of its lesson, got {len(key.answers)} answers")
    for exercise in lesson.exercises(notebook):
        key.solved[exercise.name].body(exercise.stub)


def _beside(cell: NotebookNode, text: str) -> NotebookNode:
    """A cell of text that has the same id whenever it is made, so that an edition made again is the same file."""
    return nbformat.v4.new_markdown_cell(text, id=f"{cell.id}-key", metadata={"tags": ["key"]})
