"""Which rate trains every network on every data set: test accuracy after short trainings; it measures no time.

As lessons meet them: momentum 0.9, batches of 64, a tenth of the labels moved. "ok" is twice what chance gives;
a training that diverges has 0.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import torch
from measure import Row
from pictures import network, pictures

import workbench as wb
from workbench.data.sources import DATASETS
from workbench.nets.models import MODELS

LENGTHS = {"full": 400, "quick": 100, "tiny": 2}  # steps
TRAIN, TEST = 3000, 1000  # images
RECIPE = wb.Recipe(steps=1, learning_rate=0.1, batch_size=64)
LARGE = ("wide_resnet28", "resnet18", "resnet50", "vgg16", "mobilenet_v2")  # hours on a CPU
RATES = {"rate 0.1": {}, "rate 0.1, warm-up": {"learning_rate": 0.1}, "rate 0.03": {"learning_rate": 0.03}}


def run(size: str, *, device: str = "cpu") -> Iterator[Row]:
    """Yield a row for every data set, network and rate."""
    steps, networks = LENGTHS[size], [name for name in MODELS if device != "cpu" or name not in LARGE]
    for dataset in ("mnist",) if size == "tiny" else DATASETS:
        data = some(pictures(dataset, size=size))
        for listed in ("lenet(hidden=(8,))",) if size == "tiny" else networks:
            model = wb.models.named(network(listed, size), data)
            for name, changes in RATES.items():
                warmup = steps // 4 if "warm-up" in name else 0
                recipe = replace(RECIPE, steps=steps, warmup=warmup, device=device, **changes)
                try:
                    accuracy = wb.train(model, wb.snapshot(model), data, recipe).test_accuracy or 0.0
                except wb.Diverged:
                    accuracy = 0.0
                chance = 1 / len(data.classes)
                yield Row(f"{listed} on {dataset}", name, None, None, [accuracy], 2 * chance, at_least=True, unit="")


def some(data: wb.Data) -> wb.Data:
    """Return some of the images, a tenth of the training labels moved."""
    train, test = data.train.take(torch.arange(min(TRAIN, len(data.train)))), data.test
    test = test.take(torch.arange(0, len(test), max(1, len(test) // TEST)))
    draw, labels = torch.Generator().manual_seed(0), train.labels.clone()
    moved = torch.randperm(len(labels), generator=draw)[: len(labels) // 10]
    labels[moved] = (labels[moved] + 1) % len(data.classes)
    return replace(data, train=replace(train, labels=labels), validation=test, test=test)
