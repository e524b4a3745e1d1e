"""Right and wrong answers to the exercises on calibration."""

from __future__ import annotations

import itertools
import math
from fractions import Fraction

import numpy as np
import pandas as pd
import scipy.special
import scipy.stats
import torch
from sets import Answers, Once
from sklearn.calibration import calibration_curve


def calibration_error(confidence, right, bins):
    place = (confidence * bins).ceil().long().clamp(1, bins)
    total = 0.0
    for b in range(1, bins + 1):
        here = place == b
        if here.any():
            share, sure = right[here].double().mean(), confidence[here].double().mean()
            total += float(here.double().mean() * (share - sure).abs())
    return total


def in_loops(confidence, right, bins):
    held = [[] for _ in range(bins)]
    for c, r in zip(confidence.tolist(), right.tolist(), strict=True):
        held[math.ceil(c * bins) - 1].append((c, r))
    return sum(abs(sum(r for _, r in b) - sum(c for c, _ in b)) for b in held) / len(confidence)


def by_numpy(confidence, right, bins):
    c, r = confidence.numpy(), right.numpy()
    place = np.clip(np.digitize(c, np.linspace(0, 1, bins + 1), right=True) - 1, 0, bins - 1)
    return sum((place == b).mean() * abs(r[place == b].mean() - c[place == b].mean()) for b in np.unique(place))


def by_edges(confidence, right, bins):
    edges, total = torch.linspace(0, 1, bins + 1), torch.zeros(())
    for low, high in itertools.pairwise(edges):
        here = (confidence > low) & (confidence <= high)
        total = total + torch.abs((right[here].float() - confidence[here]).sum())
    return total / len(right)


def by_counts(confidence, right, bins):
    place = (confidence * bins).ceil().long() - 1
    return torch.bincount(place, right.double() - confidence, minlength=bins).abs().sum() / len(place)


def by_statistic(confidence, right, bins):
    c = confidence.numpy()
    sums = scipy.stats.binned_statistic(c, [c, right.numpy() * 1.0], "sum", bins=bins, range=(0, 1)).statistic
    return np.abs(sums[0] - sums[1]).sum() / len(c)


def by_floor(confidence, right, bins):
    place = (confidence * bins).long().clamp(max=bins - 1)
    return torch.bincount(place, right.double() - confidence, minlength=bins).abs().sum() / len(place)


def by_scikit_learn(confidence, right, bins):
    share, sure = calibration_curve(right.numpy(), confidence.numpy(), n_bins=bins)
    count = np.bincount(np.digitize(confidence.numpy(), np.linspace(0, 1, bins + 1), right=True))
    return np.average(np.abs(share - sure), weights=count[count > 0])


def by_pandas(confidence, right, bins):
    frame = pd.DataFrame({"sure": confidence.numpy(), "right": right.numpy() * 1.0})
    bins = frame.groupby(pd.cut(frame.sure, np.linspace(0, 1, bins + 1)), observed=True)
    return (bins.size() / len(frame) * (bins.right.mean() - bins.sure.mean()).abs()).sum()


def between(inside):
    """Take for a bin what is inside of its edges."""

    def error(confidence, right, bins):
        edges, gaps = torch.linspace(0, 1, bins + 1), right.double() - confidence
        return sum(gaps[inside(confidence, *pair)].sum().abs() for pair in itertools.pairwise(edges)) / len(right)

    return error


def from_the_least(confidence, right, bins):
    edges = np.histogram_bin_edges(confidence.numpy(), bins)
    place = np.clip(np.digitize(confidence.numpy(), edges) - 1, 0, bins - 1)
    return np.abs(np.bincount(place, right.numpy() * 1.0 - confidence.numpy())).sum() / len(place)


def unweighed(confidence, right, bins):
    share, sure = calibration_curve(right.numpy(), confidence.numpy(), n_bins=bins)
    return np.abs(share - sure).mean()


def with_empty(value):
    """Count an empty bin as that."""

    def error(confidence, right, bins):
        place = (confidence * bins).long().clamp(max=bins - 1)
        empty = sum(not (place == b).any() for b in range(bins))
        return by_counts(confidence, right, bins) + value * empty / bins

    return error


def changing(confidence, right, bins):
    confidence.mul_(bins)
    return by_counts(confidence / bins, right, bins)


