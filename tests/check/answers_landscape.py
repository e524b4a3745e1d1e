"""Right and wrong answers to the exercises on the loss landscape."""

from __future__ import annotations

from collections import OrderedDict
from fractions import Fraction
from types import MappingProxyType

import numpy as np
import torch
from sets import Answers, Once

import workbench as wb


def mixed(a, b, alpha):
    return {n: (1 - alpha) * a[n] + alpha * b[n] if a[n].is_floating_point() else a[n].clone() for n in a}


def lerped(a, b, alpha):
    return OrderedDict((n, torch.lerp(a[n], b[n], alpha) if a[n].dtype == torch.float32 else a[n]) for n in a)


def in_a_loop(a, b, alpha):
    point = {}
    for name, value in a.items():
        if "num" in name:
            point[name] = int(value)
        else:
            point[name] = value + alpha * (b[name] - value)
    return point


def in_numpy(a, b, alpha):
    point = {n: (1 - alpha) * a[n].numpy() + alpha * b[n].numpy() for n in a}
    return {n: point[n] if a[n].is_floating_point() else a[n].numpy() for n in a}


def every(rule):
    """Mix by another rule, whole numbers from a."""
    return lambda a, b, x: {n: rule(a[n], b[n], x) if a[n].is_floating_point() else a[n] for n in a}


def changing(a, b, alpha):
    for name in a:
        if a[name].is_floating_point():
            a[name].mul_(1 - alpha).add_(alpha * b[name])
    return a


