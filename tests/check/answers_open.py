"""Right and wrong answers to the open exercises: several ways that hold the claim, and many that do not."""

from __future__ import annotations

import itertools
import math

import numpy as np
import scipy.optimize
import torch
from sets import Answers, Once
from sklearn.linear_model import LogisticRegression
from torch.nn.functional import cross_entropy, one_hot


def largest(saliency, density, share=1.0):
    """Keep exactly the largest over all layers."""
    flat = torch.cat([s.flatten() for s in saliency.values()])
    kept = torch.zeros(len(flat), dtype=torch.bool)
    kept[flat.argsort(descending=True)[: round(share * round(density * len(flat)))]] = True
    parts = kept.split([s.numel() for s in saliency.values()])
    return {name: part.view(saliency[name].shape) for (name, _), part in zip(saliency.items(), parts, strict=True)}


def rule(saliency):
    return lambda start, trained, density: largest({n: saliency(start[n], trained[n]) for n in start}, density)


magnitude = rule(lambda s, t: t.abs())


def by_layer(start, trained, density):
    """Keep the same share of every layer, and settle what is left in the first."""
    counts = {n: round(density * t.numel()) for n, t in trained.items()}
    first = next(iter(counts))
    counts[first] += round(density * sum(t.numel() for t in trained.values())) - sum(counts.values())
    masks = {}
    for name, t in trained.items():
        masks[name] = np.zeros(t.numel(), dtype=bool)
        masks[name][np.argsort(-np.abs(t.numpy()).ravel())[: counts[name]]] = True
        masks[name] = masks[name].reshape(t.shape)
    return masks


def zeroing(start, trained, density):
    mask = magnitude(start, trained, density)
    for name in trained:
        trained[name].mul_(mask[name])
    return mask


kept_places = Answers(
    right=[
        magnitude,
        by_layer,
        rule(lambda s, t: (t - s).abs()),
        rule(lambda s, t: t.abs() - s.abs()),
        rule(lambda s, t: t.abs() * (t - s).abs()),
        rule(lambda s, t: t.abs() + (t - s).abs()),
        rule(lambda s, t: t.abs() / t.std()),
        lambda *given: {n: m.tolist() for n, m in magnitude(*given).items()},
        lambda *given: {n: m.float() for n, m in magnitude(*given).items()},
    ],
    wrong=[
        (lambda s, t, d: None, "returned nothing (None)"),
        (Once(magnitude), "returned nothing (None)"),
        (lambda t, d: magnitude(t, t, d), "should take 3 arguments, (start, trained, density)"),
        (lambda s, t, d: s.nothing, "raised AttributeError"),
        (lambda s, t, d: list(magnitude(s, t, d).values()), "a dict of bool masks"),
        (lambda s, t, d: dict(itertools.islice(magnitude(s, t, d).items(), 1)), "is missing"),
        (lambda s, t, d: {n: m.flatten() for n, m in magnitude(s, t, d).items()}, "of shape"),
        (lambda s, t, d: t, "True or False at each place"),
        (lambda s, t, d: magnitude(s, t, 2 * d), "and yours keeps"),
        (lambda s, t, d: magnitude(s, t, 0.05), "and yours keeps"),
        (lambda s, t, d: {n: m.abs() > 0.2 for n, m in t.items()}, "and yours keeps"),
        (lambda s, t, d: {n: ~m for n, m in magnitude(s, t, d).items()}, "and yours keeps"),
        (zeroing, "changed `trained`"),
        (rule(lambda s, t: torch.rand_like(t)), "are asked"),
        (rule(lambda s, t: -t.abs()), "are asked"),
        (rule(lambda s, t: s.abs()), "are asked"),
        (lambda s, t, d: {n: t[n] * m for n, m in magnitude(s, t, d).items()}, "True or False at each place"),
        (lambda trained, start, density: magnitude(start, trained, density), "and yours are (trained, start, density)"),
        (rule(lambda s, t: -torch.arange(t.numel()).view(t.shape)), "are asked"),
        (lambda s, t, d: largest({n: w.abs() for n, w in t.items()}, d, share=1.01), "and yours keeps"),
    ],
    seeds=1,
)


