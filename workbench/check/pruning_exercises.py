"""The exercises on winning tickets: prune the smallest weights, and make the next round."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from workbench.check.verdict import Checked, answer_of, exercise, expect, short


@exercise
def smallest_pruned(function: Callable[[Tensor, float], Tensor]) -> Checked:
    """Check a learner's magnitude pruning: `function(weights, density)` returns the bool mask of what is kept.

    It must keep exactly round(density × n) weights, those of largest magnitude, and must not change the weights.
    """
    weights = torch.tensor([[0.5, -3.0, 0.1, 0.0], [2.0, -0.2, 1.0, -0.4]])
    given = weights.clone()
    mask = answer_of(function, weights, 0.5)
    boolean = isinstance(mask, Tensor) and mask.dtype == torch.bool and mask.shape == weights.shape
    expect(boolean, f"it should return a bool tensor of shape (2, 4), and returned {short(mask)}")
    expect(torch.equal(weights, given), "it changed the weights it was given; work on a copy, or on weights.abs()")
    kept = int(mask.sum())
    expect(kept == 4, f"density 0.5 of 8 weights keeps 4, yours keeps {kept}")
    expect(mask[0, 1], "-3.0 is the largest weight by magnitude, and yours prunes it; the sign does not matter")
    largest = torch.tensor([[True, True, False, False], [True, False, True, False]])
    expect(torch.equal(mask, largest), "it keeps 4 weights, but not the 4 of largest magnitude: -3, 2, 1 and 0.5")
    ties = answer_of(function, torch.ones(10), 0.3)
    exact = isinstance(ties, Tensor) and int(ties.sum()) == 3
    expect(exact, "of ten equal weights density 0.3 keeps 3; a threshold keeps all or none")
    return Checked(True, "exactly the largest are kept. wb.pruning.magnitude does this over all layers at once")


@exercise
def next_round(function: Callable[[Tensor, Tensor, Tensor, float], tuple[Tensor, Tensor]]) -> Checked:
    """Check a learner's lottery round: `function(trained, rewound, mask, fraction)` returns the next (weights, mask).

    It must prune round(fraction × survivors) of the smallest *trained* weights among the survivors, and start the next
    round from the *rewound* weights, zero where they are pruned.
    """
    trained = torch.tensor([0.9, -0.1, 0.0, 0.8, -0.7, 0.3])
    rewound = torch.tensor([0.1, -0.5, 0.6, 0.2, -0.3, 0.4])
    mask = torch.tensor([True, True, False, True, True, False])
    answer = answer_of(function, trained.clone(), rewound.clone(), mask.clone(), 0.25)
    pair = isinstance(answer, tuple) and len(answer) == 2 and all(isinstance(part, Tensor) for part in answer)
    expect(pair, f"it should return two tensors, (weights, mask), and returned {short(answer)}")
    weights, kept = answer
    boolean = kept.dtype == torch.bool and kept.shape == mask.shape
    expect(boolean, f"the mask should be a bool tensor of shape {tuple(mask.shape)}, got {short(kept)}")
    expect(not (kept & ~mask).any(), "a weight that was pruned before came back; only survivors can survive")
    left = int(kept.sum())
    expect(left == 3, f"25 % of 4 survivors is 1, so 3 are left; yours leaves {left}")
    expect(not kept[1], "the smallest trained survivor is -0.1, and yours keeps it; rank the trained weights")
    tuned = torch.equal(weights[kept], trained[kept])
    expect(not tuned, "the next round starts from the trained weights; that is fine-tuning. Rewind them")
    masked = torch.where(kept, rewound, torch.zeros(()))
    expect(torch.equal(weights, masked), "survivors should have their rewound weights, and pruned places exactly 0")
    return Checked(True, "ranked by trained weights, rewound, masked. wb.lottery.rounds does this, round after round")
