"""A Hessian-vector product against the library's alone, and against reverse over reverse with a kept graph.

All three take the same examples in the same parts. The kept graph is built once and only walked backwards by each
product: the least a product can cost, for a memory that grows with the examples. Besides, what eigenvalues, trace and
density cost beyond their products.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from typing import Any

import torch
from measure import Row, in_turn, slower
from pictures import network, pictures
from torch import Tensor, nn
from torch.nn import functional

import workbench as wb

warnings.filterwarnings("ignore", "`torch.jit.script` is deprecated")  # in what the library imports
SIZES = {"full": 15, "quick": 3, "tiny": 1}  # turns
NETWORKS = {  # dataset, image size, examples, products at a time
    "lenet": ("fashion-mnist", None, 1000, 5),
    "resnet8(width=16)": ("cifar10", 16, 200, 1),
}


def run(size: str, *, device: str = "cpu") -> Iterator[Row]:
    """Yield three rows a network: a product against the library's and the kept graph's, a spectrum against products."""
    for listed, (dataset, image_size, examples, count) in NETWORKS.items():
        name = network(listed, size)
        data = pictures(dataset, size=size, train_size=1000, image_size=image_size)
        model = wb.models.named(name, data).eval()
        places = torch.arange(20 if size == "tiny" else examples)
        H = wb.landscape.hessian(model, wb.snapshot(model), data, examples=places)
        v = H.random(0, "benchmark")
        parts = [(data.train.inputs(p), data.train.labels[p]) for p in places.split(1000 if listed == "lenet" else 100)]
        works = {
            "ours": lambda H=H, v=v: H.product(v),
            "library": library(model, parts, v),
            "kept": kept(model, parts, v),
        }
        agree(works)
        times = in_turn({what: several(work, count) for what, work in works.items()}, SIZES[size])
        label = f"{name} Hessian-vector product"
        yield slower(label, "curvlinops", times["ours"], times["library"], steps=count, target=1.05)
        yield slower(label, "a kept graph", times["ours"], times["kept"], steps=count, target=3)
        steps = 3 if size == "tiny" else 10
        density = {
            "density": lambda H=H, steps=steps: wb.landscape.spectral_density(H, steps=steps, repeats=1),
            "products": several(works["ours"], steps),
        }
        times = in_turn(density, 5 if size == "full" else 1)
        yield slower(f"{name} density of {steps} steps", "its products alone", times["density"], times["products"])


def several(work: Callable[[], Tensor], count: int) -> Callable[[], None]:
    """Make a piece of work of several times the same."""

    def repeated() -> None:
        for _ in range(count):
            work()

    return repeated


def agree(works: dict[str, Callable[[], Tensor]]) -> None:
    """Make sure that all compute the same."""
    found = {name: work().double() for name, work in works.items()}
    for name, product in found.items():
        assert (product - found["kept"]).norm() <= 1e-4 * found["kept"].norm(), f"{name} computes something else"


def library(model: nn.Module, parts: list[tuple[Tensor, Tensor]], v: Tensor) -> Callable[[], Tensor]:
    """Make a product by curvlinops alone."""
    from curvlinops import HessianLinearOperator

    parameters: Any = list(model.parameters())
    operator: Any = HessianLinearOperator(model, nn.CrossEntropyLoss(), parameters, parts, check_deterministic=False)
    return lambda: operator @ v


def kept(model: nn.Module, parts: list[tuple[Tensor, Tensor]], v: Tensor) -> Callable[[], Tensor]:
    """Make a product by the graphs of the gradients, one a part, which stay in memory."""
    parameters, examples = list(model.parameters()), sum(len(labels) for _, labels in parts)
    along = [part.view_as(p) for part, p in zip(v.split([p.numel() for p in parameters]), parameters, strict=True)]
    graphs = []
    for inputs, labels in parts:
        loss = functional.cross_entropy(model(inputs), labels, reduction="sum") / examples
        graphs.append(torch.autograd.grad(loss, parameters, create_graph=True))

    def work() -> Tensor:
        total = [torch.zeros_like(p) for p in parameters]
        for graph in graphs:
            found = torch.autograd.grad(graph, parameters, along, retain_graph=True)
            total = [t + f for t, f in zip(total, found, strict=True)]
        return torch.cat([t.flatten() for t in total])

    return work
