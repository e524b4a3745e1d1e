"""What does a strong ticket cost to run? Size and time of its target, its random network, under masks, and compact.

Zeros under a mask save nothing; filters that are gone save what they took. The ticket is still far larger than its
target: it is smaller than the random network alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import torch

from workbench.data.unit_range import unit_range
from workbench.experiments.given_names import are, told
from workbench.experiments.replica import prepare
from workbench.experiments.strong_tickets import A_STEP, TARGET
from workbench.nets.footprint import size, timed
from workbench.nets.plain_module import private
from workbench.nets.weights import snapshot
from workbench.strong.reading import target_of
from workbench.strong.structured import MARGIN, check_search, joined, layer_seconds, structured_search
from workbench.training.recipe import Recipe
from workbench.work import progress, rules
from workbench.work.archive import ArchiveLike
from workbench.work.typed import typed

VIEWS = ("target", "random", "masked", "compact", "collapsed")


@dataclass(frozen=True)
class Cost:
    """Size and time of one network: `view` is target, random, masked, compact or collapsed.

    `parameters` counts all numbers that it holds, zeros included, `nonzero` those that are not. `milliseconds` is the
    median time of a forward pass of `images` images, all views in turn, on one thread.
    """

    view: str
    ratio: float
    seed: int
    replica: int
    parameters: int
    nonzero: int
    milliseconds: float
    images: int


@typed
def strong_costs(
    dataset: str = "digits",
    *,
    train_size: int | None = None,
    image_size: int | None = None,
    model: str = "plain_cnn(channels=(4, 4))",
    recipe: Recipe = TARGET,
    ratios: Sequence[float] = (5.0, 10.0, 20.0),
    images: int = 32,
    repeats: int = 7,
    seed: int = 0,
    replicas: int = 3,
    archive: ArchiveLike | None = None,
) -> Iterator[Cost]:
    """Yield a `Cost` for every view of a ticket and every ratio; replicas come one after another, to be timed alone.

    The random network has all that was drawn, what the block mask removes included. Raises a ValueError for an option
    out of range, and for a network that does not fit the memory.

    Arguments:
        images: How many images a timed forward pass takes.
        repeats: How many times a pass is timed, of which the median is taken.
    """
    experiment = prepare(dataset, train_size, image_size, model, recipe, seed, replicas, archive)
    experiment = replace(experiment, data=unit_range(experiment.data))
    if not are(ratios, rules.number, above=0):
        raise ValueError(f"ratios must be above 0, each once, got {told(ratios)}; 20 is precise, 10 is rough")
    rules.whole("images", images, least=1, most=len(experiment.data.test), way_on="32 are enough")
    rules.whole("repeats", repeats, least=1, most=10_000, way_on="7 have a median")
    target = target_of(experiment.network, snapshot(experiment.network), experiment.data)
    for ratio in ratios:
        check_search(target, "filter", ratio, None, MARGIN)
    of_target = A_STEP * experiment.length
    searches = [sum(layer_seconds(target, "filter", ratio)) for ratio in ratios]
    parts = [(search, search * ratio / 7) for search, ratio in zip(searches, ratios, strict=True)]  # searched, timed
    costs = (of_target, *map(sum, parts))
    batch = experiment.data.test.inputs(torch.arange(images))
    for place, one in enumerate(experiment.seeds):
        replica = experiment.replica(one)
        with progress.within("replica", place, replicas), progress.within("target", 0, costs):
            given = (replica.model, replica.train(replica.start).weights, replica.data)
        for index, ratio in enumerate(ratios, 1):
            options = {"ratio": float(ratio), "beyond": "nearest", "seed": one}
            with progress.within("replica", place, replicas), progress.within("ratio", index, costs):
                with progress.within("search", 0, parts[index - 1]):
                    ticket = joined(*given, list(replica.each(structured_search, *given, **options)))
                trained = private(given[0]).eval()
                trained.load_state_dict(given[1])
                networks = (trained, ticket.random(), ticket.masked(), ticket.compact(), ticket.collapse())
                with progress.within("timing", 1, parts[index - 1]):
                    times = timed(networks, batch, repeats)
            for view, network, milliseconds in zip(VIEWS, networks, times, strict=True):
                counts = {"parameters": size(network), "nonzero": size(network, nonzero=True)}
                yield Cost(view, float(ratio), **replica.labels, **counts, milliseconds=milliseconds, images=images)
