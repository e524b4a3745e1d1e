"""The exercises on calibration: an expected calibration error, and the weights of a robust loss."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from workbench.check.verdict import Checked, answer_of, exercise, expect, number_of, short


@exercise
def ece(function: Callable[[Tensor, Tensor, int], float]) -> Checked:
    """Check a learner's ECE: `function(confidence, right, bins)` returns Σ |B| / N · |mean right - mean confidence|.

    Bins have equal width, and an empty one counts nothing.
    """
    confidence = torch.tensor([0.55, 0.65, 0.95, 0.85, 0.9])
    right = torch.tensor([True, False, True, False, True])
    value = number_of(function, confidence.clone(), right.clone(), 2)
    expect(value == value, "it returned NaN: no confidence is below a half here, and an empty bin counts nothing")
    expect(abs(value + 0.18) >= 1e-4, "accuracy less confidence is -0.18 here; a bin counts by its absolute value")
    rule = "with two bins all five are in the upper one: mean confidence 0.78, accuracy 0.6, so 0.18"
    expect(abs(value - 0.18) <= 1e-4, f"{rule}; yours says {value:.4g}")
    two = number_of(function, torch.tensor([0.1, 0.9, 0.9, 0.9]), torch.tensor([True, True, True, False]), 2)
    unweighed = abs(two - (0.9 + 0.9 - 2 / 3) / 2) < 1e-4
    way = (
        "weigh a bin by its share of the examples" if unweighed else "one example in the lower bin, three in the upper"
    )
    rule = f"two bins with errors 0.9 and 0.2333 give 0.4, yours {two:.4g}; {way}"
    expect(abs(two - (0.25 * 0.9 + 0.75 * (0.9 - 2 / 3))) <= 1e-4, rule)
    sure = number_of(function, torch.tensor([1.0, 1.0]), torch.tensor([True, False]), 10)
    expect(abs(sure - 0.5) <= 1e-4, "a confidence of exactly 1 belongs to the last bin; yours loses it")
    return Checked(True, "the gap of every bin by its share. wb.calibration.ece says where its bins close as well")


@exercise
def robust_weights(function: Callable[[Tensor, float], Tensor]) -> Checked:
    """Check a learner's weights: `function(losses, lam)` returns exp(l / lam), scaled so that they sum to one.

    Losses of a thousand must not overflow, and the losses must stay as they were.
    """
    losses = torch.tensor([0.0, 2.0, 4.0], dtype=torch.float64) * torch.log(torch.tensor(2.0, dtype=torch.float64))
    given = losses.clone()
    answer = answer_of(function, losses, 2.0)
    form = f"it should return one weight a loss, a tensor of shape (3,), got {short(answer)}"
    expect(isinstance(answer, Tensor) and answer.shape == (3,), form)
    expect(torch.equal(losses, given), "it changed the losses it was given; make a new tensor")
    right = torch.tensor([1.0, 2.0, 4.0], dtype=torch.float64) / 7

    def near(weights: Tensor, within: float = 1e-4) -> bool:
        return torch.allclose(answer.double(), weights, atol=within)

    expect(not near(right.flip(0)), "the hardest example has the least weight; it is the largest loss that counts most")
    expect(not near(7 * right, within=1e-3), "the weights must sum to one; divide by their sum")
    mild = "lambda divides the losses: a large one is mild, infinity is the plain mean"
    expect(not near((2 * losses).softmax(0)), mild)
    rule = "losses of 0, 2 log 2 and 4 log 2 at lambda 2 have weights in 1 : 2 : 4"
    expect(near(right), f"{rule}, yours are {answer.tolist()}")
    large = answer_of(function, torch.tensor([0.0, 1000.0]), 1.0)
    finite = isinstance(large, Tensor) and bool(large.isfinite().all())
    expect(finite, "a loss of 1000 overflows exp; subtract the largest loss first, or use softmax")
    return Checked(True, "the softmax of the losses over lambda. wb.robust.robust_weights takes eta as well")
