"""Batch-norm's running statistics, wherever weights are mixed.

Mixed weights have other activations than either end, so that neither's statistics fit them; the treatment can change a
barrier by six times. Every analysis that mixes weights takes `batch_norm="average" | "recompute" | "keep"`.
"""

from __future__ import annotations

import torch
from torch import nn

from workbench.data.data import Split
from workbench.nets.door import check_network, check_split, taken_by
from workbench.nets.evaluation import BATCH
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
    """Return the weights with batch-norm statistics taken anew: the plain mean over batches of training images.

    Mixed weights have other activations than either end, so that neither's statistics fit them (Jordan et al. 2023).
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
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None  # the plain mean over the batches that follow
    of = min(examples, len(split)) if norms or others else 0
    for begin in range(0, of, BATCH):
        images = split.inputs(torch.arange(begin, min(begin + BATCH, len(split))))
        with taken_by(network, images):
            network(images)
        if changed := [name for name, old in others.items() if not torch.equal(network.get_buffer(name), old)]:
            given = f"{changed[0]}, which training changes, is no statistic of torch's batch-norm"
            raise ValueError(f'batch_norm="recompute" is of torch\'s batch-norm, and {given}; take "average" or "keep"')
        with progress.within("batch-norm", 0):
            progress.report(min(begin + BATCH, of), of)
    return snapshot(network)
