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
    way, less than the convolution of one channel more).
    """

    constant: Tensor
    last: tuple[Any, Tensor] | None

    def forward(self, input: Tensor) -> Tensor:
        return self._conv_forward(input, self.weight, self.bias).add_(self._map(input))

    def _map(self, input: Tensor) -> Tensor:
        constant = self.constant
        if torch.compiler.is_compiling():  # a size is seen once there, and the map is the compiler's to fold
            return self._made(input)
        version = 0 if constant.is_inference() else constant._version
        key = (input.shape[2:], constant.device, constant.dtype, id(constant), version)
        if self.last is None or self.last[0] != key:
            self.last = (key, self._made(input))
        return self.last[1]

    def _made(self, input: Tensor) -> Tensor:
        ones = self.constant.new_ones(1, 1, *input.shape[2:])
        with torch.no_grad():
            return functional.conv2d(ones, self.constant, None, self.stride, self.padding, self.dilation)


def read_some(layer: nn.Module, index: Tensor) -> None:
    """Make a private layer read those of its input's channels that `index` gives the places of."""
    layer.__class__ = LinearOfSome if isinstance(layer, nn.Linear) else Conv2dOfSome
    layer.register_buffer("index", index.to(next(layer.parameters()).device))


def add_constants(layer: nn.Conv2d, kernel: Tensor) -> None:
    """Make a private convolution add what `kernel` (units, height, width) makes of ones."""
    layer.__class__ = Conv2dWithConstants
    layer.register_buffer("constant", kernel[:, None].to(layer.weight))
    layer.last = None
