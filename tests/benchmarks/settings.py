"""Threads × memory format × number format: is the default (`workbench.nets.hardware`) within 10 % of the best?

`DEFAULTS` in `workbench/nets/hardware.py` is written from this table.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

from measure import Row, in_turn, quickest, seconds, slower, take, thread_counts
from pictures import batch_size, network, pictures

import workbench as wb
from workbench.nets.hardware import settle

SIZES = {"full": (9, 0.5), "quick": (3, 0.2), "tiny": (1, 0.0)}  # turns, seconds of a setting in one turn
NETWORKS = {  # dataset, training images, image size
    "lenet": ("fashion-mnist", 10_000, None),
    "conv2(width=64)": ("cifar10", 10_000, None),
    "resnet8(width=16)": ("cifar10", 10_000, 16),
    "resnet20(width=16)": ("cifar10", 10_000, None),
}


def run(size: str, *, device: str = "cpu") -> Iterator[Row]:
    """Yield a row a setting, against the best one of its network, and one with the verdict on the default."""
    repeats, least = SIZES[size]
    for listed, (dataset, train_size, image_size) in list(NETWORKS.items())[:: 2 if size == "tiny" else 1]:
        name = network(listed, size)
        data = pictures(dataset, size=size, train_size=train_size, image_size=image_size)
        model = wb.models.named(name, data)
        start = wb.snapshot(model)
        convolutions = any(tensor.dim() == 4 for tensor in start.values())
        works = {}
        threads = (1,) if device == "cuda" else thread_counts(size)
        for number, precision, last in product(threads, ("float32", "bfloat16"), (False, True)[: 1 + convolutions]):
            options = {"precision": precision, "channels_last": last, "device": device}
            recipe = wb.Recipe(steps=10**9, learning_rate=0.01, batch_size=batch_size(size), **options)
            works[_label(number, precision, last)] = wb.steps(model, start, data, recipe), number
        counts = {label: _count(found, number, least) for label, (found, number) in works.items()}
        pieces = {label: take(found, counts[label], threads=number) for label, (found, number) in works.items()}
        times = in_turn(pieces, repeats)
        a_step = {label: [t / counts[label] for t in took] for label, took in times.items()}
        best = quickest(a_step)
        for label, took in a_step.items():
            yield slower(f"{name}: {label}", best, took, a_step[best])
        hardware = settle(model, device=device)
        default = _label(1, hardware.precision, hardware.channels_last)
        yield slower(f"{name}: the default ({default})", best, a_step[default], a_step[best], target=1.1)


def _label(threads: int, precision: str, channels_last: bool) -> str:
    return f"{threads} thread{'s' * (threads > 1)}, {precision}{', channels-last' if channels_last else ''}"


def _count(found: Iterator[wb.Step], threads: int, least: float) -> int:
    """Find how many steps fill the time of a turn."""
    one = take(found, 1, threads=threads)
    one()
    return max(1, round(least / min(seconds(one) for _ in range(2))))
