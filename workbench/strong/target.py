"""A target as values: the shapes and kernels of its linear layers, and what stands between them.

The theorem's class is a chain of convolutions with ReLU between them and no bias (da Cunha, d'Amore & Natale 2023, as
recalled, not verified). What goes beyond it is derived, not theirs: pooling keeps inputs at or above zero; a linear
layer is a 1×1 convolution of maps of one pixel; a bias is the kernel of one more channel, which is constantly 1.
"""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor, nn

from workbench.work import rules
from workbench.work.with_options import with_options

BETWEEN = {  # what may stand between linear layers, with the options that it is written with: all keep x >= 0
    nn.ReLU: (),
    nn.MaxPool2d: ("kernel_size", "stride", "padding", "dilation", "ceil_mode"),
    nn.AvgPool2d: ("kernel_size", "stride", "padding", "ceil_mode", "count_include_pad"),
    nn.AdaptiveAvgPool2d: ("output_size",),
    nn.Flatten: (),
}
LARGEST = 2**24  # a size of a layer: what is beyond any memory
BY_NAME = {kind.__name__: kind for kind in BETWEEN}


@dataclass(frozen=True)
class Shape:
    """The shape of a linear layer: what its random pair is drawn by. `flat` is one of nn.Linear.

    `bias` adds a channel of ones to its `inputs`; `signed` says that inputs may be below zero.
    """

    name: str
    inputs: int
    outputs: int
    kernel_size: tuple[int, int] = (1, 1)
    stride: tuple[int, int] = (1, 1)
    padding: tuple[int, int] = (0, 0)
    dilation: tuple[int, int] = (1, 1)
    bias: bool = False
    signed: bool = False
    flat: bool = False

    def __post_init__(self) -> None:
        rules.instance("name", self.name, str, "the name of a layer", '"0" is one')
        for name, least in (("inputs", 1), ("outputs", 1)):
            rules.whole(name, getattr(self, name), least=least, most=LARGEST, way_on="3 is usual for colours")
        for name, least in (("kernel_size", 1), ("stride", 1), ("padding", 0), ("dilation", 1)):
            pair = getattr(self, name)
            rules.each(name, pair, rules.whole, "two, as (3, 3)", least=least, most=LARGEST)
            if not isinstance(pair, tuple) or len(pair) != 2:
                raise rules.refused(name, "two whole numbers", pair, "(3, 3) is usual")
        for name in ("bias", "signed", "flat"):
            rules.flag(name, getattr(self, name))

    @property
    def blocks(self) -> int:
        """The channels that its random pair reads: its inputs, and that of ones."""
        return self.inputs + self.bias

    @property
    def taps(self) -> int:
        """The places of a kernel."""
        return self.kernel_size[0] * self.kernel_size[1]

    @property
    def dimension(self) -> int:
        """The dimension m of a slab, all kernels that read one channel: outputs × taps."""
        return self.outputs * self.taps


@dataclass(frozen=True, eq=False)
class Target:
    """A network as a chain of `stages`: the `Shape` of a linear layer, or a module between, written with its options.

    `kernels` are those of the linear layers by name, (outputs, blocks, height, width) in double precision.
    """

    stages: tuple[Shape | str, ...]
    kernels: dict[str, Tensor]

    @property
    def shapes(self) -> tuple[Shape, ...]:
        """Its linear layers."""
        return tuple(stage for stage in self.stages if isinstance(stage, Shape))

    @property
    def parameters(self) -> int:
        """How many weights and biases it has; of the kernel of a bias one number counts."""
        return sum(shape.inputs * shape.dimension + shape.bias * shape.outputs for shape in self.shapes)


def module_between(text: str) -> nn.Module:
    """Make the module that stands between linear layers from its text."""
    name, options = with_options(text) or ("", {})
    return BY_NAME[name](**options)
