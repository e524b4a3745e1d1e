"""The small residual networks for CIFAR (He et al. 2016, section 4.2), of any width: ResNet-8, -20, -32, -56.

6 n + 2 layers in three stages of `width`, 2 `width` and 4 `width` channels; where the shape changes the shortcut is a
1×1 convolution with batch-norm, as in the lottery-ticket literature (open_lth). Convolutions are drawn Kaiming-normal.
With `affine=False` the norms have no weights and biases, as where a mask of frozen weights is searched.
"""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional

from workbench.data.data import Data
from workbench.nets.door import check_data
from workbench.nets.models.drawn import MOST, PAPERS, WIDEST, drawn
from workbench.work import rules


def resnet8(data: Data, *, seed: int = 0, width: int = 16, affine: bool = True) -> ResNet:
    """Make ResNet-8; 78 thousand weights at width 16."""
    return _resnet(data, 1, width, affine, seed)


def resnet20(data: Data, *, seed: int = 0, width: int = 16, affine: bool = True) -> ResNet:
    """Make ResNet-20; 272 thousand weights at width 16."""
    return _resnet(data, 3, width, affine, seed)


def resnet32(data: Data, *, seed: int = 0, width: int = 16, affine: bool = True) -> ResNet:
    """Make ResNet-32; 467 thousand weights at width 16."""
    return _resnet(data, 5, width, affine, seed)


def resnet56(data: Data, *, seed: int = 0, width: int = 16, affine: bool = True) -> ResNet:
    """Make ResNet-56; 856 thousand weights at width 16."""
    return _resnet(data, 9, width, affine, seed)


def _resnet(data: Data, blocks: int, width: int, affine: bool, seed: int) -> ResNet:
    check_data(data)
    rules.flag("affine", affine)
    return drawn(lambda: ResNet(data.shape[0], width, blocks, len(data.classes), affine), seed, width=width)


class ResNet(nn.Module):
    """Three stages of `blocks` residual blocks, then the mean over the image and one linear layer."""

    def __init__(self, channels: int, width: int, blocks: int, classes: int, affine: bool = True) -> None:
        super().__init__()
        for name, size in (("channels", channels), ("width", width), ("blocks", blocks), ("classes", classes)):
            rules.whole(name, size, least=1, most=WIDEST if name == "width" else MOST, way_on=PAPERS)
        rules.flag("affine", affine)
        self.conv = Convolution(channels, width, 3, padding=1, bias=False)
        self.norm = nn.BatchNorm2d(width, affine=affine)
        stages, inputs = [], width
        for stage in range(3):
            for block in range(blocks):
                stages.append(Block(inputs, width << stage, 2 if stage and not block else 1, affine))
                inputs = width << stage
        self.blocks = nn.Sequential(*stages)
        self.fc = nn.Linear(inputs, classes)

    def forward(self, images: Tensor) -> Tensor:
        out = self.blocks(functional.relu(self.norm(self.conv(images))))
        return self.fc(out.mean((2, 3)))


class Block(nn.Module):
    """Two 3×3 convolutions with batch-norm, added to their input."""

    def __init__(self, inputs: int, outputs: int, stride: int, affine: bool) -> None:
        super().__init__()
        self.conv1 = Convolution(inputs, outputs, 3, stride=stride, padding=1, bias=False)
        self.norm1 = nn.BatchNorm2d(outputs, affine=affine)
        self.conv2 = Convolution(outputs, outputs, 3, padding=1, bias=False)
        self.norm2 = nn.BatchNorm2d(outputs, affine=affine)
        self.shortcut = nn.Sequential()
        if stride != 1 or inputs != outputs:
            self.shortcut = nn.Sequential(
                Convolution(inputs, outputs, 1, stride=stride, bias=False), nn.BatchNorm2d(outputs, affine=affine)
            )

    def forward(self, x: Tensor) -> Tensor:
        out = functional.relu(self.norm1(self.conv1(x)))
        return functional.relu(self.norm2(self.conv2(out)) + self.shortcut(x))


class Convolution(nn.Conv2d):
    """A convolution that draws itself Kaiming-normal (He et al. 2015): std = sqrt(2 / fan_in)."""

    def reset_parameters(self) -> None:
        nn.init.kaiming_normal_(self.weight, nonlinearity="relu")
