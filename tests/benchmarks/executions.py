"""A training step by density under each execution, sixteen rounds against sixteen dense trainings, and inference.

LeNet-300-100 at batch 128 under masks by the magnitude of trained weights, as rounds of pruning make them; a whole
lottery under `execution="auto"`; ResNet-20 without half of its filters, compact against dense, at batch 1 and 256.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import torch
from measure import Row, in_turn, seconds, slower, take
from pictures import batch_size, network, pictures
from torch import nn

import workbench as wb

SIZES = {"full": (9, 300, 422), "quick": (5, 100, 100), "tiny": (1, 2, 2)}  # turns, steps a turn, steps a round
DENSITIES = {
    0.2: None,
    0.1: None,
    0.05: 0.55,
    0.02: 0.47,
    0.01: None,
}  # and what a sparse step is to cost of a dense one
ROUNDS = 16
BATCHES = (1, 256)


def run(size: str, *, device: str = "cpu") -> Iterator[Row]:
    """Yield the rows of all three."""
    yield from _steps(size)
    yield from _rounds(size)
    yield from _inference(size)


def _steps(size: str) -> Iterator[Row]:
    turns, count, _ = SIZES[size]
    data = pictures("mnist", size=size)
    model = wb.models.lenet(data)
    start, recipe = wb.snapshot(model), wb.Recipe(steps=10**6, batch_size=batch_size(size), device="cpu")
    trained = wb.train(model, start, data, replace(recipe, steps=count)).weights
    for density, target in DENSITIES.items():
        mask = wb.pruning.magnitude(trained, wb.masks.full(model), density=density)
        works = {
            name: take(wb.steps(model, start, data, replace(recipe, execution=name), mask=mask), count)
            for name in ("dense", "sparse", "compact")
        }
        times = in_turn(works, turns)
        for name in ("sparse", "compact"):
            label, aim = f"lenet step, {name}, density {density}", target if name == "sparse" else None
            yield slower(label, "its dense step", times[name], times["dense"], steps=count, target=aim)


def _rounds(size: str) -> Iterator[Row]:
    """Sixteen rounds, in turn with as many dense trainings; of a round the evaluation is a part, on both sides."""
    data, length = pictures("mnist", size=size), SIZES[size][2]
    model = wb.models.lenet(data)
    start = wb.snapshot(model)
    recipe = wb.Recipe(steps=length, batch_size=batch_size(size), device="cpu", execution="auto")
    found = wb.lottery.rounds(model, start, data, recipe, rounds=ROUNDS - 1, fraction=0.2)
    sparse, dense = [], []
    for _ in range(2 if size == "tiny" else ROUNDS):
        sparse.append(seconds(lambda: next(found)))
        dense.append(seconds(lambda: wb.train(model, start, data, recipe)))
    yield slower(f"{ROUNDS} rounds of lenet, auto", "as many dense trainings", [sum(sparse)], [sum(dense)], target=0.85)


def _inference(size: str) -> Iterator[Row]:
    """ResNet-20 without half of its filters, the same in layers that are summed, against the whole one."""
    data = pictures("cifar10", size=size, train_size=1000)
    model = wb.models.named(network("resnet20(width=16)", size), data).eval()
    weights = wb.snapshot(model)
    mask = wb.pruning.filters(model, weights, share=0.5)
    yield from _structured(model, weights, mask, data, size)
    small = wb.compact(model, weights, mask, inference=True)
    for batch in BATCHES:
        images = data.test.inputs(torch.arange(min(batch, len(data.test))))
        works = {name: _forward(net, images, size) for name, net in (("dense", model), ("compact", small))}
        times = in_turn(works, SIZES[size][0])
        yield slower(
            f"resnet20, half its filters, batch {batch}", "dense", times["compact"], times["dense"], target=0.45
        )


def _structured(
    model: nn.Module, weights: dict[str, torch.Tensor], mask: wb.masks.Mask, data: wb.Data, size: str
) -> Iterator[Row]:
    """Time a training step of the same network."""
    recipe, count = wb.Recipe(steps=10**6, batch_size=batch_size(size), device="cpu"), 1 if size == "tiny" else 3
    works = {
        name: take(wb.steps(model, weights, data, replace(recipe, execution=name), mask=mask), count)
        for name in ("dense", "compact")
    }
    times = in_turn(works, SIZES[size][0])
    yield slower("resnet20, half its filters, step", "its dense step", times["compact"], times["dense"], steps=count)


def _forward(net: nn.Module, images: torch.Tensor, size: str) -> Callable[[], None]:
    def work() -> None:
        with torch.inference_mode():
            for _ in range(1 if len(images) > 1 or size == "tiny" else 200):
                net(images)

    return work
