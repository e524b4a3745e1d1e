"""What a model, its weights, a mask, data and images must be: checked once, at the door, before any work.

Public functions call these first; what is said names the argument, what was given, and the call that makes a right one.
What only a forward pass can tell (whether the model takes such images, and has an output for every class) is said of
the first one: `with taken_by(model, images)`, then `check_logits`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from workbench.data.data import NO_CLASS, Data, Split
from workbench.nets import masks
from workbench.nets.masks import Mask
from workbench.nets.plain_module import check_module
from workbench.nets.weights import Weights, check_fits
from workbench.work import rules
from workbench.work.rules import tensors as check_tensors

SPLITS = ("train", "validation", "test")
MACHINE = ("CUDA", "cuda", "cuDNN", "CUBLAS", "memory", "allocate")  # words of an error that is not of the images


def check_model(model: nn.Module) -> None:
    """Raise a ValueError unless it is a module."""
    check_module(model)


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


def part_of(data: Data, split: str) -> Split:
    """Return the part of whole data that a name says; a ValueError for what is not whole data, or for another name."""
    check_data(data)
    rules.choice("split", split, SPLITS)
    return getattr(data, split)


def check_networks(model: nn.Module, networks: Sequence[Weights]) -> None:
    """Raise a ValueError unless it is a list of weights, all of the model."""
    if isinstance(networks, str) or not isinstance(networks, Sequence):
        way_on = "[wb.snapshot(model)] is a list of one"
        raise rules.refused("networks", "a list of weights, each a dict of tensors by name", networks, way_on)
    check_model(model)
    for place, weights in enumerate(networks):
        check_network(model, weights, name=f"networks[{place}]")


def check_keeps(mask: Mask) -> None:
    """Raise a ValueError where the mask keeps no weight at all: there is no network left to ask about."""
    if not masks.kept(mask):
        raise ValueError("the mask keeps no weight at all, so there is nothing to measure; take a denser one")


def check_prunable(weights: Weights, mask: Mask) -> None:
    """Raise a ValueError unless the mask names some of the weights, each of them floats."""
    rules.tensors("weights", weights, "wb.snapshot(model) gives them")
    masks.check(mask, weights)
    if bad := [name for name in mask if not weights[name].is_floating_point()]:
        dtype = weights[bad[0]].dtype
        raise ValueError(f"weights must be floats, but {bad[0]} is {dtype}; wb.snapshot(model) gives some")


def check_finite(weights: Mapping[str, Tensor], title: str = "the network") -> None:
    """Raise a ValueError where a network holds NaN or infinity."""
    for name, tensor in weights.items():
        if not bool(tensor.isfinite().all()):
            raise ValueError(f"{title} is not finite in {name}: its training diverged; train it with a smaller rate")


class taken_by:  # noqa: N801 (as contextlib's; a generator would cost a training step a microsecond more)
    """Say in a ValueError that the model does not take these images, where its forward pass inside fails by them.

    Out of memory, and what a GPU says of itself, pass as they are.
    """

    __slots__ = ("images", "model")

    def __init__(self, model: nn.Module, images: Tensor) -> None:
        self.model, self.images = model, images

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        if not isinstance(error, RuntimeError) or isinstance(error, torch.OutOfMemoryError):
            return
        if not any(word in str(error) for word in MACHINE):
            shape, words = tuple(self.images.shape[1:]), " ".join(str(error).split())
            refusal = f"{type(self.model).__name__} does not take images of the shape {shape} ({words})"
            other = [p.dtype for p in self.model.parameters() if p.dtype != self.images.dtype]
            way_on = "make the model for these data, as wb.models.lenet(data) does"
            if other:
                way_on = f"its weights are {other[0]} and images {self.images.dtype}, so hand in model.float()"
            raise ValueError(f"{refusal}; {way_on}") from error


def check_logits(logits: Any, images: Tensor, labels: Tensor, model: nn.Module) -> None:
    """Raise a ValueError unless the model answered (examples, classes) in floats, with an output for every label."""
    kind, n = type(model).__name__, len(images)
    if not (isinstance(logits, Tensor) and logits.is_floating_point() and logits.ndim == 2 and len(logits) == n):
        rule, way_on = f"logits, floats of the shape ({n}, classes)", "end its forward with a linear layer"
        if not isinstance(logits, Tensor):  # a dict, a tuple
            way_on = "hand in a module whose forward returns the logits alone"
        raise rules.refused(f"what {kind} returns for {n} images", rule, logits, way_on)
    outside = labels[(labels != NO_CLASS) & ((labels < 0) | (labels >= logits.shape[1]))]
    if len(outside):
        given = f"{kind} has {logits.shape[1]} outputs, but a label is {int(outside[0])}"
        if logits.shape[1] == 1:
            raise ValueError(f"{given}; one logit z is two outputs, torch.cat([torch.zeros_like(z), z], 1)")
        raise ValueError(f"{given}; it must have one for every class, as wb.models.lenet(data) does")
