"""What a model, its weights, a mask, data and images must be: checked once, at the door, before any work.

Public functions call these first; what is said names the argument, what was given, and the call that makes a right one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import Tensor, nn

from workbench.data.data import Data, Split
from workbench.nets import masks
from workbench.nets.masks import Mask
from workbench.nets.weights import Weights, check_fits
from workbench.work import rules


def check_model(model: nn.Module) -> None:
    """Raise a ValueError unless it is a module."""
    rules.instance("model", model, nn.Module, "an nn.Module", "wb.models.lenet(data) makes one")


def check_network(model: nn.Module, weights: Weights, mask: Mask | None = None, *, name: str = "weights") -> None:
    """Raise a ValueError unless the weights are those of the model, by name, shape and dtype, and the mask's too."""
    check_model(model)
    check_tensors(name, weights, "wb.snapshot(model) gives them")
    check_fits(weights, model)
    if mask is not None:
        check_tensors("mask", mask, "wb.masks.full(model) makes one")
        masks.check(mask, weights)


def check_tensors(name: str, tensors: Any, way_on: str) -> None:
    """Raise a ValueError unless it is a dict of tensors by name."""
    if not isinstance(tensors, Mapping):
        raise rules.refused(name, "a dict of tensors by name", tensors, way_on)
    for key, tensor in tensors.items():
        if not (isinstance(key, str) and isinstance(tensor, Tensor)):
            raise rules.refused(f"{name}[{rules.shown(key)}]", "a tensor, under its name", tensor, way_on)


def check_data(data: Data) -> None:
    """Raise a ValueError unless it is whole data, with training images and all."""
    way_on = "that is one part of it, so give the whole" if isinstance(data, Split) else 'wb.load("digits") gives some'
    rules.instance("data", data, Data, "whole data, as wb.load gives it", way_on)


def check_split(split: Split, name: str = "split") -> None:
    """Raise a ValueError unless it is one part of data, with an image in it."""
    way_on = "give one of its parts, data.test" if isinstance(split, Data) else "data.test is one"
    rules.instance(name, split, Split, "one part of data", way_on)
    if not len(split):
        raise ValueError(f"{name} holds no images; load the data with another share")
