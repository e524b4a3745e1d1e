"""Conv-2, Conv-4 and Conv-6: VGG made small for CIFAR-10 (Frankle & Carbin 2019, figure 2).

Pairs of 3×3 convolutions with a max-pooling after each, then 256, 256 and the classes; ReLU, torch's initialisation.
The counts are of parameters on 32×32 RGB images of ten classes (those of Zhou et al. 2019, table S1, with the biases).
"""

from __future__ import annotations

from itertools import pairwise

from torch import nn

from workbench.data.data import Data
from workbench.nets.door import check_data
from workbench.nets.models.drawn import drawn, features


def conv2(data: Data, *, seed: int = 0, width: int = 64) -> nn.Sequential:
    """Make Conv-2: one pair, of `width` channels; 4 301 642 parameters."""
    return _conv(data, 1, width, seed)


def conv4(data: Data, *, seed: int = 0, width: int = 64) -> nn.Sequential:
    """Make Conv-4: two pairs, of `width` and 2 `width` channels; 2 425 930 parameters."""
    return _conv(data, 2, width, seed)


def conv6(data: Data, *, seed: int = 0, width: int = 64) -> nn.Sequential:
    """Make Conv-6: three pairs, of `width`, 2 `width` and 4 `width` channels; 2 262 602 parameters."""
    return _conv(data, 3, width, seed)


def _conv(data: Data, pairs: int, width: int, seed: int) -> nn.Sequential:
    check_data(data)

    def build() -> nn.Sequential:
        layers: list[nn.Module] = []
        inputs = data.shape[0]
        for outputs in [width << pair for pair in range(pairs)]:
            layers += [nn.Conv2d(inputs, outputs, 3, padding=1), nn.ReLU()]
            layers += [nn.Conv2d(outputs, outputs, 3, padding=1), nn.ReLU()]
            layers += [nn.MaxPool2d(2, ceil_mode=True)]  # halves; a single pixel stays
            inputs = outputs
        layers.append(nn.Flatten())
        for inputs, outputs in pairwise((features(layers, data.shape), 256, 256)):
            layers += [nn.Linear(inputs, outputs), nn.ReLU()]
        return nn.Sequential(*layers, nn.Linear(256, len(data.classes)))

    return drawn(build, seed, width=width)
