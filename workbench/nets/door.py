"""What a model, its weights, a mask, data and images must be: checked once, at the door, before any work.

Public functions call these first; what is said names the argument, what was given, and the call that makes a right one.
What only a forward pass can tell (whether the model takes such images, and has an output for every class) is said of
the first one: `with taken_by(model, images)`, then `check_logits`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from workbench.data.data import NO_CLASS, Data, Split
from workbench.nets import masks
from workbench.nets.masks import Mask
from workbench.nets.weights import Weights, check_fits
from workbench.work import rules
from workbench.work.rules import tensors as check_tensors

MACHINE = ("CUDA", "cuda", "cuDNN", "CUBLAS", "memory", "allocate")  # words of an error that is not of the images


def check_model(model: nn.Module) -> None:
    """Raise a ValueError unless it is a module."""
    rules.module(model)


def check_network(model: nn.Module, weights: Weights, mask: Mask | None = None, *, name: str = "weights") -> None:
    """Raise a ValueError unless the weights are those of the model, by name, shape and dtype, and the mask's too."""
    check_model(model)
    check_tensors(name, weights, "wb.snapshot(model) gives them")
    check_fits(weights, model)
    if mask is not None:
        masks.check(mask, weights)


def check_data(data: Data) -> None:
    """Raise a ValueError unless it is whole data, with its three parts and its classes."""
    way_on = "that is one part of it, so give the whole" if isinstance(data, Split) else 'wb.load("digits") gives some'
    rules.instance("data", data, Data, "whole data, as wb.load gives it", way_on)


def check_training_data(data: Data) -> None:
    """Raise a ValueError unless it is whole data, with a training image at least."""
    check_data(data)
    if not len(data.train):
        raise ValueError(f"{data.name} has no training images here; it serves evaluation only")


def check_split(split: Split, name: str = "split", to: str = "evaluate on") -> None:
    """Raise a ValueError unless it is one part of data, with an image in it `to` do something with."""
    way_on = "give one of its parts, data.test" if isinstance(split, Data) else "data.test is one"
    rules.instance(name, split, Split, "one part of data", way_on)
    if not len(split):
        raise ValueError(f"there are no images to {to}: this split is empty; load the data with another share")


@contextmanager
def taken_by(model: nn.Module, images: Tensor) -> Iterator[None]:
    """Say in a ValueError that the model does not take these images, where its forward pass inside fails by them.

    Out of memory, and what a GPU says of itself, pass as they are.
    """
    try:
        yield
    except RuntimeError as error:
        if isinstance(error, torch.OutOfMemoryError) or any(word in str(error) for word in MACHINE):
            raise
        shape, words = tuple(images.shape[1:]), " ".join(str(error).split())
        way_on = "make the model for these data, as wb.models.lenet(data) does"
        raise ValueError(
            f"{type(model).__name__} does not take images of the shape {shape} ({words}); {way_on}"
        ) from error


def check_logits(logits: Any, images: Tensor, labels: Tensor, model: nn.Module) -> None:
    """Raise a ValueError unless the model answered (examples, classes) in floats, with an output for every label."""
    kind, n = type(model).__name__, len(images)
    if not (isinstance(logits, Tensor) and logits.is_floating_point() and logits.ndim == 2 and len(logits) == n):
        rule, way_on = f"logits, floats of the shape ({n}, classes)", "end its forward with a linear layer"
        raise rules.refused(f"what {kind} returns for {n} images", rule, logits, way_on)
    outside = labels[(labels != NO_CLASS) & ((labels < 0) | (labels >= logits.shape[1]))]
    if len(outside):
        given = f"{kind} has {logits.shape[1]} outputs, but a label is {int(outside[0])}"
        raise ValueError(f"{given}; it must have one for every class, as wb.models.lenet(data) does")