halfway = Answers(
    right=[
        mixed,
        wb.mix,
        lerped,
        in_a_loop,
        in_numpy,
        lambda a, b, x: {n: v.tolist() for n, v in mixed(a, b, x).items()},
        lambda a, b, x: {n: v.double() if v.is_floating_point() else v.int() for n, v in mixed(a, b, x).items()},
        lambda a, b, x: dict(reversed(mixed(a, b, x).items())),
        lambda a, b, alpha=0.5: mixed(b, a, 1 - alpha) | {n: a[n] for n in a if a[n].dtype == torch.int64},
        lambda a, b, x: {n: v.requires_grad_() if v.is_floating_point() else v for n, v in mixed(a, b, x).items()},
        lambda a, b, x: MappingProxyType({n: v.half() if "num" not in n else v for n, v in mixed(a, b, x).items()}),
        lambda a, b, x: {n: v if v.is_floating_point() else np.int32(v) for n, v in mixed(a, b, x).items()},
    ],
    wrong=[
        (lambda a, b, x: {n: (1 - x) * a[n] + x * b[n] if a[n].ndim else a[n] for n in a}, "a single number is mixed"),
        (lambda a, b, x: None, "returned nothing (None)"),
        (Once(mixed), "returned nothing (None)"),
        (lambda a, b, x: a + b, "raised TypeError"),
        (lambda a, b: mixed(a, b, 0.5), "should take 3 arguments"),
        (lambda a, b, x: list(mixed(a, b, x).values()), "a dict of tensors"),
        (lambda a, b, x: {"w": mixed(a, b, x)["w"]}, "'norm.running_mean' is missing"),
        (lambda a, b, x: mixed(a, b, x) | {"v": a["w"]}, "'v' is too much"),
        (lambda a, b, x: mixed(a, b, x) | {"w": a["w"].flatten()[:1]}, "under 'w' a tensor, of shape"),
        (changing, "changed `a`"),
        (lambda a, b, x: mixed(a, b, 1 - x), "yours goes from b to a"),
        (lambda a, b, x: mixed(a, b, 0.5), "half-way, whatever alpha says"),
        (lambda a, b, x: mixed(a, b, 0.25), "other values of `alpha` do not change"),
        (lambda a, b, x: {n: v.clone() for n, v in a.items()}, "that is a, and nothing of b"),
        (every(lambda u, v, x: u + x * v), "yours takes all of it"),
        (every(lambda u, v, x: u + x * (u - v)), "a difference goes from a to b"),
        (every(lambda u, v, x: x * (u + v)), "do not sum to one"),
        (every(lambda u, v, x: (u + v) / 2), "half-way"),
        (lambda a, b, x: mixed(a, b, x) | {n: a[n] for n in a if "running" in n}, "statistics are mixed"),
        (lambda a, b, x: mixed(a, b, x) | {n: b[n] for n in a if "running" in n}, "yours are those of b"),
        (lambda a, b, x: mixed(a, b, x) | {n: a[n] for n in a if "_var" in n}, "variance is mixed"),
        (lambda a, b, x: {n: (1 - x) * a[n] + x * b[n] for n in a}, "should stay a whole number"),
        (lambda a, b, x: mixed(a, b, x) | {n: b[n] for n in a if "num" in n}, "and not from b"),
        (lambda a, b, x: {n: ((1 - x) * a[n] + x * b[n]).to(a[n].dtype) for n in a}, "do not mix it"),
        (lambda a, b, x: mixed(a, b, x) | {n: a[n].float() for n in a if "num" in n}, "should stay a whole number"),
        (every(lambda u, v, x: u * float("nan")), "nan"),
        (lambda a, b, x: mixed(a, b, min(x, 0.5)), "halfway("),
        (lambda a, b, x: mixed(a, b, round(x)), "halfway("),
        (lambda a, b, x: b, "other values of `a` and `alpha` do not change"),
        (lambda a, b, x: mixed(b, a, x), "whole numbers too"),
        (lambda a, b, x: mixed(a, b, x or 0.5), "where alpha is 0 it is a"),
        (lambda a, b, x: mixed(a, b, min(max(x, 0.1), 0.9)), "where alpha is 0 it is a"),
        (lambda a, b, x: mixed(a, b, x) if x < 1 else mixed(a, b, 0.99), "where alpha is 1 it is b"),
        (lambda a, b, x: {n: ((1 - x) * a[n] + x * b[n]).round().long() if "num" in n else v
                          for n, v in mixed(a, b, x).items()}, "take it from a"),
        (lambda a, b, x: mixed(a, b, x) | {n: a[n] + b[n] for n in a if "num" in n}, "take it from a, as it is"),
        (lambda a, b, x: mixed(a, b, x) | {n: 0 * a[n] for n in a if "num" in n}, "take it from a, as it is"),
        (lambda a, b, x: {n: v for n, v in mixed(a, b, x).items() if "num" not in n}, "is missing"),
        (lambda a, b, x: a.update(mixed(a, b, x)) or a, "changed `a`"),
        (every(lambda u, v, x: x * (v - u)), "halfway("),
        (every(lambda u, v, x: v + x * (v - u)), "halfway("),
        (lambda a, b, x: mixed(a, b, x / 100), "halfway("),
        (lambda a, alpha, b: mixed(a, b, alpha), "and yours are (a, alpha, b)"),
    ],
)  # fmt: skip


def rise(alphas, errors):
    return (errors - (1 - alphas) * errors[0] - alphas * errors[-1]).max()


def by_numpy(alphas, errors):
    x, e = alphas.numpy(), errors.numpy()
    return np.max(e - np.interp(x, [0, 1], [e[0], e[-1]]))


def highest(alphas, errors):
    best = 0.0
    for x, e in zip(alphas.tolist(), errors.tolist(), strict=True):
        best = max(best, e - (1 - x) * errors[0].item() - x * errors[-1].item())
    return best


