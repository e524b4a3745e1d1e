"""SNIP: keep the weights whose removal would change the loss most, by one gradient before training.

Lee et al. 2019, "SNIP: Single-shot Network Pruning based on Connection Sensitivity", section 4 (recalled, not
verified). With a mask c in front of the weights, L(c ∘ w), the derivative by c at c = 1 is g ∘ w:

    s_q = |∂L/∂c_q| = |g_q · w_q|

It is taken globally, over all layers together; nothing keeps a layer from being emptied (`wb.live_paths` tells).
"""

from __future__ import annotations

from torch import nn

from workbench.data.data import Data
from workbench.nets.masks import Mask
from workbench.nets.weights import Weights
from workbench.pruning.first_batches import FirstBatches


def snip(
    model: nn.Module,
    weights: Weights,
    data: Data,
    *,
    density: float,
    batches: int = 1,
    batch_size: int = 128,
    mask: Mask | None = None,
    seed: int = 0,
    invert: bool = False,
) -> Mask:
    """Keep the weights of largest |g · w|, exactly round(density × prunable), g being the mean gradient of the batches.

    Each batch costs one pass forward and one backward. The batches are those that a training of this seed begins with,
    un-augmented; norms take the batch's statistics and the caller's stay as they are (in eval mode an untrained
    network is scored with statistics that fit nothing). The loss is the cross-entropy. `mask` is what may be kept
    (default: all that is prunable): the gradient is then that of the masked network. `invert=True` is the control,
    which keeps the smallest. Ties are broken by the seed. Raises a ValueError for an option out of range, and where the
    loss is not finite.
    """
    options = {"density": density, "batches": batches, "batch_size": batch_size, "seed": seed, "invert": invert}
    losses = FirstBatches(model, weights, data, mask, **options)
    gradients = losses.mean_gradients()
    return losses.keep([(g * w).abs() for g, w in zip(gradients, losses.leaves.values(), strict=True)])