def filled(weight):
    """Divide the kept weights by such weights of a layer, none above its size."""

    def densities(shapes, density):
        sizes = [math.prod(shape) for shape in shapes]
        left, result, open_layers = round(density * sum(sizes)), [0.0] * len(sizes), list(range(len(sizes)))
        while open_layers:
            total = sum(weight(shapes[i]) for i in open_layers)
            full = [i for i in open_layers if left * weight(shapes[i]) / total > sizes[i]]
            if not full:
                for i in open_layers:
                    result[i] = left * weight(shapes[i]) / total / sizes[i]
                break
            for i in full:
                result[i], left = 1.0, left - sizes[i]
            open_layers = [i for i in open_layers if i not in full]
        return result

    return densities


erk = filled(sum)

layer_densities = Answers(
    right=[
        erk,
        filled(lambda shape: 1),
        filled(lambda shape: math.prod(shape) ** 0.25),
        filled(lambda shape: shape[0] + 2 * shape[1] ** 0.5),
        lambda shapes, density: np.array(erk(shapes, density)),
        lambda shapes, density: torch.tensor(erk(shapes, density)),
        lambda shapes, density: tuple(erk(shapes, density)),
        lambda shapes, density: [torch.tensor(share) for share in erk(shapes, density)],
    ],
    wrong=[
        (lambda shapes, density: None, "returned nothing (None)"),
        (Once(erk), "returned nothing (None)"),
        (lambda shapes: [0.1] * len(shapes), "should take 2 arguments, (shapes, density)"),
        (lambda shapes, density: shapes.nothing, "raised AttributeError"),
        (lambda shapes, density: density, "one density a layer"),
        (lambda shapes, density: erk(shapes, density)[:-1], "one density a layer"),
        (lambda shapes, density: dict(enumerate(erk(shapes, density))), "one density a layer"),
        (lambda shapes, density: [density] * len(shapes), "are asked"),
        (lambda shapes, density: [0.04, 0.1, 0.5], "weights, and yours"),
        (lambda shapes, density: [2 * share for share in erk(shapes, density)], "density"),
        (lambda shapes, density: [100 * share for share in erk(shapes, density)], "from 0 to 1"),
        (lambda shapes, density: [-share for share in erk(shapes, density)], "from 0 to 1"),
        (lambda shapes, density: erk(shapes, density)[::-1], "weights, and yours"),
        (lambda shapes, density: [share * math.prod(s) for s, share in zip(shapes, erk(shapes, density), strict=True)],
         "from 0 to 1"),
        (lambda shapes, density: filled(lambda s: s == shapes[0])(shapes, density), "are asked"),
        (lambda shapes, density: erk(shapes, 0.1), "weights, and yours"),
        (lambda shapes, density: [float("nan")] * 3, "from 0 to 1"),
        (lambda shapes, density: shapes.pop() and [0.1] * 3, "changed `shapes`"),
        (lambda shapes, density: [round(share * math.prod(s)) for s, share in zip(shapes, erk(shapes, density),
                                                                                  strict=True)], "from 0 to 1"),
        (lambda shapes, density: (erk(shapes, density), density), "one density a layer"),
        (lambda density, shapes: erk(shapes, density), "and yours are (density, shapes)"),
    ],
    seeds=1,
)  # fmt: skip


def probability(logits, labels):
    return logits.softmax(-1)[:, range(len(labels)), labels]


def by_score(score):
    return lambda logits, labels, count: score(logits, labels).topk(count).indices


mean_of_label = by_score(lambda z, y: -probability(z, y).mean(0))


def by_numpy(logits, labels, count):
    wrong = logits.argmax(-1).numpy() != labels.numpy()
    doubt = 1 - probability(logits, labels).numpy()
    return np.argsort(-(wrong.mean(0) + 0.01 * doubt.mean(0)))[:count]


def moved(logits, labels, count):
    logits.sub_(logits.max())
    return mean_of_label(logits, labels, count)


