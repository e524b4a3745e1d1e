"""Right and wrong answers to the exercises on tickets at initialisation."""

from __future__ import annotations

import itertools

import numpy as np
import torch
from sets import Answers, Once

from workbench.pruning.straight_through import _Rounded


def straight_through(p, w):
    return w * ((p > 0.5).float() + p - p.detach())


class Step(torch.autograd.Function):
    @staticmethod
    def forward(ctx, p):
        return (p > 0.5).float()

    @staticmethod
    def backward(ctx, *gradients):
        return gradients[0]


def by_hook(p, w):
    soft = p * w
    return soft + ((p > 0.5) * w - soft).detach()


def with_gradient(values, gradient):
    """Return these values, and let `gradient` be what comes back to a score for a dW of one, with dW before it."""
    return lambda p, w: values(p, w).detach() + gradient(p, w).detach() * (p - p.detach())


def kept(p, w):
    return w * (p > 0.5)


def in_place(p, w):
    soft = w.clone() * (p - p.detach())
    return w.mul_(p > 0.5) + soft


def by_data(p, w):
    soft = p * w
    soft.data = kept(p.detach(), w)
    return soft


class Rounding(torch.nn.Module):
    def forward(self, scores, weights):
        return straight_through(scores, weights)


rounded = Answers(
    right=[
        straight_through,
        lambda p, w: _Rounded.apply(p, w),
        lambda p, w: Step.apply(p) * w,
        by_hook,
        lambda p, w: w * (p + ((p > 0.5).float() - p).detach()),
        with_gradient(kept, lambda p, w: w),
        lambda p, w: torch.where(p.detach() > 0.5, w, torch.zeros(())) + w * (p - p.detach()),
        lambda p, w: straight_through(p.double(), w.double()),
        lambda p, w: w * (p.detach().round() + p - p.detach()),
        by_data,
        Rounding(),
        lambda scores, weights: torch.stack([straight_through(p, w) for p, w in zip(scores, weights, strict=True)]),
    ],
    wrong=[
        (lambda p, w: None, "nothing (None)"),
        (Once(straight_through), "nothing (None)"),
        (lambda p, w: p.nothing, "raised AttributeError"),
        (lambda p: p, "should take 2 arguments, (scores, weights)"),
        (lambda p, w: w[p > 0.5], "a tensor of shape"),
        (lambda p, w: kept(p, w).tolist(), "gradients pass through tensors alone"),
        (lambda p, w: kept(p, w).detach().numpy(), "gradients pass through tensors alone"),
        (lambda p, w: w * p, "keeps 0.9 of it"),
        (lambda p, w: w * ((p >= 0.5).float() + p - p.detach()), "exactly 1/2 is not above 1/2"),
        (lambda p, w: w * ((p <= 0.5).float() + p - p.detach()), "keeps the weights of low scores"),
        (lambda p, w: (p > 0.5).float() + p - p.detach(), "multiply the weights by them"),
        (kept, "a comparison has none"),
        (lambda p, w: w * p.round(), "a comparison has none"),
        (lambda p, w: w * (p > 0.5) * (1 + p - p.detach()), "never come back"),
        (lambda p, w: w * (p > 0.5) + p - p.detach(), "dp = dW · w"),
        (lambda p, w: w * ((p > 0.5).float() + 2 * p - 2 * p.detach()), "comes back twice"),
        (lambda p, w: w * ((p > 0.5).float() - p + p.detach()), "the wrong sign"),
        (with_gradient(kept, lambda p, w: w.abs()), "and not its sign"),
        (with_gradient(kept, lambda p, w: w * p.sigmoid() * (1 - p.sigmoid())), "the gradient of a sigmoid"),
        (with_gradient(lambda p, w: torch.arange(p.numel()).view(p.shape) * 1.0, lambda p, w: w), "rounded(["),
        (lambda p, w: straight_through(p, w) * float("nan"), "nan"),
        (lambda p, w: w * ((p >= 0.6).float() + p - p.detach()), "rounded(["),
        (lambda p, w: torch.diag(straight_through(p, torch.ones_like(w))) @ w, "a tensor of shape"),
        (lambda p, w: torch.einsum("i,i->i", straight_through(p, torch.ones_like(w)), w), "raised RuntimeError"),
        (lambda p, w: w * (p > 0.5) + (w * p).mean() - (w * p).mean().detach(), "rounded(["),
        (lambda p, w: straight_through(p, w.abs()), "rounded(["),
        (lambda p, w: -straight_through(p, w), "rounded(["),
        (in_place, "changed `weights`"),
        (lambda p, w: w * ((p > p.median()).float() + p - p.detach()), "rounded(["),
        (lambda p, w: w * (p >= 0.5), "and no gradient comes back"),
        (lambda p, w: w, "other values of `scores` do not change"),
        (lambda p, w: w * ((p + 0.5).floor() + p - p.detach()), "exactly 1/2 is not above 1/2"),
        (lambda p, w: kept(p, w).detach().requires_grad_(), "a comparison has none"),
        (lambda p, w: kept(p, w.requires_grad_()), "a comparison has none"),
        (lambda p, w: w * p.round_(), "raised RuntimeError"),
        (lambda p, w: (straight_through(p, w), p), "a tensor of shape"),
        (lambda p, w: straight_through(p, w).sum(), "a tensor of shape"),
        (lambda p, w: w * torch.sigmoid(50 * (p - 0.5)), "rounded(["),
        (lambda p, w: w * ((p > 0.5).float() + p), "rounded(["),
        (lambda p, w: w * ((p.sigmoid() > 0.5).float() + p - p.detach()), "rounded(["),
        (lambda p, w: w * ((p > 0.5).float() + p.clamp(0.2, 0.8) - p.clamp(0.2, 0.8).detach()), "rounded(["),
        (lambda weights, scores: straight_through(scores, weights), "and yours are (weights, scores)"),
    ],
)


