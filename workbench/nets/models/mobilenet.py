"""MobileNet-V2 (Sandler et al. 2018, table 2) for small images: inverted residuals with depthwise convolutions.

torchvision's blocks, put together here: its constructor reads three channels, asks affine norms, and rounds a width to
multiples of eight. The strides of the first convolution and of the second stage are 1, as CIFAR-10's users have it
(recalled, not verified). There is no dropout before the last layer: a pruned network is small enough, and a run that
draws none can be resumed with the same bits.
"""

from __future__ import annotations

from collections import OrderedDict
from functools import partial

from torch import nn

from workbench.data._torchvision import torchvision
from workbench.data.data import Data
from workbench.nets.door import check_data
from workbench.nets.models.drawn import KaimingNormal, drawn
from workbench.work import rules

WIDTH = 32  # of the published network: channels of its first convolution
STAGES = (  # expansion, channels at that width, blocks, stride of the first
    (1, 16, 1, 1),
    (6, 24, 2, 1),
    (6, 32, 3, 2),
    (6, 64, 4, 2),
    (6, 96, 3, 1),
    (6, 160, 3, 2),
    (6, 320, 1, 1),
)
LAST = 1280


def mobilenet_v2(data: Data, *, seed: int = 0, width: int = WIDTH, affine: bool = True) -> KaimingNormal:
    """Make MobileNet-V2: 2.2 million parameters at width 32, the channels of the first convolution.

    All other channels go with it (at least one). With `affine=False` the norms have no weights and biases.
    """
    check_data(data)
    rules.flag("affine", affine)
    norm = partial(nn.BatchNorm2d, affine=affine)
    models = torchvision().models.mobilenetv2  # imported here, where tensors are on the CPU

    def channels(published: int) -> int:
        return max(1, round(published * width / WIDTH))

    def build() -> KaimingNormal:
        convolution = partial(models.Conv2dNormActivation, norm_layer=norm, activation_layer=nn.ReLU6)
        inputs, blocks = width, [convolution(data.shape[0], width)]
        for expansion, published, count, stride in STAGES:
            outputs = channels(published)
            for index in range(count):
                blocks.append(models.InvertedResidual(inputs, outputs, 1 if index else stride, expansion, norm))
                inputs = outputs
        blocks.append(convolution(inputs, channels(LAST), kernel_size=1))
        layers: OrderedDict[str, nn.Module] = OrderedDict(features=nn.Sequential(*blocks))
        layers["avgpool"], layers["flatten"] = nn.AdaptiveAvgPool2d(1), nn.Flatten()
        layers["classifier"] = nn.Linear(channels(LAST), len(data.classes))
        return KaimingNormal(layers)

    return drawn(build, seed, width=width)
