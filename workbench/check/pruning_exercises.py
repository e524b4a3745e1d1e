"""The exercises on winning tickets: prune the smallest weights, and make the next round."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from workbench.check.verdict import Checked, attempt, short


def smallest_pruned(function: Callable[[Tensor, float], Tensor]) -> Checked:
    """Check a learner's magnitude pruning: `function(weights, density)` returns the bool mask of what is kept.

    It must keep exactly round(density × n) weights, those of largest magnitude, and must not change the weights.
    """
    weights = torch.tensor([[0.5, -3.0, 0.1, 0.0], [2.0, -0.2, 1.0, -0.4]])
    given = weights.clone()
    answer, wrong = attempt(function, weights, 0.5)
    if wrong:
        return wrong
    if not isinstance(answer, Tensor) or answer.dtype != torch.bool or answer.shape != weights.shape:
        return Checked(False, f"it should return a bool tensor of shape (2, 4), and returned {short(answer)}")
    if not torch.equal(weights, given):
        return Checked(False, "it changed the weights it was given; work on a copy, or on weights.abs()")
    if int(answer.sum()) != 4:
        return Checked(False, f"density 0.5 of 8 weights keeps 4, yours keeps {int(answer.sum())}")
    if not bool(answer[0, 1]):
        return Checked(False, "-3.0 is the largest weight by magnitude, and yours prunes it; the sign does not matter")
    if not torch.equal(answer, torch.tensor([[True, True, False, False], [True, False, True, False]])):
        return Checked(False, "it keeps 4 weights, but not the 4 of largest magnitude: -3, 2, 1 and 0.5")
    ties, wrong = attempt(function, torch.ones(10), 0.3)
    if wrong or not isinstance(ties, Tensor) or int(ties.sum()) != 3:
        return wrong or Checked(False, "of ten equal weights density 0.3 keeps 3; a threshold keeps all or none")
    return Checked(True, "exactly the largest are kept. wb.pruning.magnitude does this over all layers at once")


def next_round(function: Callable[[Tensor, Tensor, Tensor, float], tuple[Tensor, Tensor]]) -> Checked:
    """Check a learner's lottery round: `function(trained, rewound, mask, fraction)` returns the next (weights, mask).

    It must prune round(fraction × survivors) of the smallest *trained* weights among the survivors, and start the next
    round from the *rewound* weights, zero where they are pruned.
    """
    trained = torch.tensor([0.9, -0.1, 0.0, 0.8, -0.7, 0.3])
    rewound = torch.tensor([0.1, -0.5, 0.6, 0.2, -0.3, 0.4])
    mask = torch.tensor([True, True, False, True, True, False])
    answer, wrong = attempt(function, trained.clone(), rewound.clone(), mask.clone(), 0.25)
    if wrong:
        return wrong
    if not isinstance(answer, tuple) or len(answer) != 2 or not all(isinstance(part, Tensor) for part in answer):
        return Checked(False, f"it should return two tensors, (weights, mask), and returned {short(answer)}")
    weights, kept = answer
    if kept.dtype != torch.bool or kept.shape != mask.shape:
        return Checked(False, f"the mask should be a bool tensor of shape {tuple(mask.shape)}, got {short(kept)}")
    if bool((kept & ~mask).any()):
        return Checked(False, "a weight that was pruned before came back; only survivors can survive")
    if int(kept.sum()) != 3:
        return Checked(False, f"25 % of 4 survivors is 1, so 3 are left; yours leaves {int(kept.sum())}")
    if bool(kept[1]):
        return Checked(False, "the smallest trained survivor is -0.1, and yours keeps it; rank the trained weights")
    if torch.equal(weights[kept], trained[kept]):
        return Checked(False, "the next round starts from the trained weights; that is fine-tuning. Rewind them")
    if not torch.equal(weights, torch.where(kept, rewound, torch.zeros(()))):
        return Checked(False, "survivors should have their rewound weights, and pruned places exactly 0")
    return Checked(True, "ranked by trained weights, rewound, masked. wb.lottery.rounds does this, round after round")
