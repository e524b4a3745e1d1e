"""Methods at initialisation: Gem-Miner's step against a dense one, SNIP against a pass, SynFlow's rounds in seconds.

Gem-Miner is measured after its first event, under a mask, as most steps of a search are. SNIP scores one batch of
LeNet-300-100, all told: the door, the pass, the choice of the largest. SynFlow prunes ResNet-20 on one thread.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from statistics import median

import torch
from measure import Row, in_turn, slower, take
from pictures import batch_size, network, pictures
from torch.nn import functional

import workbench as wb
from workbench.pruning import gem_miner_steps, snip, synflow

SIZES = {"full": 15, "quick": 5, "tiny": 1}  # turns
PASSES = 3  # of a forward and backward pass, that SNIP may cost
SECONDS = 15  # that SynFlow may take
NETWORKS = {  # dataset, training images, steps at a time, how much a step of a search may cost
    "lenet": ("fashion-mnist", None, 60, 1.4),
    "resnet8(width=16)": ("cifar10", 10_000, 6, 1.15),
}


def run(size: str, *, device: str = "cpu") -> Iterator[Row]:
    """Yield a row for Gem-Miner on two networks, for SNIP, and for SynFlow."""
    clock = time.process_time if device == "cpu" else time.perf_counter
    for listed, (dataset, train_size, count, target) in NETWORKS.items():
        name, count = network(listed, size), 2 if size == "tiny" else count
        data = pictures(dataset, size=size, train_size=train_size)
        recipe = wb.Recipe(steps=10**6, batch_size=batch_size(size), device=device)
        works = {"dense": dense(name, data, recipe, count), "gem": searched(name, data, recipe, count)}
        times = in_turn(works, SIZES[size], clock=clock)
        title = f"{name} Gem-Miner step"
        yield slower(title, "a dense step", times["gem"], times["dense"], steps=count, target=target)
    name = network("lenet", size)
    data = pictures("fashion-mnist", size=size)
    works = {"snip": scored(name, data, batch_size(size)), "pass": passed(name, data, batch_size(size))}
    times = in_turn(works, SIZES[size], clock=clock)
    yield slower(f"{name} SNIP of one batch", "a pass", times["snip"], times["pass"], target=PASSES)
    name = network("resnet20", size)
    data, rounds = pictures("cifar10", size=size, train_size=100), 2 if size == "tiny" else 100
    model = wb.models.named(name, data)
    weights = wb.snapshot(model)
    flow = {"synflow": lambda: synflow(model, weights, data, density=0.01, rounds=rounds)}
    took = in_turn(flow, 1 if size == "tiny" else 3, warm=False, clock=clock)["synflow"]
    title = f"{name} SynFlow, {rounds} rounds"
    yield Row(title, "", 1000 * median(took), None, took, SECONDS, unit="s")


def dense(name: str, data: wb.Data, recipe: wb.Recipe, count: int) -> Callable[[], None]:
    """Make a piece of work of the next `count` steps of dense training."""
    model = wb.models.named(name, data)
    return take(wb.steps(model, wb.snapshot(model), data, recipe), count)


def searched(name: str, data: wb.Data, recipe: wb.Recipe, count: int) -> Callable[[], None]:
    """Make a piece of work of the next `count` steps of a search by Gem-Miner, after its first event."""
    model = wb.models.named(name, data)
    weights = wb.initialise(model, rule="signed_constant")
    steps = gem_miner_steps(model, weights, data, recipe, density=0.05, period=100)
    take(steps, 100)()
    return take(steps, count)


def scored(name: str, data: wb.Data, size: int) -> Callable[[], object]:
    """Make a piece of work of SNIP with one batch."""
    model = wb.models.named(name, data)
    weights = wb.snapshot(model)
    return lambda: snip(model, weights, data, density=0.05, batch_size=size)


def passed(name: str, data: wb.Data, size: int) -> Callable[[], object]:
    """Make a piece of work of a batch of the same size taken from the data, and one pass forward and backward."""
    model, index = wb.models.named(name, data), torch.arange(size)

    def work() -> None:
        model.zero_grad()
        functional.cross_entropy(model(data.train.inputs(index)), data.train.labels[index]).backward()

    return work
