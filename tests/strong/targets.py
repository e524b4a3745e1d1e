"""Small trained targets, made once for a file of tests."""

from __future__ import annotations

import functools

import torch
from torch import nn

import workbench as wb
from workbench.data.data import Data
from workbench.nets.weights import Weights

RECIPE = wb.Recipe(epochs=40, learning_rate=0.1, batch_size=64, schedule="cosine")


@functools.cache
def trained(*, signed: bool = False, **options: bool) -> tuple[nn.Module, Weights, Data]:
    """A chain of two convolutions of 4 channels, trained on the digits."""
    data = wb.load("digits") if signed else wb.unit_range(wb.load("digits"))
    model = wb.models.plain_cnn(data, channels=(4, 4), **options)
    return model, wb.train(model, wb.snapshot(model), data, RECIPE).weights, data


def apart(a: torch.Tensor, b: torch.Tensor) -> float:
    """The farthest distance, in units of the largest."""
    return float(((a - b).abs().max() / b.abs().max()).detach())
