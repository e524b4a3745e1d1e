"""What does structure cost? The error of one random kernel slab by the candidates, pruned by weight, kernel and filter.

The more is kept or removed together, the more dimensions one subset sum has, and the more candidates it needs: for two
per cent about ten for a weight, hundreds for a filter (da Cunha, d'Amore & Natale 2023 prove for filters a bound with
d^13 c^6, as recalled, not verified; what is needed grows about linearly with the dimension d² c, measured).
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from workbench.experiments.given_names import are, check_names, told
from workbench.strong.expected_seconds import of_pair
from workbench.strong.prune_pair import prune_pair
from workbench.strong.structured import MARGIN, least_scale
from workbench.strong.structures import STRUCTURES
from workbench.strong.subset_sum import settle
from workbench.strong.target import Shape
from workbench.work import progress, rules
from workbench.work.archive import ArchiveLike, opened, run
from workbench.work.calls import call
from workbench.work.replicas import replicas as threads
from workbench.work.seeds import generator, seeds
from workbench.work.typed import typed

BLOCKED = tuple(name for name, structure in STRUCTURES.items() if structure.blocked)


@dataclass(frozen=True)
class Priced:
    """A random slab of one channel, matched by a random pair under a structure.

    `error` is ‖K̂ - K‖ / ‖K‖. `candidates` are the usable ones that are expected, half of what is drawn. `kept_filters`
    counts the filters that are left, `per_weight` the kept numbers of V for each weight of the slab.
    """

    structure: str
    outputs: int
    kernel_size: int
    dimension: int
    candidates: int
    seed: int
    replica: int
    error: float
    kept_filters: int
    per_weight: float
    out_of_reach: int
    seconds: float


@typed
def price_of_structure(
    outputs: Sequence[int] = (4, 8),
    *,
    kernel_size: int = 3,
    candidates: Sequence[int] = (5, 10, 20, 40, 80, 160, 320, 640, 1280),
    structures: Sequence[str] = BLOCKED,
    margin: float = MARGIN,
    solver: str = "auto",
    seed: int = 0,
    replicas: int = 3,
    archive: ArchiveLike | None = None,
) -> Iterator[Priced]:
    """Yield a `Priced` for every structure, number of output channels, number of candidates and replica.

    The slab is random, of unit norm; each replica draws one, and a random network of its own. Raises a ValueError for
    an option out of range, before anything is solved.

    Arguments:
        outputs: How many output channels the slab of kernels has.
        kernel_size: The side of a kernel in pixels.
        structures: What is removed together: single weights, kernels, or whole filters.
        candidates: How many usable random vectors there are for every sum.
    """
    for name, values in (("outputs", outputs), ("candidates", candidates)):
        if not are(values, rules.whole, least=1):
            raise ValueError(f"{name} must be whole numbers from 1, each once, got {told(values)}; (4, 8) are two")
    rules.whole("kernel_size", kernel_size, least=1, most=99, way_on="3 is the usual one")
    rules.number("margin", margin, above=0, way_on="1.25 is the usual one")
    rules.whole("replicas", replicas, least=1, way_on="three are the least that have an interval")
    check_names("structure", structures, BLOCKED, least=1)
    opened(archive)
    shapes = [Shape("slab", 1, channels, (kernel_size, kernel_size)) for channels in outputs]
    drawn, sums = seeds(seed, replicas), [*itertools.product(shapes, structures, candidates)]
    for shape, structure, n in sums:
        settle(solver, STRUCTURES[structure].dimension(shape), n)

    import scipy.optimize  # noqa: F401 (or the first sum would take its seconds)

    costs = [of_pair(shape, structure, n, solver) for shape, structure, n in sums]

    def priced(one: int) -> Iterator[Priced]:
        for index, (shape, structure, n) in enumerate(sums):
            kernel = _slab(shape, one)
            options = {"structure": structure, "candidates": 2 * n, "solver": solver, "seed": one}
            scale = margin * least_scale(kernel, structure, n)
            with progress.within("pair", index, costs):
                pair = run(call(prune_pair, shape, kernel, scale=scale, **options), archive)
            kept_filters = int(pair.filters.sum())
            yield Priced(
                structure=structure,
                outputs=shape.outputs,
                kernel_size=kernel_size,
                dimension=STRUCTURES[structure].dimension(shape),
                candidates=n,
                seed=seed,
                replica=drawn.index(one),
                error=pair.error,
                kept_filters=kept_filters,
                per_weight=(pair.parameters[0] - kept_filters) / kernel.numel(),
                out_of_reach=pair.out_of_reach,
                seconds=pair.seconds,
            )

    for _, outcome in threads(priced, drawn):
        yield outcome


def _slab(shape: Shape, seed: int) -> Tensor:
    """Draw a kernel slab of one channel, of unit norm."""
    size = (shape.outputs, 1, *shape.kernel_size)
    kernel = torch.randn(size, generator=generator(seed, "slab", shape.outputs), dtype=torch.float64)
    return kernel / kernel.norm()
