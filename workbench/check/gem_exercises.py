"""The exercises on tickets at initialisation: scores that are rounded, and weights that lie on a live path."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from workbench.check.verdict import Checked, answer_of, exercise, expect, number_of, short


@exercise
def rounded(function: Callable[[Tensor, Tensor], Tensor]) -> Checked:
    """Check a learner's rounding of scores: `function(scores, weights)` returns the weights whose scores are above 1/2.

    The others are 0; and the gradient comes back to every score as if nothing had been rounded, dp = dW · w.
    """
    given = torch.tensor([0.9, 0.5, 0.2, 0.7])
    scores, weights = given.clone().requires_grad_(), torch.tensor([1.0, -2.0, 3.0, 4.0])
    network = answer_of(function, scores, weights)
    shaped = isinstance(network, Tensor) and network.shape == weights.shape
    expect(shaped, f"it should return a tensor of shape (4,), and returned {short(network)}")
    values = network.detach().float()
    soft = "a score of 0.9 keeps the whole weight, and yours keeps 0.9 of it; round on the way forward"
    expect(not torch.allclose(values, weights * given), soft)
    expect(abs(values[1]) < 1e-6, "a score of exactly 1/2 is not above 1/2, and yours keeps its weight")
    rule = f"of 1, -2, 3, 4 the scores 0.9, 0.5, 0.2, 0.7 keep 1, 0, 0, 4; yours gives {values.tolist()}"
    expect(torch.allclose(values, torch.tensor([1.0, 0.0, 0.0, 4.0])), rule)
    lost = "no gradient comes back to the scores: a comparison has none. Add what has one, and is 0: p - p.detach()"
    expect(network.requires_grad, lost)
    slopes = torch.tensor([1.0, 2.0, 3.0, 1.0])
    answer_of(network.backward, slopes)
    gradient = torch.zeros(4) if scores.grad is None else scores.grad
    expect(bool(gradient.any()), lost)
    out = "a score that is not above 1/2 gets no gradient, so that its weight could never come back"
    expect(bool(gradient[1:3].all()), out)
    expect(not torch.allclose(gradient, slopes), "the gradient of a score is that of W times its weight, dp = dW · w")
    rule = f"for dW = 1, 2, 3, 1 the scores should get dW · w = 1, -4, 9, 4; yours get {gradient.tolist()}"
    expect(torch.allclose(gradient, slopes * weights), rule)
    return Checked(True, "rounded forwards, straight through backwards. wb.pruning.gem_miner trains such scores")


@exercise
def effective_density(function: Callable[[list[Tensor]], float | Tensor]) -> Checked:
    """Check a learner's effective density: `function(layers)` returns the share of all weights that are kept and live.

    `layers` are bool masks from input to output, each with a row for every output and a column for every input of its
    layer. Live is what lies on a path, from any input to any output, on which every weight is kept.
    """
    layers = _layers([[1, 0], [1, 1], [0, 0]], [[1, 0, 1], [0, 1, 0]], [[1, 0], [0, 0]])
    given = [layer.clone() for layer in layers]
    value = number_of(function, layers)
    unchanged = len(layers) == len(given) and all(map(torch.equal, layers, given))
    expect(unchanged, "it changed the masks that it was given; work on copies")
    slips = {
        7 / 16: "7 of 16 are kept, but not all of them do something",
        3 / 7: "that is the share of what is kept; take that of all 16 weights",
        6 / 16: "a weight that nothing leads on from is dead, too, and so is all that leads to it alone",
        4 / 16: "a weight that nothing comes to is dead, too: the third unit of the first layer has no input",
        5 / 16: "the second unit of the first layer leads on to a unit that leads nowhere: look further than one layer",
    }
    for wrong, slip in slips.items():
        expect(abs(value - wrong) >= 1e-4, slip)
    rule = f"three of 16 weights are on a path, one in each layer: 0.1875; yours says {value:.4g}"
    expect(abs(value - 3 / 16) <= 1e-4, rule)
    severed = number_of(function, _layers([[0], [1]], [[1, 0], [0, 0]], [[1, 0], [0, 1]]))
    expect(abs(severed) <= 1e-6, f"where nothing passes from input to output it is 0; yours says {severed:.4g}")
    full = number_of(function, _layers([[1, 1], [1, 1]], [[1, 1]]))
    expect(abs(full - 1) <= 1e-6, f"where all is kept, all is live: 1; yours says {full:.4g}")
    return Checked(True, "what is reached from both sides. wb.live_paths does this for any network, and names the dead")


def _layers(*rows: list[list[int]]) -> list[Tensor]:
    return [torch.tensor(layer, dtype=torch.bool) for layer in rows]
