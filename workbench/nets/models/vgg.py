"""VGG-16 for small images, with batch-norm (Simonyan & Zisserman 2015, configuration D; Ioffe & Szegedy 2015).

As the lottery-ticket literature has it on CIFAR: thirteen 3×3 convolutions, each with batch-norm in place of its bias,
and one linear layer in place of three. torchvision's VGG is not that: its pooling needs 32 pixels, its norms are
affine, and of its 134 million parameters 120 million lie in the linear layers.
"""

from __future__ import annotations

from torch import nn

from workbench.data.data import Data
from workbench.nets.door import check_data
from workbench.nets.models.drawn import KaimingNormal, drawn
from workbench.work import rules

STAGES = ((2, 1), (2, 2), (3, 4), (3, 8), (3, 8))  # convolutions, and their channels in widths


def vgg16(data: Data, *, seed: int = 0, width: int = 64, affine: bool = True) -> KaimingNormal:
    """Make VGG-16-BN: 14.7 million parameters at width 64.

    The stages have `width`, 2, 4, 8 and 8 `width` channels, each ends in a max-pooling that leaves a single pixel as it
    is, and the linear layer reads the mean over the image: it fits images of any size. With `affine=False` the norms
    have no weights and biases.
    """
    check_data(data)
    rules.flag("affine", affine)

    def build() -> KaimingNormal:
        layers: list[nn.Module] = []
        inputs = data.shape[0]
        for convolutions, widths in STAGES:
            for _ in range(convolutions):
                outputs = widths * width
                layers += [nn.Conv2d(inputs, outputs, 3, padding=1, bias=False)]
                layers += [nn.BatchNorm2d(outputs, affine=affine), nn.ReLU()]
                inputs = outputs
            layers.append(nn.MaxPool2d(2, ceil_mode=True))  # halves; a single pixel stays
        return KaimingNormal(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(inputs, len(data.classes)))

    return drawn(build, seed, width=width)
