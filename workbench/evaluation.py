"""Evaluate a network on images: in eval mode, without augmentation, on a private copy of the module."""

from __future__ import annotations

import copy
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.func import functional_call
from torch.nn import functional

from workbench import masks
from workbench.data import Split
from workbench.hardware import Hardware, settle
from workbench.masks import Mask
from workbench.weights import Weights, check_fits, snapshot, untied
from workbench.work import progress

BATCH = 1000  # images at once; a fixed number, so that the same network gives the same bits


@dataclass(frozen=True, eq=False)
class Evaluation:
    """What a network does on a split: accuracy in [0, 1], mean cross-entropy in nats, and its logits."""

    accuracy: float
    loss: float
    logits: Float[Tensor, "examples classes"]

    def __repr__(self) -> str:
        return f"Evaluation(accuracy={self.accuracy:.4f}, loss={self.loss:.4f}, examples={len(self.logits)})"


def evaluate(
    model: nn.Module, weights: Weights, split: Split, *, mask: Mask | None = None, hardware: Hardware | None = None
) -> Evaluation:
    """Evaluate the model with these weights on a split such as `data.test`.

    Each example counts once, whatever the last batch's size. Raises a ValueError for an empty split, for weights of
    another model, for a mask that does not fit.
    """
    if not len(split):
        raise ValueError("there are no images to evaluate on: this split is empty; load the data with another share")
    check_fits(weights, model)
    if mask is not None:
        masks.check(mask, weights)
        weights = masks.apply(weights, mask)
    hardware = hardware or settle(model)
    network = copy.deepcopy(model).to(hardware.device).eval()
    weights = {name: place(tensor, hardware) for name, tensor in untied(weights, model).items()}
    split = split.to(hardware.device)
    logits = torch.cat([_forward(network, weights, split, begin, hardware) for begin in range(0, len(split), BATCH)])
    loss = float(functional.cross_entropy(logits.double(), split.labels))
    accuracy = int((logits.argmax(1) == split.labels).count_nonzero()) / len(split)
    return Evaluation(accuracy, loss, logits.cpu())


@torch.no_grad()
def recompute_batch_norm(model: nn.Module, weights: Weights, split: Split, *, examples: int = 2000) -> Weights:
    """Return the weights with batch-norm statistics taken anew: the plain mean over batches of training images.

    Mixed weights have other activations than either end, so that neither's statistics fit them (Jordan et al. 2023).
    """
    network = copy.deepcopy(model)
    network.load_state_dict(weights)
    norms = [module for module in network.modules() if isinstance(module, nn.modules.batchnorm._BatchNorm)]
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None  # the plain mean over the batches that follow
    network.train()
    for begin in range(0, min(examples, len(split)) if norms else 0, BATCH):
        network(split.inputs(torch.arange(begin, min(begin + BATCH, len(split)))))
    return snapshot(network)


def place(tensor: Tensor, hardware: Hardware) -> Tensor:
    """Put a tensor where the run happens: its device, and channels-last for the weights and images of convolutions."""
    tensor = tensor.to(hardware.device)
    return tensor.contiguous(memory_format=hardware.memory_format) if tensor.dim() == 4 else tensor


def _forward(network: nn.Module, weights: Weights, split: Split, begin: int, hardware: Hardware) -> Tensor:
    end = min(begin + BATCH, len(split))
    inputs = place(split.inputs(torch.arange(begin, end, device=split.images.device)), hardware)
    device = torch.device(hardware.device).type
    with torch.no_grad(), torch.autocast(device, torch.bfloat16, enabled=hardware.precision == "bfloat16"):
        logits = functional_call(network, weights, (inputs,))
    progress.report(end, len(split))
    return logits.float()
