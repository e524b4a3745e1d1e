"""A small chain of convolutions: nothing but 3×3 convolutions, ReLU, pooling and one linear layer.

Made as a target of strong tickets (da Cunha, d'Amore & Natale 2023 speak of such chains, without biases, as recalled):
8 and 8 channels reach 97 % on the digits with 968 weights.
"""

from __future__ import annotations

from torch import nn

from workbench.data.data import Data
from workbench.nets.door import check_data
from workbench.nets.models.drawn import drawn, features
from workbench.work import rules


def plain_cnn(
    data: Data, *, seed: int = 0, channels: tuple[int, ...] = (8, 8), bias: bool = False, norm: bool = False
) -> nn.Sequential:
    """Make a convolution, ReLU and pooling by 2 for each of `channels`, then the classes.

    `norm=True` puts batch-norm before every ReLU, in place of that layer's bias.
    """
    check_data(data)
    rules.flag("bias", bias)
    rules.flag("norm", norm)

    def build() -> nn.Sequential:
        layers: list[nn.Module] = []
        inputs = data.shape[0]
        for outputs in channels:
            layers += [nn.Conv2d(inputs, outputs, 3, padding=1, bias=bias and not norm)]
            layers += [nn.BatchNorm2d(outputs)] if norm else []
            layers += [nn.ReLU(), nn.MaxPool2d(2, ceil_mode=True)]
            inputs = outputs
        layers.append(nn.Flatten())
        return nn.Sequential(*layers, nn.Linear(features(layers, data.shape), len(data.classes), bias=bias))

    return drawn(build, seed, channels=channels)
