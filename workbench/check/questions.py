"""Questions put to a learner's function, drawn anew so that no constant answers them, and the right answer beside it.

Of every usual mistake an exercise knows what it would answer. So questions are asked until none of them would pass, and
the one that was made is called by its name.
"""

from __future__ import annotations

import inspect
import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from workbench.check.answers import COARSE, Answer, close, literal, read, rounding, written
from workbench.check.learner import answer_of, copied
from workbench.check.verdict import Slip
from workbench.work import seeds

DRAWS = 200  # questions at most
MORE = 15  # further questions that a mistake must answer as the function does, to be named
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
    first: Callable[..., str | None] = lambda yours, right, *inputs: None  # what is said before all mistakes
    not_finite: str = "something is divided by 0, or overflows"
    tidy: Callable[[Any], Any] = lambda returned: returned  # what was returned, as an answer
    call: Callable[..., Any] = answer_of

    @property
    def names(self) -> list[str]:
        """The names of the inputs."""
        return list(inspect.signature(self.right).parameters)

    def ask(self, function: Callable[..., Any], seed: int | None, *, times: int = 3) -> None:
        """Ask drawn questions, so many at least, until no mistake is left that answers all of them rightly.

        To take one and the same number whatever is asked is a mistake, too. Then the corners are asked; the first wrong
        answer is a slip.
        """
        source = random.Random(seeds.number(seed or 0, self.name))
        passing = [*self.mistakes.values(), *self._unmoved([self.draw(source) for _ in range(2 * MORE)])]
        for asked in range(DRAWS):
            inputs = self.draw(source)
            right = self.right(*copied(inputs))
            left = [mistake for mistake in passing if close(_tried(mistake, inputs), right, APART)]
            if asked < times or len(left) < len(passing):
                self.hold(function, inputs, more=[self.draw(source) for _ in range(MORE)])
            passing = left
            if asked >= times and not passing:
                break
        for why, inputs in self.corners:
            self.hold(function, inputs, why)

    def hold(
        self, function: Callable[..., Any], inputs: tuple[Any, ...], why: str = "", more: Sequence[tuple[Any, ...]] = ()
    ) -> None:
        """Hold the answer to one question against the right one; a slip says both, and names the mistake.

        A mistake is named where it answers `more` questions, too, as the function does.
        """
        right = self.right(*copied(inputs))
        returned = self.tidy(self.call(function, self.names, *inputs))
        yours = read(returned, right, self.form)
        within = rounding(returned)
        if close(yours, right, within):
            return
        mine, his = _parts(yours, right, within)
        told, expected = written(mine, his)
        part = next((f" {name!r}" for name in right if right[name] is his), "") if isinstance(right, dict) else ""
        said = f"{self._call(inputs)} should give{part} {expected}, and yours gives {told}"
        finite = not isinstance(mine, (float, Tensor)) or bool(torch.as_tensor(mine).isfinite().all())
        if not finite and torch.as_tensor(his).isfinite().all():
            raise Slip(f"{said}: {self.not_finite}")
        questions = [inputs, *more]
        mistake = why or self.first(yours, right, *inputs) or self._mistake(function, questions, within)
        mistake = mistake or self._ignored(function, questions)
        raise Slip(f"{said}{f': {mistake}' if mistake else ''}")

    def _unmoved(self, questions: list[tuple[Any, ...]]) -> list[Callable[..., Any]]:
        """Return the right answers of functions that take a number from one of these questions for that of all."""
        numbers = {(place, x) for given in questions for place, x in enumerate(given) if isinstance(x, (int, float))}
        return [
            lambda *inputs, place=place, x=x: self.right(*inputs[:place], x, *inputs[place + 1 :])
            for place, x in sorted(numbers)
        ]

    def _mistake(self, function: Callable[..., Any], questions: list[tuple[Any, ...]], within: float) -> str | None:
        """Say which of the usual mistakes answers all of these questions as the learner's function does."""
        answered = []
        for inputs in questions:
            try:
                answered.append((inputs, self._answer(function, inputs)))
            except Slip:  # of another question: the first was read
                continue
        for words, mistake in self.mistakes.items():
            if all(close(yours, _tried(mistake, inputs), within) for inputs, yours in answered):
                return words
        return None

    def _answer(self, function: Callable[..., Any], inputs: tuple[Any, ...]) -> Answer:
        returned = self.tidy(self.call(function, self.names, *inputs))
        return read(returned, self.right(*copied(inputs)), self.form)

    def _ignored(self, function: Callable[..., Any], questions: list[tuple[Any, ...]]) -> str | None:
        """Say which inputs make no difference to a learner's function that should make one."""
        same: dict[str, bool] = {}
        for inputs in questions:
            for place, name in enumerate(self.names):
                others = (*inputs[:place], _varied(inputs[place]), *inputs[place + 1 :])
                other = _tried(self.right, others)
                if other is None or close(self.right(*copied(inputs)), other):
                    continue
                try:
                    unmoved = close(self._answer(function, inputs), self._answer(function, others), 1e-9)
                except Slip:
                    continue
                same[name] = same.get(name, True) and unmoved
        ignored = [f"`{name}`" for name, unmoved in same.items() if unmoved]
        if len(ignored) == len(same) > 1:
            return "it answers the same whatever it is given"
        return f"its answer does not change with {' and '.join(ignored)}" if ignored else None

    def _call(self, inputs: tuple[Any, ...]) -> str:
        given = [
            name if isinstance(value, dict) or callable(value) else literal(value)
            for name, value in zip(self.names, inputs, strict=True)
        ]
        short = [text if len(text) < 160 else name for text, name in zip(given, self.names, strict=True)]
        return f"{self.name}({', '.join(short)})"


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


def _varied(value: Any) -> Any:
    """Another value of the same kind and shape."""
    if isinstance(value, Tensor):
        if value.dtype == torch.bool:
            return ~value
        other = value.detach().flatten().roll(1).view_as(value) if value.numel() > 1 else value.detach() + 1
        return other.requires_grad_(value.requires_grad)
    if isinstance(value, (list, tuple)):
        return type(value)(_varied(part) for part in value)
    if isinstance(value, dict):
        return {name: part + 1 for name, part in value.items()}
    return not value if isinstance(value, bool) else 2 * value + 1 if isinstance(value, int) else value / 2
