"""What a check says, and how it calls what a learner wrote."""

from __future__ import annotations

import html
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from torch import Tensor


@dataclass(frozen=True)
class Checked:
    """What a check found: whether the function is right, and a sentence."""

    right: bool
    message: str

    def __repr__(self) -> str:
        return f"{'Right' if self.right else 'Not yet'}: {self.message}"

    def _repr_html_(self) -> str:
        mark = "✔ Right" if self.right else "✎ Not yet"
        return f"<p><b>{mark}:</b> {html.escape(self.message)}</p>"


def attempt(function: Callable[..., Any], *arguments: Any) -> tuple[Any, Checked | None]:
    """Call a learner's function; return its answer, or what it raised as a check that failed."""
    try:
        return function(*arguments), None
    except Exception as error:  # whatever a learner's function raises is an answer to the learner
        return None, Checked(False, f"it raised {type(error).__name__}: {error}")


def short(value: Any) -> str:
    """Say in few words what a function returned."""
    if isinstance(value, Tensor):
        return f"a {value.dtype} tensor of shape {tuple(value.shape)}"
    return "nothing (None)" if value is None else f"{type(value).__name__} {value!r}"[:80]