barrier = Answers(
    right=[
        rise,
        by_numpy,
        highest,
        lambda x, e: float(rise(x, e)),
        lambda x, e: rise(x.double(), e.double()),
        lambda x, e: (e - torch.lerp(e[0], e[-1], x)).amax(),
        lambda x, e: sorted((e - e[0] - x * (e[-1] - e[0])).tolist())[-1],
        lambda x, e: Fraction(float(rise(x, e))),
        lambda x, e: rise(x, e)[None],
        lambda alphas, errors: max(rise(alphas, errors), torch.zeros(())),
        lambda x, e: np.float16(by_numpy(x, e)),
        lambda x, e: np.max(e.numpy() - np.polyval(np.polyfit([0, 1], e[[0, -1]].numpy(), 1), x.numpy())),
        lambda x, e: [(e - (1 - x) * e[x == 0] - x * e[x == 1]).relu().max()],
    ],
    wrong=[
        (lambda x, e: None, "returned nothing (None)"),
        (Once(rise), "returned nothing (None)"),
        (lambda x, e: e.nothing, "raised AttributeError"),
        (lambda e: e.max(), "should take 2 arguments"),
        (lambda x, e: e - e[0], "one number"),
        (lambda x, e: 0.1, "answers all questions alike"),
        (lambda x, e: e.max(), "the highest error"),
        (lambda x, e: (e - (e[0] + e[-1]) / 2).max(), "above the mean of the ends"),
        (lambda x, e: e.max() - e[0], "above the first end"),
        (lambda x, e: e.max() - e[-1], "above the last end"),
        (lambda x, e: e.max() - max(e[0], e[-1]), "above the higher end"),
        (lambda x, e: (e - (1 - x) * e[0] - x * e[-1])[len(x) // 2], "at the middle point"),
        (lambda x, e: (e - (1 - x) * e[0] - x * e[-1])[e.argmax()], "where the error is highest"),
        (lambda x, e: rise(torch.linspace(0, 1, len(e)), e), "by the number of the point"),
        (lambda x, e: rise(1 - x, e), "turned round"),
        (lambda x, e: (e - (1 - x) * e[0] - x * e[-1]).abs().max(), "below it is no barrier"),
        (lambda x, e: (e - (1 - x) * e[0] - x * e[-1])[1:-1].max(), "the ends count too"),
        (lambda x, e: (e - (1 - x) * e[0] - x * e[-1]).mean(), "the mean rise"),
        (lambda x, e: (e - (1 - x) * e[0] - x * e[-1]).argmax(), "the place of the barrier"),
        (lambda x, e: x[(e - (1 - x) * e[0] - x * e[-1]).argmax()], "that is the alpha"),
        (lambda x, e: 100 * rise(x, e), "in percent"),
        (lambda x, e: rise(x, e) / 0, "overflow?"),
        (lambda x, e: rise(x, e.sub_(e[0].clone())), "changed `errors`"),
        (lambda x, e: round(float(rise(x, e)), 1), "barrier(["),
        (lambda x, e: max(rise(x, e), 0.05), "barrier"),
        (lambda x, e: e.max() - e.min(), "other values of `alphas` do not change"),
        (lambda x, e: e.median(), "other values of `alphas` do not change"),
        (lambda x, e: np.interp(0.5, x, e) - (e[0] + e[-1]) / 2, "barrier(["),
        (lambda x, e: max(0.0, float(e.max() - max(e[0], e[-1]))), "above the higher end"),
        (lambda x, e: ((1 - x) * e[0] + x * e[-1] - e).max(), "barrier(["),
        (lambda x, e: rise(x, e) / e[0], "barrier(["),
        (lambda x, e: (e - (1 - x) * e[0] - x * e[-1]).clamp(min=0).sum(), "barrier(["),
        (lambda x, e: (e - (1 - x) * e[0]).max(), "barrier(["),
        (lambda x, e: e.numpy() @ np.ones(len(e)) / len(e), "other values of `alphas` do not change"),
        (lambda x, e: np.max(e.numpy() - np.polyval(np.polyfit(x, e, 1), x)), "barrier(["),
        (lambda x, e: (x[e.argmax()], rise(x, e)), "one number"),
        (lambda x, e: (e - torch.lerp(e[0], e[-1], x)).sort().values[-2], "barrier(["),
        (lambda errors, alphas: rise(alphas, errors), "and yours are (errors, alphas)"),
        (lambda x, e: torch.trapezoid(e - (1 - x) * e[0] - x * e[-1], x), "barrier("),
    ],
)
