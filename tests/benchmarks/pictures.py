"""The data of the benchmarks: real ones, or noise of the same shapes where only the code is to be tried."""

from __future__ import annotations

import torch

import workbench as wb


def network(name: str, size: str) -> str:
    """Return the name of the model, a narrow one at the size "tiny"."""
    return name.replace("width=16", "width=8").replace("width=64", "width=8") if size == "tiny" else name


def batch_size(size: str) -> int:
    """Return how many images a step takes."""
    return 8 if size == "tiny" else 128


def pictures(name: str, *, size: str, train_size: int | None = None, image_size: int | None = None) -> wb.Data:
    """Load a dataset; at the size "tiny" noise of its shape, which needs no file and no network."""
    if size != "tiny":
        return wb.load(name, train_size=train_size, image_size=image_size)
    shape = (3, 32, 32) if name == "cifar10" else (1, 28, 28)
    if image_size is not None:
        shape = (shape[0], image_size, image_size)
    parts = [_noise(count, shape) for count in (300, 50, 50)]
    return wb.Data(name, *parts, classes=tuple("0123456789"), flipped=torch.empty(0, dtype=torch.int64))


def _noise(count: int, shape: tuple[int, int, int]) -> wb.Split:
    draw = torch.Generator().manual_seed(count)
    images = torch.randint(0, 256, (count, *shape), generator=draw, dtype=torch.uint8)
    labels = torch.randint(0, 10, (count,), generator=draw)
    return wb.Split(images, labels, torch.arange(count), torch.full(shape[:1], 0.5), torch.full(shape[:1], 0.3))
