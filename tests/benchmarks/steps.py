"""A training step of LeNet-300-100 and of ResNet-20, with a mask and a watcher, against (a) a bare loop and (b) people.

(a) is the floor: float images in memory in the memory format of ours, one index a batch, the module called as it is,
torch's fused optimiser, nothing watched, masked or checked. (b) is `people.py`, with one thread and with torch's own
number of threads, with and without two workers: the quickest of the four counts.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from itertools import islice

import torch
from measure import Row, faster, in_turn, quickest, slower, take, thread_counts
from people import loader, masked
from people import steps as people_steps
from pictures import batch_size, network, pictures
from torch import Tensor, nn
from torch.nn import functional

import workbench as wb
from workbench.nets.hardware import Hardware, settle

SIZES = {"full": 15, "quick": 5, "tiny": 1}  # turns
NETWORKS = {  # dataset, training images, steps at a time, target against people
    "lenet": ("fashion-mnist", None, 60, 5.0),
    "resnet20(width=16)": ("cifar10", 20_000, 3, None),
}


def run(size: str, *, device: str = "cpu") -> Iterator[Row]:
    """Yield two rows a network: against the floor, and against what people write."""
    batch = batch_size(size)
    for listed, (dataset, train_size, count, target) in NETWORKS.items():
        name = network(listed, size)
        count = 2 if size == "tiny" else count * (10 if device == "cuda" and listed != "lenet" else 1)
        data = pictures(dataset, size=size, train_size=train_size)
        model = wb.models.named(name, data)
        hardware = settle(model, device=device)
        mask = wb.pruning.magnitude(wb.snapshot(model), wb.masks.full(model), density=0.2)
        works = {
            "ours": ours(model, data, mask, wb.Recipe(steps=10**9, batch_size=batch, device=device), count),
            "floor": take(floor(wb.models.named(name, data), data.train, hardware, batch), count),
        }
        for threads in thread_counts(size):
            for workers in (0, 2):
                theirs = masked(wb.models.named(name, data), mask)
                batches = loader(data.train, batch_size=batch, workers=workers)
                label = f"people, {threads} threads, {workers} workers"
                works[label] = take(people_steps(theirs, batches, device=device), count, threads=threads)
        times = in_turn(works, SIZES[size], rest=0 if size == "tiny" else 0.3)  # workers fill their queues, then sleep
        yield slower(f"{name} step", "(a) bare loop", times["ours"], times["floor"], steps=count, target=1.15)
        plain = quickest({label: took for label, took in times.items() if label.endswith("0 workers")})
        yield faster(f"{name} step", f"(b) {plain}, DataLoader's default", times["ours"], times[plain], steps=count)
        best = quickest({label: took for label, took in times.items() if label.startswith("people")})
        yield faster(f"{name} step", f"(b) {best}", times["ours"], times[best], steps=count, target=target)


def ours(model: nn.Module, data: wb.Data, mask: wb.masks.Mask, recipe: wb.Recipe, count: int) -> Callable[[], None]:
    """Make a piece of work of our next `count` steps, watched by the bar that every example uses."""
    found = wb.steps(model, wb.snapshot(model), data, recipe, mask=mask)

    def work() -> None:
        with wb.progress.bar(io.StringIO()):
            for _ in islice(found, count):
                pass

    return work


def floor(model: nn.Module, split: wb.Split, hardware: Hardware, batch: int) -> Iterator[Tensor]:
    """Take the fastest honest steps for ever."""
    form = hardware.memory_format
    model = model.to(hardware.device).to(memory_format=form).train()  # pyright: ignore[reportCallIssue]
    images, labels = split.inputs().to(hardware.device), split.labels.to(hardware.device)
    optimiser = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9, fused=True)
    half = hardware.precision == "bfloat16"
    while True:
        order = torch.randperm(len(labels)).to(hardware.device)
        for index in order.split(batch)[: len(order) // batch]:
            inputs = images.index_select(0, index).contiguous(memory_format=form)
            optimiser.zero_grad()
            with torch.autocast(torch.device(hardware.device).type, torch.bfloat16, enabled=half):
                logits = model(inputs)
            loss = functional.cross_entropy(logits.float(), labels.index_select(0, index))
            loss.backward()
            optimiser.step()
            yield loss
