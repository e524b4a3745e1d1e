"""Which images are drawn, and whose labels move: each from a seed, every class by its share."""

from __future__ import annotations

import torch
from torch import Tensor

from workbench.work.seeds import generator


def divide(labels: Tensor, ids: Tensor, share: float, seed: int, tag: str) -> tuple[Tensor, Tensor]:
    """Divide the ids in two, `share` of every class (rounded so that the sum is right) and the rest, each ascending."""
    shuffled, place, count = _shuffled(labels, ids, seed, tag)
    order = ((place + 0.5) / count).argsort(stable=True)
    size = round(share * len(ids))
    return shuffled[order[:size]].sort().values, shuffled[order[size:]].sort().values


def balanced(labels: Tensor, ids: Tensor, size: int, seed: int, name: str) -> Tensor:
    """Draw `size` of the ids, equally many of every class as far as it has them, in ascending order."""
    if size > len(ids):
        images = f"{name} has {len(ids)} training images beside those for validation"
        raise ValueError(f"train_size must be at most {len(ids)}, got {size}: {images}; train_size=None takes all")
    shuffled, place_in_class, _ = _shuffled(labels, ids, seed, "train")
    return shuffled[place_in_class.argsort(stable=True)[:size]].sort().values


def _shuffled(labels: Tensor, ids: Tensor, seed: int, tag: str) -> tuple[Tensor, Tensor, Tensor]:
    """Shuffle the ids; return them with the place of each within its class, and the size of that class."""
    shuffled = ids[torch.randperm(len(ids), generator=generator(seed, f"draw {tag}"))]
    counts = torch.bincount(labels[shuffled])
    order = labels[shuffled].argsort(stable=True)
    place = torch.empty_like(order)
    place[order] = torch.arange(len(ids)) - (counts.cumsum(0) - counts).repeat_interleave(counts)
    return shuffled, place, counts[labels[shuffled]]


def flip_labels(labels: Tensor, ids: Tensor, share: float, classes: int, seed: int) -> tuple[Tensor, Tensor]:
    """Move round(share · n) of the labels at `ids` to another class, each as likely; return labels and moved ids."""
    if share and classes < 2:
        raise ValueError(f"label_noise needs another class to move labels to, got {share} with one class; pass 0")
    draw = generator(seed, "label noise")
    flipped = ids[torch.randperm(len(ids), generator=draw)[: round(share * len(ids))]].sort().values
    moved = labels.clone()
    moved[flipped] = (labels[flipped] + torch.randint(1, max(classes, 2), (len(flipped),), generator=draw)) % classes
    return moved, flipped
