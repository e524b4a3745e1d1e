"""What a check says, and how it goes through what a learner wrote: step by step, up to the first slip."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from torch import Tensor

from workbench.work import html

Function = TypeVar("Function", bound=Callable[..., Any])


@dataclass(frozen=True)
class Checked:
    """What a check found: whether the function is right, and a sentence."""

    right: bool
    message: str
    of: int = 1  # points of the exercise

    @property
    def points(self) -> int:
        """The points that it earns: all of them, or none."""
        return self.of if self.right else 0

    def __bool__(self) -> bool:
        return self.right

    def __repr__(self) -> str:
        return f"{'Right' if self.right else 'Not yet'}: {self.message}"

    def _repr_html_(self) -> str:
        mark = "✔ Right" if self.right else "✎ Not yet"
        return html.element("p", html.element("b", f"{mark}:"), " ", self.message)


class Slip(Exception):  # noqa: N818
    """What is wrong with a learner's function, in words."""


def exercise(check: Callable[[Function], Checked]) -> Callable[[Function], Checked]:
    """Make a slip that a check comes upon its answer, so that it never raises for what the learner wrote."""

    @functools.wraps(check)
    def checked(function: Function) -> Checked:
        try:
            return check(function)
        except Slip as slip:
            return Checked(False, str(slip))

    return checked


def expect(holds: object, otherwise: str) -> None:
    """Go on where something holds; it is a slip `otherwise`."""
    if not holds:
        raise Slip(otherwise)


def answer_of(function: Callable[..., Any], *arguments: Any) -> Any:
    """Return what a learner's function returns; whatever it raises is a slip."""
    try:
        return function(*arguments)
    except Exception as error:
        raise Slip(f"it raised {type(error).__name__}: {error}") from error


def number_of(function: Callable[..., Any], *arguments: Any) -> float:
    """Return the one number that a learner's function returns; anything else is a slip."""
    answer = answer_of(function, *arguments)
    try:
        return float(answer)
    except (TypeError, ValueError, RuntimeError, OverflowError):
        raise Slip(f"it should return one number, and returned {short(answer)}") from None


def short(value: Any) -> str:
    """Say in few words what a function returned."""
    if isinstance(value, Tensor):
        return f"a {value.dtype} tensor of shape {tuple(value.shape)}"
    return "nothing (None)" if value is None else f"{type(value).__name__} {value!r}"[:80]
