"""Subset sums by flips: seconds and error, against pair flips of all candidates at once from the same start.

The plain way keeps the products of all pairs of candidates and looks at all of them for every flip: memory and time
grow with the square of the candidates. Both begin at the rounded vertex of one linear program, which stands apart.
Seconds of the processor, in alternation; the error is that of the best of five tries against the plain one's, the
median over draws.
"""

from __future__ import annotations

import time
from collections.abc import Iterator

import numpy as np
import torch
from measure import Row, faster, in_turn

import workbench as wb
from workbench.strong.flips import descend, vertex

SIZES = {  # (dimension, candidates), turns, draws
    "full": (((36, 400), 9, 10), ((150, 3000), 3, 3)),
    "quick": (((36, 400), 3, 3), ((150, 3000), 1, 1)),
    "tiny": (((4, 40), 1, 1),),
}
SECONDS = {(36, 400): 0.5, (150, 3000): 5.0}  # the most that a subset sum may take on one core
TRIES = 5


def run(size: str, *, device: str = "cpu") -> Iterator[Row]:
    """Yield four rows a size: seconds and error in all, and one descent and its error against the plain one."""
    wb.strong.subset_sum(torch.ones(1, 2), torch.ones(1), solver="flips")  # imports scipy's part
    for (dimension, candidates), turns, draws in SIZES[size]:
        name = f"{dimension} × {candidates}"
        problems = [problem(dimension, candidates, seed) for seed in range(draws)]
        found = [wb.strong.subset_sum(*map(torch.from_numpy, p), solver="flips") for p in problems]
        target = SECONDS.get((dimension, candidates))
        yield Row(f"{name} subset sum", "the clock", None, None, [one.seconds for one in found], target, unit="s")
        errors = [one.relative_error for one in found]
        yield Row(f"{name} error", "the target's length", None, None, errors, 0.08 if target else None, unit="")
        starts = [(Y, z, np.round(vertex(Y, z, np.random.default_rng(0))[0])) for Y, z in problems]
        ratios = []
        for Y, z, x in starts:
            ours = min(np.linalg.norm(Y @ blocks(Y, z, x, seed) - z) for seed in range(TRIES))
            ratios.append(float(ours / np.linalg.norm(Y @ plain(Y, z, x) - z)))
        Y, z, x = starts[0]
        works = {"blocks": lambda Y=Y, z=z, x=x: blocks(Y, z, x, 0), "plain": lambda Y=Y, z=z, x=x: plain(Y, z, x)}
        times = in_turn(works, turns, clock=time.process_time)
        yield faster(
            f"{name} descent, one try", "all pairs at once", times["blocks"], times["plain"], target=target and 3
        )
        yield Row(f"{name} error of {TRIES} tries", "all pairs at once", None, None, ratios, target and 1.1)


def problem(dimension: int, candidates: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Make candidates scaled so that a target of length 1 is well within reach."""
    mean = 0.318 * candidates - 0.5 * (candidates * dimension) ** 0.5  # how far they reach at scale 1, about
    y = wb.strong.draw(dimension, candidates, scale=1.6 / max(mean, 0.05 * candidates), seed=seed)
    target = torch.randn(dimension, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    return y.numpy(), (target / target.norm()).numpy()


def blocks(Y: np.ndarray, z: np.ndarray, x: np.ndarray, seed: int) -> np.ndarray:
    """Descend block by block, as `flips` does in one try."""
    return descend(Y, z, x, np.random.default_rng(seed))


def plain(Y: np.ndarray, z: np.ndarray, x: np.ndarray) -> np.ndarray:
    """Take the best flip of one or two of all candidates, until none helps."""
    x, G, r = x.copy(), Y.T @ Y, Y @ x - z
    while True:
        s = 1 - 2 * x
        g = 2 * s * (Y.T @ r) + np.diag(G)
        change = 2 * G * np.outer(s, s) + g[:, None] + g
        np.fill_diagonal(change, g)
        i, j = divmod(int(change.argmin()), len(x))
        if change[i, j] >= -1e-12:
            return x
        for k in {i, j}:
            r = r + s[k] * Y[:, k]
            x[k] = 1 - x[k]
