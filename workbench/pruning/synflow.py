"""SynFlow: keep the weights that most flows through, found round by round and without any data.

Tanaka et al. 2020, "Pruning Neural Networks Without Any Data by Iteratively Conserving Synaptic Flow", algorithm 1; the
authors' code (ganguli-lab/Synaptic-Flow) was read. With |w| for every weight and an image of ones, R is the sum of the
outputs, and

    s_q = |∂R/∂|w_q| · |w_q||

is the flow through q. A layer's scores add up to the same as its neighbour's, so that a layer of few weights has large
ones: pruned a little at a time, to density^(k/rounds) in round k, none is emptied before all would be, but one that
others go around (a shortcut's convolution) may be.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn

from workbench.data.data import Data
from workbench.nets import masks
from workbench.nets.door import check_data, check_finite, check_network
from workbench.nets.flow import Flow
from workbench.nets.hardware import settle
from workbench.nets.masks import Mask
from workbench.nets.weights import Weights
from workbench.work import progress, rules
from workbench.work.seeds import check_seed

MOST = 100_000  # rounds: more are a slip


def synflow(
    model: nn.Module,
    weights: Weights,
    data: Data,
    *,
    density: float,
    rounds: int = 100,
    mask: Mask | None = None,
    seed: int = 0,
    invert: bool = False,
) -> Mask:
    """Keep the weights of largest synaptic flow, in `rounds` rounds down to exactly round(density × prunable).

    Of `data` the shape of an image is taken, and nothing else. As in the authors' code every parameter is replaced by
    its magnitude, those of norms too, and norms are in eval mode, where a fresh one passes on what comes; but biases
    and running means are 0, so that R is what flows from input to output alone, and norms that take the statistics of
    what comes in (layer-norm, group-norm) multiply by their weights alone. Always in float64, as deep networks need.

    `mask` is what may be kept (default: all that is prunable): the rounds go from its density on. What one round
    removes has no flow in the next, and never comes back. `invert=True` is the control: every round removes the
    *largest*. Ties, and weights that nothing flows through, are broken by the seed. Raises a ValueError for an option
    out of range, for a flow beyond float64, and for a model that no flow can be followed through (`wb.live_paths`).
    """
    check_network(model, weights)
    check_finite(weights)
    check_data(data)
    check_seed(seed)
    rules.whole("rounds", rounds, least=1, most=MOST, way_on="100 are the paper's")
    rules.flag("invert", invert, "True is the control, which removes the largest")
    kept = masks.allowed(model, mask)
    counts = _counts(kept, density, rounds)
    way_on = "magnitude and snip score any network"
    flow = Flow(model, data.shape, way_on=way_on, device=settle(model).device)
    tensors = flow.tensors({name: tensor.detach() for name, tensor in weights.items()})
    for done, count in enumerate(counts, 1):
        leaves = {n: (tensors[n] * kept[n].to(tensors[n].device)).requires_grad_() for n in kept}
        with torch.enable_grad():
            slopes = torch.autograd.grad(flow(tensors | leaves), list(leaves.values()), materialize_grads=True)
        saliency = {n: slope * leaves[n].detach() for n, slope in zip(leaves, slopes, strict=True)}
        if not all(bool(values.isfinite().all()) for values in saliency.values()):
            raise ValueError(
                "the flow is beyond float64: the weights are too large for so deep a network; scale them down"
            )
        ranked = {n: (-values if invert else values).cpu() for n, values in saliency.items()}
        kept = masks.keep_largest(ranked, kept, count, seed=seed)
        progress.report(done, rounds, "round")
    return kept


def _counts(mask: Mask, density: float, rounds: int) -> Sequence[int]:
    """Count what each round keeps: m (density / m)^(k / rounds) of all, m being the mask's density."""
    last, begin, total = masks.survivors(mask, density), masks.density(mask), masks.total(mask)
    counts = [round(total * begin * (density / begin) ** (k / rounds)) for k in range(1, rounds)]
    return [*(min(max(count, last), masks.kept(mask)) for count in counts), last]
