"""The exercises on the loss landscape: a point half-way, and a barrier."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from workbench.check.verdict import Checked, attempt, short


def halfway(function: Callable[[dict[str, Tensor], dict[str, Tensor], float], dict[str, Tensor]]) -> Checked:
    """Check a learner's point of a path: `function(a, b, alpha)` returns (1 - alpha) a + alpha b, name by name.

    Whole numbers (batch-norm's count of batches) must come from `a` and stay whole, and both networks as they were.
    """
    a = {"w": torch.tensor([0.0, 4.0]), "norm.running_mean": torch.tensor([1.0]), "count": torch.tensor(3)}
    b = {"w": torch.tensor([2.0, 0.0]), "norm.running_mean": torch.tensor([5.0]), "count": torch.tensor(8)}
    given = {name: tensor.clone() for name, tensor in (a | {f"b {name}": t for name, t in b.items()}).items()}
    answer, wrong = attempt(function, a, b, 0.25)
    if wrong:
        return wrong
    if not isinstance(answer, dict) or answer.keys() != a.keys():
        return Checked(
            False, f"it should return a dict with the names w, norm.running_mean and count, got {short(answer)}"
        )
    if not all(torch.equal(given[name], t) for name, t in (a | {f"b {n}": t for n, t in b.items()}).items()):
        return Checked(False, "it changed one of the networks it was given; make new tensors")
    if torch.allclose(answer["w"].float(), torch.tensor([1.5, 1.0])):
        return Checked(False, "alpha = 0.25 is a quarter of the way from a to b; yours is a quarter from b")
    if not torch.allclose(answer["w"].float(), torch.tensor([0.5, 3.0])):
        return Checked(
            False, f"a quarter of the way from (0, 4) to (2, 0) is (0.5, 3), yours is {answer['w'].tolist()}"
        )
    if not torch.allclose(answer["norm.running_mean"].float(), torch.tensor([2.0])):
        return Checked(False, "batch-norm's statistics are mixed like the weights here, and yours are not")
    if answer["count"].dtype != torch.int64 or int(answer["count"]) != 3:
        return Checked(False, "a count of batches is a whole number: take it from a, there is no 4.25th batch")
    return Checked(True, "every tensor a quarter of the way, whole numbers from the first. wb.mix does this")


def barrier(function: Callable[[Tensor, Tensor], float]) -> Checked:
    """Check a learner's barrier: `function(alphas, errors)` returns how far the error rises above the straight line.

    That is max over alpha of E(alpha) - (1 - alpha) E(0) - alpha E(1).
    """
    alphas = torch.tensor([0.0, 0.25, 0.5, 0.75, 1.0])
    answer, wrong = attempt(function, alphas, torch.tensor([0.1, 0.15, 0.4, 0.45, 0.3]))
    if wrong:
        return wrong
    try:
        value = float(answer)
    except (TypeError, ValueError):
        return Checked(False, f"it should return one number, and returned {short(answer)}")
    if abs(value - 0.45) < 1e-4:
        return Checked(False, "0.45 is the highest error; the barrier is how far it rises above the ends")
    if abs(value - 0.25) < 1e-4:
        return Checked(False, "that is above the mean of the ends; these ends differ, so take the line between them")
    if abs(value - 0.35) < 1e-4:
        return Checked(False, "that is above the first end; the line between the ends rises from 0.1 to 0.3")
    if abs(value - 0.2) > 1e-4:
        return Checked(False, f"at alpha = 0.5 the line is at 0.2 and the error at 0.4, yours says {value:.4g}")
    flat, wrong = attempt(function, alphas, torch.tensor([0.1, 0.0, 0.0, 0.0, 0.1]))
    if wrong or abs(float(flat)) > 1e-6:
        return wrong or Checked(
            False, "where the error only falls between the ends the barrier is 0: the ends count too"
        )
    return Checked(True, "the highest rise above the line between the ends. Path.barrier() does this")
