"""GraSP by hand, and against differences of the gradient's norm: the sign is what others got wrong."""

from __future__ import annotations

import math

import pytest
import torch
from tiny import Own, four, made, pair
from torch.func import functional_call
from torch.nn import functional

import workbench as wb
from workbench.data.batches import Order
from workbench.pruning import grasp

DATA = made()
# u, v are the logits of (1, 0), p the probability of its class, q = 1 - p: g = (-q, q) / 2, H = p q (1, -1; -1, 1) / 2,
# so that w · Hg = p q² (-u, v) / 2, with u = 3, v = 3 - ln 3, p = 3/4: -0.070 and 0.045. Of (0, 1), whose class is the
# second, it is p q² (u, -v) / 2, with u = v = 1, p = 1/2: 0.0625 and -0.0625.
WEIGHTS = {"1.weight": torch.tensor([[3.0, 1.0], [3.0 - math.log(3), 1.0]])}


@pytest.mark.parametrize(
    ("density", "options", "kept"),
    [
        (0.25, {"temperature": 1.0}, [[False, True], [False, False]]),
        (0.5, {"temperature": 1.0}, [[False, True], [True, False]]),
        (0.75, {"temperature": 1.0}, [[False, True], [True, True]]),
        (0.25, {"temperature": 1.0, "invert": True}, [[True, False], [False, False]]),
        (0.25, {}, [[False, False], [True, False]]),  # at 200 all p are 1/2, so that only -u, v, u, -v count
    ],
)
def test_four_weights_by_hand(density: float, options: dict[str, float], kept: list[list[bool]]):
    mask = grasp(four(), WEIGHTS, pair(), density=density, batches=1, batch_size=2, **options)  # pyright: ignore[reportArgumentType]
    assert mask["1.weight"].tolist() == kept


@pytest.mark.parametrize("share", [1.0, 0.6])
def test_what_is_kept_is_what_the_gradient_flow_would_lose_most_with(share: float):
    weights = wb.initialise(Own())
    allowed = wb.pruning.random_mask(wb.masks.full(Own()), density=share, seed=2)
    mask = grasp(Own(), weights, DATA, density=0.3, batches=2, batch_size=20, temperature=2.0, mask=allowed, seed=3)
    network, order = Own().double(), Order(len(DATA.train), 20, 3)
    batches = [(DATA.train.inputs(order(b)).double(), DATA.train.labels[order(b)]) for b in range(2)]
    fixed = {
        name: t.double() if t.is_floating_point() else t for name, t in wb.Ticket(weights, allowed).weights.items()
    }

    def flow(name: str, place: int, factor: float) -> float:
        """The squared norm of the gradient by the kept weights, with one weight times a factor."""
        leaves = {n: fixed[n].clone() for n in allowed}
        leaves[name].view(-1)[place] *= factor
        leaves = {n: t.requires_grad_() for n, t in leaves.items()}
        losses = [
            functional.cross_entropy(
                functional_call(network, {k: t.clone() for k, t in fixed.items()} | leaves, (x,)) / 2, y
            )
            for x, y in batches
        ]
        slopes = torch.autograd.grad(torch.stack(losses).mean(), list(leaves.values()))
        return sum(float((g * allowed[n]).square().sum()) for n, g in zip(leaves, slopes, strict=True))

    kept, gone = [], []
    for name, tensor in allowed.items():
        for place in tensor.flatten().nonzero().flatten().tolist():
            lost = (flow(name, place, 1 + 1e-4) - flow(name, place, 1 - 1e-4)) / 4e-4
            (kept if mask[name].view(-1)[place] else gone).append(lost)
    assert len(kept) == 103
    assert min(kept) >= max(gone) - 1e-4 * max(kept)


def test_a_temperature_out_of_range_is_said():
    with pytest.raises(ValueError, match=r"temperature must be above 0, got 0\.0; 1 leaves the logits"):
        grasp(Own(), wb.initialise(Own()), DATA, density=0.5, temperature=0.0)
