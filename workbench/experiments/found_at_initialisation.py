"""How a method finds its ticket, and what that costs: any of `METHODS`, or a lottery that trains weights for it."""

from __future__ import annotations

import inspect
import math
import time
from collections.abc import Generator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from torch import nn

from workbench.data.data import Data
from workbench.experiments.given_names import check_each_once
from workbench.experiments.glimpses_of_searches import Foreseen, Glimpse, foreseen, glimpse
from workbench.experiments.replica import Replica
from workbench.lottery.rounds import counts, rounds
from workbench.nets import masks
from workbench.nets.masks import Mask
from workbench.nets.weights import Weights, snapshot
from workbench.pruning import METHODS, SEARCHES, check_method, prune
from workbench.training.recipe import Recipe
from workbench.training.runs import Run
from workbench.work import progress, rules
from workbench.work.nearest import unknown
from workbench.work.with_options import written

LOTTERIES: dict[str, dict[str, str]] = {"imp": {}, "learning_rate_rewinding": {"rewind": "learning_rate"}}
FINDERS = ("dense", *METHODS, *LOTTERIES)
FRACTION = 0.2  # of the survivors, that a round of a lottery removes: the papers'
PASSES = {"snip": (1, "batches"), "grasp": (3, "batches"), "synflow": (1, "rounds")}  # for each batch or round


@dataclass(frozen=True, eq=False)
class Found:
    """What a method found: masks, the weights that they are on, the norms' statistics, and what it took.

    `run` is the last training of a lottery, which is the ticket's own.
    """

    kept: Mask
    rounded: Mask
    weights: Weights
    buffers: Weights
    steps: int
    passes: int
    seconds: float
    run: Run | None = None


@dataclass(frozen=True, eq=False)
class Pruned:
    """A mask, and the seconds that a method took to find it."""

    mask: Mask
    seconds: float


def check_finder(method: str) -> tuple[str, dict[str, Any]]:
    """Return the name and the options of a method, or of a lottery; a ValueError for one that is not known."""
    rules.instance("method", method, str, "the name of a method", '"gem_miner(l2=0.0003)" is one')
    if method in ("dense", *LOTTERIES):
        return method, {}
    try:
        return check_method(method)
    except ValueError as error:
        if method.partition("(")[0] in METHODS:
            raise
        raise unknown("method", method, FINDERS) from error


def check_finders(methods: Sequence[str]) -> None:
    """Raise a ValueError unless these are methods, lotteries or the dense network, one at least, each once."""
    if isinstance(methods, (str, dict)) or not isinstance(methods, Sequence):
        raise rules.refused("methods", "several names", methods, '("gem_miner", "snip") are two')
    for method in methods:
        check_finder(method)
    check_each_once("method", methods, FINDERS, least=1)


def can_invert(method: str) -> bool:
    """Whether a method has scores to invert; a lottery has, a random mask has none."""
    name, _ = check_finder(method)
    return name in LOTTERIES or (name in METHODS and "invert" in inspect.signature(METHODS[name]).parameters)


def check_reachable(method: str, density: float, model: nn.Module, data: Data, search: Recipe) -> None:
    """Raise a ValueError where a method cannot come to a density, must lose a layer, or has an option that is wrong.

    The method itself says so: it is run up to its first report, a batch, a round or a step.
    """
    name, _ = check_finder(method)
    full = masks.full(model)
    if (count := masks.survivors(full, density)) < len(full):
        least = len(full) / masks.total(full)
        raise ValueError(
            f"density {density} keeps {count} weights, fewer than there are layers, {len(full)}, so that one is lost "
            f"whole and nothing passes; the least is {least:.2g}"
        )
    if name in LOTTERIES:
        counts(full, rounds_to(density), _fraction(density))
    elif name != "dense":
        with suppress(progress.Stopped), progress.within("check", 0), progress.watch(_stop):
            prune(method, model, snapshot(model), data, search, density=density)


def _stop(report: progress.Progress) -> None:
    raise progress.Stopped


def rounds_to(density: float) -> int:
    """Return how many rounds of a lottery come nearest to a density, 20 % a round: 19 for 1.44 %, as in the paper."""
    return max(1, round(math.log(density) / math.log(1 - FRACTION)))


