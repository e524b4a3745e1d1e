"""Reading what a learner's function returned: numbers from a tensor, an array, lists or a number of any type.

An answer is a number, a tensor (of bools, whole numbers or floats), or several by name; the right one says which.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

import numpy as np
import torch
from torch import Tensor

from workbench.check.verdict import Slip, expect

Answer: TypeAlias = "float | int | Tensor | dict[str, Any]"

CLOSE = 1e-4  # what a right answer in float32 may be off, of 1 and of itself
COARSE = 4e-3  # and one in 16 bits


def read(returned: Any, right: Answer, form: str) -> Answer:
    """Return what a learner returned as what the right answer is; a slip, where it has not its `form`."""
    expect(returned is not None, f"it returned nothing (None), and should return {form}: is there a `return` missing?")
    if isinstance(right, dict):
        return _by_name(returned, right, form)
    values = numbers(returned)
    if not isinstance(right, Tensor):
        fits = values is not None and values.numel() == 1
        expect(fits, f"it should return {form}, and returned {short(returned)}")
        return float(values)  # pyright: ignore (fits)
    shape = tuple(right.shape)
    if values is None or values.shape != right.shape:
        raise Slip(f"it should return {form}, of shape {shape}, and returned {short(returned)}")
    if right.dtype == torch.bool:
        truths = bool(((values == 0) | (values == 1)).all())
        expect(truths, f"it should return {form}, True or False at each place, and returned {short(returned)}")
        return values == 1
    if not right.is_floating_point():
        expect(_is_whole(returned), f"it should stay a whole number, and is {short(returned)}: keep its dtype")
    return values


def close(yours: Answer | None, right: Answer | None, within: float = CLOSE) -> bool:
    """Say whether an answer is the right one, up to rounding; None is no answer."""
    if yours is None or right is None:
        return False
    if isinstance(right, dict):
        return isinstance(yours, dict) and all(close(yours[name], right[name], within) for name in right)
    mine, rights = _double(yours), _double(right)
    return mine.shape == rights.shape and torch.allclose(mine, rights, atol=within, rtol=within)


def rounding(returned: Any) -> float:
    """Return how far off an answer of this type may be."""
    parts = returned.values() if isinstance(returned, Mapping) else returned
    if isinstance(returned, (Mapping, list, tuple)):
        return max(map(rounding, parts), default=CLOSE)
    return COARSE if str(getattr(returned, "dtype", "")).endswith("float16") else CLOSE


def numbers(returned: Any) -> Tensor | None:
    """Return real numbers as a tensor of float64, from a tensor, an array, lists, a number; None of anything else."""
    try:
        if isinstance(returned, Tensor):
            return None if returned.is_complex() else returned.detach().cpu().to_dense().double()
        if isinstance(returned, (list, tuple)):
            return torch.stack([numbers(part) for part in returned])  # pyright: ignore (None is a TypeError)
        array = np.asarray(returned)
        if array.dtype.kind == "O":
            if isinstance(returned, np.ndarray):
                return numbers(returned.tolist())
            return torch.tensor(float(returned), dtype=torch.float64)  # a Fraction, a Decimal
        return torch.from_numpy(array.astype(np.float64, order="C")) if array.dtype.kind in "biuf" else None
    except Exception:  # whatever a stranger's type raises where it is asked for its number
        return None


def short(value: Any) -> str:
    """Say in few words what a function returned; of what cannot be shown its type."""
    try:
        return _shown(value)
    except Exception:  # a sparse tensor has no list, and some types raise where they are asked for their words
        return f"a {type(value).__name__} that cannot be shown"


def _shown(value: Any) -> str:
    if isinstance(value, (Tensor, np.ndarray)):
        kind = "tensor" if isinstance(value, Tensor) else "array"
        values = f" {value.tolist()}" if value.ndim == 0 or (len(value.shape) == 1 and len(value) < 6) else ""
        return f"a {value.dtype} {kind} of shape {tuple(value.shape)}{values}"
    return "nothing (None)" if value is None else " ".join(f"{type(value).__name__} {value!r}".split())[:80]


def written(yours: Answer, right: Answer) -> tuple[str, str]:
    """Write two answers of one shape with as many digits as tell them apart, and at least three."""
    if not isinstance(right, Tensor):
        right, yours = torch.tensor(float(right)).double(), torch.tensor(float(yours)).double()  # pyright: ignore
    assert isinstance(yours, Tensor)
    if right.numel() > 12:
        place = int((yours.double() - right.double()).abs().nan_to_num(torch.inf).argmax())
        at = ", ".join(str(int(i)) for i in np.unravel_index(place, tuple(right.shape)))
        mine, his = written(yours.flatten()[place], right.flatten()[place])
        return f"{mine} at [{at}]", f"{his} at [{at}]"
    texts = ("", "")
    for digits in range(3, 18):
        texts = (literal(yours, digits), literal(right, digits))
        if texts[0] != texts[1]:
            break
    return texts


def literal(value: Any, digits: int = 4) -> str:
    """Write numbers as a person types them: [0.5, 1], True."""
    if isinstance(value, Tensor):
        return literal((value.int() if value.dtype == torch.bool else value).tolist(), digits)
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(literal(part, digits) for part in value)}]"
    return f"{value + 0.0:.{digits}g}" if isinstance(value, float) else str(value)


def _by_name(returned: Any, right: dict[str, Any], form: str) -> dict[str, Any]:
    expect(isinstance(returned, Mapping), f"it should return {form}, and returned {short(returned)}")
    missing = [name for name in right if name not in returned] + [name for name in returned if name not in right]
    expect(not missing, f"it should return {form}, with the names {', '.join(right)}: {missing and missing[0]!r} is "
           f"{'missing' if missing and missing[0] in right else 'too much'}")  # fmt: skip
    return {name: read(returned[name], right[name], f"{form}, and under {name!r} a tensor") for name in right}


def _is_whole(returned: Any) -> bool:
    dtype = str(getattr(returned, "dtype", type(returned).__name__))
    return (isinstance(returned, (list, tuple)) and all(map(_is_whole, returned))) or "int" in dtype


def _double(answer: Any) -> Tensor:
    return answer.detach().double() if isinstance(answer, Tensor) else torch.tensor(float(answer)).double()
