"""The exercises on strong tickets: the subset whose sum is nearest, and the kernel that kept filters make."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import torch
from torch import Tensor

from workbench.check.verdict import Checked, answer_of, exercise, expect, short
from workbench.work.seeds import generator

SUMS = (  # numbers, the target, and what it takes to find the nearest subset
    ((5.0, 8.0, -4.0, 6.0), 11.0, "try all of its 16 subsets"),
    ((7.0, 4.0), 6.0, "a sum may be above the target, not only below"),
    ((7.0, 4.0), 5.2, "a sum may be below the target, not only above"),
    ((3.0, -6.0, 4.0), -4.0, "minus signs count, of the numbers and of the target: only the distance has none"),
    ((5.0, -7.0, 10.0), 0.5, "nothing at all is a subset too, with the sum 0"),
    ((1.0, 2.0, 3.0), 6.5, "all numbers together are a subset too"),
    ((2.0, 2.0, 9.0), 2.0, "two equal numbers are two candidates, to be chosen one by one"),
)
SLIPS = {  # what the first of these sums makes of a usual slip
    "5 + 8": "numbers that are taken one after another, and kept, spoil it; try all subsets",
    "8": "that is the nearest number; try all subsets",
    "-4": "that is the least sum, or the farthest: what counts is the size of the distance, |sum - target|",
}


@exercise
def nearest_subset(function: Callable[[Tensor, float], Any]) -> Checked:
    """Check a learner's search: `function(numbers, target)` says of each number whether it is in the nearest subset.

    That is the subset whose sum is nearest to the target; of several that are, any is right.
    """
    for numbers, target, way in SUMS:
        given = torch.tensor(numbers)
        chosen, distance = _chosen(function, given, target)
        best = min(abs(sum(subset) - target) for subset in _subsets(numbers))
        told = " + ".join(f"{x:g}" for x in given[chosen].tolist()).replace("+ -", "- ") or "nothing"
        rule = f"of {', '.join(f'{x:g}' for x in numbers)} some subset comes within {best:g} of {target:g}"
        expect(distance <= best + 1e-6, f"{rule}, and yours, {told}, within {distance:g}: {SLIPS.get(told, way)}")
    for place in range(3):
        drawn = torch.randn(11, generator=generator(place, "nearest subset"))
        best = min(abs(sum(subset) - 0.5) for subset in _subsets(drawn.tolist()))
        _, distance = _chosen(function, drawn, 0.5)
        rule = f"of eleven random numbers the best of 2048 subsets comes within {best:.2g} of 0.5"
        expect(distance <= best + 1e-6, f"{rule}, and yours within {distance:.2g}: try all of them")
    way = "wb.strong.subset_sum finds it among forty numbers too: two halves that meet in the middle"
    return Checked(True, f"the best of all 2^n subsets. {way}")


@exercise
def effective_kernel(function: Callable[[Tensor, Tensor, Tensor], Any]) -> Checked:
    """Check a learner's kernel: `function(u, V, kept)` returns Σ max(u_f, 0) V_f over the kept filters f.

    `u` holds a scalar for each filter of one channel, `V` its slab (filters, outputs, height, width), `kept` is bool.
    """
    u, kept = torch.tensor([2.0, -1.0, 0.5, 3.0, -4.0]), torch.tensor([True, True, True, False, False])
    V = torch.randn(5, 3, 2, 2, generator=generator(0, "effective kernel"))
    answer = _kernel(function, u, V, kept)

    def near(weights: Tensor) -> bool:
        return torch.allclose(answer, torch.einsum("f,fohw->ohw", weights.double(), V.double()), atol=1e-4)

    slips = {
        "a negative scalar gives 0 behind the ReLU, and yours passes it on": u * kept,
        "a negative scalar gives 0 behind the ReLU, and yours turns its sign": u.abs() * kept,
        "those that are not kept are still in; leave them out": u.relu(),
        "ReLU and the choice are both missing; only kept filters with positive scalars do anything": u,
        "that is the sum over those that were removed": u.relu() * ~kept,
        "outputs add up: it is a sum over filters, not a mean (over the kept ones)": u.relu() * kept / 3,
        "outputs add up: it is a sum over filters, not a mean (over those that pass)": u.relu() * kept / 2,
        "outputs add up: it is a sum over filters, not a mean": u.relu() * kept / 5,
        "each slab counts with its scalar, and yours counts all alike": (u > 0) * kept,
        "each slab counts with its scalar, and yours counts all kept ones alike": kept,
        "the ReLU lets positive scalars pass, and yours the negative ones": u.clamp(max=0) * kept,
        "the sign is turned": -u.relu() * kept,
    }
    for slip, weights in slips.items():
        expect(not near(weights), slip)
    rule = "here K̂ = 2 V_0 + 0.5 V_2: filter 1 dies in the ReLU, 3 and 4 are removed"
    expect(near(u.relu() * kept), f"{rule}; yours begins with {answer.flatten()[:3].tolist()}")
    nothing = _kernel(function, u, V, torch.zeros(5, dtype=torch.bool))
    expect(not nothing.any(), "where nothing is kept the kernel is zero, and yours is not")
    kept[3] = True
    answer = _kernel(function, u, V, kept)
    expect(near(u.relu() * kept), "with filter 3 kept as well, 3 V_3 is added; yours is another kernel")
    return Checked(True, "random slabs that add up to a kernel. wb.strong's Pair.kernels() does this for every channel")


def _chosen(function: Callable[..., Any], numbers: Tensor, target: float) -> tuple[Tensor, float]:
    """Return which numbers a learner's function chooses, and how far their sum is from the target."""
    given = numbers.clone()
    answer = answer_of(function, given, target)
    values = _tensor(answer)
    form = f"it should say True or False of each of the {len(numbers)} numbers, and returned {short(answer)}"
    expect(values is not None and values.shape == numbers.shape and bool(((values == 0) | (values == 1)).all()), form)
    assert values is not None
    expect(torch.equal(given, numbers), "it changed the numbers that it was given; make new ones")
    chosen = values == 1
    return chosen, abs(float(numbers[chosen].double().sum()) - target)


def _kernel(function: Callable[..., Any], u: Tensor, V: Tensor, kept: Tensor) -> Tensor:
    """Return the kernel that a learner's function makes."""
    given = (u.clone(), V.clone(), kept.clone())
    answer = answer_of(function, *given)
    values = _tensor(answer)
    form = f"it should return one kernel for each output, of shape {tuple(V.shape[1:])}, and returned {short(answer)}"
    expect(values is not None and values.shape == V.shape[1:], form)
    assert values is not None
    expect(all(map(torch.equal, given, (u, V, kept))), "it changed what it was given; make new tensors")
    expect(bool(values.isfinite().all()), "some of it is not finite: nothing has to be divided here")
    return values


def _tensor(answer: Any) -> Tensor | None:
    """Return an answer as real numbers, if it is some: a tensor, an array, or lists."""
    try:
        if isinstance(answer, (list, tuple)):
            return torch.stack([_tensor(part) for part in answer])  # pyright: ignore (None is a TypeError)
        values = torch.as_tensor(answer).detach().cpu()
    except (TypeError, ValueError, RuntimeError):
        return None
    return None if values.is_complex() else values.double()


def _subsets(numbers: Sequence[float]) -> Iterator[tuple[float, ...]]:
    return itertools.chain.from_iterable(itertools.combinations(numbers, size) for size in range(len(numbers) + 1))
