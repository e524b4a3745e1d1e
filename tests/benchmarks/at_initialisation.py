"""Methods at initialisation: SNIP against one pass forward and backward, and SynFlow's hundred rounds in seconds.

SNIP scores one batch of LeNet-300-100, all told: the door, the pass, the choice of the largest. SynFlow prunes
ResNet-20 on one thread.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from statistics import median

import torch
from measure import Row, in_turn, slower
from pictures import batch_size, network, pictures
from torch.nn import functional

import workbench as wb
from workbench.pruning import snip, synflow

SIZES = {"full": 15, "quick": 5, "tiny": 1}  # turns
PASSES = 3  # of a forward and backward pass, that SNIP may cost
SECONDS = 15  # that SynFlow may take


def run(size: str, *, device: str = "cpu") -> Iterator[Row]:
    """Yield a row for SNIP and one for SynFlow; both run where the methods do, on a GPU where one is."""
    clock = time.process_time if device == "cpu" else time.perf_counter
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
