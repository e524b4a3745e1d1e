"""Probabilities and labels as every metric takes them: looked at once, in float64, from torch or numpy.

The commonest slip is to hand in logits. Some libraries then apply a softmax by themselves, but only where a value lies
outside [0, 1]; here it is an error.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from jaxtyping import Bool, Float64, Int64
from torch import Tensor

from workbench.work import rules

Array = Tensor | np.ndarray
SLACK = 1e-4  # how far a row's sum may be from 1: a softmax in float32 over a thousand classes is within 1e-6
ROUNDED = 0.02  # and how far in what was rounded to few digits, and hardly in logits


def checked(
    probabilities: Array, labels: Array
) -> tuple[Float64[np.ndarray, "examples classes"], Int64[np.ndarray, " examples"]]:
    """Return probabilities (N, C) and labels (N,) as arrays of float64 and int64, or say what is wrong with them."""
    p_NC = numbers(probabilities)
    if p_NC.ndim != 2 or p_NC.shape[1] < 2:
        raise ValueError(
            f"probabilities must be (examples, classes) with two classes at least, got the shape {p_NC.shape}; "
            "for the probability p of one class alone pass np.stack([1 - p, p], 1)"
        )
    y_N = checked_labels(labels, *p_NC.shape)
    if np.isnan(p_NC).any():
        raise ValueError(f"{int(np.isnan(p_NC).any(1).sum())} of {len(p_NC)} rows hold a NaN; the network diverged")
    slack = min(max(SLACK, _step(probabilities)), ROUNDED)
    negative, off = (p_NC < 0).any(1), np.abs(p_NC.sum(1) - 1)
    out = negative | (p_NC > 1 + slack).any(1) | (off > slack)
    if out.any():
        row, rounded = int(out.argmax()), not negative.any() and off.max() < ROUNDED
        way_on = "they were rounded: pass" if rounded else "if these are logits, pass"
        raise ValueError(
            f"probabilities must be from 0 to 1 and sum to 1 in each row, got {_short(p_NC[row])} in row {row}; "
            f"{way_on} torch.softmax(logits{'.float()' if rounded else ''}, 1)"
        )
    return p_NC, y_N


def checked_labels(labels: Array, examples: int, classes: int) -> Int64[np.ndarray, " examples"]:
    """Return the labels as int64, one an example, each the place of its class; or say what is wrong with them."""
    try:
        y_N = labels.detach().cpu().numpy() if isinstance(labels, Tensor) else np.asarray(labels)
    except (TypeError, ValueError):  # rows of different lengths
        raise rules.refused("labels", f"{examples} integers, one an example", labels) from None
    if not examples:
        raise ValueError("there are no examples, and nothing to measure; this split is empty, load another share")
    if y_N.shape != (examples,) or y_N.dtype.kind not in "iu":
        raise ValueError(
            f"labels must be {examples} integers, one an example, got {y_N.dtype} of the shape {y_N.shape}; "
            "rows of zeros and a one become labels by argmax(1)"
        )
    if int(y_N.min()) < 0 or int(y_N.max()) >= classes:
        raise ValueError(
            f"labels must be from 0 to {classes - 1}, one of the {classes} classes, got {int(y_N.min())} to "
            f"{int(y_N.max())}; pass the labels of the data set that the network was trained on"
        )
    return y_N.astype(np.int64)


def top(probabilities: Array, labels: Array) -> tuple[Float64[np.ndarray, " examples"], Bool[np.ndarray, " examples"]]:
    """Return the confidence of each prediction, its largest probability, and whether it is right.

    Of two classes that are equally probable the first is predicted.
    """
    p_NC, y_N = checked(probabilities, labels)
    return np.minimum(p_NC.max(1), 1.0), p_NC.argmax(1) == y_N


def numbers(values: Any, name: str = "probabilities") -> np.ndarray:
    """Return a tensor, of any device and precision, or an array as an array of float64."""
    if isinstance(values, Tensor) and not values.is_complex():
        return values.detach().to("cpu", torch.float64).numpy()
    try:
        return np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError):
        raise rules.refused(name, "numbers, in a tensor or an array", values) from None


def _step(values: Any) -> float:
    """Return the step from 1 to the next number of this precision, 0.008 of bfloat16: no row's sum is surer."""
    dtype = getattr(values, "dtype", None)
    if isinstance(dtype, torch.dtype):
        return torch.finfo(dtype).eps if dtype.is_floating_point else 0.0
    return float(np.finfo(dtype).eps) if isinstance(dtype, np.dtype) and dtype.kind == "f" else 0.0


def _short(row: np.ndarray) -> str:
    words = [f"{value:.4g}" for value in row[:4]]
    return f"({', '.join([*words, '…'] if len(row) > 4 else words)}), a sum of {row.sum():.4g},"
