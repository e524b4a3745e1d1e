"""Evaluate a network on images: in eval mode, without augmentation, on a private copy of the module."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.func import functional_call
from torch.nn import functional

from workbench.data.data import Split
from workbench.nets import masks
from workbench.nets.door import check_finite, check_logits, check_network, check_split, taken_by
from workbench.nets.execution import execute
from workbench.nets.hardware import Hardware, grad_mode_kept, settle
from workbench.nets.masks import Mask
from workbench.nets.weights import Weights, check_fits, lent
from workbench.work import progress, rules

BATCH = 1000  # images at once; a fixed number, so that the same network gives the same bits
FEW = 100  # images that are taken at once whatever the network
MEMORY = 2**28  # bytes of one layer's answers at once: 64 channels of 32×32 pixels take 1000 images, of 112×112 take 83


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

    Each example counts once, whatever the last batch's size. With a mask, `hardware.execution` may be other than dense
    (`nets/execution.py`). Raises a ValueError for an empty split, for weights of another model, for a mask that does
    not fit.
    """
    if mask is not None:
        check_network(model, weights, mask)
        weights = masks.apply(weights, mask)
    return evaluate_all(model, [weights], split, mask=mask, hardware=hardware)[0]


def evaluate_all(
    model: nn.Module,
    networks: Sequence[Weights],
    split: Split,
    *,
    mask: Mask | None = None,
    hardware: Hardware | None = None,
) -> list[Evaluation]:
    """Evaluate the model with the weights of several networks, as `evaluate` does one by one, with the same bits.

    The images are prepared once for all of them, which is what a path or a plane of small networks costs otherwise.
    `mask` says where all of them are zero.
    """
    check_split(split)
    for weights in networks:
        check_fits(weights, model)
    rules.instance("hardware", hardware, (Hardware, type(None)), "a Hardware", "None takes what is best here")
    hardware = settle(model) if hardware is None else hardware
    execution = execute(model, mask, hardware)
    network = execution.network.eval()
    placed = [{name: place(t, hardware) for name, t in lent(weights, model).items()} for weights in networks]
    placed = [execution.pack(tensors) for tensors in placed]
    split = split.to(hardware.device)
    logits: list[list[Tensor]] = [[] for _ in networks]
    size = BATCH
    if networks and len(split) > FEW:
        few = place(split.normalise(split.images[:2]), hardware)
        size = at_once(network, few, lambda inputs: _forward(network, placed[0], inputs, hardware))
    with grad_mode_kept():
        for begin in range(0, len(split), size):
            end = min(begin + size, len(split))
            inputs = place(split.normalise(split.images[begin:end]), hardware)
            for i, weights in enumerate(placed):
                with taken_by(network, inputs):
                    logits[i].append(_forward(network, weights, inputs, hardware))
                if not begin:
                    check_logits(logits[i][0], inputs, split.labels, network)
                progress.report(begin * len(networks) + (i + 1) * (end - begin), len(split) * len(networks), "image")
    evaluations = [_evaluation(torch.cat(parts), split.labels) for parts in logits]
    for evaluation, weights in zip(evaluations, networks, strict=True):
        if math.isnan(evaluation.loss):
            check_finite(weights)
    return evaluations


def at_once(network: nn.Module, few: Tensor, forward: Callable[[Tensor], object]) -> int:
    """Return how many images are taken at once: `BATCH`, or as many as keep the answer of every layer within `MEMORY`.

    The sizes are read from one pass over a `few` inputs, never timed, so that the same network gives the same bits.
    """
    sizes = [few.nbytes]
    hooks = [
        m.register_forward_hook(lambda _, __, out: sizes.append(getattr(out, "nbytes", 0))) for m in network.modules()
    ]
    try:
        with taken_by(network, few):
            forward(few)
    finally:
        for hook in hooks:
            hook.remove()
    return min(BATCH, max(1, MEMORY * len(few) // max(sizes)))


def place(tensor: Tensor, hardware: Hardware) -> Tensor:
    """Put a tensor where the run happens: its device, and channels-last for the weights and images of convolutions."""
    tensor = tensor.to(hardware.device)
    return tensor.contiguous(memory_format=hardware.memory_format) if tensor.dim() == 4 else tensor


def _forward(network: nn.Module, weights: Weights, inputs: Tensor, hardware: Hardware) -> Any:
    device = torch.device(hardware.device).type
    with torch.no_grad(), torch.autocast(device, torch.bfloat16, enabled=hardware.precision == "bfloat16"):
        answer = functional_call(network, weights, (inputs,))
    return answer.float() if isinstance(answer, Tensor) else answer


def _evaluation(logits: Tensor, labels: Tensor) -> Evaluation:
    loss = float(functional.cross_entropy(logits.double(), labels))
    accuracy = int((logits.argmax(1) == labels).count_nonzero()) / len(labels)
    return Evaluation(accuracy, loss, logits.cpu())