ece = Answers(
    right=[
        calibration_error,
        in_loops,
        by_numpy,
        by_edges,
        by_counts,
        lambda c, r, b: np.float32(by_numpy(c, r, b)),
        lambda c, r, b: torch.tensor([calibration_error(c, r, b)]),
        lambda c, r, b: Fraction(in_loops(c, r, b)),
        lambda confidence, right, bins: by_counts(confidence.double(), right, bins).numpy(),
        lambda c, r, bins=15: by_counts(c, r, bins).half(),
        by_scikit_learn,
        by_pandas,
    ],
    wrong=[
        (lambda c, r, b: None, "returned nothing (None)"),
        (lambda c, r, b: c.nothing, "raised AttributeError"),
        (lambda c, r, b: 0.18, "answers all questions alike"),
        (lambda c, r, b: "0.18", "should return one number"),
        (lambda c, r, b: [0.1] * b, "should return one number"),
        (lambda c, r: 0.18, "should take 3 arguments"),
        (Once(by_counts), "returned nothing (None)"),
        (lambda c, r, b: float("nan"), "an empty bin has no mean"),
        (lambda c, r, b: float((r.double() - c).mean().abs()), "all examples together"),
        (lambda c, r, b: float((r.double() - c).abs().mean()), "the gap of every example alone"),
        (lambda c, r, b: by_counts(c, r, 10), "`bins`"),
        (lambda c, r, b: by_counts(c, r, 15), "`bins`"),
        (lambda c, r, b: by_counts(c, r, 3), "other values of `bins` do not change"),
        (lambda c, r, b: by_counts(c, r, 4), "other values of `bins` do not change"),
        (lambda c, r, b: by_counts(c, r, b + 1), "one bin too many"),
        (lambda c, r, b: 100 * by_counts(c, r, b), "in percent"),
        (lambda c, r, b: by_counts(torch.maximum(c, 1 - c), r ^ (c < 0.5), b), "below a half it is not turned round"),
        (lambda c, r, b: by_counts(c, ~r, b), "the wrong ones that are counted"),
        (lambda c, r, b: by_counts(c[c < 1], r[c < 1], b), "exactly 1 belongs to the last bin"),
        (lambda c, r, b: by_counts(c[c < 1], r[c < 1], b) * (c < 1).float().mean(), "exactly 1 belongs to the last"),
        (lambda c, r, b: round(by_numpy(c, r, b), 1), "should give"),
        (with_empty(0.5), "should give"),
        (changing, "changed `confidence`"),
        (lambda c, r, b: -by_counts(c, r, b), "should give"),
        (lambda c, r, b: -(r.double() - c).mean().abs(), "cancel"),
        (lambda c, r, b: by_counts(c, r, b) / 0, "an empty bin has no mean"),
        (lambda c, r, b: float(c.mean() - r.float().mean()), "bins of different sign cancel"),
        (lambda c, r, b: float(r.float().mean() - c.mean()), "bins of different sign cancel"),
        (lambda c, r, b: float((r.float() - c).mean() ** 2), ": other values of `bins` do not change"),
        (lambda c, r, b: c.mean(), ": other values of `right` and `bins` do not change"),
        (lambda c, r, b: len(c), ": other values of `confidence`, `right` and `bins` do not change"),
        (lambda c, r, b: by_counts(c.sort().values, r, b), "should give"),
        (between(lambda c, low, high: (c >= low) & (c <= high)), "not in both"),
        (between(lambda c, low, high: (c > low) & ((c < high) | (high == 1))), "not in neither"),
        (by_statistic, "closed on its right"),
        (by_floor, "closed on its right"),
        (from_the_least, "yours from the least confidence"),
        (unweighed, "counts every bin alike"),
        (lambda c, r, b: by_counts(c, r, b) ** 2, "the square of it"),
        (lambda c, r, b: len(c) * by_counts(c, r, b), "divide by the number of examples"),
        (lambda c, r, b: by_counts(c, r, b) * len(c) / (len(c) - 1), "should give"),
        (lambda c, r, b: by_counts((2 * c - 1).clamp(0.01, 1), r, b), "should give"),
        (lambda c, r, b: 1 - by_counts(c, r, b), "should give"),
        (lambda c, r, b: by_counts(c, ~r.logical_not_(), b), "changed `right`"),
        (lambda right, confidence, bins: by_counts(confidence, right, bins), "and yours are (right, confidence, bins)"),
        (lambda c, r, b: by_counts(c, r, b).expand(b), "should return one number"),
    ],
)


def softmax(losses, lam):
    return (losses / lam).softmax(0)


def shifted(losses, lam):
    weights = np.exp((losses.numpy() - losses.numpy().max()) / lam)
    return weights / weights.sum()


def in_a_loop(losses, lam):
    largest = max(losses.tolist())
    weights = [float(torch.exp((loss - largest) / lam)) for loss in losses]
    return [weight / sum(weights) for weight in weights]


def by_mean(losses, lam):
    """Subtract the mean, beside which the largest may still be large."""
    w = ((losses.double() - losses.double().mean()) / lam).exp()
    return w / w.sum()


