"""Gradient agreement: do mini-batches pull a network the same way? A cheap early signal of what data does to it.

After the authors' answer to reviewers of "Lottery Tickets on a Data Diet" (Paul et al. 2022): the mean over batches of
cos(g_b, mean of all g_b), 16 batches, in eval mode. Easy examples agree for longer than all.
"""

from __future__ import annotations

import torch
from torch import nn

from workbench.data.batches import Order
from workbench.data.data import Data
from workbench.nets.door import check_finite, check_network, check_training_data
from workbench.nets.weights import Weights
from workbench.training.steps import gradients
from workbench.work import progress, rules
from workbench.work.seeds import check_seed

MEMORY = 4 * 2**30  # bytes of gradients at once
MOST = 10_000  # batches, and images of one where the data are fewer: more are a slip


def agreement(
    model: nn.Module, weights: Weights, data: Data, *, batches: int = 16, batch_size: int = 128, seed: int = 0
) -> float:
    """Return the mean cosine between the gradient of each of some mini-batches and the mean of those gradients.

    In eval mode on un-augmented training images, in an order drawn from the seed. In [-1, 1]; 1 / sqrt(batches) where
    the gradients have nothing in common. Batches share examples where the data are fewer than all of them hold, and
    agree the more. Raises a ValueError for fewer than two batches.
    """
    check_network(model, weights)
    check_finite(weights)
    check_training_data(data)
    check_seed(seed)
    most = max(2, min(MOST, MEMORY // (4 * sum(parameter.numel() for parameter in model.parameters()))))
    rules.whole("batches", batches, least=2, most=most, way_on="it is between them that gradients agree; 16 are usual")
    rules.whole("batch_size", batch_size, least=1, most=max(len(data.train), MOST), way_on="128 is the usual one")
    order = Order(len(data.train), batch_size, seed)

    def flat(batch: int) -> torch.Tensor:
        slopes = gradients(model, weights, data, data.train.ids[order(batch)])
        progress.report(1, 1)
        return torch.cat([g.flatten() for g in slopes.values()])

    g_BW = torch.stack(list(progress.walk("batch", map(flat, range(batches)), batches)))
    return float(torch.nn.functional.cosine_similarity(g_BW, g_BW.mean(0, keepdim=True)).mean())
