"""Prune one random pair until it computes a layer of the target: subset sums for every channel, side by side."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from workbench.nets.door import check_finite
from workbench.strong.neuron import nearest_neurons
from workbench.strong.pair import SIDES, Pair, draw_block
from workbench.strong.reach import reach
from workbench.strong.structures import STRUCTURES, Structure
from workbench.strong.subset_sum import SOLVERS, Subset, settle, subset_sum
from workbench.strong.target import LARGEST, Shape
from workbench.work import progress, rules
from workbench.work.replicas import replicas
from workbench.work.seeds import check_seed

QUICK = 26  # candidates of which the best subset is found in milliseconds
DOUBTFUL = 0.05  # relative error of a proved optimum, from which on it is asked whether the target is in reach


@dataclass(frozen=True, eq=False)
class Block:
    """What is kept of one block, ‖K̂_j - K_j‖ on its worse side, and how many of its sums came out badly."""

    kept: Tensor
    distance: float
    out_of_reach: int
    cut_short: int


def prune_pair(
    shape: Shape,
    kernel: Float[Tensor, "outputs blocks height width"],
    *,
    candidates: int,
    scale: float,
    structure: str = "filter",
    solver: str = "auto",
    seconds: float | None = None,
    index: int = 0,
    seed: int = 0,
    inputs: Float[Tensor, "patches blocks height width"] | None = None,
) -> Pair:
    """Draw a random pair of layers, prune it to a kernel, and return what is kept.

    `candidates` filters are drawn for every channel, half of them usable, with V of standard deviation `scale`. The
    solver "auto" takes the best of all subsets where that takes milliseconds, and pair flips elsewhere.
    Channels are independent, and are solved side by side. `inputs` are patches that the layer sees, which "neuron"
    alone needs. Raises a ValueError for what does not fit, and for more candidates than the solver takes.
    """
    began = time.perf_counter()
    _check(shape, kernel, inputs, structure, solver, candidates, scale, index)
    kind, blocks = STRUCTURES[structure], list[Block]()
    drawn: dict[str, Any] = {"index": int(index), "candidates": int(candidates), "scale": float(scale)}
    drawn["seed"] = check_seed(seed)
    if kind.blocked:
        blocks = _blocks(shape, kernel, kind, solver, seconds, drawn)
        kept = torch.stack([block.kept for block in blocks])
        distances = torch.tensor([block.distance for block in blocks], dtype=torch.float64)
        sizes = kernel.transpose(0, 1).flatten(1).norm(dim=1)
        errors = distances / torch.where(sizes > 0, sizes, 1)
        error = float(distances.norm()) / (float(sizes.norm()) or 1.0)
    else:
        assert inputs is not None  # checked
        kept, error = nearest_neurons(shape, kernel, inputs, **drawn)
        errors = torch.full((shape.blocks,), error, dtype=torch.float64)
    return Pair(
        shape,
        structure,
        **drawn,
        kept=kept,
        blocked=kind.blocked,
        error=error,
        errors=errors,
        out_of_reach=sum(block.out_of_reach for block in blocks),
        cut_short=sum(block.cut_short for block in blocks),
        seconds=time.perf_counter() - began,
    )


def _check(
    shape: Shape,
    kernel: Tensor,
    inputs: Tensor | None,
    structure: str,
    solver: str,
    candidates: int,
    scale: float,
    index: int,
) -> None:
    rules.choice("structure", structure, STRUCTURES)
    rules.whole("candidates", candidates, least=2, most=LARGEST, way_on="40 a dimension are a good start")
    rules.number("scale", scale, above=0, way_on="wb.strong.least_scale gives about the least that reaches")
    rules.whole("index", index, most=LARGEST, way_on="0 is the first layer")
    rules.instance("shape", shape, Shape, "the shape of a linear layer", "wb.strong.target_of(…).shapes are some")
    form = (shape.outputs, shape.blocks, *shape.kernel_size)
    rules.tensor("kernel", kernel, torch.float64, form, "wb.strong.target_of(…).kernels are some")
    check_finite({"kernel": kernel}, "the target")
    if inputs is not None or not STRUCTURES[structure].blocked:
        way_on = "without a block mask no kernel tells a layer's outputs, so that patches which it reads are needed"
        rules.instance("inputs", inputs, Tensor, "a tensor", way_on)
        rules.tensor("inputs", inputs, torch.float64, ("patches", *form[1:]), way_on)
    settle(solver, STRUCTURES[structure].dimension(shape), max(1, candidates // 2))


def unpruned_pair(shape: Shape, structure: str, *, index: int, candidates: int, scale: float, seed: int) -> Pair:
    """Return a random pair with all of its filters kept: what there is before anything is pruned."""
    kind, drawn = STRUCTURES[structure], {"index": index, "candidates": candidates, "scale": scale, "seed": seed}
    kept = torch.ones(shape.blocks, candidates, *kind.place(shape), dtype=torch.bool)
    unknown = torch.full((shape.blocks,), torch.nan, dtype=torch.float64)
    marks = {"error": math.nan, "errors": unknown, "out_of_reach": 0, "cut_short": 0, "seconds": 0.0}
    return Pair(shape, structure, **drawn, kept=kept, blocked=kind.blocked, **marks)  # pyright: ignore[reportArgumentType]


def quick(solver: str, candidates: int, dimension: int) -> str:
    """Return the solver, with "auto" settled: a layer has thousands of sums, so that each may take milliseconds."""
    if solver != "auto":
        return solver
    few = min(QUICK, SOLVERS["meet_in_the_middle"].most(dimension))
    return "meet_in_the_middle" if candidates <= few else "flips"


def beyond_reach(subset: Subset, candidates: Tensor, z: Tensor) -> bool:
    """Whether not even fractions of the candidates reach a target; exact solvers do not say it."""
    if SOLVERS[subset.solver].norm == "l2" or subset.relative_error < DOUBTFUL:
        return subset.status == "out of reach"
    return reach(candidates, z) < 1


def _blocks(
    shape: Shape, kernel: Tensor, kind: Structure, solver: str, seconds: float | None, drawn: dict[str, Any]
) -> list[Block]:
    """Solve the sums of all blocks, side by side; they come in the order of the channels."""

    def solve(j: int) -> Block:
        u, V = draw_block(shape, j, **drawn)
        kept = torch.zeros(len(u), *kind.place(shape), dtype=torch.bool)
        distances, subsets, out_of_reach = [0.0], list[Subset](), 0
        ones = shape.bias and j == shape.blocks - 1  # which is never below zero
        sides = SIDES if shape.signed and not ones else SIDES[:1]
        for half, side in enumerate(sides):
            sees = side * u > 0
            slabs = (side * u[sees, None, None, None]).double() * V[sees].double()
            parts, wanted = kind.parts(slabs), kind.parts(side * kernel[:, j])  # (filters, sums, m), (sums, m)
            chosen, by = torch.zeros(parts.shape[:2], dtype=torch.bool), quick(solver, *parts.shape[::2])
            for i, z in enumerate(wanted):
                if bool(z.any()) and not len(parts):  # every filter died in the ReLU
                    out_of_reach += 1
                elif bool(z.any()):  # a kernel of zeros is the empty sum
                    with progress.within("sum", half * len(wanted) + i, len(sides) * len(wanted)):
                        subset = subset_sum(parts[:, i].T, z, solver=by, seconds=seconds, seed=drawn["seed"])
                    chosen[:, i], subsets = subset.kept, [*subsets, subset]
                    out_of_reach += beyond_reach(subset, parts[:, i].T, z)
            kept[sees] = chosen.view(-1, *kind.place(shape))
            distances.append(float((torch.einsum("fsm,fs->sm", parts, chosen.double()) - wanted).norm()))
        return Block(kept, max(distances), out_of_reach, sum(s.status == "time limit" for s in subsets))

    blocks = dict(replicas(solve, range(shape.blocks), part="channel"))
    return [blocks[j] for j in range(shape.blocks)]
