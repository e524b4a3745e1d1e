"""The open exercises, one a lesson: a claim of the learner's own is put to the test, and any way to it is right.

Three of them train small networks and are in `open_tickets`; these here compute for a moment.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from workbench.check.answers import numbers, short
from workbench.check.learner import answer_of
from workbench.check.verdict import Verdict, exercise, expect
from workbench.work import seeds

LEFT = 0.35  # of the barrier of the straight line
CALIBRATED = 0.5  # of what was lost by being too sure, or not sure enough
NEARER = 0.75  # of the distance of taking one vector after another
DRAWS = 16  # of vectors: the nearest of few is a matter of chance


@exercise(points=3)
def detour(
    function: Callable[[Tensor, Tensor, Callable[[Tensor], Tensor]], Any], *, seed: int | None = None
) -> Verdict:
    """Check a learner's way round a mountain: `function(a, b, loss)` returns points to go by, (points, weights).

    `loss(w)` is that of weights w, and autograd goes through it. From a to the first point, on to the next, and at last
    to b the loss must nowhere be above 35 % of the highest on the straight line, in two of three landscapes of a size:
    whoever searches by chance may have bad luck once.
    """
    most = 0.0
    for n in (2, 3, 6):  # weights
        ways = [_way_round(function, n, seeds.generator(seed or 0, f"detour {n}", draw)) for draw in range(3)]
        left, said = sorted(ways)[1]
        expect(left <= LEFT, said)
        most = max(most, left)
    return Verdict(True, f"{most:.0%} of the mountain is left, or less. wb.landscape.curve trains such a way")


def _way_round(function: Callable[..., Any], n: int, source: torch.Generator) -> tuple[float, str]:
    """Return how much of a mountain is left on a learner's way round it, as a share, and what to say of that."""
    a, b, loss = _valley(n, source)
    points = numbers(returned := answer_of(function, ("a", "b", "loss"), a, b, loss))
    shaped = points is not None and points.ndim == 2 and points.shape[1] == n and len(points) > 0
    form = f"it should return the points to go by, of shape (points, {n})"
    expect(shaped, f"{form}, and returned {short(returned)}")
    assert points is not None
    expect(bool(points.isfinite().all()), f"{form}, and some of them is not finite")
    straight, way = _highest(torch.stack([a, b]), loss), _highest(torch.cat([a[None], points, b[None]]), loss)
    rule = f"with {n} weights the straight line rises to {straight:.3g}, and a way round it should stay below"
    back = _highest(torch.cat([a[None], points.flip(0), b[None]]), loss)
    where = "go further out, or by more points" if way < straight else "look where the loss falls sideways"
    where = where if back > LEFT * straight else "your points go from b to a, and should go from a to b"
    return way / straight, f"{rule} {LEFT * straight:.3g}; yours rises to {way:.3g}: {where}"


def _valley(n: int, source: torch.Generator) -> tuple[Tensor, Tensor, Callable[[Tensor], Tensor]]:
    """Draw a valley that goes round a mountain in a plane of n dimensions, and two places opposite in it."""
    axes = torch.linalg.qr(torch.randn(n, n, generator=source, dtype=torch.float64)).Q
    centre, radius = torch.randn(n, generator=source).double(), 1 + float(torch.rand((), generator=source))

    def loss(w: Tensor) -> Tensor:
        inside = (w.double() - centre) @ axes / radius
        return (inside[..., :2].square().sum(-1) - 1) ** 2 + inside[..., 2:].square().sum(-1)

    return centre + radius * axes[:, 0], centre - radius * axes[:, 0], loss


def _highest(corners: Tensor, loss: Callable[[Tensor], Tensor]) -> float:
    """Return the highest loss on the way from corner to corner."""
    alphas = torch.linspace(0, 1, 101, dtype=torch.float64)[:, None]
    legs = [(1 - alphas) * p + alphas * q for p, q in zip(corners[:-1].double(), corners[1:].double(), strict=True)]
    return float(loss(torch.cat(legs)).max())


