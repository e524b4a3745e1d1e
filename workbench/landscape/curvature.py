"""How curved the loss is around a network, and what that foretells of how much can be pruned.

One value holds what `workbench.landscape.spectrum` computes, of the whole network or of a layer. The prediction is that
of "Unmasking the Lottery Ticket Hypothesis" (Paul et al. 2023), after Larsen et al. 2022, "How many degrees of freedom
do we need to train deep networks". Both are recalled, not verified: formulas, ε and distance are to be checked against
the papers.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Float, Float64, Int64
from torch import Tensor, nn

from workbench.data.data import Data
from workbench.landscape.eigenvalues import top_eigenvalues
from workbench.landscape.hessian import Hessian, Loss, hessian
from workbench.landscape.spectrum import check_draws, check_lanczos, spectral_density, trace
from workbench.nets import masks
from workbench.nets.door import check_finite, check_keeps, check_network, check_prunable
from workbench.nets.masks import Mask
from workbench.nets.weights import Weights
from workbench.training.losses import CrossEntropy
from workbench.work import progress, rules


@dataclass(frozen=True, eq=False)
class Curvature:
    """The curvature of the mean loss at a network, on D = `dimension` of its surviving weights.

    `eigenvalues` are the k largest, the largest first; `trace` is an estimate and `trace_error` its standard error.
    `grid` and `values` are the spectral density, which integrates to 1; `nodes_RM` and `weights_RM` the quadrature it
    comes from (R repeats of M nodes). `loss` is the mean loss itself, in nats, over `examples` of `split`; `layer` says
    of what ("all", or a name).
    """

    layer: str
    dimension: int
    loss: float
    examples: int
    split: str
    eigenvalues: Float64[Tensor, " k"]
    trace: float
    trace_error: float
    grid: Float64[Tensor, " G"]
    values: Float64[Tensor, " G"]
    nodes_RM: Float64[Tensor, "R M"]
    weights_RM: Float64[Tensor, "R M"]

    def __repr__(self) -> str:
        top = f"top_eigenvalue={float(self.eigenvalues[0]):.4g}"
        trace = f"trace={self.trace:.4g} ± {self.trace_error:.2g}"
        return f"Curvature({self.layer}: {top}, {trace}, dimension={self.dimension}, loss={self.loss:.4f})"

    def local_dimension(self, epsilon: float, distance: float) -> float:
        """Return `local_dimension` of all D eigenvalues, by the quadrature of their density.

        It rests on the many eigenvalues near zero, which Lanczos runs separate slowly, and is too low while they do
        not. Of a network of 1944 weights the exact share at ε = 0.05 and R = 3 was 0.89, and 0.69 by 20 steps, 0.83 to
        0.89 by 40, 0.88 to 0.89 by 100; at R = 10 it was 0.79, and 0.2, 0.45 to 0.72, 0.66 to 0.79.
        """
        counts = self.weights_RM * self.dimension / len(self.weights_RM)
        return local_dimension(self.nodes_RM, epsilon, distance, counts=counts)


def curvature(
    model: nn.Module,
    weights: Weights,
    data: Data,
    *,
    split: str = "train",
    examples: int | Int64[Tensor, " some"] | None = 1000,
    mask: Mask | None = None,
    layers: Collection[str] | None = None,
    loss: Loss = CrossEntropy(),  # noqa: B008 (frozen)
    k: int = 10,
    draws: int = 30,
    steps: int = 100,
    repeats: int = 2,
    seed: int = 0,
) -> Curvature:
    """Measure the curvature of the mean loss at `weights`: k largest eigenvalues, trace, spectral density.

    `split`, `examples`, `mask`, `layers` and `loss` are those of `hessian`; `k`, `draws`, `steps` and `repeats` those
    of `top_eigenvalues` (less where there are fewer weights), `trace` and `spectral_density`: about 3k + `draws` +
    `steps` × `repeats` products, each of the cost of a few training passes over the examples. Everything random comes
    from `seed`. The caller's model is not touched; errors are those of the four functions.
    """
    rules.whole("k", k, least=1, way_on="10 is the default")
    check_draws(draws)
    check_lanczos(steps, repeats)
    H = hessian(model, weights, data, split=split, examples=examples, mask=mask, layers=layers, loss=loss, seed=seed)
    costs = 3 * k, draws, steps * repeats  # products
    with progress.within("eigenvalues", 0, costs):
        eigenvalues = top_eigenvalues(H, k=min(k, H.dimension), seed=seed)
    with progress.within("trace", 1, costs):
        estimate = trace(H, draws=draws, seed=seed)
    with progress.within("density", 2, costs):
        spectrum = spectral_density(H, steps=steps, repeats=repeats, seed=seed)
    with progress.within("loss", 0):
        mean = H.mean_loss()
    return Curvature(
        layer=_label(H, layers),
        dimension=H.dimension,
        loss=mean,
        examples=H.examples,
        split=split,
        eigenvalues=eigenvalues,
        trace=estimate.trace,
        trace_error=estimate.error,
        **vars(spectrum),
    )


def curvature_by_layer(
    model: nn.Module, weights: Weights, data: Data, *, mask: Mask | None = None, **options: Any
) -> Iterator[Curvature]:
    """Yield the curvature of each layer by itself, every other weight held: those that `mask` names (default: all).

    A layer that lost every weight is left out. The options are those of `curvature`.
    """
    check_network(model, weights, mask)
    if mask is not None:
        check_keeps(mask)
    names = [name for name, kept in (masks.full(model) if mask is None else mask).items() if bool(kept.any())]
    curvatures = (curvature(model, weights, data, mask=mask, layers=(name,), **options) for name in names)
    yield from progress.walk("layer", curvatures, len(names))


def _label(H: Hessian, layers: Collection[str] | None) -> str:
    return "all" if layers is None else next(iter(layers)) if len(layers) == 1 else f"{len(H.names)} weights"


def local_dimension(
    eigenvalues: Float[Tensor, " *D"], epsilon: float, distance: float, *, counts: Float[Tensor, " *D"] | None = None
) -> float:
    """Return the local angular dimension Σ_j r_j² / (R² + r_j²), with r_j = √(2ε / |λ_j|): between 0 and D.

    The set where the loss has risen by at most ε (`epsilon`, nats) is taken as an ellipsoid of radii r_j around the
    solution; seen from a distance R it has so many dimensions. A random subspace at that distance, of more than D minus
    that many dimensions, hits it with high probability (recalled, not verified). `counts` says how many eigenvalues
    each stands for. What it leaves out: the solution's own gradient, everything beyond the second order, negative
    curvature (its size is taken), and that pruned subspaces are not random. Raises a ValueError for an ε or a distance
    out of range.
    """
    epsilon = rules.number("epsilon", epsilon, above=0, way_on="the loss may rise so much; 0.05 is small")
    distance = rules.number("distance", distance, least=0, most=1e100, way_on="from the solution to the subspace")
    for name, numbers in (("eigenvalues", eigenvalues), ("counts", eigenvalues if counts is None else counts)):
        if not isinstance(numbers, Tensor) or numbers.shape != eigenvalues.shape or not bool(numbers.isfinite().all()):
            raise rules.refused(
                name, "a tensor of finite numbers, one an eigenvalue", numbers, "top_eigenvalues gives some"
            )
    if counts is not None and bool((counts < 0).any()):
        raise ValueError("counts must be at least 0, how many eigenvalues each stands for; leave them out for one each")
    share = 2 * epsilon / (distance**2 * eigenvalues.double().abs() + 2 * epsilon)  # r² / (R² + r²), also at λ = 0
    return float((share if counts is None else share * counts).sum())


@dataclass(frozen=True)
class Prediction:
    """How much can be pruned at once, as foretold: a `share` of the D surviving weights, and what it rests on."""

    share: float
    distance: float
    epsilon: float
    dimension: int


def prunable_share(found: Curvature, weights: Weights, mask: Mask, *, epsilon: float = 0.05) -> Prediction:
    """Foretell the largest share of the surviving weights that can be pruned at once, by size, and retrained to match.

    Pruning the m smallest of D weights leaves the span of the others: a subspace of D - m dimensions, at the distance
    R(m) = √(sum of their squares) from the solution. It still meets the set of low loss as long as m is at most
    d(m) = Σ_j r_j² / (R(m)² + r_j²), the `local_dimension` seen from there. R grows with m and d falls, so there is one
    largest m. `found` must be the curvature on exactly these weights: `curvature(…, mask=mask, layers=tuple(mask))`.

    To be read with care. The criterion is recalled, not verified, and is one for random subspaces, where these are
    chosen so that R is small; ε, a rise of the mean loss in nats, is ours (the paper's is not known here); and the
    eigenvalues near zero decide, which take some 100 steps to be told apart (`Curvature.local_dimension`).
    """
    rules.instance("found", found, Curvature, "a Curvature", "wb.landscape.curvature(…) gives one")
    check_prunable(weights, mask)
    check_finite(weights)
    alive = torch.cat([weights[name][mask[name]].double().cpu().abs() for name in mask])
    if len(alive) != found.dimension:
        raise ValueError(
            f"the curvature is of {found.dimension} weights, the mask keeps {len(alive)}; "
            "measure it with mask=mask, layers=tuple(mask)"
        )
    distances = torch.cat([torch.zeros(1), alive.sort().values.square().cumsum(0).sqrt()]).tolist()
    low, high = 0, len(alive)  # m = low holds; binary search for the last that does
    while low < high:
        middle = (low + high + 1) // 2
        if middle <= found.local_dimension(epsilon, distances[middle]):
            low = middle
        else:
            high = middle - 1
    return Prediction(low / len(alive), distances[low], epsilon, len(alive))
