"""The exercises on scores of examples: EL2N, and a count of forgetting."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from workbench.check.verdict import Checked, attempt, short


def el2n(function: Callable[[Tensor, Tensor], Tensor]) -> Checked:
    """Check a learner's EL2N: `function(logits, labels)` returns ‖softmax(logits) - onehot(label)‖ by example."""
    logits = torch.tensor([[3.0, 1.0, 0.0], [0.0, 0.0, 0.0], [9.0, 0.0, 0.0]]).log1p()  # p = 4/7 2/7 1/7, thirds, …
    labels = torch.tensor([0, 2, 1])
    answer, wrong = attempt(function, logits.clone(), labels.clone())
    if wrong:
        return wrong
    if not isinstance(answer, Tensor) or answer.shape != (3,):
        return Checked(False, f"it should return one number an example, a tensor of shape (3,), got {short(answer)}")
    p = logits.softmax(1)
    error = p - torch.nn.functional.one_hot(labels, 3)
    right = error.norm(dim=1)
    slips = {
        "the square root is missing": right**2,
        "that is 1 - p of the label; EL2N counts where the rest of it went as well": 1 - p[range(3), labels],
        "that sums absolute values; the norm of EL2N is the Euclidean one": error.abs().sum(1),
        "that is the distance of the logits; take their softmax first": (
            logits - torch.nn.functional.one_hot(labels, 3)
        ).norm(dim=1),
    }
    for slip, value in slips.items():
        if torch.allclose(answer.float(), value, atol=1e-4):
            return Checked(False, slip)
    if not torch.allclose(answer.float(), right, atol=1e-4):
        told = (
            f"equal logits and label 2 give √(1/9 + 1/9 + 4/9) = {float(right[1]):.4f}, yours is {float(answer[1]):.4g}"
        )
        return Checked(False, told)
    return Checked(True, "how far the probabilities are from the label. wb.data_diet.el2n averages this over networks")


def forgetting(function: Callable[[list[bool]], int | float]) -> Checked:
    """Check a learner's count: `function(right)` returns the forgetting events of an example, in order of showing.

    An event is right once and wrong the next time. An example that was never right must rank above all others:
    infinity, or any number no other example can reach.
    """
    cases = [
        ([True, True, True], 0, "right from the first showing on: nothing was forgotten"),
        ([False, False, True, True], 0, "learned late and kept: wrong before it was learned is no forgetting"),
        (
            [True, False, True, False, False],
            2,
            "forgotten twice; still wrong is no event",
        ),
        ([False, True, False], 1, "learned and forgotten once"),
    ]
    for right, events, why in cases:
        answer, wrong = attempt(function, list(right))
        if wrong:
            return wrong
        if not isinstance(answer, (int, float)) or answer != events:
            return Checked(False, f"{right}: {why}, so {events}; yours says {short(answer)}")
    never, wrong = attempt(function, [False] * 6)
    if wrong or not isinstance(never, (int, float)) or not never > 3:
        way = "an example that was never right has no event, but it is the hardest; six showings allow 3 events at most"
        return wrong or Checked(False, f"{way}, so give it more than 3: yours says {short(never)}")
    return Checked(True, "right before and wrong now; never right is the hardest. wb.data_diet.Memory counts this")
