"""Random subset sums in many dimensions: choose of random vectors those whose sum comes nearest to a target.

    x in {0, 1}^n,    Y x = Σ_i x_i y_i ≈ z,    y_i and z in R^m

In one dimension Lueker 1998 shows that n = O(log 1/ε) random numbers suffice; of n vectors in m dimensions the best
subset misses by about 2^(-n/m) (`law`). That subset can be found for small n only (`meet_in_the_middle`,
`mixed_integer`, `cp_sat`); of many candidates a good one is found quickly (`flips`).
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from workbench.strong.flips import FLIPS
from workbench.strong.solver import Vector
from workbench.work import rules
from workbench.work.seeds import check_seed, number

SOLVERS = {
    "flips": FLIPS,
}
AUTO = ("meet_in_the_middle", "mixed_integer", "flips")  # the first that takes so many candidates
FEW = 40  # candidates, above which a proved optimum takes too long


@dataclass(frozen=True, eq=False)
class Subset:
    """A subset of the candidates, and how far its sum is from the target.

    `error` is ‖Y x - z‖_inf, `relative_error` ‖Y x - z‖_2 / ‖z‖_2 (‖Y x‖_2 itself for a target of 0). `status` is
    "optimal" (nothing is better, proved), "local optimum" (no flip of one or two is better), "rounded", "best so far",
    "time limit" (the best until then), or "out of reach": the candidates are too small or too few to reach the target
    even in fractions. `trace` is (seconds, error) whenever a better one was found.
    """

    kept: Bool[Tensor, " candidates"]
    error: float
    relative_error: float
    solver: str
    status: str
    seconds: float
    trace: tuple[tuple[float, float], ...]

    def __repr__(self) -> str:
        kept = f"kept={int(self.kept.sum())} of {len(self.kept)}"
        return f"Subset(error={self.error:.3g}, relative_error={self.relative_error:.3g}, {kept}, {self.status})"


def subset_sum(
    candidates: Float[Tensor, "dimension candidates"],
    target: Float[Tensor, " dimension"],
    *,
    solver: str = "auto",
    within: float = 0.0,
    seconds: float | None = None,
    seed: int = 0,
) -> Subset:
    """Return the best subset that a solver of `SOLVERS` finds: the columns of `candidates` whose sum is near `target`.

    The options are those of `subset_sum_search`.
    """
    return [*subset_sum_search(candidates, target, solver=solver, within=within, seconds=seconds, seed=seed)][-1]


def subset_sum_search(
    candidates: Float[Tensor, "dimension candidates"],
    target: Float[Tensor, " dimension"],
    *,
    solver: str = "auto",
    within: float = 0.0,
    seconds: float | None = None,
    seed: int = 0,
) -> Iterator[Subset]:
    """Yield every better subset as it is found, and at the end the best once more with what it was found to be.

    "auto" takes a proved optimum where that is quick, and pair flips elsewhere. It ends early where `error` is at most
    `within`, or after so many `seconds`, with the best so far marked as such; without a limit of time the same seed
    gives the same subset. Flips make the l2 norm small, exact solvers the largest entry. Raises a ValueError for
    candidates or a target of another form, and for more candidates than the solver takes.
    """
    began = time.perf_counter()
    Y, z = _numbers(candidates, target)
    rules.number("within", within, least=0, way_on="0 asks for the best")
    if seconds is not None:
        rules.number("seconds", seconds, above=0, way_on="leave it out for no limit")
    name = settle(solver, *Y.shape)
    best, status, trace = None, "best so far", ()
    for x, status in SOLVERS[name].search(Y, z, seconds=seconds, seed=number(check_seed(seed), "subset sum")):
        spent = time.perf_counter() - began
        subset = _subset(Y, z, x, name, status, spent, trace)
        if best is None or _size(subset, name) < _size(best, name):
            best = replace(subset, trace=(*trace, (spent, subset.error)))
            trace = best.trace
            yield best
        if best.error <= within:
            break
        if seconds is not None and spent > seconds:
            status = "time limit"
            break
    assert best is not None
    yield replace(best, status=status, seconds=time.perf_counter() - began)


def settle(solver: str, dimension: int, candidates: int) -> str:
    """Return the name of a solver, with "auto" settled by size; a ValueError for more than it takes."""
    rules.choice("solver", solver, ("auto", *SOLVERS))
    if solver == "auto":
        exact = [name for name in AUTO if name in SOLVERS and SOLVERS[name].norm == "l_inf"]
        fits = [name for name in exact if candidates <= min(FEW, SOLVERS[name].most(dimension))]
        solver = fits[0] if fits else AUTO[-1]
    if candidates > (most := SOLVERS[solver].most(dimension)):
        given = f"{candidates} candidates in dimension {dimension}"
        way_on = f"at most {most} here; take fewer" + ("" if solver == "flips" else ', or solver="flips"')
        raise ValueError(f"{solver} takes {SOLVERS[solver].limit}, got {given}: {way_on}")
    return solver


def _numbers(candidates: Tensor, target: Tensor) -> tuple[Vector, Vector]:
    """Return both in double precision; a ValueError for another form, or for what is not finite."""
    way_on = "wb.strong.draw(36, 400) draws 400 candidates in dimension 36"
    rules.instance("candidates", candidates, Tensor, "a tensor (dimension, candidates)", way_on)
    rules.instance("target", target, Tensor, "a tensor (dimension,)", "torch.ones(36) is one")
    if candidates.ndim != 2 or not candidates.numel() or not candidates.is_floating_point():
        raise rules.refused("candidates", "floats of the shape (dimension, candidates)", candidates, way_on)
    if target.shape != candidates.shape[:1] or not target.is_floating_point():
        raise rules.refused("target", f"floats of the shape ({len(candidates)},)", target, "one for every dimension")
    for name, tensor in (("candidates", candidates), ("target", target)):
        if not bool(torch.isfinite(tensor).all()):
            raise ValueError(f"{name} must be finite, but some are NaN or infinite; draw or train them anew")
    Y, z = (tensor.detach().cpu().double().numpy() for tensor in (candidates, target))
    return Y, z


def _subset(Y: Vector, z: Vector, x: Vector, name: str, status: str, seconds: float, trace: tuple) -> Subset:
    """Measure a subset from x itself, rounded, whatever a solver says of it."""
    kept = torch.from_numpy(x > 0.5)
    r, size = torch.from_numpy(Y @ (x > 0.5) - z), float((z @ z) ** 0.5)
    return Subset(kept, float(r.abs().max()), float(r.norm()) / (size or 1.0), name, status, seconds, trace)


def _size(subset: Subset, name: str) -> float:
    return subset.relative_error if SOLVERS[name].norm == "l2" else subset.error
