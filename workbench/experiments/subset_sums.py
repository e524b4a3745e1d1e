"""How near does the best subset of random vectors come, and how near what one can find? Errors beside the law.

Every sum is solved on its own: candidates are drawn, a target is drawn from a stream of its own, a solver chooses. One
experiment serves the law of the best error, how often a subset comes near enough, what the distribution of the
candidates does, solvers against the clock (`seconds` and every `trace`), and what their scale does.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Generator, Tensor

from workbench.experiments.given_names import are, check_names, told
from workbench.experiments.replica import MOST
from workbench.strong.candidates import DISTRIBUTIONS, SPREAD, draw
from workbench.strong.expected_seconds import of_settled
from workbench.strong.law import best_error
from workbench.strong.subset_sum import SOLVERS, Subset, settle, subset_sum
from workbench.work import progress, rules
from workbench.work.archive import ArchiveLike, opened, run
from workbench.work.calls import call
from workbench.work.replicas import replicas as side_by_side
from workbench.work.seeds import check_seed, generator, seeds
from workbench.work.typed import typed

TARGETS: dict[str, Callable[[int, Generator], Tensor]] = {
    "cube": lambda m, g: 2 * torch.rand(m, generator=g, dtype=torch.float64) - 1,  # uniform in [-1, 1]^m
    "sphere": lambda m, g: torch.nn.functional.normalize(torch.randn(m, generator=g, dtype=torch.float64), dim=0),
}


@dataclass(frozen=True)
class Summed:
    """One subset sum that was solved.

    `error` is the largest of its coordinates' (‖Y x - z‖_inf), `relative_error` is in l2, of the target's length;
    `law` is `strong.best_error` for it, about the error of the best subset. `kept` counts the candidates in the subset.
    `solver` is the one that was used, `status` what it says of the subset, `seconds` what it took when it was made;
    `trace` is (seconds, error) whenever it found a better one.
    """

    dimension: int
    candidates: int
    distribution: str
    scale: float
    solver: str
    seed: int
    replica: int
    error: float
    law: float
    seconds: float
    relative_error: float
    target_norm: float
    kept: int
    status: str
    trace: tuple[tuple[float, float], ...]


@typed
def subset_sums(
    dimensions: Sequence[int] = (1, 2, 4),
    *,
    candidates: Sequence[int] = (10, 14, 18, 22, 26),
    distributions: Sequence[str] = ("normally_scaled",),
    scales: Sequence[float] = (1.0,),
    solvers: Sequence[str] = ("auto",),
    target: str = "cube",
    seconds: float | None = None,
    seed: int = 0,
    replicas: int = 20,
    archive: ArchiveLike | None = None,
) -> Iterator[Summed]:
    """Yield a `Summed` for every dimension, number of candidates, distribution, scale, solver and replica.

    Replicas are solved side by side, each with draws of its own; all its scales are one draw, multiplied, all its
    solvers are given the same candidates, and all sums of a dimension the same target: uniform in the "cube"
    [-1, 1]^m, or anywhere on the unit "sphere". A solver that has not ended after so many `seconds` is asked for the
    best so far. An `archive` keeps every sum that was solved. Raises a ValueError for an option out of range, or for
    more candidates than a solver takes, before any is solved.

    Arguments:
        dimensions: How many numbers a vector has; 9 is a kernel of 3 × 3.
        candidates: How many random vectors there are to choose from.
        distributions: How the candidates are drawn.
        scales: What the one draw of candidates is multiplied by.
        solvers: The ways to the nearest subset that are compared; auto takes the one that suits the size.
        target: Where the target lies: anywhere in the cube from -1 to 1, or on the unit sphere.
        seconds: The seconds a sum may take before the best so far is taken; no limit where none is given.
    """
    _check(dimensions, candidates, distributions, scales, solvers, target)
    if seconds is not None:
        rules.number("seconds", seconds, above=0, way_on="leave it out for no limit")
    rules.whole("replicas", replicas, least=1, most=MOST, way_on="20 are enough to compare a median with the law")
    drawn = seeds(check_seed(seed), replicas)
    opened(archive)
    sizes = (map(int, dimensions), map(int, candidates))
    sums = [*itertools.product(*sizes, distributions, map(float, scales), solvers)]
    costs = [of_settled(solver, m, n) for m, n, _, _, solver in sums]
    import scipy.optimize  # noqa: F401 (or the first sum would take its seconds)

    def solved(replica_seed: int) -> Iterator[Summed]:
        replica = drawn.index(replica_seed)
        for index, (m, n, distribution, scale, solver) in enumerate(sums):
            Y = draw(m, n, distribution=distribution, scale=scale, seed=replica_seed)
            z = target_of(target, m, replica_seed)
            with progress.within("sum", index, costs):
                subset = run(call(subset_sum, Y, z, solver=solver, seconds=seconds, seed=replica_seed), archive)
            of = {"dimension": m, "candidates": n, "distribution": distribution, "scale": scale}
            yield Summed(**of, seed=int(seed), replica=replica, **numbers_of(subset, z, **of), trace=subset.trace)

    for _, outcome in side_by_side(solved, drawn):
        yield outcome


def target_of(kind: str, dimension: int, seed: int) -> Tensor:
    """Return the target of a seed, one of `TARGETS`; no candidate is drawn from its stream."""
    return TARGETS[kind](dimension, generator(seed, "target"))


def numbers_of(
    subset: Subset, target: Tensor, *, dimension: int, candidates: int, distribution: str, scale: float
) -> dict[str, Any]:
    """Return the numbers of a subset that outcomes have, and the law for it."""
    norm = float(target.norm())
    law = best_error(dimension, candidates, target_norm=norm, spread=scale * SPREAD[distribution])
    fields = ("error", "relative_error", "solver", "status", "seconds")
    numbers = {"law": law, "target_norm": norm, "kept": int(subset.kept.sum())}
    return numbers | {name: getattr(subset, name) for name in fields}


def _check(
    dimensions: Sequence[int],
    candidates: Sequence[int],
    distributions: Sequence[str],
    scales: Sequence[float],
    solvers: Sequence[str],
    target: str,
) -> None:
    for name, sizes in (("dimensions", dimensions), ("candidates", candidates)):
        if not are(sizes, rules.whole, least=1):
            raise ValueError(f"{name} must be whole numbers from 1, each once, got {told(sizes)}; (10, 20) are two")
    if not are(scales, rules.number, above=0):
        raise ValueError(f"scales must be above 0, each once, got {told(scales)}; (1.0, 0.1) are two")
    check_names("distribution", distributions, DISTRIBUTIONS, least=1)
    check_names("solver", solvers, ("auto", *SOLVERS), least=1)
    rules.choice("target", target, TARGETS)
    for m, n, solver in itertools.product(dimensions, candidates, solvers):
        settle(solver, m, n)
