"""Right and wrong answers to the exercises on winning tickets."""

from __future__ import annotations

import math

import numpy as np
import torch
from sets import Answers, Once


def pruned(weights, density):
    flat = weights.abs().flatten()
    mask = torch.zeros_like(flat, dtype=torch.bool)
    mask[flat.argsort(descending=True)[: round(density * flat.numel())]] = True
    return mask.view_as(weights)


def by_topk(weights, density):
    mask = torch.zeros_like(weights)
    mask.view(-1)[weights.abs().view(-1).topk(round(density * weights.numel())).indices] = 1.0
    return mask


def by_numpy(weights, density):
    sizes = np.abs(weights.numpy()).ravel()
    mask = np.zeros(sizes.size, dtype=bool)
    mask[np.argsort(sizes)[::-1][: round(density * sizes.size)]] = True
    return mask.reshape(weights.shape)


def in_a_loop(weights, density):
    flat = [abs(w) for w in weights.flatten().tolist()]
    left = [True] * len(flat)
    for _ in range(len(flat) - round(density * len(flat))):
        left[min((i for i in range(len(flat)) if left[i]), key=lambda i: flat[i])] = False
    return torch.tensor(left).reshape(weights.shape)


def by_rank(weights, density):
    ranks = weights.abs().flatten().argsort().argsort().view(weights.shape)
    return ranks >= weights.numel() - round(density * weights.numel())


def by_square(weights, density):
    return pruned(weights.double() ** 2, density)


def from_the_end(weights, density):
    mask = torch.zeros(weights.numel(), dtype=torch.bool)
    mask[weights.abs().flatten().argsort()[-round(density * weights.numel()) :]] = True
    return mask.view_as(weights)


def threshold(weights, density):
    sizes = weights.abs().flatten().sort(descending=True).values
    count = round(density * weights.numel())
    return weights.abs() >= sizes[count - 1] if count else torch.zeros_like(weights, dtype=torch.bool)


def quantile(weights, density):
    return weights.abs() > torch.quantile(weights.abs().flatten(), 1 - density)


def first_dropped(weights, density):
    """Drop, where equal ones are too many, what comes first, and not one of the equal ones."""
    count, sizes = round(density * weights.numel()), weights.abs()
    if count == 0:
        return torch.zeros_like(weights, dtype=torch.bool)
    mask = (sizes >= sizes.flatten().sort(descending=True).values[count - 1]).flatten()
    mask[mask.nonzero()[: int(mask.sum()) - count, 0]] = False
    return mask.view_as(weights)


def by_partition(weights, density):
    sizes, count = np.abs(weights.numpy()).reshape(-1), round(density * weights.numel())
    mask = np.zeros(len(sizes), dtype=object)
    if count:
        mask[np.argpartition(sizes, len(sizes) - count)[len(sizes) - count :]] = True
    return mask.astype(bool).astype(object).reshape(weights.shape)


def by_row(weights, density):
    rows = weights.abs().reshape(len(weights), -1)
    mask = torch.zeros_like(rows, dtype=torch.bool)
    return mask.scatter(1, rows.topk(round(density * rows.shape[1]), 1).indices, True).view(weights.shape)


def counted(count):
    return lambda w, d: torch.tensor(
        [rank < count(d * w.numel()) for rank in (-w.abs().flatten()).argsort().argsort().tolist()]
    ).view(w.shape)


