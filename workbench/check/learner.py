"""What a learner's function does when it is called: its answer, or what went wrong, and in which of its lines."""

from __future__ import annotations

import copy
import inspect
import linecache
import traceback
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from workbench.check.verdict import Slip, expect


def answer_of(function: Callable[..., Any], names: Sequence[str], *given: Any) -> Any:
    """Return what a learner's function returns for copies of what is given, which the exercise calls by these names.

    A slip is what it raises, with the line; other arguments than these; and a change to what it was given.
    """
    arguments = copied(given)
    _check_signature(function, names)
    try:
        answer = function(*arguments)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # SystemExit, too, and a task that was cancelled
        raise Slip(raised(error, function)) from error
    for name, before, after in zip(names, given, arguments, strict=True):
        expect(_same(before, after), f"it changed `{name}`, which it was given; work on a copy, or make a new one")
    return answer


def raised(error: BaseException, function: Callable[..., Any]) -> str:
    """Say what a learner's function raised, and in which of its lines."""
    try:
        words = f"it raised {type(error).__name__}: {error}".rstrip(": ")
    except Exception:  # of an exception that cannot say what it is
        words = f"it raised {type(error).__name__}"
    file = getattr(inspect.unwrap(function), "__code__", None)
    frames = [
        frame for frame in traceback.extract_tb(error.__traceback__) if file and frame.filename == file.co_filename
    ]
    if isinstance(error, SyntaxError) or not frames:
        return words
    number = frames[-1].lineno or 0
    line = linecache.getline(frames[-1].filename, number).strip()
    return f"{words}, in line {number}{f': {line}' if line else ''}"


def copied(value: Any) -> Any:
    """Copy what is handed to a learner, so that no answer can change the next question."""
    if isinstance(value, Tensor):
        return value.detach().clone().requires_grad_(value.requires_grad)
    if isinstance(value, (list, tuple)):
        return type(value)(copied(part) for part in value)
    return {name: copied(part) for name, part in value.items()} if isinstance(value, dict) else copy.copy(value)


def _same(before: Any, after: Any) -> bool:
    if isinstance(before, Tensor):
        whole = isinstance(after, Tensor) and before.dtype == after.dtype and before.shape == after.shape
        return whole and torch.equal(before, after)
    if isinstance(before, dict):
        return before.keys() == after.keys() and all(_same(before[name], after[name]) for name in before)
    if isinstance(before, (list, tuple)):
        return len(before) == len(after) and all(map(_same, before, after))
    return before is after or callable(before) or before == after


def _check_signature(function: Callable[..., Any], names: Sequence[str]) -> None:
    """A slip where it does not take as many arguments as the exercise has; what has no signature is tried."""
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):
        return
    try:
        signature.bind(*names)
    except TypeError:
        raise Slip(
            f"it should take {len(names)} argument{'s' * (len(names) > 1)}, ({', '.join(names)}), and takes {signature}"
        ) from None
    order = list(signature.parameters)
    other = order != list(names) and sorted(order) == sorted(names)
    expect(not other, f"its arguments come in the order ({', '.join(names)}), and yours are ({', '.join(order)})")
