"""A path of 25 points over 10 000 images against its 25 bare forward passes, and a plane against its own.

Bare: the module is called as it is, in eval mode, with weights that were mixed before and float images that lie in
memory in its format; nothing is counted, kept by example or watched.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import torch
from measure import Row, in_turn, slower
from pictures import network, pictures
from torch import nn

import workbench as wb
from workbench.nets.evaluation import BATCH, place
from workbench.nets.hardware import settle
from workbench.nets.weights import Weights

SIZES = {"full": 7, "quick": 3, "tiny": 1}  # turns
NETWORKS = {"lenet": ("fashion-mnist", None), "resnet8(width=16)": ("cifar10", 16)}  # dataset, image size
POINTS = 25


def run(size: str, *, device: str = "cpu") -> Iterator[Row]:
    """Yield a row for every network and batch-norm treatment that adds no passes."""
    points, side = (3, 2) if size == "tiny" else (POINTS, 5)
    for listed, (dataset, image_size) in NETWORKS.items():
        name = network(listed, size)
        data = pictures(dataset, size=size, train_size=1000, image_size=image_size)
        model = wb.models.named(name, data)
        a, b = wb.snapshot(model), wb.initialise(model, seed=1)
        works: dict[str, Callable[[], Any]] = {
            "bare": bare(model, [wb.mix(a, b, i / (points - 1)) for i in range(points)], data.test)
        }
        for how in ("average", "keep"):
            works[how] = lambda how=how, model=model, a=a, b=b, data=data: wb.landscape.path(
                model, a, b, data, points=points, batch_norm=how
            )
        times = in_turn(works, SIZES[size])
        for how in ("average", "keep"):
            label = f"{name} path of {points} points, {how}"
            yield slower(label, "bare forward passes", times[how], times["bare"], target=1.05)
        yield over_the_plane(name, model, [a, b, wb.initialise(model, seed=2)], data, SIZES[size], side)


def over_the_plane(name: str, model: nn.Module, networks: list[Weights], data: wb.Data, repeats: int, side: int) -> Row:
    """Compare a plane of side × side points, and its three networks, with as many bare passes."""
    count = side**2 + 3
    points = [wb.mix(networks[0], networks[1], i / (count - 1)) for i in range(count)]

    def plane() -> None:
        list(wb.landscape.plane(model, networks, data, coarse=side, levels=1, batch_norm="keep"))

    times = in_turn({"plane": plane, "bare": bare(model, points, data.test)}, repeats)
    label = f"{name} plane of {side} × {side} points, keep"
    return slower(label, "bare forward passes", times["plane"], times["bare"], target=1.05)


def bare(model: nn.Module, points: list[Weights], split: wb.Split) -> Callable[[], None]:
    """Make the bare forward passes."""
    hardware = settle(model)
    model = model.to(memory_format=hardware.memory_format).eval()  # pyright: ignore[reportCallIssue]
    batches = [place(inputs, hardware) for inputs in split.inputs().split(BATCH)]

    @torch.no_grad()
    def work() -> None:
        for weights in points:
            model.load_state_dict(weights)
            for inputs in batches:
                model(inputs)

    return work
