"""ResNet-18 and ResNet-50, the residual networks of ImageNet (He et al. 2016, table 1), with a stem for small images.

torchvision's blocks, under torchvision's names, so that its weights fit all but the stem and the last layer. Its
constructor has neither the stem nor a width, and asks for affine norms: so the blocks are put together here. The stem
is a 3×3 convolution, without a stride and without pooling: of 32 pixels the blocks see what the published do of 128.
Convolutions are drawn Kaiming-normal by fan-in, as those of all residual networks here (torchvision: by fan-out).
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


def resnet18(data: Data, *, seed: int = 0, width: int = 64, affine: bool = True) -> KaimingNormal:
    """Make ResNet-18: stages of 2 blocks of two convolutions; 11.2 million parameters at width 64.

    The stages have `width`, 2, 4 and 8 `width` channels. With `affine=False` the norms have no weights and biases.
    """
    return _resnet(data, "BasicBlock", (2, 2, 2, 2), width, affine, seed)


def resnet50(data: Data, *, seed: int = 0, width: int = 64, affine: bool = True) -> KaimingNormal:
    """Make ResNet-50: stages of 3, 4, 6 and 3 bottlenecks, 1×1, 3×3 and 1×1; 23.5 million parameters at width 64.

    Within the bottlenecks are `width`, 2, 4 and 8 `width` channels, between them four times as many. With
    `affine=False` the norms have no weights and biases.
    """
    return _resnet(data, "Bottleneck", (3, 4, 6, 3), width, affine, seed)


def _resnet(data: Data, kind: str, stages: tuple[int, ...], width: int, affine: bool, seed: int) -> KaimingNormal:
    check_data(data)
    rules.flag("affine", affine)
    norm = partial(nn.BatchNorm2d, affine=affine)
    block = getattr(torchvision().models.resnet, kind)  # imported here, where tensors are on the CPU

    def build() -> KaimingNormal:
        layers: OrderedDict[str, nn.Module] = OrderedDict()
        layers["conv1"] = nn.Conv2d(data.shape[0], width, 3, padding=1, bias=False)
        layers["bn1"], layers["relu"] = norm(width), nn.ReLU()
        inputs = width
        for stage, count in enumerate(stages):
            planes, blocks = width << stage, []
            for index in range(count):
                stride = 2 if stage and not index else 1
                outputs, shortcut = planes * block.expansion, None
                if stride != 1 or inputs != outputs:
                    shortcut = nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False), norm(outputs))
                blocks.append(block(inputs, planes, stride, shortcut, norm_layer=norm))
                inputs = outputs
            layers[f"layer{stage + 1}"] = nn.Sequential(*blocks)
        layers["avgpool"], layers["flatten"] = nn.AdaptiveAvgPool2d(1), nn.Flatten()
        layers["fc"] = nn.Linear(inputs, len(data.classes))
        return KaimingNormal(layers)

    return drawn(build, seed, width=width)
