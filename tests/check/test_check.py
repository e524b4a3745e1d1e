"""The checks of learners' functions: none of the wrong answers passes, none of the right ones is refused."""

from __future__ import annotations

import asyncio
import importlib
import inspect
from functools import partial
from pathlib import Path

import pytest
import torch
from answers_gems import density
from answers_strong import kernel
from sets import Answers, Asked

import workbench as wb
from workbench.check.answers import written
from workbench.check.verdict import Verdict
from workbench.strong.target import Shape

SETS: dict[str, Answers] = {
    name: answers
    for file in sorted(Path(__file__).parent.glob("answers_*.py"))
    for name, answers in vars(importlib.import_module(file.stem)).items()
    if isinstance(answers, Answers)
}
CHECKS = [name for name, check in vars(wb.check).items() if inspect.isfunction(check)]
RIGHT = [(name, place) for name, answers in SETS.items() for place in range(len(answers.right))]
WRONG = [(name, place) for name, answers in SETS.items() for place in range(len(answers.wrong))]


def test_every_exercise_has_its_set() -> None:
    assert sorted(CHECKS) == sorted(SETS)


@pytest.mark.parametrize("name", SETS)
def test_a_set_is_large_enough(name: str) -> None:
    assert len(SETS[name].right) >= 8
    assert len(SETS[name].wrong) >= 15


@pytest.mark.parametrize(("name", "place"), RIGHT)
def test_a_right_answer_is_accepted_in_any_form(name: str, place: int) -> None:
    for seed in range(SETS[name].seeds):
        verdict = getattr(wb.check, name)(SETS[name].right[place], seed=seed)
        assert verdict, verdict
        assert verdict.points == verdict.of > 0


@pytest.mark.parametrize("name", SETS)
def test_whatever_can_be_called_may_be_handed_in(name: str) -> None:
    right = SETS[name].right[0]
    for function in (partial(right), Asked(right), Asked(right).__call__):
        verdict = getattr(wb.check, name)(function, seed=0)
        assert verdict, verdict


@pytest.mark.parametrize(("name", "place"), WRONG)
def test_a_wrong_answer_is_refused_and_told_what_is_wrong(name: str, place: int) -> None:
    wrong, words = SETS[name].wrong[place]
    for seed in range(SETS[name].seeds):
        verdict = getattr(wb.check, name)(wrong, seed=seed)
        assert not verdict
        assert words in verdict.message, verdict
        assert verdict.points == 0


def test_an_assertion_about_a_wrong_answer_fails() -> None:
    with pytest.raises(AssertionError):
        assert wb.check.ece(lambda confidence, right, bins: 0.18)


@pytest.mark.parametrize("name", CHECKS)
def test_what_is_no_function_is_told_to_be_none(name: str) -> None:
    verdict = getattr(wb.check, name)(0.5)
    assert not verdict
    assert f"hand in the function itself, {name}, without brackets" in verdict.message


@pytest.mark.parametrize("name", CHECKS)
def test_a_stub_without_a_body_earns_nothing(name: str) -> None:
    verdict = getattr(wb.check, name)(lambda *given: None)
    assert (verdict.points, bool(verdict)) == (0, False)
    assert "(None)" in verdict.message


@pytest.mark.parametrize("name", CHECKS)
def test_a_check_takes_its_function_and_a_seed(name: str) -> None:
    assert list(inspect.signature(getattr(wb.check, name)).parameters) == ["function", "seed"]
    with pytest.raises(ValueError, match="seed must be an integer"):
        getattr(wb.check, name)(lambda *given: 0, seed=-1)


def test_questions_are_drawn_anew_and_by_a_seed_again() -> None:
    wrong = partial(lambda confidence, right, bins: 0.18)
    assert len({wb.check.ece(wrong).message for _ in range(4)}) == 4
    assert wb.check.ece(wrong, seed=3) == wb.check.ece(wrong, seed=3)


