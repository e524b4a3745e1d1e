"""The exercises on calibration: an expected calibration error, and the weights of a robust loss."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from workbench.check.verdict import Checked, attempt, short


def ece(function: Callable[[Tensor, Tensor, int], float]) -> Checked:
    """Check a learner's ECE: `function(confidence, right, bins)` returns Σ |B| / N · |mean right - mean confidence|.

    Bins have equal width, and an empty one counts nothing.
    """
    confidence = torch.tensor([0.55, 0.65, 0.95, 0.85, 0.9])
    right = torch.tensor([True, False, True, False, True])
    answer, wrong = attempt(function, confidence.clone(), right.clone(), 2)
    if wrong:
        return wrong
    try:
        value = float(answer)
    except (TypeError, ValueError):
        return Checked(False, f"it should return one number, and returned {short(answer)}")
    if value != value:
        return Checked(False, "it returned NaN: no confidence is below a half here, and an empty bin counts nothing")
    if abs(value + 0.18) < 1e-4:
        return Checked(False, "accuracy less confidence is -0.18 here; a bin counts by its absolute value")
    if abs(value - 0.18) > 1e-4:
        told = "with two bins all five are in the upper one: mean confidence 0.78, accuracy 0.6, so 0.18"
        return Checked(False, f"{told}; yours says {value:.4g}")
    more, wrong = attempt(function, torch.tensor([0.1, 0.9, 0.9, 0.9]), torch.tensor([True, True, True, False]), 2)
    if wrong or abs(float(more) - (0.25 * 0.9 + 0.75 * (0.9 - 2 / 3))) > 1e-4:
        slip = wrong is None and abs(float(more) - (0.9 + 0.9 - 2 / 3) / 2) < 1e-4
        way = "weigh a bin by its share of the examples" if slip else "one example in the lower bin, three in the upper"
        return wrong or Checked(False, f"two bins with errors 0.9 and 0.2333 give 0.4, yours {float(more):.4g}; {way}")
    full, wrong = attempt(function, torch.tensor([1.0, 1.0]), torch.tensor([True, False]), 10)
    if wrong or abs(float(full) - 0.5) > 1e-4:
        return wrong or Checked(False, "a confidence of exactly 1 belongs to the last bin; yours loses it")
    return Checked(True, "the gap of every bin by its share. wb.calibration.ece says where its bins close as well")


def robust_weights(function: Callable[[Tensor, float], Tensor]) -> Checked:
    """Check a learner's weights: `function(losses, lam)` returns exp(l / lam), scaled so that they sum to one.

    Losses of a thousand must not overflow, and the losses must stay as they were.
    """
    losses = torch.tensor([0.0, 2.0, 4.0], dtype=torch.float64) * torch.log(torch.tensor(2.0, dtype=torch.float64))
    given = losses.clone()
    answer, wrong = attempt(function, losses, 2.0)
    if wrong:
        return wrong
    if not isinstance(answer, Tensor) or answer.shape != (3,):
        return Checked(False, f"it should return one weight a loss, a tensor of shape (3,), got {short(answer)}")
    if not torch.equal(losses, given):
        return Checked(False, "it changed the losses it was given; make a new tensor")
    right = torch.tensor([1.0, 2.0, 4.0], dtype=torch.float64) / 7
    if torch.allclose(answer.double(), right.flip(0), atol=1e-4):
        return Checked(False, "the hardest example has the least weight; it is the largest loss that counts most")
    if torch.allclose(answer.double(), 7 * right, atol=1e-3):
        return Checked(False, "the weights must sum to one; divide by their sum")
    if torch.allclose(answer.double(), (2 * losses).softmax(0), atol=1e-4):
        return Checked(False, "lambda divides the losses: a large one is mild, infinity is the plain mean")
    if not torch.allclose(answer.double(), right, atol=1e-4):
        told = f"losses of 0, 2 log 2 and 4 log 2 at lambda 2 have weights in 1 : 2 : 4, yours are {answer.tolist()}"
        return Checked(False, told)
    large, wrong = attempt(function, torch.tensor([0.0, 1000.0]), 1.0)
    if wrong or not bool(large.isfinite().all()):
        return wrong or Checked(False, "a loss of 1000 overflows exp; subtract the largest loss first, or use softmax")
    return Checked(True, "the softmax of the losses over lambda. wb.robust.robust_weights takes eta as well")
