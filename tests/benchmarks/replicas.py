"""Two replicas side by side (`wb.replicas`) against the same one after another; the bits must be the same."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from measure import Row, faster, in_turn
from pictures import batch_size, network, pictures

import workbench as wb

SIZES = {"full": 7, "quick": 3, "tiny": 1}  # turns
NETWORKS = {  # dataset, training images, image size, steps
    "lenet": ("fashion-mnist", 10_000, None, 600),
    "resnet8(width=16)": ("cifar10", 10_000, 16, 60),
}


def run(size: str, *, device: str = "cpu") -> Iterator[Row]:
    """Yield a row a network. The evaluation at the end is part of the work."""
    for listed, (dataset, train_size, image_size, length) in NETWORKS.items():
        name = network(listed, size)
        data = pictures(dataset, size=size, train_size=train_size, image_size=image_size)
        model = wb.models.named(name, data)
        length = 2 if size == "tiny" else length
        recipe = wb.Recipe(steps=length, learning_rate=0.05, batch_size=batch_size(size), device="cpu")
        found: dict[str, dict[int, wb.Run]] = {}

        def train(seed: int, *, model=model, data=data, recipe=recipe) -> wb.Run:
            return wb.train(model, wb.initialise(model, seed=seed), data, recipe, seed=seed)

        def together(*, train=train, found=found) -> None:
            found["together"] = dict(wb.replicas(train, (0, 1), workers=2))

        def in_sequence(*, train=train, found=found) -> None:
            found["in sequence"] = {seed: train(seed) for seed in (0, 1)}

        times = in_turn({"together": together, "in sequence": in_sequence}, SIZES[size])
        for seed, run in found["together"].items():
            other = found["in sequence"][seed].weights
            assert all(torch.equal(tensor, other[w]) for w, tensor in run.weights.items()), "the bits differ"
        label = f"{name}, two replicas, same bits"
        yield faster(label, "one after another", times["together"], times["in sequence"], target=1.6)
