"""The checks of learners' functions: none of the wrong answers passes, none of the right ones is refused."""

from __future__ import annotations

import pytest
from sets import Answers

import workbench as wb

GROUPS = ("calibration",)
SETS: dict[str, Answers] = {
    name: answers
    for group in GROUPS
    for name, answers in vars(__import__(f"answers_{group}")).items()
    if isinstance(answers, Answers)
}
RIGHT = [(name, place) for name, answers in SETS.items() for place in range(len(answers.right))]
WRONG = [(name, place) for name, answers in SETS.items() for place in range(len(answers.wrong))]


@pytest.mark.parametrize("name", SETS)
def test_a_set_is_large_enough(name: str) -> None:
    assert len(SETS[name].right) >= 8
    assert len(SETS[name].wrong) >= 15


@pytest.mark.parametrize(("name", "place"), RIGHT)
def test_a_right_answer_is_accepted_in_any_form(name: str, place: int) -> None:
    check = getattr(wb.check, name)
    for seed in range(SETS[name].seeds):
        verdict = check(SETS[name].right[place], seed=seed)
        assert verdict, verdict
        assert verdict.points == verdict.of > 0


@pytest.mark.parametrize(("name", "place"), WRONG)
def test_a_wrong_answer_is_refused_and_told_what_is_wrong(name: str, place: int) -> None:
    check = getattr(wb.check, name)
    wrong, words = SETS[name].wrong[place]
    for seed in range(SETS[name].seeds):
        verdict = check(wrong, seed=seed)
        assert not verdict
        assert words in verdict.message, verdict
        assert verdict.points == 0
