"""Networks: each fits any dataset by its image size, channels and classes, and draws its weights from a seed.

A model can be named by a string, as a notebook's parameter: `named("resnet8(width=16)", data)`.
"""

from __future__ import annotations

import inspect
from typing import Any

from torch import nn

from workbench.data.data import Data
from workbench.nets.models.conv import conv2, conv4, conv6
from workbench.nets.models.imagenet_resnet import resnet18, resnet50
from workbench.nets.models.lenet import lenet, lenet5
from workbench.nets.models.mobilenet import mobilenet_v2
from workbench.nets.models.plain_cnn import plain_cnn
from workbench.nets.models.resnet import ResNet as ResNet  # by this name an archive knows it
from workbench.nets.models.resnet import resnet8, resnet20, resnet32, resnet56
from workbench.nets.models.vgg import vgg16
from workbench.nets.models.wide_resnet import wide_resnet28
from workbench.work import rules
from workbench.work.nearest import unknown
from workbench.work.with_options import with_options

MODELS = {
    "lenet": lenet,
    "lenet5": lenet5,
    "plain_cnn": plain_cnn,
    "conv2": conv2,
    "conv4": conv4,
    "conv6": conv6,
    "resnet8": resnet8,
    "resnet20": resnet20,
    "resnet32": resnet32,
    "resnet56": resnet56,
    "wide_resnet28": wide_resnet28,
    "resnet18": resnet18,
    "resnet50": resnet50,
    "vgg16": vgg16,
    "mobilenet_v2": mobilenet_v2,
}


def named(name: str, data: Data, *, seed: int = 0) -> nn.Module:
    """Make the model that a string such as "lenet" or "resnet8(width=16)" names; nothing in it is executed.

    Raises a ValueError for a name, an option or a value that is not known, with what is.
    """
    rules.instance("model", name, str, "the name of one", '"resnet8(width=16)" is one')
    parsed = with_options(name)
    if parsed is None:
        raise unknown("model", name, MODELS, 'options are plain numbers and go by name, as in "resnet8(width=16)"')
    family, options = parsed
    if family not in MODELS:
        raise unknown("model", family, MODELS)
    function = MODELS[family]
    defaults = {p: value.default for p, value in inspect.signature(function).parameters.items()}
    takes = {option: default for option, default in defaults.items() if option not in ("data", "seed")}
    for option, value in options.items():
        if option not in takes:
            raise unknown(f"option of {family}", option, takes, "the seed is an argument of its own")
        options[option] = _checked(family, option, value, takes[option])
    return function(data, seed=seed, **options)


def _checked(family: str, option: str, value: Any, default: Any) -> Any:
    """Return an option's value, of the kind of its default: a size, several sizes, or True or False."""
    if isinstance(default, bool):
        fits, rule = isinstance(value, bool), "True or False"
    elif isinstance(default, tuple):
        is_list = isinstance(value, (tuple, list))
        fits, rule = is_list and all(_is_size(size) for size in value), "whole numbers above 0"
    else:
        fits, rule = _is_size(value), "a whole number above 0"
    if not fits:
        raise ValueError(f"{option} of {family} must be {rule}, got {value!r}; the default is {default!r}")
    return tuple(value) if isinstance(value, list) else value


def _is_size(value: Any) -> bool:
    return type(value) is int and value > 0