smallest_pruned = Answers(
    right=[
        pruned,
        by_topk,
        by_numpy,
        in_a_loop,
        by_rank,
        by_square,
        lambda w, d: pruned(w, d).tolist(),
        lambda w, d: pruned(w, d).int(),
        lambda w, d: by_numpy(w, d).astype(np.uint8),
        lambda w, d: pruned(w.flip(0), d).flip(0),
        counted(round),
        lambda w, d: torch.nn.Parameter(pruned(w, d).half()),
        by_partition,
        lambda *given: by_rank(*given),
    ],
    wrong=[
        (lambda w, d: None, "returned nothing (None)"),
        (Once(pruned), "returned nothing (None)"),
        (lambda w, d: w.no_such_thing, "raised AttributeError"),
        (lambda w: w.abs() > 1, "should take 2 arguments, (weights, density)"),
        (lambda w, d: w.abs() > 1.5, "yours keeps"),
        (lambda w, d: pruned(w, d).flatten()[:-1], "a bool mask, of shape"),
        (lambda w, d: w * pruned(w, d), "True or False at each place"),
        (lambda w, d: w[pruned(w, d)], "a bool mask, of shape"),
        (lambda w, d: pruned(w, 0.5), "yours keeps"),
        (lambda w, d: pruned(w - w.min(), d), "the sign does not matter"),
        (lambda w, d: pruned(1 / w, d), "smallest_pruned("),
        (lambda w, d: ~pruned(w, d), "what is pruned"),
        (lambda w, d: pruned(w, 1 - d), "and yours removes it"),
        (counted(math.floor), "is rounded down"),
        (counted(math.ceil), "is rounded up"),
        (counted(lambda x: round(x) + 1), "one too many"),
        (counted(lambda x: max(round(x) - 1, 0)), "one too few"),
        (by_row, "smallest_pruned("),
        (lambda w, d: w.abs() > w.abs().mean(), "smallest_pruned("),
        (lambda w, d: w.abs() >= d * w.abs().max(), "smallest_pruned("),
        (lambda density, weights: pruned(weights, density), "and yours are (density, weights)"),
        (lambda w, d: pruned(w, max(d, 1 / w.numel())), "so low a density keeps none"),
        (lambda w, d: torch.where(pruned(w, d)), "it should return a bool mask"),
        (lambda w, d: (kept for kept in pruned(w, d)), "a bool mask, of shape"),
        (lambda w, d: 2.0 * pruned(w, d) - 1, "True or False at each place"),
        (lambda w, d: pruned(w.zero_(), d), "changed `weights`"),
        (threshold, "a threshold keeps all of them or none"),
        (quantile, "keeps"),
        (from_the_end, "[-0:] is everything"),
        (lambda w, d: pruned(w, d) & (w != 0), "a weight of exactly 0, too"),
        (lambda w, d: torch.rand_like(w) < d, "smallest_pruned("),
        (lambda w, d: pruned(w - w.mean(), d), "smallest_pruned("),
        (lambda w, d: pruned(w.abs().round(), d), "smallest_pruned("),
        (lambda w, d: pruned(w, d) | (w == w.max()), "smallest_pruned("),
        (lambda w, d: torch.arange(w.numel()).view(w.shape) < round(d * w.numel()), "the first places"),
        (lambda w, d: pruned(w, d) & (torch.arange(w.numel()).view(w.shape) < 12), "however many"),
        (first_dropped, "keeps such a one for one that is larger"),
        (
            lambda w, d: w.abs().flatten().argsort(descending=True).view(w.shape) < round(d * w.numel()),
            "smallest_pruned(",
        ),
    ],
)


def following(trained, rewound, mask, fraction):
    left = int(mask.sum()) - round(fraction * int(mask.sum()))
    order = trained.abs().masked_fill(~mask, -1).flatten().argsort(descending=True)
    kept = torch.zeros(mask.numel(), dtype=torch.bool)
    kept[order[:left]] = True
    kept = kept.view_as(mask)
    return rewound * kept, kept


def by_removal(trained, rewound, mask, fraction):
    kept, sizes = mask.clone(), trained.abs()
    for _ in range(round(fraction * int(mask.sum()))):
        candidates = torch.where(kept, sizes, torch.inf)
        kept.view(-1)[candidates.argmin()] = False
    return torch.where(kept, rewound, 0.0), kept


def in_numpy(trained, rewound, mask, fraction):
    t, r, kept = np.abs(trained.numpy().ravel()), rewound.numpy().ravel(), mask.numpy().ravel().copy()
    alive = np.flatnonzero(kept)
    kept[alive[np.argsort(t[alive])[: round(fraction * len(alive))]]] = False
    return (r * kept).reshape(mask.shape), kept.reshape(mask.shape)


def among_survivors(trained, rewound, mask, fraction):
    sizes = trained[mask].abs()
    ranks = sizes.argsort().argsort()
    kept = mask.clone()
    kept[mask] = ranks >= round(fraction * len(sizes))
    weights = torch.zeros_like(rewound)
    weights[kept] = rewound[kept]
    return weights, kept


def masked_by_product(trained, rewound, mask, fraction):
    """Rank trained · mask, in which a survivor of exactly 0 cannot be told from what was pruned."""
    left = int(mask.sum()) - round(fraction * int(mask.sum()))
    kept = torch.zeros(mask.numel(), dtype=torch.bool)
    kept[(trained * mask).abs().flatten().argsort(descending=True, stable=True)[:left]] = True
    return rewound * kept.view_as(mask), kept.view_as(mask)


def above(threshold):
    """Keep of the survivors what is above a threshold."""

    def following(trained, rewound, mask, fraction):
        kept = mask & (trained.abs() > threshold(trained, mask, fraction))
        return rewound * kept, kept

    return following


def all_tied(trained, rewound, mask, fraction):
    """Remove all survivors up to the size of the last that goes."""
    sizes = trained[mask].abs().sort().values
    count = round(fraction * len(sizes))
    kept = mask & (trained.abs() > sizes[count - 1]) if count else mask.clone()
    return rewound * kept, kept


def none_tied(trained, rewound, mask, fraction):
    """Keep all survivors from the size of the first that stays."""
    sizes = trained[mask].abs().sort().values
    count = round(fraction * len(sizes))
    kept = mask & (trained.abs() >= sizes[count]) if count < len(sizes) else torch.zeros_like(mask)
    return rewound * kept, kept


