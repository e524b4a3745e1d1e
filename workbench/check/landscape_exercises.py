"""The exercises on the loss landscape: a point half-way, and a barrier."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from workbench.check.verdict import Checked, answer_of, exercise, expect, number_of, short


@exercise
def halfway(function: Callable[[dict[str, Tensor], dict[str, Tensor], float], dict[str, Tensor]]) -> Checked:
    """Check a learner's point of a path: `function(a, b, alpha)` returns (1 - alpha) a + alpha b, name by name.

    Whole numbers (batch-norm's count of batches) must come from `a` and stay whole, and both networks as they were.
    """
    a = {"w": torch.tensor([0.0, 4.0]), "norm.running_mean": torch.tensor([1.0]), "count": torch.tensor(3)}
    b = {"w": torch.tensor([2.0, 0.0]), "norm.running_mean": torch.tensor([5.0]), "count": torch.tensor(8)}
    given = [tensor.clone() for tensor in (*a.values(), *b.values())]
    answer = answer_of(function, a, b, 0.25)
    form = f"it should return a dict with the names w, norm.running_mean and count, got {short(answer)}"
    expect(isinstance(answer, dict) and answer.keys() == b.keys(), form)
    shapes = all(isinstance(answer[name], Tensor) and answer[name].shape == b[name].shape for name in b)
    expect(shapes, f"every name should hold a tensor of the shape it had, got {short(next(iter(answer.values())))}")
    kept = all(map(torch.equal, given, (*a.values(), *b.values())))
    expect(kept, "it changed one of the networks it was given; make new tensors")
    w = answer["w"].float()
    quarter = "alpha = 0.25 is a quarter of the way from a to b; yours is a quarter from b"
    expect(not torch.allclose(w, torch.tensor([1.5, 1.0])), quarter)
    rule = f"a quarter of the way from (0, 4) to (2, 0) is (0.5, 3), yours is {answer['w'].tolist()}"
    expect(torch.allclose(w, torch.tensor([0.5, 3.0])), rule)
    mean = answer["norm.running_mean"].float()
    rule = "batch-norm's statistics are mixed like the weights here, and yours are not"
    expect(torch.allclose(mean, torch.tensor([2.0])), rule)
    whole = answer["count"].dtype == torch.int64 and int(answer["count"]) == 3
    expect(whole, "a count of batches is a whole number: take it from a, there is no 4.25th batch")
    return Checked(True, "every tensor a quarter of the way, whole numbers from the first. wb.mix does this")


@exercise
def barrier(function: Callable[[Tensor, Tensor], float]) -> Checked:
    """Check a learner's barrier: `function(alphas, errors)` returns how far the error rises above the straight line.

    That is max over alpha of E(alpha) - (1 - alpha) E(0) - alpha E(1).
    """
    alphas = torch.tensor([0.0, 0.25, 0.5, 0.75, 1.0])
    value = number_of(function, alphas, torch.tensor([0.1, 0.15, 0.4, 0.45, 0.3]))
    slips = {
        0.45: "0.45 is the highest error; the barrier is how far it rises above the ends",
        0.25: "that is above the mean of the ends; these ends differ, so take the line between them",
        0.35: "that is above the first end; the line between the ends rises from 0.1 to 0.3",
    }
    for wrong, slip in slips.items():
        expect(abs(value - wrong) >= 1e-4, slip)
    rule = f"at alpha = 0.5 the line is at 0.2 and the error at 0.4, yours says {value:.4g}"
    expect(abs(value - 0.2) <= 1e-4, rule)
    flat = number_of(function, alphas, torch.tensor([0.1, 0.0, 0.0, 0.0, 0.1]))
    expect(abs(flat) <= 1e-6, "where the error only falls between the ends the barrier is 0: the ends count too")
    return Checked(True, "the highest rise above the line between the ends. Path.barrier() does this")
