"""Temperature and vector scaling: logits stretched so that confidence fits, by the NLL of a validation split.

Guo et al. 2017, "On Calibration of Modern Neural Networks". Fit on the validation split and never on the test split;
for an ensemble after combining (Rahaman & Thiery 2021, "Uncertainty Quantification and Deep Ensembles"): there the
logits are the logarithm of the combined probabilities. One temperature changes no prediction; a vector may.
"""

from __future__ import annotations

import numpy as np
import torch
from jaxtyping import Float64, Int64
from torch import Tensor

from workbench.calibration.arrays import SLACK, Array, checked_labels, numbers
from workbench.work import rules

LEAST, MOST = 0.01, 100.0  # temperatures


def fit_temperature(logits: Array, labels: Array) -> float:
    """Return the temperature T, from 0.01 to 100, of the least mean NLL of softmax(logits / T).

    The NLL is convex in 1 / T, so there is one valley. 0.01 where every prediction is right (the NLL falls to the last)
    and 100 where the logits mislead; 1 where no other is better. `logits` (N, C) and `labels` (N,) are those of the
    validation split.
    """
    from scipy.optimize import minimize_scalar

    z_NC, y_N = _checked(logits, labels)

    def cost(temperature: float) -> float:
        return _nll(z_NC / temperature, y_N)

    ends = (np.log(LEAST), np.log(MOST))
    best = minimize_scalar(lambda log: cost(np.exp(log)), bounds=ends, method="bounded", options={"xatol": 1e-7})
    return min((1.0, LEAST, float(np.exp(best.x)), MOST), key=cost)  # at equal cost the first: 1 changes nothing


def fit_vector(logits: Array, labels: Array) -> tuple[Float64[Tensor, " classes"], Float64[Tensor, " classes"]]:
    """Return the scale and the shift of each class of the least mean NLL of softmax(scale · logits + shift).

    2 C numbers, found by L-BFGS from scale 1 and shift 0: of few examples it learns their noise, where a temperature
    does not. Shifts sum to 0; all are kept within ±100, which they reach only where classes can be told apart without a
    mistake. Raises a ValueError where a class has no example: the least NLL would rule it out for good.
    """
    from scipy.optimize import minimize

    z_NC, y_N = _checked(logits, labels)
    examples, classes = z_NC.shape
    if missing := sorted(set(range(classes)) - set(y_N.tolist())):
        raise ValueError(
            f"every class needs an example to be scaled by, none is of class {missing[0]}; take a larger validation "
            "split, or fit_temperature"
        )
    hit_NC = np.eye(classes)[y_N]

    def cost(flat: np.ndarray) -> tuple[float, np.ndarray]:
        scale_C, shift_C = flat.reshape(2, classes)
        u_NC = z_NC * scale_C + shift_C
        slope_NC = (_softmax(u_NC) - hit_NC) / examples
        return _nll(u_NC, y_N), np.concatenate([(slope_NC * z_NC).sum(0), slope_NC.sum(0)])

    begin = np.repeat([1.0, 0.0], classes)
    flat = minimize(cost, begin, jac=True, method="L-BFGS-B", bounds=[(-MOST, MOST)] * len(begin)).x
    scale_C, shift_C = torch.from_numpy(np.array(flat)).view(2, classes)
    return scale_C, shift_C - shift_C.mean()


def scaled(
    logits: Array, scale: float | Float64[Tensor, " classes"], shift: float | Float64[Tensor, " classes"] = 0.0
) -> Float64[Tensor, "examples classes"]:
    """Return the probabilities softmax(scale · logits + shift), of the scale and the shift that `fit_vector` found.

    For a temperature T pass `scaled(logits, 1 / T)`: it divides the logits. Raises a ValueError for a scale or a shift
    that is not finite, and for one scale of all classes that is not above 0.
    """
    z_NC, of_T = _finite(logits), "of a temperature T the scale is 1 / T"
    by_class = [isinstance(one, Tensor) and one.ndim > 0 for one in (scale, shift)]
    for name, one, each in zip(("scale", "shift"), (scale, shift), by_class, strict=True):
        if each and isinstance(one, Tensor) and (one.shape != z_NC.shape[1:] or not one.isfinite().all()):
            raise rules.refused(name, f"one finite number for all, or for each of {z_NC.shape[1]} classes", one, of_T)
    if not by_class[0]:
        rules.number("scale", scale.item() if isinstance(scale, Tensor) else scale, above=0, way_on=of_T)
    if not by_class[1]:
        rules.number("shift", shift.item() if isinstance(shift, Tensor) else shift, way_on=of_T)
    return (torch.from_numpy(z_NC) * scale + shift).softmax(1)


def _checked(
    logits: Array, labels: Array
) -> tuple[Float64[np.ndarray, "examples classes"], Int64[np.ndarray, " examples"]]:
    z_NC = _finite(logits)
    y_N = checked_labels(labels, *z_NC.shape)
    if (z_NC >= 0).all() and (np.abs(z_NC.sum(1) - 1) <= SLACK).all():
        raise ValueError("these rows are probabilities, each sums to 1; scaling takes logits: pass their logarithm")
    return z_NC, y_N


def _finite(logits: Array) -> Float64[np.ndarray, "examples classes"]:
    z_NC = numbers(logits, "logits")
    if z_NC.ndim != 2 or z_NC.shape[1] < 2:
        raise ValueError(f"logits must be (examples, classes) with two classes at least, got the shape {z_NC.shape}")
    if not np.isfinite(z_NC).all():
        raise ValueError(
            "logits must be finite; the logarithm of a probability of 0 is not: "
            "probabilities.double().clamp_min(1e-300).log()"
        )
    return z_NC


def _nll(z_NC: Float64[np.ndarray, "examples classes"], y_N: Int64[np.ndarray, " examples"]) -> float:
    top_N = z_NC.max(1)
    log_sum_N = top_N + np.log(np.exp(z_NC - top_N[:, None]).sum(1))
    return float((log_sum_N - z_NC[np.arange(len(y_N)), y_N]).mean())


def _softmax(z_NC: Float64[np.ndarray, "examples classes"]) -> Float64[np.ndarray, "examples classes"]:
    e_NC = np.exp(z_NC - z_NC.max(1, keepdims=True))
    return e_NC / e_NC.sum(1, keepdims=True)
