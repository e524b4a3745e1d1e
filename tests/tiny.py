"""Small things that many tests share: made data, a network of one's own, and comparisons by bits."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import torch
from torch import Tensor, nn

from workbench.data.data import Data, Split
from workbench.training.state import State


def split_of(images: Tensor, labels: Tensor, ids: Tensor | None = None) -> Split:
    """A split whose pixels are scaled to [0, 1] and no further."""
    channels = images.shape[1]
    numbers = torch.arange(len(labels)) if ids is None else ids
    return Split(images, labels, numbers, torch.zeros(channels), torch.ones(channels))


def made(n: int = 50, shape: tuple[int, int, int] = (1, 4, 4), classes: int = 3) -> Data:
    """Random images in which one brighter row tells the class; the ids are not the places."""
    draw = torch.Generator().manual_seed(5)
    images = torch.randint(0, 160, (n, *shape), generator=draw).to(torch.uint8)
    labels = torch.arange(n) % classes
    for image, label in zip(images, labels, strict=True):
        image[:, int(label)] += 90
    split = split_of(images, labels, 100 + 3 * torch.arange(n))
    return Data("made", split, split, split, tuple(map(str, range(classes))), torch.arange(0))


def pair() -> Data:
    """Two images of two pixels: (1, 0) is of class 0, (0, 1) of class 1; a linear model of it has four weights."""
    split = split_of(torch.tensor([[[[255, 0]]], [[[0, 255]]]], dtype=torch.uint8), torch.tensor([0, 1]))
    return Data("pair", split, split, split, ("0", "1"), torch.arange(0))


def four() -> nn.Module:
    """Four weights: a linear layer from two pixels to two classes, without a bias."""
    return nn.Sequential(nn.Flatten(), nn.Linear(2, 2, bias=False))


class Own(nn.Module):
    """A network of one's own, for images of `made()`: a convolution, batch-norm, a linear layer."""

    def __init__(self, channels: int = 6) -> None:
        super().__init__()
        self.conv = nn.Conv2d(1, channels, 3, padding=1)
        self.norm = nn.BatchNorm2d(channels)
        self.fc = nn.Linear(channels * 16, 3)

    def forward(self, images: Tensor) -> Tensor:
        return self.fc(self.norm(self.conv(images)).relu().flatten(1))


def narrow(name: str) -> str:
    """A model of the register with few weights, as `wb.models.named` reads it."""
    options = {"lenet": "hidden=(7, 5)", "lenet5": "width=3", "plain_cnn": "channels=(4, 4)"}
    return f"{name}({options.get(name, 'width=8')})"


def same(a: Mapping[str, Tensor], b: Mapping[str, Tensor]) -> bool:
    """Whether two dicts of tensors are the same, name by name and bit by bit."""
    return a.keys() == b.keys() and all(a[name].dtype == b[name].dtype and torch.equal(a[name], b[name]) for name in a)


def same_state(a: State, b: State) -> bool:
    """Whether two states are the same by bits: what trains, mask, buffers, optimiser, step."""
    return (
        a.step == b.step
        and same(a.trained, b.trained)
        and same(a.mask or {}, b.mask or {})
        and same(a.buffers, b.buffers)
        and a.optimiser.keys() == b.optimiser.keys()
        and all(same(a.optimiser[name], b.optimiser[name]) for name in a.optimiser)
    )


def last(values: Iterable[Any]) -> Any:
    """The last value of a generator run to its end."""
    *_, value = values
    return value


def copied(weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """A copy to compare with afterwards."""
    return {name: tensor.clone() for name, tensor in weights.items()}