@exercise(points=3)
def recalibrated(function: Callable[[Tensor, Tensor, Tensor], Any], *, seed: int | None = None) -> Verdict:
    """Check a learner's calibration: `function(logits, labels, test_logits)` returns the test images' probabilities.

    The labels are those of the validation images, from which it learns how sure the network may be. On test images the
    NLL must come down at least half of the way to that of the true probabilities, for networks that are too sure and
    for ones that are not sure enough.
    """
    gains = []
    for place in range(4):
        source = seeds.generator(seed or 0, "recalibrated", place)
        factor = float(torch.empty(()).uniform_(2.0, 4.0, generator=source)) ** (1 if place % 2 == 0 else -1)
        classes = 3 + place
        logits, truth, labels = _network(classes, factor, source)
        given = (logits[:1000], labels[:1000], logits[1000:])
        answer = answer_of(function, ("logits", "labels", "test_logits"), *given)
        p, test = numbers(answer), labels[1000:]
        form = f"it should return a probability of every class for each test image, of shape {tuple(given[2].shape)}"
        expect(p is not None and p.shape == given[2].shape, f"{form}, and returned {short(answer)}")
        assert p is not None
        right = ((p > -1e-3) & (p < 1 + 1e-3)).all(1) & ((p.sum(1) - 1).abs() < 1e-2)
        row = int(right.int().argmin())  # the first that is wrong
        total = (
            f"row {row} sums to {float(p[row].sum()):.4g}, from {float(p[row].min()):.4g} to {float(p[row].max()):.4g}"
        )
        expect(right.all(), f"probabilities are from 0 to 1 and sum to one for every image, and {total}")
        nll = float(-p[range(len(test)), test].clamp(min=1e-12).log().mean())
        before, best = float(cross_entropy(given[2], test)), float(cross_entropy(truth[1000:], test))
        most = before - CALIBRATED * (before - best)
        kind = "too sure" if factor > 1 else "not sure enough"
        rule = f"a network that is {kind} has an NLL of {before:.3f}, {best:.3f} with the true probabilities"
        expect(nll <= most, f"{rule}: it should come down to {most:.3f}, and yours has {nll:.3f}")
        gains.append((before - nll) / (before - best))
    return Verdict(
        True, f"{min(gains):.0%} of the excess or more is gone. wb.calibration.fit_temperature does it by one"
    )


def _network(classes: int, factor: float, source: torch.Generator) -> tuple[Tensor, Tensor, Tensor]:
    """Draw what a network says, what is true of it, and labels: logits that are a factor too large.

    They are of one size whatever the factor, so that it is the labels alone that tell how sure the network may be.
    """
    logits = torch.randn(3000, classes, generator=source) * 2.5
    truth = logits / factor
    labels = torch.multinomial(truth.softmax(1), 1, generator=source)[:, 0]
    return logits, truth, labels


@exercise(points=3)
def near_subset(function: Callable[[Tensor, Tensor], Any], *, seed: int | None = None) -> Verdict:
    """Check a learner's search among too many to try all: `function(vectors, target)` chooses some of 80 vectors.

    It says True or False of each; their sum must come to within three quarters of the distance (the largest difference
    of a coordinate) that taking one vector after another gets to, as long as that helps: in the mean over 16 draws.
    """
    yours, greedy = 0.0, 0.0
    for place in range(DRAWS):
        source = seeds.generator(seed or 0, "near subset", place)
        vectors, target = torch.randn(80, 3, generator=source), 2 * torch.rand(3, generator=source) - 1
        yours += _distance(vectors[_chosen(function, vectors, target)].sum(0), target) / DRAWS
        greedy += _distance(vectors[_one_after_another(vectors, target)].sum(0), target) / DRAWS
    rule = f"one vector after another comes to within {greedy:.3g} of the target, so {NEARER * greedy:.3g} is asked"
    expect(yours <= NEARER * greedy, f"{rule}, and yours comes to within {yours:.3g}: try to exchange what is chosen")
    more = torch.randn(100, 4, generator=seeds.generator(seed or 0, "more vectors"))
    _chosen(function, more, torch.zeros(4))  # for whoever writes down a size
    return Verdict(True, f"within {yours:.2g}, and greedy search within {greedy:.2g}. wb.strong.subset_sum is exact")


def _chosen(function: Callable[..., Any], vectors: Tensor, target: Tensor) -> Tensor:
    """Return which vectors a learner's search chooses, as bools."""
    values = numbers(answer := answer_of(function, ("vectors", "target"), vectors, target))
    truths = values is not None and values.shape == (len(vectors),) and bool(((values == 0) | (values == 1)).all())
    expect(truths, f"it should say True or False of each of the {len(vectors)} vectors, and returned {short(answer)}")
    assert values is not None
    return values == 1


def _distance(total: Tensor, target: Tensor) -> float:
    return float((total - target).abs().max())


def _one_after_another(vectors: Tensor, target: Tensor) -> list[int]:
    """Return the vectors that a greedy search takes: the one that helps most, and the next, as long as one helps."""
    chosen: list[int] = []
    rest = target.clone()
    while len(chosen) < len(vectors):
        distances = (rest - vectors).abs().amax(1)
        distances[chosen] = torch.inf
        best = int(distances.argmin())
        if distances[best] >= rest.abs().max():
            break
        chosen.append(best)
        rest = rest - vectors[best]
    return chosen