def reached(layers):
    units, inside = torch.ones(layers[0].shape[1], dtype=torch.bool), []
    for layer in layers:
        inside.append(layer & units)
        units = inside[-1].any(1)
    return inside


def leading(layers):
    return [m.T for m in reached([m.T for m in layers[::-1]])][::-1]


def live(layers):
    return [a & b for a, b in zip(reached(layers), leading(layers), strict=True)]


def share(inside, layers):
    return sum(int(m.sum()) for m in inside) / sum(m.numel() for m in layers)


def density(layers):
    return share(live(layers), layers)


def by_paths(layers):
    """Multiply along all paths: a weight is live where the number of paths through it is not zero."""
    sizes = [layers[0].shape[1], *(len(m) for m in layers)]
    alive = set()
    for path in itertools.product(*map(range, sizes)):
        edges = [(i, path[i + 1], path[i]) for i in range(len(layers))]
        if all(layers[i][o, j] for i, o, j in edges):
            alive |= set(edges)
    return len(alive) / sum(m.numel() for m in layers)


def by_product(layers):
    """A weight is live where the number of paths to it, times that of paths from it, is not zero."""
    counts, total = [m.double() for m in layers], 0
    to = [torch.ones(counts[0].shape[1]).double()]
    for m in counts:
        to.append(m @ to[-1])
    on = torch.ones(len(counts[-1])).double()
    for m, before in zip(counts[::-1], to[-2::-1], strict=True):
        total += int((on[:, None] * m * before > 0).sum())
        on = m.T @ on
    return total / sum(m.numel() for m in layers)


def by_gradient(layers):
    weights = [m.double().requires_grad_() for m in layers]
    x = torch.ones(layers[0].shape[1]).double()
    for w in weights:
        x = w @ x
    x.sum().backward()
    return sum(int((w.grad * w != 0).sum()) for w in weights) / sum(w.numel() for w in weights)


def by_all(layers):
    """Ask of a unit that all its weights are kept."""
    units, inside = torch.ones(layers[0].shape[1], dtype=torch.bool), []
    for layer in layers:
        inside.append(layer & units)
        units = inside[-1].all(1)
    back, units = [], torch.ones(len(layers[-1]), dtype=torch.bool)
    for layer in layers[::-1]:
        back.append(layer & units[:, None])
        units = back[-1].all(0)
    return share([a & b for a, b in zip(inside, back[::-1], strict=True)], layers)


def by_bytes(layers):
    """Count paths in eight bits, where 256 of them are none."""
    counts = [m.to(torch.uint8) for m in layers]
    to, on = [torch.ones(counts[0].shape[1], dtype=torch.uint8)], [torch.ones(len(counts[-1]), dtype=torch.uint8)]
    for m in counts:
        to.append((m * to[-1]).sum(1, dtype=torch.uint8))
    for m in counts[::-1]:
        on.insert(0, (m * on[0][:, None]).sum(0, dtype=torch.uint8))
    kept = [(on[i + 1][:, None] * m * to[i] > 0) for i, m in enumerate(counts)]
    return share(kept, layers)


def until_nothing_changes(layers):
    inside = [m.clone() for m in layers]
    while True:
        before = share(inside, layers)
        for i in range(1, len(inside)):
            inside[i] &= inside[i - 1].any(1)
            inside[i - 1] &= inside[i].any(0)[:, None]
        if share(inside, layers) == before:
            return before


