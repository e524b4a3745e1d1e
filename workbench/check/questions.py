"""Questions put to a learner's function, drawn anew so that no constant answers them, and the right answer beside it.

Of every usual mistake an exercise knows what it would answer. So questions are asked until none of them would pass, and
the one that was made is called by its name.
"""

from __future__ import annotations

import inspect
import itertools
import random
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from workbench.check.answers import COARSE, Answer, close, literal, read, rounding, written
from workbench.check.learner import answer_of, copied
from workbench.check.verdict import Slip
from workbench.work import seeds

ASKED = 20  # questions at least: what is right every other time by chance passes once in a million
DRAWS = 200  # and at most
MORE = 40  # further questions that a mistake must answer as the function does, nearly all, to be named
EXCHANGES = 20  # of an input between two questions, where it has one shape in both, to see whether it is ignored
TOLD = 8  # of them without any difference, from which on it is said to be
APART = 1.5 * COARSE  # how far from the right answer a mistake must be, so that rounding to 16 bits serves no mistake


@dataclass(frozen=True)
class Questions:
    """What is asked in an exercise: inputs that are drawn, the right answer, and what the usual mistakes answer."""

    name: str
    right: Callable[..., Answer]  # its parameters name the inputs
    draw: Callable[[random.Random], tuple[Any, ...]]
    form: str  # of the answer: "one number"
    mistakes: Mapping[str, Callable[..., Any]] = field(default_factory=dict)  # by what is said of them
    corners: Iterable[tuple[str, tuple[Any, ...]]] = ()  # inputs that decide something, and what
    other: Callable[..., str | None] = lambda yours, right, *inputs: None  # what is said where no mistake answers so
    not_finite: str = "is something divided by 0, or does it overflow?"
    hidden: int = 0  # of the inputs, at the end, which the learner's function is not given
    tidy: Callable[[Any], Any] = lambda returned: returned  # what was returned, as an answer
    call: Callable[..., Any] = answer_of

    @property
    def names(self) -> list[str]:
        """The names of the inputs."""
        return list(inspect.signature(self.right).parameters)

    @property
    def _given(self) -> list[str]:
        """The names of those that the learner's function is given."""
        return self.names[: len(self.names) - self.hidden]

    def ask(self, function: Callable[..., Any], seed: int | None, *, times: int = ASKED) -> None:
        """Ask drawn questions, so many at least, until no mistake is left that answers all of them rightly.

        To take one and the same number whatever is asked is a mistake, too. Then the corners are asked; the first wrong
        answer is a slip.
        """
        source = random.Random(seeds.number(seed or 0, self.name))
        passing = [*self.mistakes.values(), *self._unmoved([self.draw(source) for _ in range(MORE)])]
        for asked in range(DRAWS):
            inputs = self.draw(source)
            right = self.right(*copied(inputs))
            left = [mistake for mistake in passing if close(_tried(mistake, inputs), right, APART)]
            if asked < times or len(left) < len(passing):
                self.hold(function, inputs, more=(self.draw(source) for _ in range(MORE)))
            passing = left
            if asked >= times and not passing:
                break
        for why, inputs in self.corners:
            self.hold(function, inputs, why)

    def hold(
        self, function: Callable[..., Any], inputs: tuple[Any, ...], why: str = "", more: Iterable[tuple[Any, ...]] = ()
    ) -> None:
        """Hold the answer to one question against the right one; a slip says both, and names the mistake.

        A mistake is named where it answers `more` questions, too, as the function does.
        """
        right = self.right(*copied(inputs))
        try:
            returned = self.tidy(self.call(function, self.names, *inputs))
            yours = read(returned, right, self.form)
        except Slip as slip:
            raise Slip(f"{slip} ({self._call(inputs)}: {why})") if why else slip from slip.__cause__
        within = rounding(returned)
        if close(yours, right, within):
            return
        mine, his = _parts(yours, right, within)
        told, expected = written(mine, his)
        part = next((f" {name!r}" for name in right if right[name] is his), "") if isinstance(right, dict) else ""
        said = f"{self._call(inputs)} should give{part} {expected}, and yours gives {told}"
        finite = not isinstance(mine, (float, Tensor)) or bool(torch.as_tensor(mine).isfinite().all())
        if not finite and torch.as_tensor(his).isfinite().all():
            raise Slip(f"{said}: {why or self.not_finite}")
        mistake = why or self._named(function, yours, right, [inputs, *more], within)
        raise Slip(f"{said}{f': {mistake}' if mistake else ''}")

    def _named(
        self,
        function: Callable[..., Any],
        yours: Answer,
        right: Answer,
        questions: list[tuple[Any, ...]],
        within: float,
    ) -> str | None:
        """Say what is wrong with an answer, from what the function answers to further questions as well."""
        asked = [(inputs, self._answer(function, inputs)) for inputs in questions]
        if len(asked) > 1 and all(close(answer, asked[0][1], 1e-9) for _, answer in asked):
            return "it answers all questions alike"
        mistake = self._mistake(asked, within) or self.other(yours, right, *questions[0])
        return mistake or self._ignored(function, asked)

    def _unmoved(self, questions: list[tuple[Any, ...]]) -> list[Callable[..., Any]]:
        """Return the right answers of functions that take a number from one of these questions for that of all."""
        numbers = {(place, x) for given in questions for place, x in enumerate(given) if isinstance(x, (int, float))}
        return [
            lambda *inputs, place=place, x=x: self.right(*inputs[:place], x, *inputs[place + 1 :])
            for place, x in sorted(numbers)
        ]

    def _mistake(self, asked: list[tuple[Any, Answer | None]], within: float) -> str | None:
        """Say which of the usual mistakes answers what was asked as the learner's function does.

        It must answer the first so, and nearly all: of two equal numbers rounding makes either the largest.
        """
        answered = [(inputs, yours) for inputs, yours in asked if yours is not None]
        misses: dict[str, int] = {}
        for words, mistake in self.mistakes.items():
            same = [close(yours, _tried(mistake, inputs), within) for inputs, yours in answered]
            if same and same[0] and same.count(False) <= len(same) // 20:
                misses[words] = same.count(False)
        return min(misses, key=lambda words: misses[words], default=None)

    def _answer(self, function: Callable[..., Any], inputs: tuple[Any, ...]) -> Answer | None:
        """What it answers to a further question; None where that cannot be read."""
        try:
            returned = self.tidy(self.call(function, self.names, *inputs))
            return read(returned, self.right(*copied(inputs)), self.form)
        except Slip:  # of another question than the one that was read
            return None

    def _ignored(self, function: Callable[..., Any], asked: list[tuple[Any, Answer | None]]) -> str | None:
        """Say which inputs make no difference to a learner's function, and should, where another question's stand."""
        moved: dict[str, list[bool]] = {f"`{name}`": [] for name in self._given}
        steps = itertools.product(range(1, len(asked)), range(len(asked)))  # so that every question is changed in turn
        for (inputs, yours), (others, _) in ((asked[i], asked[(i + step) % len(asked)]) for step, i in steps):
            for place, moves in enumerate(moved.values()):
                if any(moves) or len(moves) == EXCHANGES:
                    continue
                swapped = (*inputs[:place], others[place], *inputs[place + 1 :])
                right, other = self.right(*copied(inputs)), _tried(self.right, swapped)
                if _shape(others[place]) == _shape(inputs[place]) and other is not None and not close(right, other):
                    moves.append(not close(yours, self._answer(function, swapped), 1e-9))
        ignored = [name for name, moves in moved.items() if len(moves) >= TOLD and not any(moves)]
        ignored = ignored if len(moved) > 1 else []  # of one input alone that is what "all alike" says
        named = " and ".join(part for part in (", ".join(ignored[:-1]), *ignored[-1:]) if part)
        return f"other values of {named} do not change its answer" if named else None

    def _call(self, inputs: tuple[Any, ...]) -> str:
        given = [
            name if isinstance(value, dict) or callable(value) else literal(value)
            for name, value in zip(self.names, inputs, strict=True)
        ]
        short = [text if len(text) < 160 else name for text, name in zip(given, self.names, strict=True)]
        shown = len(self._given)
        hidden = [f" with {name} = {text}" for name, text in zip(self.names[shown:], short[shown:], strict=True)]
        return f"{self.name}({', '.join(short[:shown])}){''.join(hidden)}"


def _tried(answer: Callable[..., Any], inputs: tuple[Any, ...]) -> Any:
    """What a mistake answers; None where it cannot."""
    try:
        return answer(*copied(inputs))
    except (ValueError, IndexError, RuntimeError, ZeroDivisionError):
        return None


def _parts(yours: Answer, right: Answer, within: float) -> tuple[Any, Any]:
    """The first parts of two answers that differ; both whole, where they have none."""
    if not isinstance(right, dict) or not isinstance(yours, dict):
        return yours, right
    return next((yours[name], right[name]) for name in right if not close(yours[name], right[name], within))


def _shape(value: Any) -> Any:
    """The shapes of all tensors in a value, in its own form."""
    if isinstance(value, dict):
        return {name: _shape(part) for name, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [_shape(part) for part in value]
    return value.shape if isinstance(value, Tensor) else None
