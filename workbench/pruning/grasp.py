"""GraSP: keep the weights whose removal would cost the gradient flow most, by a Hessian-gradient product.

Wang et al. 2020, "Picking Winning Tickets Before Training by Preserving Gradient Flow", section 4; the authors' code
(alecwangcq/GraSP) was read. A step along the gradient g lowers the loss by ‖g‖², the *gradient flow*. Removing the
weight q moves the weights by δ = -w_q e_q, and the flow to first order by 2 δᵀHg = -2 w_q (Hg)_q, H being the Hessian.
The paper calls S_q = -w_q (Hg)_q the score of q and removes the *largest* first: those without which gradients would
flow best. So what is kept here is the largest of

    s_q = -S_q = w_q (Hg)_q

half of what the flow would lose with q. Its sign counts: a weight of negative saliency stands in the gradient's way.
"""

from __future__ import annotations

from torch import nn

from workbench.data.data import Data
from workbench.nets.masks import Mask
from workbench.nets.weights import Weights
from workbench.pruning.first_batches import FirstBatches


def grasp(
    model: nn.Module,
    weights: Weights,
    data: Data,
    *,
    density: float,
    batches: int = 2,
    batch_size: int = 125,
    temperature: float = 200.0,
    mask: Mask | None = None,
    seed: int = 0,
    invert: bool = False,
) -> Mask:
    """Keep the weights of largest w · Hg, exactly round(density × prunable): those that gradient flow needs most.

    g and H are of the mean cross-entropy of `batches` batches, with the logits divided by `temperature`, and of the
    prunable weights that `mask` keeps alone. The defaults are the authors': 25 images for each of ten classes, in two
    halves (here as they come, where they draw equally many of a class), and a temperature of 200. Batches, norms,
    `mask`, `invert`, ties and errors are as in `snip`; the cost is two passes forward and three backward a batch.
    """
    options = {"density": density, "batches": batches, "batch_size": batch_size, "seed": seed, "invert": invert}
    losses = FirstBatches(model, weights, data, mask, **options, temperature=temperature)
    flow = [g * losses.mask[name].to(g.device) for name, g in zip(losses.leaves, losses.mean_gradients(), strict=True)]
    products = losses.mean_gradients(along=flow)
    return losses.keep([w * product for w, product in zip(losses.leaves.values(), products, strict=True)])
