"""Pruning of neurons alone: without the block mask a kept filter is a random feature, and the price is exponential.

A hidden filter ReLU(u_f · x) that reads all channels is no multiple of any of them, so that nothing is left of the
subset sum of kernels: one chooses features whose sum is near the layer's outputs on inputs that were seen. One neuron
to within ε takes Ω(1/ε) hidden ones, where pruning of single weights takes O(log 1/ε) (Ferré, Giroire, Mallmann-Trenn
& Natale 2026, "Structured vs. Unstructured Pruning: An Exponential Gap"; by its abstract, not verified).
"""

from __future__ import annotations

import numpy as np
import torch
from jaxtyping import Bool, Float
from torch import Tensor

from workbench.strong.flips import descend
from workbench.strong.pair import dense_block, draw_block
from workbench.strong.target import Shape
from workbench.work.memory import check_room
from workbench.work.seeds import number


def nearest_neurons(
    shape: Shape,
    kernel: Float[Tensor, "outputs blocks height width"],
    inputs: Float[Tensor, "patches blocks height width"],
    *,
    index: int,
    candidates: int,
    scale: float,
    seed: int,
) -> tuple[Bool[Tensor, "blocks candidates"], float]:
    """Return which hidden filters to keep, and the error of the outputs on `inputs`, relative in l2.

    Found by pair flips from a rounded ridge regression, from no filter, and from one at random, of which the best is
    taken; so an upper bound on the best there is. Raises a ValueError where there is no memory for the features.
    """
    size = 8 * shape.blocks * candidates * len(inputs) * shape.outputs
    check_room(f"the filters of {shape.name!r} on patches", size, "take a smaller ratio, or a structure with blocks")
    inputs, features = inputs.double(), []
    wanted = torch.einsum("pchw,ochw->po", inputs, kernel).flatten().numpy()
    for j in range(shape.blocks):
        U = dense_block(shape, j, index=index, candidates=candidates, seed=seed).double()
        _, V = draw_block(shape, j, index=index, candidates=candidates, scale=scale, seed=seed)
        hidden = torch.einsum("fc,pchw->fphw", U, inputs).relu()
        features.append(torch.einsum("fphw,fohw->fpo", hidden, V.double()).flatten(1))
    Y = torch.cat(features).T.numpy()
    rows = Y @ Y.T
    rows[np.diag_indices_from(rows)] += 1e-3 * rows.trace() / len(rows)
    middle = np.full(Y.shape[1], 0.5)
    start = middle + Y.T @ np.linalg.solve(rows, wanted - Y @ middle)
    rng = np.random.default_rng(number(seed, "neurons", index))
    start = start.clip(0.0, 1.0)
    starts = [np.round(start), np.zeros_like(start), (rng.random(len(start)) < start).astype(np.float64)]
    ends = [descend(Y, wanted, x, rng) for x in starts]
    errors = [float(np.linalg.norm(Y @ x - wanted) / (np.linalg.norm(wanted) or 1.0)) for x in ends]
    best = int(np.argmin(errors))
    return torch.from_numpy(ends[best] > 0.5).view(shape.blocks, candidates), errors[best]
