"""The keys of the lessons: every question has an answer, every solution passes, every mistake is told what is wrong."""

from __future__ import annotations

from typing import Any

import nbformat
import numpy
import pytest
import torch

import workbench as wb
from workbench.course import key, lesson, teacher
from workbench.work.shipped import KEYS, shipped

LESSONS = sorted(shipped().glob("0[1-6]*.ipynb"))
KEY = {path.stem: key.read((path.parent / KEYS / f"{path.stem}.md").read_text()) for path in LESSONS}
EXERCISES = [
    pytest.param(exercise, KEY[path.stem].solved[exercise.name], id=exercise.name)
    for path in LESSONS
    for exercise in lesson.exercises(nbformat.read(path, 4))
]
MISTAKES = [
    pytest.param(case.values[0], mistake, id=f"{case.id}-{i}")
    for case in EXERCISES
    for i, mistake in enumerate(case.values[1].mistakes)  # pyright: ignore
]


def verdict_on(exercise: lesson.Exercise, code: str) -> Any:
    """What wb.check says of a function that is defined by this code, where a notebook has what a lesson imports."""
    names: dict[str, Any] = {"torch": torch, "np": numpy, "wb": wb}
    exec(code, names)
    return eval(exercise.check, names)


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_a_lesson_asks_and_its_key_answers(path) -> None:
    notebook = nbformat.read(path, 4)
    teacher.check_fit(notebook, KEY[path.stem])
    assert lesson.questions(notebook)
    assert all(len(answer.split()) > 10 for answer in KEY[path.stem].answers)
    levels = [exercise.level for exercise in lesson.exercises(notebook)]
    assert sorted(levels) == sorted(lesson.LEVELS), "something to begin with, and something for who is done"


@pytest.mark.parametrize(("exercise", "solved"), EXERCISES)
def test_a_solution_is_right_and_the_lessons_stub_is_not(exercise: lesson.Exercise, solved: key.Solved) -> None:
    verdict = verdict_on(exercise, solved.solution)
    assert verdict.right, verdict
    assert not verdict_on(exercise, exercise.stub).right
    assert len(solved.mistakes) >= 2


@pytest.mark.course
@pytest.mark.parametrize(("exercise", "solved"), EXERCISES)
def test_a_solution_is_right_whatever_is_drawn(exercise: lesson.Exercise, solved: key.Solved) -> None:
    names: dict[str, Any] = {"torch": torch, "np": numpy, "wb": wb}
    exec(solved.solution, names)
    verdicts = [getattr(wb.check, exercise.name)(names[exercise.name], seed=seed) for seed in range(100)]
    assert [(seed, verdict) for seed, verdict in enumerate(verdicts) if not verdict] == []


@pytest.mark.parametrize(("exercise", "mistake"), MISTAKES)
def test_a_common_mistake_gets_the_message_of_the_key(exercise: lesson.Exercise, mistake: key.Mistake) -> None:
    assert mistake.message
    verdict = verdict_on(exercise, mistake.code)
    assert not verdict.right
    assert mistake.is_told_by(verdict.message), verdict.message
