"""The certificate holds for every image, and is what two layers by hand make of it."""

from __future__ import annotations

import pytest
import torch
from strong.targets import trained

import workbench as wb
from workbench import strong
from workbench.strong.certificate import _farthest, certify
from workbench.strong.structures import STRUCTURES

TARGETS = [{}, {"signed": True}, {"bias": True}, {"norm": True}, {"signed": True, "norm": True}]
BLOCKED = [name for name, structure in STRUCTURES.items() if structure.blocked]


@pytest.mark.parametrize("target", TARGETS, ids=str)
@pytest.mark.parametrize("structure", BLOCKED)
@pytest.mark.parametrize("ratio", [2.0, 8.0])
def test_it_is_never_below_what_is_measured(target: dict[str, bool], structure: str, ratio: float) -> None:
    model, weights, data = trained(**target)
    ticket = strong.structured(model, weights, data, structure=structure, ratio=ratio, beyond="nearest")
    for split in ("train", "test"):
        beside = strong.compare(ticket, model, weights, data, split=split)
        for bound, measured in zip(beside.bounds, beside.measured, strict=True):
            assert bound.certificate >= measured > 0


def worst_image(plus: torch.Tensor, minus: torch.Tensor, low: float, high: float) -> float:
    """The farthest |D * x| over all corners of the box, and zeros, by trying them all."""
    corners = torch.cartesian_prod(*[torch.tensor([low, 0.0, high])] * plus.numel()).double()
    corners = corners.view(-1, plus.numel())
    out = torch.where(corners >= 0, corners * plus.flatten(), corners * minus.flatten()).sum(1)
    return float(out.abs().max())


@pytest.mark.parametrize(("low", "high"), [(0.0, 1.0), (-0.4, 2.8), (-1.0, 1.0)])
def test_of_one_layer_it_is_the_worst_of_all_images(low: float, high: float) -> None:
    stream = torch.Generator().manual_seed(3)
    for _ in range(20):
        plus, minus = torch.randn(2, 1, 2, 2, 1, generator=stream, dtype=torch.float64)
        edges = torch.tensor([low, low]), torch.tensor([high, high])
        bound = _farthest(plus, minus, edges[0].double(), edges[1].double())
        assert float(bound[0]) == pytest.approx(worst_image(plus, minus, low, high))


def test_the_worse_side_of_a_whole_layer_would_be_no_bound() -> None:
    # taps of which one errs above zero alone and the other below alone: an image with both signs meets both
    plus, minus = torch.tensor([1.0, 0.0]).view(1, 1, 2, 1).double(), torch.tensor([0.0, 1.0]).view(1, 1, 2, 1).double()
    larger_delta = max(float(plus.abs().sum()), float(minus.abs().sum()))
    one = torch.ones(1, dtype=torch.float64)
    assert larger_delta == 1.0
    assert float(_farthest(plus, minus, -one, one)[0]) == 1.0  # both at once cancel: +1 and -1 pull apart
    assert float(_farthest(plus, -minus, -one, one)[0]) == 2.0 > larger_delta


def test_two_layers_by_hand() -> None:
    """K1 = 1, K2 = 2, off by δ1 = 0.1 and δ2 = 0.3, images in [0, 1]: 0.1, then 2·0.1 + 0.3·(1 + 0.1) = 0.53."""
    shapes = strong.Shape("a", 1, 1), strong.Shape("b", 1, 1)
    target = strong.Target(
        (shapes[0], "ReLU", shapes[1]),
        {"a": torch.ones(1, 1, 1, 1).double(), "b": 2 * torch.ones(1, 1, 1, 1).double()},
    )

    class Off:
        def __init__(self, kernel: float) -> None:
            self.kernel = torch.full((1, 1, 1, 1), kernel, dtype=torch.float64)

        def kernels(self) -> tuple[torch.Tensor, torch.Tensor]:
            return self.kernel, self.kernel

    one = torch.ones(1)
    bounds = certify.__wrapped__(target, [Off(1.1), Off(2.3)], 0 * one, one)  # pyright: ignore
    assert [bound.certificate for bound in bounds] == pytest.approx([0.1, 0.53])
    assert [bound.delta for bound in bounds] == pytest.approx([0.1, 0.3])
    assert [bound.norm for bound in bounds] == pytest.approx([1.0, 2.0])


