"""What a check says of a learner's function: whether it is right, in a sentence, and how many points that is."""

from __future__ import annotations

import functools
import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from workbench.work import html
from workbench.work.seeds import check_seed

Check = TypeVar("Check", bound=Callable[..., Any])


@dataclass(frozen=True)
class Verdict:
    """What a check says: whether the function is right, and a sentence. It is true only where the function is right."""

    right: bool
    message: str
    of: int = 1  # points of the exercise

    @property
    def points(self) -> int:
        """The points it earns: all of them, or none."""
        return self.of if self.right else 0

    def __bool__(self) -> bool:
        return self.right

    def __repr__(self) -> str:
        return f"{'Right' if self.right else 'Not yet'}: {self.message}"

    def _repr_html_(self) -> str:
        mark = "✔ Right" if self.right else "✎ Not yet"
        parts = self.message.split("`")  # what stands between two of them is code
        words = [html.element("code", part) if place % 2 else part for place, part in enumerate(parts)]
        return html.element("p", html.element("b", f"{mark}:"), " ", *(words if len(parts) % 2 else [self.message]))


class Slip(Exception):  # noqa: N818
    """What is wrong with a learner's function, in words."""


def exercise(points: int) -> Callable[[Check], Check]:
    """Make a check of a function that comes upon slips: the first is its answer. It never raises for what one wrote.

    What it is worth it has as `of`.
    """

    def decorated(check: Check) -> Check:
        @functools.wraps(check)
        def checked(function: Any, *, seed: int | None = None) -> Verdict:
            seed = secrets.randbits(53) if seed is None else check_seed(seed)
            try:
                way = f"hand in the function itself, {check.__name__}, without brackets behind it"
                expect(callable(function), f"{way}; this is {type(function).__name__} {function!r}"[:200])
                return replace(check(function, seed=seed), of=points)
            except Slip as slip:
                return Verdict(False, str(slip), of=points)

        vars(checked)["of"] = points
        return checked  # pyright: ignore (it takes what the check takes)

    return decorated


def expect(holds: object, otherwise: str) -> None:
    """Go on where something holds; it is a slip `otherwise`."""
    if not holds:
        raise Slip(otherwise)
