"""Batch-norm's running statistics, wherever weights are mixed.

Mixed weights have other activations than either end, so that neither's statistics fit them; the treatment can change a
barrier by six times. Every analysis that mixes weights takes `batch_norm="average" | "recompute" | "keep"`.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from workbench.data.data import Split
from workbench.nets.door import check_network, check_split, taken_by
from workbench.nets.evaluation import BATCH, FEW, at_once
from workbench.nets.plain_module import for_training, private
from workbench.nets.weights import Weights, snapshot
from workbench.work import progress, rules

TREATMENTS = ("average", "recompute", "keep")


def treat_batch_norm(
    model: nn.Module, mixed: Weights, *, batch_norm: str, first: Weights, train: Split | None
) -> Weights:
    """Return mixed weights with the batch-norm statistics that are to be evaluated.

    `batch_norm` is "average" (mixed like everything else, a variance never below zero), "keep" (those of the `first`
    network) or "recompute" (taken anew on the training images `train`). Integer buffers come from `first`.
    """
    buffers = [name for name, _ in model.named_buffers() if name in mixed]
    rules.choice("batch-norm treatment", batch_norm, TREATMENTS)
    rules.instance("train", train, (Split, type(None)), "training images, or None", "data.train are some")
    if batch_norm == "keep":
        return mixed | {name: first[name] for name in buffers}
    mixed = mixed | {name: first[name] for name in buffers if not first[name].is_floating_point()}
    mixed |= {name: mixed[name].clamp(min=0) for name in buffers if name.endswith("running_var")}
    if batch_norm == "average":
        return mixed
    if train is None or not len(train):
        raise ValueError('batch_norm="recompute" needs training images, and there are none; pass train=data.train')
    return recompute_batch_norm(model, mixed, train)


@torch.no_grad()
def recompute_batch_norm(model: nn.Module, weights: Weights, split: Split, *, examples: int = 2000) -> Weights:
    """Return the weights with batch-norm statistics taken anew: the mean over batches of training images, by size.

    Mixed weights have other activations than either end, so that neither's statistics fit them (Jordan et al. 2023).
    Raises a ValueError for fewer than two images, which have no variance.
    """
    check_network(model, weights)
    check_split(split, to="take statistics of")
    rules.whole("examples", examples, least=1, way_on="2000 are usual")
    network = private(model)
    network.load_state_dict(weights)
    for_training(network)
    norms = [m for m in network.modules() if isinstance(m, nn.modules.batchnorm._BatchNorm) and m.training]
    theirs = {id(buffer) for norm in norms for buffer in norm.buffers()}
    others = {
        name: buffer.clone()
        for name, buffer in network.named_buffers()
        if id(buffer) not in theirs and buffer.is_floating_point() and ".parametrizations." not in f".{name}"
    }
    of = min(examples, len(split)) if norms or others else 0
    if of == 1:
        raise ValueError("batch-norm's statistics are those of two images at least, got 1; 2000 are usual")
    measured = private(model).eval()
    size = at_once(measured, split.inputs(torch.arange(min(2, of))), measured) if of > FEW else BATCH
    for norm in norms:
        norm.reset_running_stats()
        norm.register_forward_pre_hook(_weigh)
    for begin, end in _batches(of, size):
        images = split.inputs(torch.arange(begin, end))
        with taken_by(network, images):
            network(images)
        if changed := [name for name, old in others.items() if not torch.equal(network.get_buffer(name), old)]:
            given = f"{changed[0]}, which training changes, is no statistic of torch's batch-norm"
            raise ValueError(f'batch_norm="recompute" is of torch\'s batch-norm, and {given}; take "average" or "keep"')
        with progress.within("batch-norm", 0):
            progress.report(end, of, "image")
    return snapshot(network)


def _weigh(norm: Any, inputs: tuple[Tensor, ...]) -> None:
    """Give what comes its share of all that the norm has seen, so that the running mean is the plain one."""
    norm.seen = getattr(norm, "seen", 0) + len(inputs[0])
    norm.momentum = len(inputs[0]) / norm.seen


def _batches(of: int, size: int) -> list[tuple[int, int]]:
    """Return where batches begin and end; one image alone, which has no variance, joins the batch before it."""
    ends = [end for end in range(size, of, size) if of - end > 1]
    return list(zip([0, *ends], [*ends, of], strict=True)) if of else []
