"""The Hessian of a network's mean loss, by products with vectors: H v is the gradient of ⟨∇L, v⟩ (Pearlmutter 1994).

It is taken on the weights that survive a mask, of the whole network or of some layers, in eval mode, exactly over a
slice of the data. What is read from the products, `workbench.landscape.spectrum` computes.

A product is torch's double backward. Of the libraries for it curvlinops is the one that is well kept: its products cost
1.3 to 1.7 times as much on the CPU, and its estimators draw from torch's global generator, which replicas in threads
share, and tell no error. So it is what the tests and the benchmark hold ours against.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int64
from torch import Tensor, nn
from torch.func import functional_call

from workbench import masks
from workbench.batches import Batch
from workbench.data import Data, Split
from workbench.hardware import resolve
from workbench.landscape.path import check_finite, slice_of
from workbench.losses import CrossEntropy
from workbench.masks import Mask
from workbench.nearest import unknown
from workbench.seeds import generator
from workbench.weights import Weights, check_fits, untied
from workbench.work import progress

Loss = Callable[[Tensor, Batch], Tensor]  # of `losses.py`: one number an example


@dataclass(frozen=True, eq=False)
class Hessian:
    """The Hessian of a mean loss over `examples` examples, on the surviving weights: D = `dimension` of them.

    `network` is a private copy in eval mode, `moved` its weights that are differentiated by, `places` those among their
    entries that survive (all where None), `fixed` the rest of its state. `parts` are the examples, as they fit memory.
    """

    network: nn.Module
    moved: Mapping[str, Tensor]
    places: Mapping[str, Tensor | None]
    fixed: Mapping[str, Tensor]
    parts: list[tuple[Tensor, Batch]]
    loss: Loss
    examples: int
    dimension: int

    def __repr__(self) -> str:
        return f"Hessian(dimension={self.dimension}, layers={len(self.moved)}, examples={self.examples})"

    @property
    def like(self) -> Tensor:
        """A tensor of the number format and on the device of the vectors."""
        return next(iter(self.moved.values())).detach()

    def product(self, vector: Float[Tensor, " D"]) -> Float[Tensor, " D"]:
        """Return H v, exactly: the gradient of ⟨∇L, v⟩. Progress is reported for every part of the examples."""
        moved, along = list(self.moved.values()), self._spread(vector)
        total = [torch.zeros_like(w) for w in moved]
        for done, (inputs, batch) in enumerate(self.parts, 1):
            slopes = torch.autograd.grad(self._part(inputs, batch), moved, create_graph=True, materialize_grads=True)
            curved = [i for i, slope in enumerate(slopes) if slope.requires_grad]
            if curved:  # a loss that is linear in the weights has no curvature
                bent, by = [slopes[i] for i in curved], [along[i] for i in curved]
                for sum_, found in zip(
                    total, torch.autograd.grad(bent, moved, by, materialize_grads=True), strict=True
                ):
                    sum_ += found
            progress.report(done, len(self.parts))
        return self._gather(total)

    def mean_loss(self) -> float:
        """Return the mean loss itself."""
        with torch.no_grad():
            return sum(float(self._part(inputs, batch)) for inputs, batch in self.parts)

    def random(self, seed: int, tag: str, index: int = 0) -> Float[Tensor, " D"]:
        """Draw a vector of signs (Rademacher)."""
        signs = torch.randint(0, 2, (self.dimension,), generator=generator(seed, tag, index))
        return (2 * signs - 1).to(self.like)

    def _part(self, inputs: Tensor, batch: Batch) -> Tensor:
        logits = functional_call(self.network, dict(self.fixed) | dict(self.moved), (inputs,))
        return self.loss(logits, batch).sum() / self.examples

    def _spread(self, vector: Tensor) -> list[Tensor]:
        """Lay a vector out over the weights, zero where they are pruned."""
        spread, begin = [], 0
        for name, w in self.moved.items():
            there = self.places[name]
            part = vector[begin : begin + (w.numel() if there is None else len(there))]
            flat = part if there is None else part.new_zeros(w.numel()).index_copy_(0, there, part)
            spread.append(flat.view(w.shape))
            begin += len(part)
        return spread

    def _gather(self, tensors: list[Tensor]) -> Tensor:
        flat = [t.reshape(-1) for t in tensors]
        return torch.cat([t if p is None else t[p] for t, p in zip(flat, self.places.values(), strict=True)])


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
    check_fits(weights, model)
    check_finite(weights, "the network")
    if mask is not None:
        masks.check(mask, weights)
        weights = masks.apply(weights, mask)
    device = resolve("auto")
    network = copy.deepcopy(model).to(device).eval()
    own = untied(weights, network)
    names = _trained(network, layers)
    moved = {name: own[name].detach().to(device, copy=True).requires_grad_() for name in names}
    places = {n: None if mask is None or n not in mask else mask[n].flatten().nonzero()[:, 0].to(device) for n in names}
    dimension = sum(moved[n].numel() if p is None else len(p) for n, p in places.items())
    if not dimension:
        raise ValueError(f"there is no curvature to measure: the mask leaves none of the weights of {names}")
    part = _slice(data, split, examples, seed).to(device)
    return Hessian(
        network=network,
        moved=moved,
        places=places,
        fixed={name: tensor.to(device) for name, tensor in own.items() if name not in moved},
        parts=_parts(part, _at_once(network, device), next(iter(moved.values())).dtype),
        loss=loss,
        examples=len(part),
        dimension=dimension,
    )


def _trained(network: nn.Module, layers: Collection[str] | None) -> list[str]:
    """Return the names of the weights that are trained, or of those in some layers."""
    names = [name for name, parameter in network.named_parameters() if parameter.requires_grad]
    if layers is None:
        return names
    for layer in layers:
        if not any(f"{name}.".startswith(f"{layer}.") for name in names):
            raise unknown("layer", layer, names, "a module's name stands for all its weights")
    found = [name for name in names if any(f"{name}.".startswith(f"{layer}.") for layer in layers)]
    if not found:
        raise ValueError("layers must name at least one; layers=None takes all that is trained")
    return found


def _slice(data: Data, split: str, examples: int | Tensor | None, seed: int) -> Split:
    whole = slice_of(data, split)
    if isinstance(examples, int):
        if examples < 1:
            raise ValueError(f"examples must be at least 1, got {examples}; examples=None takes all {len(whole)}")
        order = torch.randperm(len(whole), generator=generator(seed, "curvature"))
        examples = order[:examples].sort().values
    return slice_of(data, split, examples)


def _at_once(network: nn.Module, device: str) -> int:
    """Return how many examples are taken at once: few where there are convolutions, for the cache and a quick Stop."""
    few = device == "cpu" and any(isinstance(module, nn.modules.conv._ConvNd) for module in network.modules())
    return 100 if few else 1000


def _parts(split: Split, size: int, dtype: torch.dtype) -> list[tuple[Tensor, Batch]]:
    places = torch.arange(len(split), device=split.images.device).split(size)
    return [(split.inputs(p).to(dtype), Batch(split.ids[p], split.labels[p], 0, 1)) for p in places]