def test_an_exception_is_shown_with_the_line_of_the_learner() -> None:
    def broken(losses, lam):
        scaled = losses / lam
        return scaled.softmux(0)

    line = inspect.getsourcelines(broken)[1] + 2
    words = f"it raised AttributeError: 'Tensor' object has no attribute 'softmux', in line {line}: return scaled."
    assert wb.check.robust_weights(broken).message.startswith(words)


def test_leaving_python_is_a_slip_and_an_interrupt_is_none() -> None:
    def leaving(losses, lam):
        raise SystemExit

    def interrupted(losses, lam):
        raise KeyboardInterrupt

    assert "raised SystemExit" in wb.check.robust_weights(leaving).message
    with pytest.raises(KeyboardInterrupt):
        wb.check.robust_weights(interrupted)


class UnspeakableError(Exception):
    def __str__(self):
        raise RuntimeError

    __repr__ = __str__


MUTE = UnspeakableError()


def cancelled(*given):
    raise asyncio.CancelledError


def unspeakable(*given):
    raise UnspeakableError


@pytest.mark.parametrize(
    "returned",
    [torch.eye(2)[0].to_sparse(), torch.zeros(3, device="meta"), MUTE, [MUTE], {"w": MUTE}],
    ids=["sparse", "meta", "object", "list", "dict"],
)
@pytest.mark.parametrize("name", sorted({*CHECKS} - {"kept_places", "suspects"}))  # which train before they ask
def test_whatever_is_returned_or_raised_is_answered_in_words(name: str, returned: object) -> None:
    for function in (lambda *given: returned, cancelled, unspeakable):
        verdict = getattr(wb.check, name)(function)
        assert not verdict
        assert len(verdict.message.split()) > 3


def test_two_numbers_are_written_with_digits_that_tell_them_apart() -> None:
    assert written(0.8165, 0.8164966) == ("0.817", "0.816")
    assert written(0.81650, 0.81651) == ("0.8165", "0.81651")
    assert written(1.0, 2.0) == ("1", "2")
    assert written(torch.tensor([1.0, 0.30001]), torch.tensor([1.0, 0.30002])) == ("[1, 0.30001]", "[1, 0.30002]")
    assert written(torch.zeros(20), torch.arange(20) / 19) == ("0 at [19]", "1 at [19]")


def test_a_verdict_shows_itself_as_a_sentence() -> None:
    verdict = Verdict(False, "2 < 3", of=2)
    assert repr(verdict) == "Not yet: 2 < 3"
    assert verdict._repr_html_() == "<p><b>✎ Not yet:</b> 2 &lt; 3</p>"
    assert Verdict(False, "is a `return` missing?")._repr_html_().endswith("is a <code>return</code> missing?</p>")
    assert Verdict(False, "one ` alone")._repr_html_().endswith("one ` alone</p>")
    assert repr(Verdict(True, "so it is")) == "Right: so it is"


def test_the_workbench_agrees_with_the_exercise_on_live_paths() -> None:
    sizes = [(2, 3), (3, 2), (2, 2)]
    model = torch.nn.Sequential(torch.nn.Flatten(), *(torch.nn.Linear(*size, bias=False) for size in sizes))
    rows = [[[1, 0], [1, 1], [0, 0]], [[1, 0, 1], [0, 1, 0]], [[1, 0], [0, 0]]]
    layers = [torch.tensor(layer, dtype=torch.bool) for layer in rows]
    mask = {f"{i + 1}.weight": layer for i, layer in enumerate(layers)}
    assert wb.live_paths(model, mask, (1, 1, 2)).effective_density == density(layers) == 3 / 16


def test_the_workbench_makes_the_kernel_of_the_exercise() -> None:
    shape = Shape("layer", inputs=2, outputs=3, kernel_size=(2, 2))
    target = torch.ones(3, 2, 2, 2, dtype=torch.float64)
    pair = wb.strong.prune_pair(shape, target, candidates=100, scale=0.2)
    plus, _ = pair.kernels()
    for j, u, V in pair.blocks():
        assert torch.allclose(kernel(u, pair.block(j)[1], pair.kept[j]).double(), plus[:, j], atol=1e-5)
        assert not V[~pair.kept[j]].any()