def the_last(trained, rewound, mask, fraction):
    """Keep so many from the end of the order, which is all of it where none is left."""
    places = mask.flatten().nonzero()[:, 0]
    left = len(places) - round(fraction * len(places))
    kept = torch.zeros(mask.numel(), dtype=torch.bool)
    kept[places[trained.flatten()[places].abs().argsort()][-left:]] = True
    return (rewound.flatten() * kept).view_as(rewound), kept.view_as(mask)


next_round = Answers(
    right=[
        following,
        by_removal,
        in_numpy,
        among_survivors,
        lambda *given: list(following(*given)),
        lambda *given: tuple(part.tolist() for part in following(*given)),
        lambda *given: tuple(part.double() for part in following(*given)),
        lambda t, r, m, f: following(t**2, r, m, f),
        lambda trained, rewound, mask, fraction=0.2: by_removal(trained, rewound, mask, fraction),
        lambda *given: (following(*given)[0], following(*given)[1].int()),
        lambda *given: [np.array(part.tolist(), dtype=object) for part in following(*given)],
    ],
    wrong=[
        (lambda t, r, m, f: None, "two tensors"),
        (Once(following), "two tensors"),
        (lambda t, r, m, f: following(t, r, m, f)[1], "two tensors"),
        (lambda t, r, m, f: t @ f, "raised TypeError"),
        (lambda t, m, f: following(t, t, m, f), "should take 4 arguments"),
        (lambda t, r, m, f: following(t, r, m, f)[::-1], "the weights go first"),
        (lambda t, r, m, f: following(t, t, m, f), "fine-tuning"),
        (lambda t, r, m, f: following(r, r, m, f), "yours ranks the rewound ones"),
        (lambda t, r, m, f: following(t - r, r, m, f), "how far they moved"),
        (masked_by_product, "what was pruned stays so, and a survivor"),
        (above(lambda t, m, f: torch.quantile(t.abs(), f)), "next_round("),
        (above(lambda t, m, f: torch.quantile((t * m).abs(), f)), "next_round("),
        (lambda rewound, trained, mask, fraction: following(trained, rewound, mask, fraction), "come in the order"),
        (lambda t, r, m, f: (r.mul_(following(t, r, m, f)[1]), following(t, r, m, f)[1]), "changed `rewound`"),
        (lambda t, r, m, f: dict(zip("wm", following(t, r, m, f), strict=True)), "two tensors"),
        (lambda t, r, m, f: (r[following(t, r, m, f)[1]], following(t, r, m, f)[1]), "under 'weights' a tensor"),
        (lambda t, r, m, f: (following(t, r, m, f)[0], ~m | following(t, r, m, f)[1]), "came back"),
        (lambda t, r, m, f: following(t - t.min() + 1, r, m, f), "whatever their sign"),
        (lambda t, r, m, f: following(1 / (t.abs() + 1e-9), r, m, f), "it removes the largest"),
        (lambda t, r, m, f: following(t, r, torch.ones_like(m), f), "came back"),
        (lambda t, r, m, f: following(t, r, m, f / 2), "; yours leaves"),
        (lambda t, r, m, f: following(t, r, m, 1 - f), "; yours leaves"),
        (lambda t, r, m, f: following(t, r, m, 0.2), "; yours leaves"),
        (lambda t, r, m, f: (r, following(t, r, m, f)[1]), "exactly 0"),
        (lambda t, r, m, f: (r * m, following(t, r, m, f)[1]), "exactly 0"),
        (lambda t, r, m, f: (following(t, r, m, f)[0], m), "; yours leaves"),
        (lambda t, r, m, f: following(t, r.mul_(m), m, f), "changed `rewound`"),
        (lambda t, r, m, f: following(t, -r, m, f), "next_round("),
        (lambda t, r, m, f: following(t * r, r, m, f), "next_round("),
        (lambda t, r, m, f: following(t, (t + r) / 2, m, f), "next_round("),
        (all_tied, "a threshold keeps all of them or none"),
        (none_tied, "a threshold keeps all of them or none"),
        (the_last, "next_round("),
        (lambda t, r, m, f: following(t, r, m, math.floor(f * int(m.sum())) / int(m.sum())), "; yours leaves"),
        (lambda t, r, m, f: following(t, r, m, f * float(m.float().mean())), "; yours leaves"),
        (lambda t, r, m, f: (following(t, r, m, f)[0], ~following(t, r, m, f)[1]), "came back"),
        (lambda t, r, m, f: (following(t, r, m, f)[0][None], following(t, r, m, f)[1]), "of shape"),
        (lambda t, r, m, f: (following(t, r, m, f)[0], following(t, r, m, f)[1] + 0.5), "True or False at each place"),
    ],
)
