"""What people write: a torchvision dataset with transforms, a DataLoader, `torch.nn.utils.prune`, a plain loop.

In their favour: workers persist from epoch to epoch, nobody reads the loss, and the quicker of their settings counts.
"""

from __future__ import annotations

import copy
import importlib
from collections.abc import Iterator
from itertools import islice

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils import prune
from torch.utils.data import DataLoader

import workbench as wb
from workbench.data._torchvision import torchvision


def dataset(split: wb.Split) -> torch.utils.data.Dataset:
    """Make torchvision's own dataset class hold these images: what it does with each of them is its own code."""
    kind = torchvision().datasets.CIFAR10 if split.images.shape[1] == 3 else torchvision().datasets.FashionMNIST
    transforms = importlib.import_module("torchvision.transforms")
    made = object.__new__(kind)  # its __init__ would look for files
    if kind is torchvision().datasets.CIFAR10:
        made.data, made.targets = split.images.permute(0, 2, 3, 1).numpy(), split.labels.tolist()
    else:
        made.data, made.targets = split.images[:, 0], split.labels
    normalise = transforms.Normalize(split.mean.tolist(), split.std.tolist())
    made.transform = transforms.Compose([transforms.ToTensor(), normalise])
    made.target_transform = None
    return made


def loader(split: wb.Split, *, batch_size: int, shuffle: bool = True, workers: int = 0) -> DataLoader:
    """Make the DataLoader of a split."""
    options = {"num_workers": workers, "persistent_workers": workers > 0}
    return DataLoader(dataset(split), batch_size=batch_size, shuffle=shuffle, **options)


def masked(model: nn.Module, mask: wb.masks.Mask) -> nn.Module:
    """Prune a model in place."""
    for name, kept in mask.items():
        prune.custom_from_mask(model.get_submodule(name.rpartition(".")[0]), "weight", kept)
    return model


def steps(
    model: nn.Module, batches: DataLoader, *, learning_rate: float = 0.1, device: str = "cpu"
) -> Iterator[Tensor]:
    """Train for ever, yielding after every step."""
    model.to(device).train()
    optimiser = torch.optim.SGD(model.parameters(), lr=learning_rate, momentum=0.9)
    while True:
        for images, labels in batches:
            optimiser.zero_grad()
            loss = functional.cross_entropy(model(images.to(device)), labels.to(device))
            loss.backward()
            optimiser.step()
            yield loss


def experiment(
    model: nn.Module,
    data: wb.Data,
    *,
    levels: int,
    fraction: float,
    length: int,
    learning_rate: float,
    batch_size: int,
    workers: int,
) -> Iterator[tuple[float, float]]:
    """Yield validation and test accuracy of every level of iterative magnitude pruning, with rewinding to the start."""
    start = copy.deepcopy(model.state_dict())
    layers = [(module, "weight") for module in model.modules() if isinstance(module, (nn.Linear, nn.Conv2d))]
    batches = loader(data.train, batch_size=batch_size, workers=workers)
    others = [loader(split, batch_size=1000, shuffle=False) for split in (data.validation, data.test)]
    for level in range(levels):
        if level:
            prune.global_unstructured(layers, pruning_method=prune.L1Unstructured, amount=fraction)
            with torch.no_grad():
                for name, parameter in model.named_parameters():
                    parameter.copy_(start[name.removesuffix("_orig")])
        for _ in islice(steps(model, batches, learning_rate=learning_rate), length):
            pass
        validation, test = (accuracy(model, other) for other in others)
        yield validation, test


@torch.no_grad()
def accuracy(model: nn.Module, batches: DataLoader) -> float:
    """Evaluate a model."""
    model.eval()
    right = total = 0
    for images, labels in batches:
        right += int((model(images).argmax(1) == labels).sum())
        total += len(labels)
    return right / total
