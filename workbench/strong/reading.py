"""Read a trained network as a target: its chain of layers, batch-norms folded; what is not served is refused by name.

A batch-norm with fixed statistics is a factor and a bias of the layer before it. What was read is run beside the
network itself before it is trusted: a layer of one's own may compute something else than its weights say.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor, nn

from workbench.data.data import Data
from workbench.nets.door import check_data, check_finite, check_logits, check_network, taken_by
from workbench.nets.plain_module import private
from workbench.nets.weights import Weights
from workbench.strong import views
from workbench.strong.target import BETWEEN, Shape, Target
from workbench.work import rules
from workbench.work.seeds import generator
from workbench.work.with_options import written

NOTHING = (nn.Identity, nn.Dropout, nn.Dropout2d, nn.Dropout3d)  # at inference
CLASS = "a chain (nn.Sequential) of convolutions, linear layers, ReLU, pooling and batch-norm"
PROOF = 2  # random images that both are run on


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
    check_network(model, weights)
    noise = torch.randint(256, (PROOF, *data.shape), generator=generator(0, "proof"), dtype=torch.uint8)
    darkest, x = data.test.normalise(torch.zeros_like(noise)), data.test.normalise(noise)
    target = read_target(model, weights, signed=bool((darkest < 0).any()))
    network = private(model).eval()
    network.load_state_dict(weights)
    with taken_by(network, x), torch.no_grad():
        logits = network(x)
    check_logits(logits, x, data.test.labels, network)
    read = x.double()
    with torch.no_grad():
        for stage in target.stages:
            if isinstance(stage, Shape) and stage.flat and read.ndim != 2:
                given = f"maps of the shape {tuple(read.shape[1:])}"
                raise ValueError(f"{stage.name} must read flat inputs, got {given}; put nn.Flatten() before it")
            read = views.exact(target, stage)(read)
    if not torch.allclose(read.float(), logits, rtol=1e-3, atol=1e-3 * float(logits.abs().max())):
        way_on = "use torch's own layers, without hooks"
        raise ValueError(f"the target must compute what its layers say, got another answer for an image; {way_on}")
    return target


def _chain(module: nn.Module, name: str) -> Iterator[tuple[str, nn.Module]]:
    """Yield the modules of a chain by name, in their order."""
    if type(module).forward is nn.Sequential.forward:
        for key, part in module._modules.items():  # named_children leaves out a layer that is used again
            if part is not None:
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
    for option in ("divisor_override", "return_indices"):
        if (value := getattr(module, option, None)) not in (None, False):
            given = f"{option}={value}"
            raise ValueError(f"pooling must give averages or maxima alone{where}, got {given}; leave that option out")
    return written(kind.__name__, {option: getattr(module, option) for option in BETWEEN[kind]})
