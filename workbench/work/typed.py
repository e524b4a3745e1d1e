"""A function whose arguments are what its annotations say: 32.0 for a whole number is 32, one name a tuple of one.

It takes what is meant, exactly as a call by `wb.call` does, so that a direct call and an archived one are the same
work. What cannot be meant is handed on as it is, and refused by the function's own checks.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from workbench.work.annotations import convert_arguments

P = ParamSpec("P")
R = TypeVar("R")


def typed(function: Callable[P, R]) -> Callable[P, R]:
    """Return the function with its arguments converted by their annotations when it is called."""
    signature = inspect.signature(function)

    @functools.wraps(function)
    def called(*arguments: P.args, **options: P.kwargs) -> R:
        try:
            bound = signature.bind(*arguments, **options)
        except TypeError:
            return function(*arguments, **options)  # which says in Python's own words what does not fit
        bound.arguments.update(convert_arguments(function, bound.arguments))
        return function(*bound.args, **bound.kwargs)

    return called
