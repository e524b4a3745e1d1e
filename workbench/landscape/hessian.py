"""The Hessian of a network's mean loss, by products with vectors (Pearlmutter 1994).

It is taken on the weights that survive a mask, of the whole network or of some layers, in eval mode, exactly over a
slice of the data. What is read from the products, `workbench.landscape.spectrum` computes.

The operator is that of curvlinops, the library for this that is well kept: PyHessian's last release calls what torch
has removed, and hessian-eigenthings stands in an alpha. What is added is the mask, the seeds, progress and Stop, and a
product that threads may take side by side (`workbench.landscape.double_backward`).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from numbers import Number
from typing import TYPE_CHECKING, Any

import torch
from jaxtyping import Float, Int64
from torch import Tensor, nn

from workbench.data.batches import Batch
from workbench.data.data import Data, Split
from workbench.landscape.entrance import slice_of
from workbench.nets import masks
from workbench.nets.door import check_finite, check_logits, check_model, check_network, taken_by
from workbench.nets.hardware import resolve
from workbench.nets.masks import Mask
from workbench.nets.plain_module import private
from workbench.nets.weights import Weights, untied
from workbench.training.losses import CrossEntropy, check_loss
from workbench.work import progress, rules
from workbench.work.nearest import unknown
from workbench.work.seeds import check_seed, generator

if TYPE_CHECKING:
    from curvlinops import HessianLinearOperator

Loss = Callable[[Tensor, Batch], Tensor]  # of `losses.py`: one number an example


@dataclass(frozen=True, eq=False)
class Hessian:
    """The Hessian of a mean loss over `examples` examples, on the surviving weights: D = `dimension` of them.

    `operator` is the library's, over all entries of the weights `names` of a private copy of the network in eval mode;
    `places` are those among the entries that survive.
    """

    operator: HessianLinearOperator
    names: list[str]
    places: Int64[Tensor, " D"]
    examples: int

    def __repr__(self) -> str:
        return f"Hessian(dimension={self.dimension}, layers={len(self.names)}, examples={self.examples})"

    @property
    def dimension(self) -> int:
        """D, the number of coordinates."""
        return len(self.places)

    @property
    def like(self) -> Tensor:
        """A tensor of the number format and on the device of the vectors."""
        return torch.empty(0, dtype=self.operator.dtype, device=self.operator.device)

    def product(self, vector: Float[Tensor, " D"]) -> Float[Tensor, " D"]:
        """Return H v, exactly. Progress is reported for every part of the examples."""
        if not isinstance(vector, Tensor) or vector.shape != self.places.shape:
            raise rules.refused("vector", f"a tensor of {self.dimension} numbers", vector, 'H.random(0, "mine") is one')
        entries = self.operator.shape[1]
        if self.dimension == entries:
            return self.operator @ vector  # pyright: ignore[reportReturnType]
        product: Any = self.operator @ vector.new_zeros(entries).index_copy_(0, self.places, vector)
        return product[self.places]

    def mean_loss(self) -> float:
        """Return the mean loss itself."""
        _, loss = self.operator.gradient_and_loss()
        return float(loss)

    def random(self, seed: int, tag: str, index: int = 0) -> Float[Tensor, " D"]:
        """Draw a vector of signs (Rademacher)."""
        signs = torch.randint(0, 2, (self.dimension,), generator=generator(seed, tag, index))
        return (2 * signs - 1).to(self.like)


def hessian(
    model: nn.Module,
    weights: Weights,
    data: Data,
    *,
    split: str = "train",
    examples: int | Int64[Tensor, " some"] | None = 1000,
    mask: Mask | None = None,
    layers: Collection[str] | None = None,
    loss: Loss = CrossEntropy(),  # noqa: B008 (frozen)
    seed: int = 0,
) -> Hessian:
    """Return the Hessian of the mean loss at `weights`, ready to be multiplied with vectors.

    `examples` of `split` are drawn from the seed (a number), chosen (places in it), or all (None); images are taken
    without augmentation. With a `mask` the network is the sparse one, and only what survives is a coordinate; what has
    no mask (biases, norms) is one too. `layers` are names of weights ("fc.weight") or of modules ("fc"); by default all
    that is trained. `loss` is one of `wb.losses`, or any function of logits and batch that returns a number an example.
    Vectors and products are in the weights' own number format: pass weights in float64 for a more exact one. The
    caller's model is not touched. Raises a ValueError for weights or a mask of another model, for a layer that is not
    known or has no surviving weight, and for an empty slice of the data.
    """
    check_model(model)
    rules.tensors("weights", weights, "wb.snapshot(model) gives them")
    check_loss(loss)  # pyright: ignore[reportArgumentType] (any function will do)
    check_seed(seed)
    device, dtype = resolve("auto"), next((w.dtype for w in weights.values() if w.is_floating_point()), torch.float32)
    network = private(model).to(device, dtype).eval()
    check_network(network, weights, mask)
    check_finite(weights)
    weights = weights if mask is None else masks.apply(weights, mask)
    network.load_state_dict(untied(weights, network), strict=False)
    names = _trained(network, layers)
    parameters = {name: parameter for name, parameter in network.named_parameters() if name in names}
    mask = mask or {}
    kept = [(mask[n] if n in mask else torch.ones_like(w, dtype=torch.bool)).flatten() for n, w in parameters.items()]
    places = torch.cat(kept).nonzero()[:, 0].to(device)
    if not len(places):
        raise ValueError(f"there is no curvature to measure: the mask leaves none of the weights of {names}")
    part = _slice(data, split, examples, seed).to(device)
    mean = _Mean(loss, len(part))
    _check_answer(network, mean, part, dtype)
    from workbench.landscape.double_backward import DoubleBackward

    parts = _Parts(part, _at_once(network, device), dtype)
    settings = {"check_deterministic": False, "num_data": len(part)}
    operator = DoubleBackward(network, mean, list(parameters.values()), parts, **settings)  # pyright: ignore[reportArgumentType]
    return Hessian(operator, names, places, len(part))


class _Mean(nn.Module):
    """One of the house's losses as the library wants it: of some of the examples, their share of the mean over all."""

    reduction = "sum"  # of the parts

    def __init__(self, loss: Loss, examples: int) -> None:
        super().__init__()
        self.loss, self.examples = loss, examples

    def forward(self, logits: Tensor, target: Tensor) -> Tensor:
        ids, labels = target.unbind(1)
        return self.loss(logits, Batch(ids, labels, 0, 1)).sum() / self.examples


