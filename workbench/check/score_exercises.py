"""The exercises on scores of examples: EL2N, and a count of forgetting."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn.functional import one_hot

from workbench.check.verdict import Checked, answer_of, exercise, expect, short


@exercise
def el2n(function: Callable[[Tensor, Tensor], Tensor]) -> Checked:
    """Check a learner's EL2N: `function(logits, labels)` returns ‖softmax(logits) - onehot(label)‖ by example."""
    logits = torch.tensor([[3.0, 1.0, 0.0], [0.0, 0.0, 0.0], [9.0, 0.0, 0.0]]).log1p()  # p = 4/7 2/7 1/7, thirds, …
    labels = torch.tensor([0, 2, 1])
    answer = answer_of(function, logits.clone(), labels.clone())
    form = f"it should return one number an example, a tensor of shape (3,), got {short(answer)}"
    expect(isinstance(answer, Tensor) and answer.shape == (3,), form)
    p, label = logits.softmax(1), one_hot(labels, 3)
    right = (p - label).norm(dim=1)
    slips = {
        "the square root is missing": right**2,
        "that is 1 - p of the label; EL2N counts where the rest of it went as well": 1 - p[range(3), labels],
        "that sums absolute values; the norm of EL2N is the Euclidean one": (p - label).abs().sum(1),
        "that is the distance of the logits; take their softmax first": (logits - label).norm(dim=1),
    }
    for slip, value in slips.items():
        expect(not torch.allclose(answer.float(), value, atol=1e-4), slip)
    rule = f"equal logits and label 2 give √(1/9 + 1/9 + 4/9) = {float(right[1]):.4f}"
    expect(torch.allclose(answer.float(), right, atol=1e-4), f"{rule}, yours is {float(answer[1]):.4g}")
    return Checked(True, "how far the probabilities are from the label. wb.data_diet.el2n averages this over networks")


@exercise
def forgetting(function: Callable[[list[bool]], int | float]) -> Checked:
    """Check a learner's count: `function(right)` returns the forgetting events of an example, in order of showing.

    An event is right once and wrong the next time. An example that was never right must rank above all others:
    infinity, or any number no other example can reach.
    """
    cases = [
        ([True, True, True], 0, "right from the first showing on: nothing was forgotten"),
        ([False, False, True, True], 0, "learned late and kept: wrong before it was learned is no forgetting"),
        ([True, False, True, False, False], 2, "forgotten twice; still wrong is no event"),
        ([False, True, False], 1, "learned and forgotten once"),
    ]
    for right, events, why in cases:
        count = answer_of(function, list(right))
        same = isinstance(count, (int, float)) and count == events
        expect(same, f"{right}: {why}, so {events}; yours says {short(count)}")
    never = answer_of(function, [False] * 6)
    way = "an example that was never right has no event, but it is the hardest; six showings allow 3 events at most"
    hardest = isinstance(never, (int, float)) and never > 3
    expect(hardest, f"{way}, so give it more than 3: yours says {short(never)}")
    return Checked(True, "right before and wrong now; never right is the hardest. wb.data_diet.Memory counts this")