def test_behind_a_relu_nothing_is_below_zero() -> None:
    """As above, of real pairs: what they compute below zero, nothing, is no error, for nothing is there."""
    shapes = strong.Shape("a", 1, 1), strong.Shape("b", 1, 1)
    kernels = {name: torch.full((1, 1, 1, 1), k, dtype=torch.float64) for name, k in (("a", 1.0), ("b", 2.0))}
    target = strong.Target((shapes[0], "ReLU", shapes[1]), kernels)
    pairs = [strong.prune_pair(s, kernels[s.name], candidates=4, scale=1.0, index=i) for i, s in enumerate(shapes)]
    first, second = (abs(float(pair.kernels()[0] - kernels[pair.shape.name])) for pair in pairs)
    assert min(first, second) > 1e-3
    bounds = certify(target, pairs, torch.zeros(1), torch.ones(1))
    assert [bound.certificate for bound in bounds] == pytest.approx([first, 2 * first + second * (1 + first)])


def test_the_channel_of_ones_has_one_side() -> None:
    shape = strong.Shape("a", 1, 1, bias=True, signed=True)
    target = strong.Target((shape,), {"a": torch.tensor([0.0, 5.0], dtype=torch.float64).view(1, 2, 1, 1)})
    pair = strong.prune_pair(shape, target.kernels["a"], candidates=40, scale=1.0)
    off = float((pair.kernels()[0] - target.kernels["a"]).abs().sum())
    (bound,) = certify(target, [pair], -torch.ones(1), torch.ones(1))
    assert bound.delta == pytest.approx(off)
    assert bound.certificate == pytest.approx(off)
    assert off < 0.1


@pytest.mark.parametrize("target", TARGETS, ids=str)
def test_it_is_tighter_than_a_chain_of_one_number_a_layer(target: dict[str, bool]) -> None:
    model, weights, data = trained(**target)
    ticket = strong.structured(model, weights, data, ratio=8, beyond="nearest")
    bounds = strong.compare(ticket, model, weights, data).bounds
    e, B = 0.0, max(1.0, float(data.test.normalise(torch.full((1, *data.shape), 255, dtype=torch.uint8)).max()))
    for bound in bounds:  # e <= (L + δ) e + δ B
        e, B = (bound.norm + bound.delta) * e + bound.delta * B, max(1.0, bound.norm * B)
        assert 0 < bound.certificate <= e


def test_kernels_that_are_off_by_nothing_are_certified_to_nothing() -> None:
    model, weights, data = trained()
    target = strong.target_of(model, weights, data)
    shape, kernel = target.shapes[0], target.kernels["0"]
    pair = strong.prune_pair(shape, kernel, candidates=2880, scale=1.25 * strong.least_scale(kernel, "filter", 1440))
    exact = strong.Target((shape,), {"0": pair.kernels()[0]})
    (bound,) = certify(exact, [pair], torch.zeros(1), torch.ones(1))
    assert bound.certificate == 0


def test_a_network_without_block_masks_has_no_certificate() -> None:
    model, weights, data = trained()
    ticket = strong.structured(model, weights, data, structure="neuron", ratio=3)
    beside = strong.compare(ticket, model, weights, data)
    assert beside.certificate is None
    assert beside.measured[-1] > 0
    with pytest.raises(ValueError, match="no block mask"):
        ticket.collapse()
    for view in (ticket.random, ticket.masked, ticket.mask):
        with pytest.raises(ValueError, match="grouped must be False here, for 0 has no block mask; leave it out"):
            view(grouped=True)


def test_what_is_compared_is_what_networks_say() -> None:
    model, weights, data = trained(bias=True)
    ticket = strong.structured(model, weights, data, ratio=8)
    beside = strong.compare(ticket, model, weights, data)
    target, small = wb.evaluate(model, weights, data.test), ticket.compact()
    said = wb.evaluate(small, wb.snapshot(small), data.test)
    assert beside.target_accuracy == target.accuracy
    assert beside.ticket_accuracy == said.accuracy
    same = (target.logits.argmax(1) == said.logits.argmax(1)).double().mean()
    assert beside.agreement == pytest.approx(float(same))
    assert beside.logit_error == pytest.approx(
        float((said.logits - target.logits).norm() / target.logits.norm()), rel=1e-3
    )