def one_layer_further(layers):
    inside = [m.clone() for m in layers]
    for i in range(1, len(layers)):
        inside[i] &= layers[i - 1].any(1)
        inside[i - 1] &= layers[i].any(0)[:, None]
    return share(inside, layers)


def by_recursion(layers):
    def forth(i, unit):
        return i == 0 or any(m and forth(i - 1, j) for j, m in enumerate(layers[i - 1][unit].tolist()))

    def on(i, unit):
        return i == len(layers) or any(m and on(i + 1, o) for o, m in enumerate(layers[i][:, unit].tolist()))

    kept = [(i, int(o), int(j)) for i, layer in enumerate(layers) for o, j in layer.nonzero()]
    return np.float64(sum(forth(i, j) and on(i + 1, o) for i, o, j in kept) / sum(m.numel() for m in layers))


def one_walk(layers):
    """Look one layer ahead on a walk from the input."""
    inside = [m.clone() for m in layers]
    for i in range(len(inside) - 1):
        inside[i + 1] &= inside[i].any(1)
        inside[i] &= inside[i + 1].any(0)[:, None]
    return share(inside, layers)


def walked_in_place(layers):
    for before, after in itertools.pairwise(layers):
        after &= before.any(1)
    return density(layers)


effective_density = Answers(
    right=[
        density,
        by_paths,
        by_product,
        by_gradient,
        until_nothing_changes,
        lambda layers: torch.tensor(density(layers)),
        lambda layers: np.float32(by_paths(layers)),
        lambda layers: np.array([density(layers)]),
        by_recursion,
        lambda layers: torch.tensor(density(layers)).double().requires_grad_(),
        lambda layers: sum(m.sum() for m in live(layers)) / sum(m.numel() for m in layers),
    ],
    wrong=[
        (lambda layers: None, "returned nothing (None)"),
        (Once(density), "returned nothing (None)"),
        (lambda layers: layers.nothing, "raised AttributeError"),
        (lambda a, b, c: 0, "should take 1 argument, (layers)"),
        (lambda layers: live(layers), "one number"),
        (lambda layers: share(layers, layers), "not all of it does something"),
        (lambda layers: share(live(layers), layers) / max(share(layers, layers), 1e-9), "the share of what is kept"),
        (lambda layers: share(reached(layers), layers), "leads on from is dead, too"),
        (lambda layers: share(leading(layers), layers), "nothing comes to is dead, too"),
        (one_layer_further, "further than one layer"),
        (lambda layers: 0.1875, "answers all questions alike"),
        (lambda layers: [m.zero_() for m in layers] and 0.1875, "changed `layers`"),
        (lambda layers: layers.pop() is None or 0.2, "changed `layers`"),
        (lambda layers: max(0.1, density(layers)), "effective_density("),
        (lambda layers: density(layers) if len(layers) == 3 else 0, "effective_density("),
        (lambda layers: sum(int(m.sum()) for m in live(layers)), "divide by how many"),
        (lambda layers: 1 - density(layers), "the share of the dead"),
        (lambda layers: 100 * density(layers), "in percent"),
        (lambda layers: sum(m.float().mean() for m in live(layers)) / len(layers), "the mean over layers"),
        (lambda layers: float(np.prod([m.float().mean() for m in layers])), "the product over layers"),
        (lambda layers: float("nan"), "it is 0"),
        (lambda layers: density(layers[:3]), "of ten layers"),
        (lambda layers: share([m & m.any(1)[:, None] for m in layers], layers), "not all of it does something"),
        (lambda layers: float(layers[-1].float().mean()), "effective_density("),
        (one_walk, "walk back from the output"),
        (walked_in_place, "changed `layers`"),
        (lambda layers: share(layers, layers) - density(layers), "kept and dead"),
        (lambda layers: share(live(layers), layers) * share(layers, layers), "effective_density("),
        (lambda layers: round(density(layers), 2), "effective_density("),
        (lambda layers: density(layers[:2]), "effective_density("),
        (lambda layers: (lambda a, b, c: density([a, b, c]))(*layers), "raised TypeError"),
        (lambda *layers: density(layers), "raised"),
        (lambda layers: min(float(m.float().mean()) for m in layers), "effective_density("),
        (lambda layers: int(density(layers)), "effective_density("),
        (by_all, "one kept weight is enough to reach a unit"),
        (by_bytes, "however many come together"),
        (lambda layers: density(layers) if len(layers) < 10 else share(layers, layers), "of ten layers"),
        (lambda layers: density(layers) / any(m.any() for m in layers), "where nothing is kept it is 0"),
    ],
)