def _fraction(density: float) -> float:
    """Return what a round removes, so that the last of them comes to the density."""
    return 1 - density ** (1 / rounds_to(density))


def find(
    replica: Replica,
    start: Weights,
    method: str,
    search: Recipe,
    *,
    density: float,
    rewind_step: int = 0,
    invert: bool = False,
    glimpses: int = 10,
) -> Generator[Glimpse | Foreseen, None, Found]:
    """Find a ticket of `start`, yield a `Glimpse` now and then of a search, and return the `Found` one.

    Its weights are those of `start`, or of step `rewind_step` of their dense training. A lottery trains by the
    replica's own recipe, the other methods are given `search`. Whatever was finished is found again in the replica's
    archive. With `invert=True` the method keeps what it would remove.
    """
    name, options = check_finder(method)
    if name in LOTTERIES:
        return _drawn(replica, start, name, density, rewind_step, invert)
    with progress.within("rewinding point", 0):
        weights = replica.weights_at(start, rewind_step) if rewind_step else start
    if name == "dense":
        full = masks.full(replica.model)
        return Found(full, full, weights, {}, 0, 0, 0.0)
    options |= {"invert": True} if invert else {}
    if name in SEARCHES:
        labels = {"method": method, "control": "inverted" if invert else "none", "asked": density, **replica.labels}
        return (yield from _searched(replica, weights, name, search, options, density, glimpses, labels))
    given = (replica.model, weights, replica.data, search)
    with progress.within("search", 0, 1):
        pruned = replica.run(timed_prune, written(name, options), *given, density=density, seed=replica.seed)
    return Found(pruned.mask, pruned.mask, weights, {}, 0, _passes(name, options), pruned.seconds)


def timed_prune(
    method: str,
    model: nn.Module,
    weights: Weights,
    data: Data | None = None,
    recipe: Recipe | None = None,
    *,
    density: float,
    seed: int = 0,
) -> Pruned:
    """Return the mask of `pruning.prune`, and the seconds that it took."""
    began = time.perf_counter()
    mask = prune(method, model, weights, data, recipe, density=density, seed=seed)
    return Pruned(mask, time.perf_counter() - began)


def _drawn(replica: Replica, start: Weights, name: str, density: float, rewind_step: int, invert: bool) -> Found:
    """Return the ticket of a lottery's last round; all rounds before it were trained to find it."""
    options = {"rounds": rounds_to(density), "fraction": _fraction(density), "rewind_step": rewind_step}
    options |= LOTTERIES[name] | ({"invert": True} if invert else {})
    given = (replica.model, start, replica.data, replica.recipe)
    *before, last = replica.each(rounds, *given, seed=replica.seed, **options)
    steps, seconds = (sum(getattr(r.run, field) for r in before) for field in ("steps", "seconds"))
    return Found(last.mask, last.mask, last.rewound, {}, steps, steps, seconds, last.run)


def _searched(
    replica: Replica,
    weights: Weights,
    name: str,
    search: Recipe,
    options: dict[str, Any],
    density: float,
    glimpses: int,
    labels: dict[str, Any],
) -> Generator[Glimpse | Foreseen, None, Found]:
    """Run a search of scores, with a `Glimpse` now and then; Gem-Miner's first begins with what it will do."""
    of, last = search.length(len(replica.data.train)), None
    options = options | {"density": density, "seed": replica.seed, "every": max(1, of // max(1, glimpses))}
    if glimpses and name == "gem_miner" and labels["replica"] == 0 and labels["control"] == "none":
        yield foreseen(replica, weights, search, options, labels)
    searched = replica.each(SEARCHES[name], replica.model, weights, replica.data, search, **options)
    for last in progress.walk("search", searched, 1, index=0):
        if glimpses:
            yield glimpse(replica, weights, last, labels)
    assert last is not None
    return Found(last.kept, last.rounded, weights, last.buffers, of, of, last.seconds)


def _passes(name: str, options: dict[str, Any]) -> int:
    """Return how many forward and backward passes over a batch a method takes that trains nothing."""
    if name not in PASSES:
        return 0
    each, times = PASSES[name]
    return each * options.get(times, inspect.signature(METHODS[name]).parameters[times].default)
