"""Scores of examples: exact GraNd against people's ways to it, EL2N against forward passes, what forgetting adds.

GraNd of LeNet is compared with a loop over examples and with `vmap(grad)` in parts of 64, quicker than all at once.
A forward pass begins with the bytes of the images and calls the module as it is; nothing is counted, kept or watched.
All in CPU time, in alternation.
"""

from __future__ import annotations

import copy
import time
from collections.abc import Callable, Iterator

import torch
from measure import Row, faster, in_turn, slower
from pictures import batch_size, network, pictures
from torch import Tensor, nn
from torch.func import functional_call, grad, vmap
from torch.nn import functional

import workbench as wb
from workbench.data_diet import Memory, el2n, grand
from workbench.nets.evaluation import BATCH, place
from workbench.nets.hardware import settle

SIZES = {"full": 15, "quick": 3, "tiny": 1}  # turns
NETWORKS = {  # dataset, image size, examples, what forgetting may add to an epoch
    "lenet": ("fashion-mnist", None, 20_000, 1.05),
    "resnet8(width=16)": ("cifar10", 16, 2000, 1.03),
}


def run(size: str, *, device: str = "cpu") -> Iterator[Row]:
    """Yield two rows for GraNd of LeNet, and three a network for EL2N and forgetting."""
    data = pictures("fashion-mnist", size=size, train_size=1024)
    model = wb.models.lenet(data).eval()
    weights, label = wb.snapshot(model), f"lenet GraNd of {len(data.train)} examples"
    works = {
        "ours": lambda: grand(model, [weights], data).values,
        "loop": lambda: loop(model, data.train),
        "vmap": lambda: by_vmap(model, data.train),
    }
    for name, work in works.items():
        assert torch.allclose(work(), works["loop"](), rtol=1e-4), f"{name} computes something else"
    times = in_turn(works, SIZES[size], clock=time.process_time)
    yield faster(label, "a loop over examples", times["ours"], times["loop"], target=30)
    yield faster(label, "vmap(grad)", times["ours"], times["vmap"], target=50)
    for listed, (dataset, image_size, train_size, most) in NETWORKS.items():
        name, data = network(listed, size), pictures(dataset, size=size, train_size=train_size, image_size=image_size)
        yield from forward(name, data, SIZES[size])
        yield forgotten(name, data, batch_size(size), SIZES[size], most)


def loop(model: nn.Module, split: wb.Split) -> Tensor:
    """Take the gradient of one example after the other."""
    parameters, found = list(model.parameters()), []
    for image, label in zip(split.inputs(), split.labels, strict=True):
        gradients = torch.autograd.grad(functional.cross_entropy(model(image[None]), label[None]), parameters)
        found.append(torch.cat([g.flatten() for g in gradients]).norm())
    return torch.stack(found)


def by_vmap(model: nn.Module, split: wb.Split) -> Tensor:
    """Take the gradients of 64 examples at once."""
    parameters = {name: p.detach() for name, p in model.named_parameters()}

    def loss(parameters: dict[str, Tensor], image: Tensor, label: Tensor) -> Tensor:
        return functional.cross_entropy(functional_call(model, parameters, (image[None],)), label[None])

    gradients, found = vmap(grad(loss), in_dims=(None, 0, 0)), []
    for images, labels in zip(split.inputs().split(64), split.labels.split(64), strict=True):
        parts = gradients(parameters, images, labels).values()
        found.append(torch.cat([g.flatten(1) for g in parts], 1).norm(dim=1))
    return torch.cat(found)


def forward(name: str, data: wb.Data, repeats: int) -> Iterator[Row]:
    """Compare EL2N of one network with a pass from the images' bytes, of ten with passes over floats made before."""
    model = wb.models.named(name, data)
    hardware, weights, split = settle(model), wb.snapshot(model), data.train
    bare = copy.deepcopy(model).to(memory_format=hardware.memory_format).eval()  # pyright: ignore[reportCallIssue]
    places = torch.arange(len(split)).split(BATCH)
    floats = [place(split.inputs(part), hardware) for part in places]

    @torch.no_grad()
    def passes() -> Tensor:
        return torch.cat([bare(place(split.inputs(part), hardware)) for part in places])

    @torch.no_grad()
    def ten() -> list[Tensor]:
        return [torch.cat([bare(inputs) for inputs in floats]) for _ in range(10)]

    works = {"one": lambda: el2n(model, [weights], data), "pass": passes}
    times = in_turn(works, 3 * repeats, clock=time.process_time)
    yield slower(f"{name} EL2N", "a bare forward pass", times["one"], times["pass"], target=1.10)
    works = {"ten": lambda: el2n(model, [weights] * 10, data), "passes": ten}
    times = in_turn(works, repeats, clock=time.process_time)
    yield slower(f"{name} EL2N, ten networks", "bare passes over floats", times["ten"], times["passes"], target=1.10)


def forgotten(name: str, data: wb.Data, batch: int, repeats: int, most: float) -> Row:
    """Compare the CPU time of an epoch that counts forgetting with one that does not."""
    model, recipe = wb.models.named(name, data), wb.Recipe(epochs=1, batch_size=batch)

    def epoch(memory: Memory | None) -> Callable[[], None]:
        def work() -> None:
            for step in wb.steps(model, wb.snapshot(model), data, recipe):
                if memory is not None:
                    memory.add(step)
            if memory is not None:
                memory.forgetting()

        return work

    times = in_turn({"with": epoch(Memory(data)), "without": epoch(None)}, 2 * repeats, clock=time.process_time)
    return slower(
        f"{name} epoch counting forgetting", "an epoch (CPU time)", times["with"], times["without"], target=most
    )
