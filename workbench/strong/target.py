"""A target read for its construction: the linear layers of a trained network, and what stands between them.

The theorem's class is a chain of convolutions with ReLU between them and no bias (da Cunha, d'Amore & Natale 2023, as
recalled, not verified). What goes beyond it is derived, not theirs: pooling keeps inputs at or above zero; a linear
layer is a 1×1 convolution of maps of one pixel; a bias is the kernel of one more channel, which is constantly 1; a
batch-norm with fixed statistics is a factor and a bias of the layer before it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor, nn

from workbench.data.data import Data
from workbench.nets.door import check_data, check_finite, check_logits, check_network, taken_by
from workbench.nets.plain_module import private
from workbench.nets.weights import Weights
from workbench.work import rules
from workbench.work.with_options import with_options, written

BETWEEN = {  # what may stand between linear layers, with the options that it is written with: all keep x >= 0
    nn.ReLU: (),
    nn.MaxPool2d: ("kernel_size", "stride", "padding", "dilation", "ceil_mode"),
    nn.AvgPool2d: ("kernel_size", "stride", "padding", "ceil_mode"),
    nn.AdaptiveAvgPool2d: ("output_size",),
    nn.Flatten: (),
}
LARGEST = 2**24  # a size of a layer: what is beyond any memory
NOTHING = (nn.Identity, nn.Dropout, nn.Dropout2d, nn.Dropout3d)  # at inference
BY_NAME = {kind.__name__: kind for kind in BETWEEN}
CLASS = "a chain (nn.Sequential) of convolutions, linear layers, ReLU, pooling and batch-norm"


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


def read_target(model: nn.Module, weights: Weights, *, signed: bool) -> Target:
    """Read a network; `signed` says whether its images have values below zero.

    Raises a ValueError that names the layer which the construction does not serve, with what to change.
    """
    check_network(model, weights)
    rules.flag("signed", signed, "images scaled to mean 0 have signs")
    check_finite(weights, "the target")
    network = private(model).eval()
    network.load_state_dict(weights)
    stages: list[Shape | str] = []
    kernels: dict[str, Tensor] = {}
    for name, module in _chain(network, ""):
        if isinstance(module, (nn.BatchNorm1d, nn.BatchNorm2d)):
            _fold(name, module, stages, kernels)
        elif isinstance(module, (nn.Conv2d, nn.Linear)):
            shape, kernel = _linear(name, module, signed)
            stages.append(shape)
            kernels[name], signed = kernel, True
        elif not isinstance(module, NOTHING):
            stages.append(_between(name, module))
            signed = signed and not isinstance(module, nn.ReLU)
    if not kernels:
        raise ValueError(f"the target must have a convolution or a linear layer, got none; it is {CLASS}")
    return Target(tuple(stages), kernels)


def target_of(model: nn.Module, weights: Weights, data: Data) -> Target:
    """Read a network as a target for the images of these data; a ValueError for one that is not served."""
    check_data(data)
    darkest = data.test.normalise(torch.zeros(1, *data.shape, dtype=torch.uint8))
    target = read_target(model, weights, signed=bool((darkest < 0).any()))
    network = private(model).eval()
    with taken_by(network, darkest), torch.no_grad():
        logits = network(darkest)
    check_logits(logits, darkest, data.test.labels, network)
    return target


def module_between(text: str) -> nn.Module:
    """Make the module that stands between linear layers from its text."""
    name, options = with_options(text) or ("", {})
    return BY_NAME[name](**options)


def _chain(module: nn.Module, name: str) -> Iterator[tuple[str, nn.Module]]:
    """Yield the modules of a chain by name, in their order."""
    if type(module).forward is nn.Sequential.forward:
        for key, part in module.named_children():
            yield from _chain(part, f"{name}.{key}" if name else key)
    else:
        yield name, module


def _linear(name: str, layer: nn.Conv2d | nn.Linear, signed: bool) -> tuple[Shape, Tensor]:
    kernel = layer.weight.detach().double().cpu()
    bias = layer.bias is not None
    if isinstance(layer, nn.Linear):
        kernel = kernel[:, :, None, None]
        shape = Shape(name, layer.in_features, layer.out_features, bias=bias, signed=signed, flat=True)
    else:
        if layer.groups != 1 or layer.padding_mode != "zeros":
            given = f"groups={layer.groups}, padding_mode={layer.padding_mode!r}"
            raise ValueError(
                f"{name} must be a whole convolution padded with zeros, got {given}; train one with groups=1"
            )
        sizes = tuple(tuple(size) for size in (layer.kernel_size, layer.stride, _padding(layer), layer.dilation))
        shape = Shape(name, layer.in_channels, layer.out_channels, *sizes, bias=bias, signed=signed)  # pyright: ignore
    if layer.bias is not None:
        kernel = torch.cat([kernel, _bias_kernel(shape, layer.bias.detach().double().cpu())], 1)
    return shape, kernel


def _padding(layer: nn.Conv2d) -> tuple[int, int]:
    if layer.padding == "valid":
        return 0, 0
    if layer.padding != "same":
        return tuple(layer.padding)  # pyright: ignore[reportReturnType]
    high, wide = (d * (k - 1) for d, k in zip(layer.dilation, layer.kernel_size, strict=True))
    if high % 2 or wide % 2:
        raise ValueError(
            f'padding="same" must be alike on both sides, got kernels of {layer.kernel_size}; take odd ones'
        )
    return high // 2, wide // 2


def _bias_kernel(shape: Shape, bias: Tensor) -> Tensor:
    """Return the kernel of the channel of ones: the bias at the middle tap, which never reads the margin."""
    for k, padding, dilation in zip(shape.kernel_size, shape.padding, shape.dilation, strict=True):
        if not padding <= k // 2 * dilation or (k - 1 - k // 2) * dilation < padding:
            given = f"padding {shape.padding} with kernels of {shape.kernel_size}"
            raise ValueError(
                f"{shape.name} must pad by half a kernel at most, got {given}; else train it with bias=False"
            )
    kernel = torch.zeros(shape.outputs, 1, *shape.kernel_size, dtype=torch.float64)
    kernel[:, 0, shape.kernel_size[0] // 2, shape.kernel_size[1] // 2] = bias
    return kernel


def _fold(name: str, norm: Any, stages: list[Shape | str], kernels: dict[str, Tensor]) -> None:
    """Fold a batch-norm into the linear layer before it: K γ / σ, and the bias (b - μ) γ / σ + β."""
    if not stages or not isinstance(shape := stages[-1], Shape):
        raise ValueError(f"{name} must follow a convolution or a linear layer, to be folded; put it before the ReLU")
    if norm.running_mean is None:
        raise ValueError(f"{name} must keep running statistics, to be folded; train it with track_running_stats=True")
    mean, factor = norm.running_mean.double(), (norm.running_var.double() + norm.eps).rsqrt()
    factor = factor if norm.weight is None else factor * norm.weight.detach().double()
    shift = -mean * factor if norm.bias is None else norm.bias.detach().double() - mean * factor
    kernel = kernels[shape.name] * factor[:, None, None, None]
    if shape.bias:
        kernel[:, -1:] += _bias_kernel(shape, shift)
    else:
        kernel = torch.cat([kernel, _bias_kernel(shape, shift)], 1)
    kernels[shape.name], stages[-1] = kernel, replace(shape, bias=True)


def _between(name: str, module: nn.Module) -> str:
    kind, where = type(module), f" ({name})" if name else ""
    if kind not in BETWEEN:
        way_on = f"train a target that is {CLASS}"
        if not name:
            raise ValueError(f"the target must be {CLASS}, got a {kind.__name__}; lenet5 and plain_cnn are such")
        raise ValueError(f"the construction serves no {kind.__name__}{where}; {way_on}")
    if isinstance(module, nn.Flatten) and (module.start_dim, module.end_dim) != (1, -1):
        raise ValueError(
            f"the target must flatten all of an image{where}, got start_dim={module.start_dim}; leave it out"
        )
    return written(kind.__name__, {option: getattr(module, option) for option in BETWEEN[kind]})
