"""The losses of a few batches of training images before any step is taken: what saliencies by gradients are made of."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor, nn
from torch.func import functional_call
from torch.nn import functional

from workbench.data.batches import Order
from workbench.data.data import Data
from workbench.nets import masks
from workbench.nets.door import check_finite, check_logits, check_network, check_training_data, taken_by
from workbench.nets.evaluation import place
from workbench.nets.hardware import settle
from workbench.nets.masks import Mask
from workbench.nets.plain_module import for_training, private
from workbench.nets.twice_differentiable import TwiceDifferentiable
from workbench.nets.weights import Weights, lent
from workbench.work import progress, rules
from workbench.work.seeds import check_seed

MOST = 10_000  # batches, and images of one where the data are fewer: more are a slip


class FirstBatches:
    """The mean cross-entropy of each of the first batches, in the order that a training of this seed begins with.

    `leaves` are the weights that the mask names, zero where it is False, which ask for gradients. Norms take the
    statistics of the batch, as in training: the running ones of a network that has not been trained are 0 and 1 and
    fit no activation. Nothing is dropped out, images are not augmented, and the statistics that a forward pass writes
    are those of private copies. Every loss can be differentiated twice.
    """

    def __init__(
        self,
        model: nn.Module,
        weights: Weights,
        data: Data,
        mask: Mask | None,
        *,
        density: float,
        batches: int,
        batch_size: int,
        seed: int,
        invert: bool,
        temperature: float = 1.0,
    ) -> None:
        check_network(model, weights)
        check_training_data(data)
        rules.whole("batches", batches, least=1, most=MOST, way_on="1 is usual")
        rules.whole("batch_size", batch_size, least=1, most=max(len(data.train), MOST), way_on="128 is the usual one")
        rules.number("temperature", temperature, above=0, way_on="1 leaves the logits as they are")
        rules.flag("invert", invert, "True is the control, which keeps the smallest")
        self.order, self.batches = Order(len(data.train), batch_size, check_seed(seed)), batches
        self.mask, self.seed, self.invert = masks.allowed(model, mask), seed, invert
        self.count = masks.survivors(self.mask, density)
        self.hardware = settle(model, precision="float32")
        self.network = for_training(private(model).to(self.hardware.device))
        for module in self.network.modules():
            if isinstance(module, nn.modules.dropout._DropoutNd):
                module.eval()
        self.split, self.temperature = data.train, temperature
        self.tensors = {name: place(t.detach(), self.hardware) for name, t in lent(weights, model).items()}
        kept = {name: place(tensor, self.hardware) for name, tensor in self.mask.items()}
        self.leaves = {name: torch.where(kept[name], self.tensors[name], 0).requires_grad_() for name in kept}

    def __iter__(self) -> Iterator[Tensor]:
        for batch in range(self.batches):
            index = self.order(batch).to(self.split.labels.device)
            images = place(self.split.inputs(index), self.hardware)
            labels = self.split.labels[index].to(self.hardware.device)
            with torch.enable_grad():
                loss = functional.cross_entropy(self._logits(images, labels) / self.temperature, labels)
            if not bool(loss.isfinite()):
                check_finite(self.tensors)
                raise ValueError("the loss of a batch is not finite; scale the weights down")
            yield loss
            progress.report(batch + 1, self.batches, "batch")

    def mean_gradients(self, along: list[Tensor] | None = None) -> list[Tensor]:
        """Return ∇L by the leaves, L being the mean loss of the batches, or how it changes `along` v: Hv = ∇⟨∇L, v⟩."""
        leaves = list(self.leaves.values())
        sums = [torch.zeros_like(leaf) for leaf in leaves]
        for loss in self:
            slopes = _gradients(loss, leaves, again=along is not None)
            if along is not None:
                with torch.enable_grad():
                    product = sum((slope * v).sum() for slope, v in zip(slopes, along, strict=True))
                slopes = _gradients(product, leaves)
            for total, slope in zip(sums, slopes, strict=True):
                total.add_(slope, alpha=1 / self.batches)
        return sums

    def keep(self, saliency: list[Tensor]) -> Mask:
        """Return the mask of the largest saliency, or of the smallest; ties are broken by the seed."""
        if not bool(torch.stack([values.sum() for values in saliency]).isfinite().all()):
            raise ValueError("the gradient of the loss is not finite; scale the weights down")
        values = {name: value.detach().cpu() for name, value in zip(self.leaves, saliency, strict=True)}
        ranked = {name: -value if self.invert else value for name, value in values.items()}
        return masks.keep_largest(ranked, self.mask, self.count, seed=self.seed)

    def _logits(self, images: Tensor, labels: Tensor) -> Tensor:
        fixed = {name: t.clone() for name, t in self.tensors.items() if name not in self.leaves}  # it may write over
        tensors = fixed | self.leaves
        try:
            with taken_by(self.network, images), TwiceDifferentiable():
                logits = functional_call(self.network, tensors, (images,))
        except ValueError as error:
            if "more than 1 value per channel" not in str(error):
                raise
            refusal = "batch-norm takes the statistics of two images at least, got one"
            raise ValueError(f"{refusal}; 128 is the usual batch_size") from error
        check_logits(logits, images, labels, self.network)
        return logits


def _gradients(value: Any, leaves: list[Tensor], *, again: bool = False) -> list[Tensor]:
    """Return the gradients of a number by the leaves, zero where it depends on none; `again` to differentiate them."""
    if not value.requires_grad:
        return [torch.zeros_like(leaf) for leaf in leaves]
    return list(torch.autograd.grad(value, leaves, create_graph=again, materialize_grads=True))
