"""What the sets of right and wrong answers to the exercises are made of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Answers:
    """Answers to one exercise: functions that are right, and wrong ones, each with words that must be said of it."""

    right: list[Callable[..., Any]]
    wrong: list[tuple[Callable[..., Any], str]]
    seeds: int = 3  # draws that each is tried with


class Asked:
    """An object that answers as a function does."""

    def __init__(self, right):
        self.right = right

    def __call__(self, *given):
        return self.right(*given)


class Once:
    """A function that answers once, and then returns nothing."""

    def __init__(self, right):
        self.right, self.asked = right, 0

    def __call__(self, *given):
        self.asked += 1
        return self.right(*given) if self.asked % 2 else None
