"""How far a smaller network is from the masked one: logits, gradients and running statistics, as training needs."""

from __future__ import annotations

import copy
from collections.abc import Iterator

import torch
from torch import Tensor, nn
from torch.func import functional_call

import workbench as wb
from workbench.nets.compaction import compact, compaction, coupled
from workbench.nets.masks import Mask
from workbench.nets.weights import Weights


def lively(model: nn.Module) -> Weights:
    """Weights whose biases, norms and running statistics are no zeros and ones."""
    weights = wb.snapshot(model)
    for name, tensor in weights.items():
        if name.endswith("running_var"):
            tensor.uniform_(0.5, 1.5)
        elif tensor.is_floating_point() and tensor.dim() == 1:
            tensor.normal_(1.0 if name.endswith("weight") else 0.0, 0.3)
    return weights


def filters(mask: Mask, share: float, together: list[tuple[str, ...]]) -> Mask:
    """Keep a share of the filters of every layer but the last, the same of those that lose them together."""
    rows = {name: torch.rand(len(kept)) < share for name, kept in mask.items()}
    for names in together:
        rows |= dict.fromkeys(names, rows[names[0]])
    rows[list(mask)[-1]] = torch.ones(len(mask[list(mask)[-1]]), dtype=torch.bool)
    return {name: kept & rows[name].view(-1, *[1] * (kept.dim() - 1)) for name, kept in mask.items()}


def masks_of(model: nn.Module) -> Iterator[Mask]:
    """Masks of all kinds: by weights, by filters, with a layer that is dead, with nothing at all."""
    whole = wb.masks.full(model)
    for density in (0.5, 0.1, 0.02, 0.005):
        yield {name: torch.rand(kept.shape) < density for name, kept in whole.items()}
    yield filters(whole, 0.5, coupled(model))
    middle = list(whole)[len(whole) // 2]
    yield whole | {middle: torch.zeros_like(whole[middle])}
    yield {name: torch.zeros_like(kept) for name, kept in whole.items()}


def distance(a: Tensor, b: Tensor) -> float:
    """The largest difference, by the scale of the first."""
    return float((a - b).detach().abs().max() / a.detach().abs().max().clamp(min=1e-3))


def check_same(model: nn.Module, weights: Weights, mask: Mask, images: Tensor, within: float) -> None:
    """Assert that logits, gradients and running statistics are those of the masked network."""
    masked = wb.masks.apply(weights, mask)
    reference = copy.deepcopy(model).eval()
    reference.load_state_dict(masked)
    smaller, logits = compact(model, weights, mask), reference(images)
    assert distance(logits, smaller.eval()(images)) < within
    assert distance(logits, compact(model, weights, mask, inference=True)(images)) < within
    assert distance(reference.train()(images), smaller.train()(images)) < within
    reference.load_state_dict(masked)
    _check_training(reference, masked, mask, images, within)


def _check_training(reference: nn.Module, masked: Weights, mask: Mask, images: Tensor, within: float) -> None:
    smaller = compaction(reference, mask)
    shapes = {name: tensor.shape for name, tensor in smaller.network.state_dict().items()}
    trained = dict(reference.named_parameters())
    leaves = {name: masked[name].clone().requires_grad_() for name in trained}
    packed = {name: leaves.get(name, masked[name].clone()) for name in masked}
    for name, places in smaller.places.items():
        packed[name] = packed[name].flatten()[places].view(shapes[name])
    logits, expected = functional_call(smaller.network.train(), packed, (images,)), reference.train()(images)
    assert distance(expected, logits) < within
    weighted = torch.randn(expected.shape, dtype=expected.dtype)
    (expected * weighted).sum().backward()
    (logits * weighted).sum().backward()
    scale = max(1e-3, *(float(p.grad.abs().max()) for p in trained.values() if p.grad is not None))
    for name, parameter in trained.items():
        kept = mask.get(name, torch.ones_like(parameter, dtype=torch.bool))
        gradients = [torch.zeros_like(p) if p.grad is None else p.grad for p in (parameter, leaves[name])]
        assert float(((gradients[0] - gradients[1]) * kept).abs().max()) / scale < within, name
        if name in smaller.places:  # what is left out has no gradient at all
            left_out = kept.flatten().index_fill(0, smaller.places[name], False)
            assert not bool(gradients[0].flatten()[left_out].any()), name
    for name, tensor in reference.named_buffers():
        statistics = masked[name].clone()
        if name in smaller.idle:
            places, factor = smaller.idle[name]
            statistics[places] *= factor
        if name in smaller.places:
            statistics[smaller.places[name]] = packed[name]
        else:
            statistics = packed[name]
        assert torch.allclose(statistics, tensor, rtol=within, atol=within), name
