"""The rules at the door for one plain value: what it must be, what was given, and the way on.

`rules.whole("batch_size", 2.5, least=1, way_on="128 is the usual one")` says: batch_size must be a whole number from 1,
got 2.5; 128 is the usual one. Every public function checks what it is given with these, before any work.
"""

from __future__ import annotations

import math
import os
import sys
from collections.abc import Callable, Collection, Iterable, Mapping
from numbers import Integral, Real
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from workbench.work.nearest import unknown

LIMIT = 2**53  # beyond it a whole number would not survive JSON, a spreadsheet, or a float column of a table


def whole(name: str, value: Any, *, least: int = 0, most: int = LIMIT, unit: str = "", way_on: str = "") -> int:
    """Return a whole number, of `unit` ("steps"), from `least` to `most`; a ValueError for anything else."""
    n = bare(value)
    if isinstance(n, Integral) and not isinstance(n, bool) and least <= int(n) <= most:
        return int(n)
    to = f" to {most}" if most != LIMIT else ""
    raise refused(name, f"a whole number {f'of {unit} ' if unit else ''}from {least}{to}", value, way_on)


def number(
    name: str,
    value: Any,
    *,
    least: float | None = None,
    above: float | None = None,
    most: float | None = None,
    below: float | None = None,
    way_on: str = "",
) -> float:
    """Return a number from `least` (or `above`) to `most` (or `below`); a ValueError for anything else.

    It is finite, unless `most` is infinity.
    """
    x = bare(value)
    largest = math.inf if most == math.inf else sys.float_info.max
    if _is_number(x) and abs(x) <= largest:  # which NaN is not
        high_enough = (least is None or x >= least) and (above is None or x > above)
        if high_enough and (most is None or x <= most) and (below is None or x < below):
            return float(x)
    limits = _range(least, above, most, below)
    if _is_number(x):  # then that is not what is wrong
        raise refused(name, limits or "a finite number", value, way_on)
    raise refused(
        name, (f"a number of {limits}" if limits[:2] == "at" else f"a number {limits}").rstrip(), value, way_on
    )


def share(name: str, value: Any, *, way_on: str = 'for "10 %" pass 0.1') -> float:
    """Return a number in [0, 1]; a ValueError for anything else."""
    return number(name, value, least=0, most=1, way_on=way_on)


def each(name: str, values: Any, rule: Callable[..., Any], way_on: str = "", **limits: Any) -> None:
    """Hold each of several values to a rule, `whole` or `number`; a ValueError names the place of the first bad one."""
    if isinstance(values, (str, bytes, Mapping)) or not isinstance(values, Iterable):
        raise refused(name, "several numbers", values, way_on)
    for place, value in enumerate(values):
        rule(f"{name}[{place}]", value, way_on=way_on, **limits)


def flag(name: str, value: Any, way_on: str = "") -> None:
    """Raise a ValueError for anything but True and False; numpy's serve as well."""
    if not isinstance(value, (bool, np.bool_)):
        raise refused(name, "True or False", value, way_on)


def choice(kind: str, value: Any, known: Collection[str], way_on: str = "") -> None:
    """Raise a ValueError with the nearest known one for anything but the known names of a `kind` ("scope")."""
    if not (isinstance(value, str) and value in known):
        raise unknown(kind, value if isinstance(value, str) else shown(value), known, way_on)


def function(name: str, value: Any, way_on: str = "") -> None:
    """Raise a ValueError for what cannot be called."""
    if not callable(value):
        raise refused(name, "a function", value, way_on)


def module(model: Any) -> None:
    """Raise a ValueError unless the model is a module of torch's."""
    instance("model", model, nn.Module, "an nn.Module", "wb.models.lenet(data) makes one")


def names(name: str, values: Any, way_on: str) -> None:
    """Raise a ValueError unless it is several names; one alone, as text, is none."""
    if isinstance(values, str) or not isinstance(values, Collection) or not all(isinstance(v, str) for v in values):
        raise refused(name, "several names", values, way_on)


def path(name: str, value: Any, way_on: str = "") -> Path:
    """Return the path of a file; a ValueError for what names none."""
    text = os.fspath(value) if isinstance(value, (str, os.PathLike)) else ""
    if not isinstance(text, str) or text in ("", ".") or "\0" in text:
        raise refused(name, "the path of a file", value, way_on)
    return Path(text)


def tensors(name: str, value: Any, way_on: str) -> None:
    """Raise a ValueError unless it is a dict of tensors by name."""
    if not isinstance(value, Mapping):
        raise refused(name, "a dict of tensors by name", value, way_on)
    for key, tensor in value.items():
        if not (isinstance(key, str) and isinstance(tensor, Tensor)):
            raise refused(f"{name}[{shown(key)}]", "a tensor, under its name", tensor, way_on)


def tensor(name: str, value: Any, dtype: torch.dtype, shape: tuple[int | str, ...], way_on: str) -> None:
    """Raise a ValueError unless it is a tensor of this dtype and shape; a size that has a name may be any."""
    fits = isinstance(value, Tensor) and value.dtype == dtype and value.ndim == len(shape)
    if not (fits and all(isinstance(size, str) or size == n for size, n in zip(shape, value.shape, strict=True))):
        raise refused(name, f"a tensor of {dtype} and the shape ({', '.join(map(str, shape))})", value, way_on)


def instance(name: str, value: Any, kinds: type | tuple[type, ...], rule: str, way_on: str = "") -> None:
    """Raise a ValueError unless the value is of one of the kinds; `rule` says in words what that is: "a Recipe"."""
    if not isinstance(value, kinds):
        raise refused(name, rule, value, way_on)


def refused(name: str, rule: str, value: Any, way_on: str = "") -> ValueError:
    """Return the error: what must hold of the argument, what was given, in few words, and the way on."""
    return ValueError(f"{name} must be {rule}, got {shown(value)}{f'; {way_on}' if way_on else ''}")


def shown(value: Any) -> str:
    """What was given, in few words: a value of plain type as it is typed, of anything else what it is."""
    value = bare(value)
    if value is None or isinstance(value, (bool, int, float, str, Real)):
        text = repr(value) if isinstance(value, str) else str(value)  # numpy's repr names its type
        return text if len(text) <= 60 else f"{text[:57]}…"
    if isinstance(value, type) or hasattr(value, "__qualname__"):
        return f"{'the class' if isinstance(value, type) else 'the function'} {value.__name__}"
    of = [f"of {value.dtype}"] if isinstance(value, Tensor) else []
    of += [f"of the shape {tuple(value.shape)}"] if isinstance(getattr(value, "shape", None), tuple) else []
    return " ".join((_article(type(value).__name__), " and ".join(of))).rstrip()


def bare(value: Any) -> Any:
    """Return the plain number of an array or tensor that is one; anything else as it is."""
    return value.item() if isinstance(value, (np.ndarray, Tensor)) and value.shape == () else value


def _is_number(value: Any) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool)


def _article(name: str) -> str:
    return f"{'an' if name[:1].lower() in 'aeiou' else 'a'} {name}"


def _range(least: float | None, above: float | None, most: float | None, below: float | None) -> str:
    low, high = least if above is None else above, most if below is None else below
    if low is None and high is None:
        return ""
    if high is None or high == math.inf:
        return f"above {low:g}" if above is not None else f"at least {low:g}"
    if low is None:
        return f"below {high:g}" if below is not None else f"at most {high:g}"
    return f"in {'(' if above is not None else '['}{low:g}, {high:g}{')' if below is not None else ']'}"
