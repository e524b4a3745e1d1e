"""Why a block mask? One ReLU neuron approximated with and without it, by the number of random hidden ones.

Neurons that read all inputs are random features: the error falls like a power of their number. Under the block mask
each reads one input, ReLU is linear in it, and what is left are subset sums of numbers: the error falls exponentially
(Ferré, Giroire, Mallmann-Trenn & Natale 2026, "Structured vs. Unstructured Pruning: An Exponential Gap"; by its
abstract, not verified).
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from workbench.experiments.given_names import are, told
from workbench.strong import views
from workbench.strong.expected_seconds import of_pair
from workbench.strong.pair import Pair
from workbench.strong.prune_pair import prune_pair
from workbench.strong.structured import least_scale
from workbench.strong.target import Shape
from workbench.work import progress, rules
from workbench.work.archive import ArchiveLike, opened, run
from workbench.work.calls import call
from workbench.work.replicas import replicas as threads
from workbench.work.seeds import generator, seeds
from workbench.work.typed import typed

NEURON = Shape("neuron", inputs=2, outputs=1, signed=True)
MASKS = {"blocked": "filter", "dense": "neuron"}  # the structure that is pruned, with and without a block mask
MARGINS = (0.7, 1.0, 1.5, 2.2, 3.3)  # of the scale, the best of which is taken, with and without
FITTED, MEASURED = 96, 720  # points of the unit circle


@dataclass(frozen=True)
class Approximated:
    """A ReLU neuron of two inputs, approximated by some of `hidden` random ones.

    `mask` says whether each of them reads one input (blocked) or both (dense). `error` is the largest on the unit
    circle, where the neuron itself goes up to 1.
    """

    mask: str
    hidden: int
    seed: int
    replica: int
    error: float
    kept: int
    scale: float
    seconds: float


@typed
def block_mask(
    hidden: Sequence[int] = (20, 40, 80, 160, 320, 640),
    *,
    seed: int = 0,
    replicas: int = 5,
    archive: ArchiveLike | None = None,
) -> Iterator[Approximated]:
    """Yield an `Approximated` with and without the block mask for every number of hidden neurons and replica.

    The neuron's direction is random, and so is the network of each replica. Raises a ValueError for an option out of
    range, before anything is solved.

    Arguments:
        hidden: How many random neurons approximate the one.
    """
    if not are(hidden, rules.whole, least=4, most=5000):
        raise ValueError(f"hidden must be whole numbers from 4 to 5000, each once, got {told(hidden)}; 80 is one")
    if odd := [neurons for neurons in hidden if neurons % 2]:
        raise ValueError(f"hidden must be even, half for each of two inputs, got {odd[0]}; {odd[0] + 1} is")
    rules.whole("replicas", replicas, least=1, way_on="three are the least that have an interval")
    opened(archive)
    drawn, sought = seeds(seed, replicas), [*itertools.product(hidden, MASKS.items())]
    import scipy.optimize  # noqa: F401 (or the first sum would take its seconds)

    costs = [of_pair(NEURON, structure, max(1, n // 4)) for n, (_, structure) in sought for _ in MARGINS]

    def approximated(one: int) -> Iterator[Approximated]:
        angle = float(2 * math.pi * torch.rand(1, generator=generator(one, "neuron")))
        kernel = torch.tensor([math.cos(angle), math.sin(angle)], dtype=torch.float64).view(1, 2, 1, 1)
        for place, (neurons, (mask, structure)) in enumerate(sought):
            n = max(1, neurons // 4)  # for each of two inputs, half of it on each side of zero
            options = {"structure": structure, "candidates": neurons // 2, "seed": one, "inputs": circle(FITTED)}
            least, pairs = least_scale(kernel, structure, n), list[Pair]()
            for index, margin in enumerate(MARGINS, place * len(MARGINS)):
                with progress.within("pair", index, costs):
                    pairs.append(run(call(prune_pair, NEURON, kernel, scale=margin * least, **options), archive))
            best = min(pairs, key=lambda pair: error(pair, kernel, FITTED))
            yield Approximated(
                mask=mask,
                hidden=neurons,
                seed=seed,
                replica=drawn.index(one),
                error=error(best, kernel, MEASURED),
                kept=int(best.filters.sum()),
                scale=best.scale,
                seconds=sum(pair.seconds for pair in pairs),
            )

    for _, outcome in threads(approximated, drawn):
        yield outcome


def circle(points: int) -> Tensor:
    """Return points of the unit circle, as patches that a layer of two inputs reads."""
    angles = 2 * math.pi * torch.arange(points, dtype=torch.float64) / points
    return torch.stack([angles.cos(), angles.sin()], 1)[:, :, None, None]


def error(pair: Pair, kernel: Tensor, points: int) -> float:
    """Return the largest distance between ReLU(w · x) and what a pair makes of it, on points of the circle."""
    x = circle(points)
    with torch.no_grad():
        made, wanted = views.compact(pair).double()(x).relu(), views.collapsed(NEURON, kernel, kernel)(x).relu()
    return float((made - wanted).abs().max())