suspects = Answers(
    right=[
        mean_of_label,
        by_numpy,
        by_score(lambda z, y: (z.softmax(-1) - one_hot(y, z.shape[-1])).norm(dim=-1).mean(0)),
        by_score(lambda z, y: -probability(z, y).median(0).values),
        by_score(lambda z, y: -probability(z[: len(z) // 2], y).mean(0)),
        lambda z, y, n: mean_of_label(z, y, n).tolist(),
        lambda z, y, n: {int(i): 0 for i in mean_of_label(z, y, n)}.keys() and tuple(mean_of_label(z, y, n).tolist()),
        lambda z, y, n: mean_of_label(z, y, n).flip(0).int(),
    ],
    wrong=[
        (lambda z, y, n: None, "nothing (None)"),
        (lambda z, y: y, "should take 3 arguments, (logits, labels, count)"),
        (lambda z, y, n: z.nothing, "raised AttributeError"),
        (lambda z, y, n: mean_of_label(z, y, n)[:-1], "different images"),
        (lambda z, y, n: mean_of_label(z, y, n + 1), "different images"),
        (lambda z, y, n: probability(z, y).mean(0) < 0.5, "different images"),
        (lambda z, y, n: torch.zeros(n), "different images"),
        (lambda z, y, n: mean_of_label(z, y, n) + len(y), "different images"),
        (lambda z, y, n: mean_of_label(z, y, n) + 0.5, "different images"),
        (lambda z, y, n: range(n), "are asked"),
        (lambda z, y, n: torch.randperm(len(y))[:n], "are asked"),
        (by_score(lambda z, y: cross_entropy(z[-1], y, reduction="none")), "are asked"),
        (by_score(lambda z, y: probability(z, y).mean(0)), "are asked"),
        (by_score(lambda z, y: -z.amax((0, 2))), "are asked"),
        (by_score(lambda z, y: -z[-1].softmax(-1).amax(-1)), "are asked"),
        (by_score(lambda z, y: (z.argmax(-1) != y).float().diff(dim=0).clamp(min=0).sum(0)), "are asked"),
        (by_score(lambda z, y: y.float()), "are asked"),
        (lambda z, y, n: mean_of_label(z, y, 162), "different images"),
        (moved, "changed `logits`"),
        (lambda z, y, n: [0] * n, "different images"),
        (lambda z, y, n: (z[-1].argmax(1) != y).nonzero()[:, 0], "different images"),
        (lambda labels, logits, count: mean_of_label(logits, labels, count), "and yours are (labels, logits, count)"),
        (lambda z, y, n: "0 1 2", "different images"),
    ],
    seeds=1,
)


def round_the_side(a, b, loss, points=5):
    """Try bows to all sides, in every dimension, and take the lowest."""
    middle, half = (a + b) / 2, (b - a) / 2
    lowest, best = math.inf, a[None]
    for _ in range(300):
        side = torch.randn(len(a), dtype=a.dtype)
        side -= (side @ half) / (half @ half) * half
        side *= half.norm() / side.norm().clamp(min=1e-9)
        angles = torch.linspace(math.pi, 0, points + 2, dtype=a.dtype)[1:-1, None]
        way = middle + angles.cos() * half + angles.sin() * side
        height = float(torch.stack([loss(w) for w in way]).max())
        if height < lowest:
            lowest, best = height, way
    return best


def trained(a, b, loss, points=7, steps=200):
    """Let the points of a chain slide down from a straight line that was bent a little, kept evenly spaced."""
    source = torch.Generator().manual_seed(0)
    alphas = torch.linspace(0, 1, points + 2, dtype=a.dtype)[1:-1, None]
    way = ((1 - alphas) * a + alphas * b + 0.3 * torch.randn(len(a), dtype=a.dtype, generator=source)).requires_grad_()
    optimiser = torch.optim.Adam([way], lr=0.05)
    for _ in range(steps):
        chain = torch.cat([a[None], way, b[None]])
        mids = (chain[1:] + chain[:-1]) / 2
        total = loss(way).sum() + loss(mids).sum() + (chain[1:] - chain[:-1]).square().sum()
        optimiser.zero_grad()
        total.backward()
        optimiser.step()
    return way


detour = Answers(
    right=[
        round_the_side,
        trained,
        lambda a, b, loss: round_the_side(a, b, loss, points=3),
        lambda a, b, loss: round_the_side(a, b, loss, points=9),
        lambda a, b, loss: round_the_side(a, b, loss).tolist(),
        lambda a, b, loss: round_the_side(a, b, loss).numpy(),
        lambda a, b, loss: list(round_the_side(a, b, loss)),
        lambda a, b, loss: round_the_side(a, b, loss).float(),
        lambda a, b, loss: trained(a, b, loss, points=15),
    ],
    wrong=[
        (lambda a, b, loss: None, "(None)"),
        (lambda a, b: a, "should take 3 arguments, (a, b, loss)"),
        (lambda a, b, loss: a.nothing, "raised AttributeError"),
        (lambda a, b, loss: (a + b) / 2, "the points to go by, of shape"),
        (lambda a, b, loss: torch.zeros(0, len(a)), "the points to go by, of shape"),
        (lambda a, b, loss: torch.zeros(3, len(a) + 1), "the points to go by, of shape"),
        (lambda a, b, loss: ((a + b) / 2)[None], "yours rises to"),
        (lambda a, b, loss: a[None], "yours rises to"),
        (lambda a, b, loss: torch.stack([a, b]), "yours rises to"),
        (lambda a, b, loss: torch.lerp(a, b, torch.linspace(0, 1, 9)[:, None].double()), "yours rises to"),
        (lambda a, b, loss: torch.full((2, len(a)), 100.0), "yours rises to"),
        (lambda a, b, loss: torch.full((2, len(a)), math.nan), "not finite"),
        (lambda a, b, loss: torch.zeros(1, len(a)), "yours rises to"),
        (lambda a, b, loss: torch.ones(1, len(a)), "yours rises to"),
        (lambda a, b, loss: 2 * b[None] - a[None], "yours rises to"),
        (lambda a, b, loss: a.mul_(2)[None], "changed `a`"),
        (lambda a, b, loss: loss, "the points to go by"),
        (lambda a, b, loss: round_the_side(a, b, loss).flip(0), "your points go from b to a"),
        (lambda a, b, loss: round_the_side(b, a, loss), "your points go from b to a"),
        (lambda a, b, loss: round_the_side(a, b, loss).T, "the points to go by, of shape"),
        (lambda a, b, loss: round_the_side(a, b, loss)[2], "the points to go by, of shape"),
        (lambda a, b, loss: (round_the_side(a, b, loss), 0.1), "the points to go by, of shape"),
        (lambda b, a, loss: round_the_side(a, b, loss), "and yours are (b, a, loss)"),
        (Once(round_the_side), "(None)"),
    ],
    seeds=1,
)


def temperature(logits, labels, test_logits):
    grid = torch.logspace(-1, 1, 200)
    best = min(grid, key=lambda T: float(cross_entropy(logits / T, labels)))
    return (test_logits / best).softmax(1)


def newton(logits, labels, test_logits):
    scale = torch.ones((), requires_grad=True)
    optimiser = torch.optim.LBFGS([scale], lr=0.1, max_iter=100)

    def loss():
        optimiser.zero_grad()
        value = cross_entropy(logits * scale, labels)
        value.backward()
        return value

    optimiser.step(loss)
    return (test_logits * scale).softmax(1)


def vector(logits, labels, test_logits):
    scale = torch.ones(logits.shape[1], requires_grad=True)
    shift = torch.zeros(logits.shape[1], requires_grad=True)
    optimiser = torch.optim.Adam([scale, shift], lr=0.05)
    for _ in range(150):
        optimiser.zero_grad()
        cross_entropy(logits * scale + shift, labels).backward()
        optimiser.step()
    return (test_logits * scale + shift).softmax(1)


def smoothed(logits, labels, test_logits):
    """Mix a grid of temperatures by how well each explains the labels."""
    grid = torch.logspace(-1, 1, 60)
    evidence = torch.stack([-len(labels) * cross_entropy(logits / T, labels) for T in grid]).softmax(0)
    return sum(w * (test_logits / T).softmax(1) for w, T in zip(evidence, grid, strict=True))


def regression(logits, labels, test_logits):
    return LogisticRegression(max_iter=500).fit(logits.numpy(), labels.numpy()).predict_proba(test_logits.numpy())


def as_sure_as_right(logits, labels, test_logits):
    """Find the temperature at which the mean confidence is the share of right answers."""
    share = float((logits.argmax(1) == labels).double().mean())

    def surplus(T):
        return float((logits / T).softmax(1).amax(1).mean()) - share

    return (test_logits / scipy.optimize.brentq(surplus, 0.05, 20)).softmax(1)


def only_cooler(logits, labels, test_logits):
    """Know temperatures above 1 alone."""
    best = min(torch.linspace(1, 8, 100), key=lambda T: float(cross_entropy(logits / T, labels)))
    return (test_logits / best).softmax(1)


def on_test(logits, labels, test_logits):
    return temperature(test_logits, test_logits.argmax(1), test_logits)


def standardised(size):
    """Take the same size for all logits, and no label."""
    return lambda logits, labels, test_logits: (test_logits / test_logits.std() * size).softmax(1)


recalibrated = Answers(
    right=[
        temperature,
        newton,
        vector,
        smoothed,
        regression,
        as_sure_as_right,
        lambda z, y, t: temperature(z, y, t).numpy(),
        lambda z, y, t: temperature(z, y, t).tolist(),
        lambda z, y, t: list(temperature(z, y, t)),
        lambda z, y, t: temperature(z.double(), y, t.double()),
    ],
    wrong=[
        (lambda z, y, t: None, "(None)"),
        (Once(temperature), "(None)"),
        (lambda z, y: z, "should take 3 arguments, (logits, labels, test_logits)"),
        (lambda z, y, t: z.nothing, "raised AttributeError"),
        (lambda z, y, t: t.softmax(1), "it should come down to"),
        (lambda z, y, t: t / 2, "sum to one"),
        (lambda z, y, t: (t / 3).softmax(1), "it should come down to"),
        (lambda z, y, t: (t * 3).softmax(1), "it should come down to"),
        (lambda z, y, t: temperature(z, y, t).log(), "sum to one"),
        (lambda z, y, t: temperature(z, y, z), "of shape"),
        (lambda z, y, t: temperature(z, y, t).amax(1), "of shape"),
        (lambda z, y, t: temperature(z, y, t).softmax(0), "sum to one"),
        (lambda z, y, t: torch.full_like(t, 1 / t.shape[1]), "it should come down to"),
        (lambda z, y, t: temperature(z, y, -t), "it should come down to"),
        (lambda z, y, t: one_hot(t.argmax(1), t.shape[1]), "it should come down to"),
        (on_test, "it should come down to"),
        (only_cooler, "that is not sure enough has an NLL"),
        (lambda z, y, t: 0.9 * t.softmax(1) + 0.1 / t.shape[1], "it should come down to"),
        (lambda z, y, t: torch.bincount(y) / len(y) + 0 * t, "it should come down to"),
        (lambda z, y, t: temperature(z, y, t).flip(0), "it should come down to"),
        (lambda z, y, t: t.sigmoid(), "sum to one"),
        (lambda z, y, t: (temperature(z, y, t), 1.3), "of shape"),
        (lambda labels, logits, test_logits: temperature(logits, labels, test_logits), "come in the order"),
        *((standardised(size), "it should come down to") for size in (0.5, 1.0, 1.5, 2.5, 6.0)),
        (lambda z, y, t: temperature(z, y, t).flip(1), "it should come down to"),
        (lambda z, y, t: temperature(z, y, t) * float("nan"), "sum to one"),
        (lambda z, y, t: temperature(z, y, t.div_(2)), "changed `test_logits`"),
        (lambda z, y, t: temperature(z, z.argmax(1), t), "it should come down to"),
    ],
    seeds=2,
)


def exchanging(vectors, target, starts=30):
    """Start anywhere, and take in, leave out or exchange one as long as that helps; keep the best."""
    source = torch.Generator().manual_seed(0)
    best, nearest = torch.zeros(len(vectors)), math.inf
    for _ in range(starts):
        chosen = torch.rand(len(vectors), generator=source) < 0.5
        rest, signs = target - vectors[chosen].sum(0), torch.where(chosen, 1.0, -1.0)
        while True:
            moves = signs[:, None] * vectors  # what is left, where one is turned
            pairs = (rest + moves[:, None] + moves[None]).abs().amax(-1)
            pairs.fill_diagonal_(math.inf)
            i, j = divmod(int(pairs.argmin()), len(vectors))
            if pairs[i, j] >= rest.abs().max() - 1e-7:
                break
            rest = rest + moves[i] + moves[j]
            for k in (i, j):
                chosen[k], signs[k] = not chosen[k], -signs[k]
        if float(rest.abs().max()) < nearest:
            best, nearest = chosen.clone(), float(rest.abs().max())
    return best


def in_the_middle(vectors, target):
    """Try all subsets of 22 of them, in two halves."""
    choices = torch.tensor(list(itertools.product([0.0, 1.0], repeat=11)))
    left, right = choices @ vectors[:11], choices @ vectors[11:22]
    distances = torch.cdist(target - left, right, p=math.inf)
    i, j = divmod(int(distances.argmin()), len(right))
    chosen = torch.zeros(len(vectors), dtype=torch.bool)
    chosen[:11], chosen[11:22] = choices[i] == 1, choices[j] == 1
    return chosen


def of_three(vectors, target):
    """Try all threes of fifty."""
    threes = torch.combinations(torch.arange(50), 3)
    chosen = [0] * len(vectors)
    for place in threes[(vectors[threes].sum(1) - target).abs().amax(1).argmin()].tolist():
        chosen[place] = 1
    return chosen


def drawn(vectors, target, draws=20):
    """Take the best of some subsets that are drawn."""
    choices = torch.rand(draws, len(vectors), generator=torch.Generator().manual_seed(0)) < 0.1
    distances = (choices.float() @ vectors - target).abs().amax(1)
    return choices[distances.argmin()]


def greedy(vectors, target):
    chosen, rest = torch.zeros(len(vectors), dtype=torch.bool), target.clone()
    while not chosen.all():
        distances = (rest - vectors).abs().amax(1).masked_fill(chosen, math.inf)
        if distances.min() >= rest.abs().max():
            break
        chosen[distances.argmin()] = True
        rest = target - vectors[chosen].sum(0)
    return chosen


near_subset = Answers(
    right=[
        exchanging,
        in_the_middle,
        of_three,
        lambda vectors, target: exchanging(vectors, target, starts=10),
        lambda vectors, target: [bool(x) for x in exchanging(vectors, target, starts=20)],
        lambda vectors, target: in_the_middle(vectors, target).numpy(),
        lambda vectors, target: in_the_middle(vectors, target).int(),
        lambda vectors, target: list(in_the_middle(vectors, target)),
        lambda vectors, target: in_the_middle(vectors.flip(0), target).flip(0).float(),
    ],
    wrong=[
        (lambda vectors, target: None, "nothing (None)"),
        (Once(in_the_middle), "nothing (None)"),
        (lambda vectors: vectors, "should take 2 arguments, (vectors, target)"),
        (lambda vectors, target: vectors.nothing, "raised AttributeError"),
        (lambda vectors, target: in_the_middle(vectors, target).nonzero()[:, 0], "each of the 80 vectors"),
        (lambda vectors, target: vectors[in_the_middle(vectors, target)], "each of the 80 vectors"),
        (lambda vectors, target: in_the_middle(vectors, target) * 0.5, "each of the 80 vectors"),
        (lambda vectors, target: in_the_middle(vectors, target)[:, None], "each of the 80 vectors"),
        (lambda vectors, target: torch.zeros(80), "try to exchange"),
        (lambda vectors, target: torch.ones(80), "try to exchange"),
        (lambda vectors, target: torch.arange(80) == (vectors - target).norm(dim=1).argmin(), "try to exchange"),
        (greedy, "try to exchange"),
        (lambda vectors, target: drawn(vectors, target), "try to exchange"),
        (lambda vectors, target: ~in_the_middle(vectors, target), "try to exchange"),
        (lambda vectors, target: in_the_middle(vectors, -target), "try to exchange"),
        (lambda vectors, target: in_the_middle(vectors, torch.ones(3)), "try to exchange"),
        (lambda vectors, target: in_the_middle(vectors.abs(), target.abs()), "try to exchange"),
        (lambda vectors, target: (vectors @ target) > 0, "try to exchange"),
        (lambda vectors, target: torch.linalg.lstsq(vectors.T, target[:, None]).solution[:, 0] > 0, "try to exchange"),
        (lambda vectors, target: torch.linalg.lstsq(vectors.T, target[:, None]).solution[:, 0], "of the 80 vectors"),
        (lambda vectors, target: of_three(vectors[:, :1].expand(-1, 3), target), "try to exchange"),
        (lambda target, vectors: of_three(vectors, target), "and yours are (target, vectors)"),
        (lambda vectors, target: in_the_middle(vectors.mul_(1.5), target), "changed `vectors`"),
    ],
    seeds=1,
)
