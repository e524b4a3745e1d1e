"""Strong tickets with structure: a random network that becomes a trained one by removing whole blocks and filters.

The construction behind "Polynomially Over-Parameterized Convolutional Neural Networks Contain Structured Strong Winning
Lottery Tickets" (da Cunha, d'Amore & Natale, NeurIPS 2023), made to run. The theorem is about existence, for random
networks far beyond any memory; its text was not at hand, and what is computed here is derived and measured: subset sums
are solved by linear programs and flips, and the scale of the random weights, one number a layer, is set so that the
kernels are just within reach (with N(0, 1) weights, what can be found misses by 10 to 65 % of a kernel, where it now
misses by 1 to 8 %). No weight is trained, none is drawn twice. A training did happen elsewhere: that of the target.

Measured: about 20 usable candidates for each dimension of a slab bring kernels to 1 to 2 %, 10 to 5 to 9 %.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

from jaxtyping import Float
from torch import Tensor, nn

from workbench.data.data import Data
from workbench.nets.door import check_finite
from workbench.nets.weights import Weights
from workbench.strong.comparison import layer_inputs
from workbench.strong.expected_seconds import of_pair
from workbench.strong.pair import Pair
from workbench.strong.prune_pair import prune_pair, unpruned_pair
from workbench.strong.reading import target_of
from workbench.strong.structures import STRUCTURES
from workbench.strong.subset_sum import settle
from workbench.strong.target import Shape, Target
from workbench.strong.ticket import StrongTicket
from workbench.work import progress, rules
from workbench.work.seeds import check_seed

WIDER = 1.3  # times the scale, where a sum is out of reach of the formula's: every 200th draw of few dimensions
MARGIN = 1.25  # of the scale, above the formula's least: of 0.7 to 3 the best that was always in reach


def structured(
    model: nn.Module,
    weights: Weights,
    data: Data,
    *,
    structure: str = "filter",
    ratio: float = 20.0,
    scale: float | None = None,
    margin: float | Sequence[float] = MARGIN,
    solver: str = "auto",
    seconds: float | None = None,
    beyond: str = "refuse",
    seed: int = 0,
) -> StrongTicket:
    """Prune a random network of twice the depth until it is the trained `model`; the options of `structured_search`."""
    return joined(model, weights, data, list(structured_search(**locals())))


def joined(model: nn.Module, weights: Weights, data: Data, pairs: Sequence[Pair]) -> StrongTicket:
    """Put the pairs that a search yielded for this target together to its ticket."""
    target = target_of(model, weights, data)
    if isinstance(pairs, str) or not isinstance(pairs, Sequence) or not all(isinstance(pair, Pair) for pair in pairs):
        raise rules.refused("pairs", "several pairs", pairs, "list(wb.strong.structured_search(…)) are some")
    by_name = {pair.shape.name: pair for pair in pairs}
    if missing := [shape.name for shape in target.shapes if shape.name not in by_name]:
        raise ValueError(f"pairs must be of all layers, but {missing[0]} is missing; run the search to its end")
    if others := [shape.name for shape in target.shapes if shape != by_name[shape.name].shape]:
        way_on = "give the model and the data of the search"
        raise ValueError(f"pairs must be of this target, but {others[0]} has another shape there; {way_on}")
    return StrongTicket(tuple(stage if isinstance(stage, str) else by_name[stage.name] for stage in target.stages))


def structured_search(
    model: nn.Module,
    weights: Weights,
    data: Data,
    *,
    structure: str = "filter",
    ratio: float = 20.0,
    scale: float | None = None,
    margin: float | Sequence[float] = MARGIN,
    solver: str = "auto",
    seconds: float | None = None,
    beyond: str = "refuse",
    seed: int = 0,
    after: Pair | None = None,
) -> Iterator[Pair]:
    """Yield the pruned random `Pair` of every linear layer of the target, in their order.

    `structure` is what may be removed, of `STRUCTURES`. `ratio` is how many usable candidates there are for each
    dimension of a sum: twice as many filters are drawn for every channel, for half of them die in the ReLU. The random
    kernels' standard deviation is `scale` where it is given (1 is the theorem's, as recalled), else `margin` times the
    least that the formula asks for, and more where that leaves sums of this draw out of reach; of several margins, each
    tried on the one draw, a layer keeps the best. `seconds` limits every single sum, and a pair counts those that were
    cut short ("neuron", which has no sums, takes neither `solver` nor `seconds`). A slab that is `beyond` the reach of
    the candidates is refused, or the "nearest" to it is taken. `after` is the last finished pair: the search goes on
    behind it with the same bits.

    Raises a ValueError for a target that the construction does not serve, by the name of its layer, and for a scale
    that is too small, with one that is not.
    """
    target = target_of(model, weights, data)
    margins = check_search(target, structure, ratio, scale, margin, solver, seconds, beyond)
    options = {"structure": structure, "solver": solver, "seconds": seconds, "seed": check_seed(seed)}
    rules.instance("after", after, (Pair, type(None)), "the last finished pair", "leave it out to begin")
    first = 0 if after is None else after.index + 1
    costs = layer_seconds(target, structure, ratio, solver)
    for index, shape in enumerate(target.shapes[first:], first):
        n, inputs = usable(shape, structure, ratio), None
        if not STRUCTURES[structure].blocked:
            inputs = layer_inputs(target, index, data.train)
        least = least_scale(target.kernels[shape.name], structure, n)
        scales = [scale] if scale is not None else [times * least for times in margins]
        drawn = {"candidates": 2 * n, "index": index, "inputs": inputs, **options}
        tried = _tried(shape, target.kernels[shape.name], scales, scale is None, drawn)
        tried = progress.walk("layer", progress.walk("scale", tried, len(scales)), costs, index=index)
        best = min(tried, key=_rank)
        if best.out_of_reach and beyond == "refuse":
            raise _too_small(best, least, given=scale is not None)
        yield best


def _tried(shape: Shape, kernel: Tensor, scales: Sequence[float], wider: bool, drawn: dict[str, Any]) -> Iterator[Pair]:
    """Yield a pair for each scale, all of one draw; if `wider`, for larger ones too while that brings sums in reach."""
    pairs = list[Pair]()
    for scale in scales:
        pairs.append(prune_pair(shape, kernel, scale=scale, **drawn))
        yield pairs[-1]
    best, before = min(pairs, key=_rank), math.inf
    for times in (WIDER, WIDER**2, WIDER**3) if wider else ():
        if not 0 < best.out_of_reach < before:
            break
        before, best = best.out_of_reach, prune_pair(shape, kernel, scale=times * max(scales), **drawn)
        yield best


def _rank(pair: Pair) -> tuple[int, float]:
    return pair.out_of_reach, pair.error


def unpruned(
    model: nn.Module, weights: Weights, data: Data, *, structure: str = "filter", ratio: float = 20.0, seed: int = 0
) -> StrongTicket:
    """Return the random network that `structured` draws of this seed, with all of its filters kept.

    The scale of each layer is He's, sqrt(2 / fan-in), under which what comes in and what goes out is as large: for
    masks that are trained on it, not matched to kernels.
    """
    target = target_of(model, weights, data)
    check_search(target, structure, ratio, None, MARGIN)
    pairs = []
    for index, shape in enumerate(target.shapes):
        candidates = 2 * usable(shape, structure, ratio)
        scale = math.sqrt(2 / (shape.blocks * candidates * shape.taps))
        drawn = {"index": index, "candidates": candidates, "scale": scale, "seed": check_seed(seed)}
        pairs.append(unpruned_pair(shape, structure, **drawn))
    return joined(model, weights, data, pairs)


def check_search(
    target: Target,
    structure: str,
    ratio: float,
    scale: float | None,
    margin: float | Sequence[float],
    solver: str = "auto",
    seconds: float | None = None,
    beyond: str = "refuse",
) -> Sequence[float]:
    """Return the margins; a ValueError for an option of a search that is out of range, or a sum too large to solve."""
    rules.choice("structure", structure, STRUCTURES)
    rules.number("ratio", ratio, above=0, way_on="20 is precise, 10 is rough")
    rules.choice("beyond", beyond, ("refuse", "nearest"))
    margins: Any = margin if isinstance(margin, (tuple, list)) else (margin,)
    if not margins:
        raise rules.refused("margin", "a number or several", margin, "1.25 is the usual one")
    rules.each("margin", margins, rules.number, "1.25 is the usual one, several are tried", above=0)
    if scale is not None:
        rules.number("scale", scale, above=0, way_on="leave it out for the formula's")
    if seconds is not None:
        rules.number("seconds", seconds, above=0, way_on="leave it out for no limit")
    for shape in target.shapes if STRUCTURES[structure].blocked else ():
        try:
            settle(solver, STRUCTURES[structure].dimension(shape), usable(shape, structure, ratio))
        except ValueError as error:
            raise ValueError(f"layer {shape.name!r}: {error}") from None
    return margins


def usable(shape: Shape, structure: str, ratio: float) -> int:
    """Return how many usable candidates are expected for a sum of a layer: half of the filters of a channel."""
    rules.instance("shape", shape, Shape, "the shape of a linear layer", "wb.strong.target_of(…).shapes are some")
    rules.choice("structure", structure, STRUCTURES)
    rules.number("ratio", ratio, above=0, way_on="20 is precise, 10 is rough")
    return math.ceil(ratio * STRUCTURES[structure].dimension(shape))


def layer_seconds(target: Target, structure: str, ratio: float, solver: str = "auto") -> list[float]:
    """Return about how many seconds the search for every layer takes, which is what progress weighs them by."""
    return [of_pair(shape, structure, usable(shape, structure, ratio), solver) for shape in target.shapes]


def least_scale(kernel: Float[Tensor, "outputs blocks height width"], structure: str, n: int) -> float:
    """Return about the least standard deviation of V with which n usable candidates reach every sum, in fractions:

        max ‖z‖ / (0.318 n - 0.5 sqrt(n max(m, 10))),    0.318 = E|u| E|v| / 2 for N(0, 1)

    (derived, but for the 10, which leaves room for chance where a sum has few dimensions, and for what it is at least
    where candidates are few; within a factor of two of the best, measured). `kernel` is the layer's.
    """
    rules.instance("kernel", kernel, Tensor, "a tensor", "wb.strong.target_of(…).kernels are some")
    if kernel.ndim != 4 or not kernel.numel() or not kernel.is_floating_point():
        way_on = "wb.strong.target_of(…).kernels are some"
        raise rules.refused("kernel", "floats of the shape (outputs, blocks, height, width)", kernel, way_on)
    check_finite({"kernel": kernel}, "the target")
    rules.choice("structure", structure, STRUCTURES)
    rules.whole("n", n, least=1, way_on="20 for each dimension are a good start")
    sums = STRUCTURES[structure].parts(kernel.transpose(0, 1))
    m, longest = sums.shape[-1], max(float(sums.norm(dim=-1).max()), 1e-12)
    fewest = (0.05 if m > 1 else 0.02) * n  # a single number is met as well at any scale, and must be in reach
    return longest / max(0.318 * n - 0.5 * math.sqrt(n * max(m, 10)), fewest)


def _too_small(pair: Pair, least: float, *, given: bool) -> ValueError:
    reached = f"{pair.out_of_reach} sums of {pair.shape.name} are out of reach of {pair.candidates} filters a channel"
    scale = f"scale (about {1.6 * least:.2g}) or " * (given and pair.scale < 1.6 * least)
    way_on = f'take a larger {scale}ratio, or beyond="nearest"'
    return ValueError(f"scale must be large enough to reach the target, got {pair.scale:.3g}: {reached}; {way_on}")