@torch.no_grad()
def _check_answer(network: nn.Module, mean: _Mean, part: Split, dtype: torch.dtype) -> None:
    """Raise a ValueError unless the network takes such images, and the loss one number an example, by two of them."""
    index = torch.arange(min(2, len(part)), device=part.images.device)
    inputs, labels = part.inputs(index).to(dtype), part.labels[index]
    with taken_by(network, inputs):
        logits = network(inputs)
    check_logits(logits, inputs, part.labels, network)
    losses = mean.loss(logits, Batch(part.ids[index], labels, 0, 1))
    if not isinstance(losses, Tensor) or losses.shape != labels.shape:
        raise rules.refused(
            "loss", "a function that returns one number an example", losses, "wb.losses.CrossEntropy() is one"
        )


class _Parts:
    """The examples in parts that fit memory; each that is taken is reported, so that a Stop arrives between two."""

    def __init__(self, split: Split, size: int, dtype: torch.dtype) -> None:
        inputs, targets = split.inputs().to(dtype), torch.stack([split.ids, split.labels], 1)
        self.parts = list(zip(inputs.split(size), targets.split(size), strict=True))

    def __iter__(self) -> Iterator[tuple[Tensor, Tensor]]:
        for count, part in enumerate(self.parts, 1):
            yield part
            progress.report(count, len(self.parts))


def _trained(network: nn.Module, layers: Collection[str] | None) -> list[str]:
    """Return the names of the weights that are trained, or of those in some layers."""
    names = [name for name, parameter in network.named_parameters() if parameter.requires_grad]
    if layers is None:
        return names
    rules.names("layers", layers, f"({names[0]!r},) is one")
    for layer in layers:
        if not any(f"{name}.".startswith(f"{layer}.") for name in names):
            raise unknown("layer", layer, names, "a module's name stands for all its weights")
    inside = [name for name in names if any(f"{name}.".startswith(f"{layer}.") for layer in layers)]
    if not inside:
        raise ValueError("layers must name at least one; layers=None takes all that is trained")
    return inside


def _slice(data: Data, split: str, examples: int | Tensor | None, seed: int) -> Split:
    part = slice_of(data, split)
    if not isinstance(examples, (int, Number, str)):
        return slice_of(data, split, examples)
    count = rules.whole("examples", examples, least=1, way_on=f"examples=None takes all {len(part)}")
    order = torch.randperm(len(part), generator=generator(seed, "curvature"))
    return part.take(order[:count].sort().values)


def _at_once(network: nn.Module, device: str) -> int:
    """Return how many examples are taken at once: few where there are convolutions, for the cache and a quick Stop."""
    convolutional = device == "cpu" and any(isinstance(module, nn.modules.conv._ConvNd) for module in network.modules())
    return 100 if convolutional else 1000
