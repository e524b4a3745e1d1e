"""What a measurement between networks must be given: its ends, its points, its masks, the images it is measured on."""

from __future__ import annotations

import torch
from jaxtyping import Int64
from torch import Tensor, nn

from workbench.data.data import Data, Split
from workbench.nets import masks
from workbench.nets.door import check_finite, check_network, part_of
from workbench.nets.masks import Mask
from workbench.nets.weights import Weights, check_same
from workbench.work import rules

MOST = 10_001  # points on a line, each an evaluation: more are a slip


def slice_of(data: Data, split: str, examples: Int64[Tensor, " some"] | None = None) -> Split:
    """Return a part of the data by name, or some of its examples; a ValueError where that is empty."""
    part = part_of(data, split)
    part = part if examples is None else part.take(places(examples, len(part)))
    if not len(part):
        raise ValueError(f"there are no images to measure on: this slice of {split} is empty; take more examples")
    return part


def places(examples: Int64[Tensor, " some"], n: int) -> Int64[Tensor, " some"]:
    """Return the places of some of n examples as a tensor; a ValueError for what are no places. A list serves too."""
    rule, way_on = f"places in the split, whole numbers from 0 to {n - 1}", "torch.arange(10) are the first ten"
    if not isinstance(examples, Tensor):
        rules.each("examples", examples, rules.whole, way_on, most=n - 1)
        examples = torch.tensor(list(examples), dtype=torch.int64)
    if examples.dim() != 1 or examples.is_floating_point() or examples.is_complex():
        raise rules.refused("examples", rule, examples, way_on)
    if examples.dtype == torch.bool and len(examples) == n:  # which of all
        return examples.nonzero()[:, 0]
    if len(examples) and not 0 <= int(examples.min()) <= int(examples.max()) < n:
        raise ValueError(f"examples must be {rule}, got {int(examples.min())} to {int(examples.max())}; {way_on}")
    return examples


def some_places(examples: Int64[Tensor, " some"], n: int) -> Int64[Tensor, " some"]:
    """Return places, of which there is one at least."""
    if not len(some := places(examples, n)):
        raise ValueError("examples must name one at least; examples=None takes all")
    return some


def check_points(points: int) -> None:
    """Raise a ValueError unless so many points of a line have both its ends and its middle among them."""
    if rules.whole("points", points, most=MOST, way_on="25 are usual") < 3 or points % 2 == 0:
        rule = "odd and at least 3, so that both ends and the middle are in"
        raise rules.refused("points", rule, points, "25 are usual")


def check_ends(model: nn.Module, a: Weights, b: Weights) -> None:
    """Raise a ValueError unless both are weights of this model, and finite."""
    check_network(model, a, name="the first network")
    check_same(a, b)
    check_finite(a, "the first network")
    check_finite(b, "the second network")


def check_pair(a: Mask, b: Mask) -> None:
    """Raise a ValueError unless both are masks of the same layers."""
    masks.check_some(a)
    masks.check(b, a)
    if missing := sorted(a.keys() - b.keys()):
        raise ValueError(
            f"both masks must name the same layers, but the second lacks {missing}; take both of one model"
        )
