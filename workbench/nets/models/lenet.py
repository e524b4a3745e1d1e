"""LeNet-300-100 and LeNet-5 (LeCun et al. 1998), the networks in which winning tickets were first seen.

With ReLU and max-pooling, as Frankle & Carbin (2019) and most since use them, and torch's own initialisation.
"""

from __future__ import annotations

from itertools import pairwise

from torch import nn

from workbench.data.data import Data
from workbench.nets.door import check_data
from workbench.nets.models.drawn import drawn, features
from workbench.work import rules


def lenet(
    data: Data, *, seed: int = 0, hidden: tuple[int, ...] = (300, 100), norm: bool = False, affine: bool = True
) -> nn.Sequential:
    """Make LeNet-300-100: fully connected; 266 610 parameters on 28×28 grey images of ten classes.

    `norm=True` puts batch-norm before every ReLU, in place of that layer's bias; with `affine=False` it has no weights
    and biases of its own.
    """
    check_data(data)
    rules.flag("norm", norm)
    rules.flag("affine", affine)
    channels, height, width = data.shape

    def build() -> nn.Sequential:
        layers: list[nn.Module] = [nn.Flatten()]
        for inputs, outputs in pairwise((channels * height * width, *hidden)):
            layers += [nn.Linear(inputs, outputs, bias=not norm)]
            layers += [nn.BatchNorm1d(outputs, affine=affine)] if norm else []
            layers += [nn.ReLU()]
        inputs = hidden[-1] if hidden else channels * height * width
        return nn.Sequential(*layers, nn.Linear(inputs, len(data.classes)))

    return drawn(build, seed, hidden=hidden)


def lenet5(data: Data, *, seed: int = 0, width: int = 6) -> nn.Sequential:
    """Make LeNet-5: 5×5 convolutions of `width` and 16/6 `width` channels, then 120, 84; 61 706 parameters on MNIST.

    LeCun's images were 32×32, MNIST's 28×28 with a margin: so images below 32 pixels get a margin of 2, and below 12
    so does the second convolution. Pooling leaves a single pixel as it is: it fits images of any size.
    """
    check_data(data)
    channels, height, breadth = data.shape
    margin = [0 if min(height, breadth) >= least else 2 for least in (32, 12)]

    def build() -> nn.Sequential:
        second = round(width * 16 / 6)
        layers = [
            nn.Conv2d(channels, width, 5, padding=margin[0]), nn.ReLU(), nn.MaxPool2d(2, ceil_mode=True),
            nn.Conv2d(width, second, 5, padding=margin[1]), nn.ReLU(), nn.MaxPool2d(2, ceil_mode=True),
            nn.Flatten(),
        ]  # fmt: skip
        for inputs, outputs in pairwise((features(layers, data.shape), 120, 84)):
            layers += [nn.Linear(inputs, outputs), nn.ReLU()]
        return nn.Sequential(*layers, nn.Linear(84, len(data.classes)))

    return drawn(build, seed, width=width)
