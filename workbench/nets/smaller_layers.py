"""Layers of a smaller network that torch has not: of some inputs, and with a constant around the image's border."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional


class _OfSome(nn.Module):
    """A layer that reads some of its input's channels: those of `index`."""

    index: Tensor

    def forward(self, input: Tensor) -> Tensor:
        return super().forward(input.index_select(1, self.index))


class LinearOfSome(_OfSome, nn.Linear): ...


class Conv2dOfSome(_OfSome, nn.Conv2d): ...


class Conv2dWithConstants(nn.Conv2d):
    """A convolution that adds what it would make of constant channels that are left out of its input.

    Zeros around the image make that another number at its border: the `constant` kernel is convolved with an image of
    ones once for every size of images, and the map that comes out is added to every image's (measured: the cheapest
    way). `torch.export` takes the map as it is where the layer has seen images of that size, and else how it is made.
    """

    constant: Tensor
    last: tuple[Tensor, int, torch.Size, Tensor] | None  # kernel, its version, the images' size, and the map of both

    def forward(self, input: Tensor) -> Tensor:
        output, size = self._conv_forward(input, self.weight, self.bias), input.shape[2:]
        constant: Any = self._buffers["constant"]  # a microsecond less than by its name, on every layer of a small net
        if torch.compiler.is_compiling():  # where the tensors are stand-ins
            last = self.last if torch.compiler.is_exporting() else None
            fits = last is not None and last[1] == _version(last[0]) and last[0].dtype == constant.dtype
            return output.add_(last[3] if last is not None and fits and last[2] == size else self._made(input))
        last, version = self.last, _version(constant)
        if last is None or last[0] is not constant or last[1] != version or last[2] != size:
            last = self.last = (constant, version, size, self._made(input))
        return output.add_(last[3])

    def _load_from_state_dict(self, *given: Any) -> None:
        self.last = None
        super()._load_from_state_dict(*given)

    def _made(self, input: Tensor) -> Tensor:
        ones = self.constant.new_ones(1, 1, *input.shape[2:])
        with torch.no_grad():
            return functional.conv2d(ones, self.constant, None, self.stride, self.padding, self.dilation)


def read_some(layer: Any, index: Tensor) -> None:
    """Make a private layer read those of its input's channels that `index` gives the places of."""
    kind: Any = LinearOfSome if isinstance(layer, nn.Linear) else Conv2dOfSome
    layer.__class__ = kind
    layer.register_buffer("index", index.to(next(layer.parameters()).device))


def add_constants(layer: Any, kernel: Tensor) -> None:
    """Make a private convolution add what `kernel` (units, height, width) makes of ones."""
    layer.__class__ = Conv2dWithConstants
    layer.register_buffer("constant", kernel[:, None].to(layer.weight))
    layer.last = None


def _version(tensor: Tensor) -> int:
    return 0 if tensor.is_inference() else tensor._version
