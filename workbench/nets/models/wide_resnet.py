"""Wide residual networks (Zagoruyko & Komodakis 2016, section 2): WRN-28-2 and its siblings of 28 layers.

Three stages of four blocks; a block's batch-norm and ReLU stand *before* its convolutions (He et al. 2016, "Identity
Mappings in Deep Residual Networks"), so that a sum is never cut off. torchvision's `wide_resnet50_2` is another net.
"""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional

from workbench.data.data import Data
from workbench.nets.door import check_data
from workbench.nets.models.drawn import MOST, PAPERS, WIDEST, KaimingNormal, drawn
from workbench.work import rules

BLOCKS = 4  # a stage: 28 = 6 · 4 + 4 layers, three shortcuts of 1×1 among them


def wide_resnet28(data: Data, *, seed: int = 0, widen: int = 2, width: int = 16, affine: bool = True) -> KaimingNormal:
    """Make WRN-28-`widen`; 1.5 million parameters widened by 2.

    The first convolution has `width` channels, the stages have `widen` times `width`, 2 `width` and 4 `width`. With
    `affine=False` the norms have no weights and biases.
    """
    check_data(data)
    rules.flag("affine", affine)
    rules.whole("widen", widen, least=1, most=MOST, way_on=PAPERS)
    rules.whole("width", width, least=1, most=WIDEST // widen, way_on=PAPERS)

    def build() -> KaimingNormal:
        layers: list[nn.Module] = [nn.Conv2d(data.shape[0], width, 3, padding=1, bias=False)]
        inputs = width
        for stage in range(3):
            for block in range(BLOCKS):
                outputs = widen * width << stage
                layers.append(WideBlock(inputs, outputs, 2 if stage and not block else 1, affine))
                inputs = outputs
        layers += [nn.BatchNorm2d(inputs, affine=affine), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten()]
        return KaimingNormal(*layers, nn.Linear(inputs, len(data.classes)))

    return drawn(build, seed, width=width)


class WideBlock(nn.Module):
    """Batch-norm, ReLU and a 3×3 convolution, twice, added to the input.

    Where the shape changes, a 1×1 convolution takes the input, after its norm and ReLU, to the sum.
    """

    def __init__(self, inputs: int, outputs: int, stride: int, affine: bool) -> None:
        super().__init__()
        self.norm1 = nn.BatchNorm2d(inputs, affine=affine)
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride=stride, padding=1, bias=False)
        self.norm2 = nn.BatchNorm2d(outputs, affine=affine)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, padding=1, bias=False)
        self.shortcut = None
        if stride != 1 or inputs != outputs:
            self.shortcut = nn.Conv2d(inputs, outputs, 1, stride=stride, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        ready = functional.relu(self.norm1(x))
        out = self.conv2(functional.relu(self.norm2(self.conv1(ready))))
        return out + (x if self.shortcut is None else self.shortcut(ready))