robust_weights = Answers(
    right=[
        softmax,
        shifted,
        in_a_loop,
        lambda losses, lam: tuple(in_a_loop(losses, lam)),
        lambda losses, lam: softmax(losses.double(), lam),
        lambda losses, lam: (losses / lam - torch.logsumexp(losses / lam, 0)).exp(),
        lambda losses, lam: list(softmax(losses, lam)),
        lambda losses, lam: softmax(losses, lam).half(),
        lambda losses, lam: softmax(losses, lam).requires_grad_(),
        lambda losses, lam: shifted(losses, lam).astype(np.float64)[::-1][::-1],
        lambda losses, lam: scipy.special.softmax(losses.numpy() / lam),
        lambda losses, lam: torch.stack([1 / ((losses - loss) / lam).exp().sum() for loss in losses]),
        lambda losses, lam: torch.nn.Softmin(0)(-losses / lam),
    ],
    wrong=[
        (lambda losses, lam: by_mean(losses, lam), "exp overflows"),
        (lambda losses, lam: None, "returned nothing (None)"),
        (lambda losses, lam: losses.nothing, "raised AttributeError"),
        (lambda losses, lam: softmax(losses, lam).sum(), "one weight a loss"),
        (lambda losses, lam: softmax(losses, lam)[None], "one weight a loss"),
        (lambda losses, lam: {"weights": softmax(losses, lam)}, "one weight a loss"),
        (Once(softmax), "returned nothing (None)"),
        (lambda losses, lam: losses.sub_(losses.max()).div(lam).softmax(0), "changed `losses`"),
        (lambda losses, lam: softmax(-losses, lam), "least weight"),
        (lambda losses, lam: (losses / lam).exp(), "sum to one"),
        (lambda losses, lam: softmax(losses, lam) * len(losses), "their mean is one"),
        (lambda losses, lam: (losses * lam).softmax(0), "yours multiplies"),
        (lambda losses, lam: losses.softmax(0), "yours leaves it out"),
        (lambda losses, lam: softmax(losses, 2.5), "other values of `lam` do not change"),
        (lambda losses, lam: losses / losses.sum(), "the exponential is missing"),
        (lambda losses, lam: torch.ones_like(losses) / len(losses), "plain mean's"),
        (lambda losses, lam: softmax(losses, lam).log(), "the logarithm"),
        (lambda losses, lam: (losses / lam).exp() / (losses / lam).exp().sum(), "overflow"),
        (lambda losses, lam: softmax((losses / lam).clamp(max=50), 1), "must not be cut off"),
        (lambda losses, lam: softmax(losses.clamp(max=100), lam), "must not be cut off"),
        (lambda losses, lam: ((losses / lam).exp() / (losses / lam).exp().sum()).nan_to_num(0.5), "must not be cut"),
        (lambda losses, lam: softmax(losses, lam).round(decimals=1), "should give"),
        (lambda losses, lam: softmax(losses, lam).flip(0), "should give"),
        (lambda losses, lam: softmax(losses, lam).sqrt(), "should give"),
        (lambda losses, lam: softmax(losses, lam + 1), "should give"),
        (lambda losses, lam: torch.eye(len(losses))[0], "other values of `losses` and `lam` do not change"),
        (lambda losses, lam: softmax(losses, lam) * losses, "return the weights alone"),
        (lambda losses, lam: (losses / lam - lam * (losses / lam).logsumexp(0) / lam).exp(), "an infinite lambda"),
        (lambda losses, lam: softmax(losses, lam) * (lam < 1e6), "an infinite lambda"),
        (lambda losses, lam: softmax(losses, min(lam, 100.0)), "an infinite lambda"),
        (lambda losses, lam: softmax(losses, int(lam) or 1), "should give"),
        (lambda losses, lam: softmax(losses, lam * lam), "should give"),
        (lambda losses, lam: (losses / lam).sigmoid(), "should give"),
        (lambda losses, lam: 10 ** ((losses - losses.max()) / lam), "should give"),
        (lambda losses, lam: torch.nn.functional.normalize(softmax(losses, lam), dim=0), "should give"),
        (lambda losses, lam: ((losses - losses.mean()) / lam).exp() / ((losses - losses.mean()) / lam).exp().sum(),
         "exp overflows"),
        (lambda losses, lam: lam * torch.logsumexp(losses / lam, 0), "one weight a loss"),
        (lambda losses, lam: losses.div_(lam).softmax(0), "changed `losses`"),
        (lambda lam, losses: softmax(losses, lam), "and yours are (lam, losses)"),
        (lambda losses, lam: (losses == losses.max()).float(), "all weight is on the largest"),
    ],
)  # fmt: skip
