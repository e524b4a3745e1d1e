"""What the products of a Hessian tell of all its eigenvalues: their sum with an error, how they are spread.

Spectra of networks: Sagun et al. 2017; Ghorbani et al. 2019. The trace comes from Hutchinson's estimator
(1990), the density from Lanczos quadrature (Ubaru et al. 2017; Papyan 2020, appendix D).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Float, Float64
from torch import Tensor

from workbench.landscape.hessian import Hessian
from workbench.numbers import intervals
from workbench.work import progress, rules
from workbench.work.seeds import check_seed, generator

MOST = 1000  # repeats: more are a slip
MEMORY = 4 * 2**30  # bytes of Lanczos vectors at once
KAPPA, MARGIN, POINTS = 3.0, 0.05, 256  # of the density's bumps and grid: Papyan 2020, section D.2


@dataclass(frozen=True)
class Trace:
    """An estimate of a trace: its mean over `draws` vectors, the standard error of that, and its 95 % t interval."""

    trace: float
    error: float
    low: float
    high: float
    draws: int


@dataclass(frozen=True, eq=False)
class Spectrum:
    """The spectral density: `values` at `grid`, which integrate to 1, and the quadrature they come from.

    Σ f(λ) over all D eigenvalues is about D times the mean over R repeats of Σ_M weights_RM · f(nodes_RM).
    """

    grid: Float64[Tensor, " G"]
    values: Float64[Tensor, " G"]
    nodes_RM: Float64[Tensor, "R M"]
    weights_RM: Float64[Tensor, "R M"]


def trace(H: Hessian, *, draws: int = 30, seed: int = 0) -> Trace:
    """Estimate the trace as the mean of vᵀ H v over `draws` vectors of random signs (Hutchinson 1990).

    Without bias; its error is the standard error of that mean. Where there are no more weights than draws it is exact.
    """
    check(H)
    check_seed(seed)
    check_draws(draws)
    if H.dimension <= draws:
        exact = float(dense(H).trace())
        return Trace(exact, 0.0, exact, exact, H.dimension)
    products = Counted(H, draws)
    vectors = (H.random(seed, "trace", i) for i in range(draws))
    estimate = intervals.mean([float(v.double() @ products(v).double()) for v in vectors])
    from scipy.special import stdtrit

    error = (estimate.high - estimate.mean) / float(stdtrit(draws - 1, 0.975))
    return Trace(estimate.mean, error, estimate.low, estimate.high, draws)


def spectral_density(H: Hessian, *, steps: int = 100, repeats: int = 2, seed: int = 0) -> Spectrum:
    """Estimate how the D eigenvalues are spread, by Lanczos quadrature: `repeats` times `steps` products.

    A run of the Lanczos method from a random vector gives `steps` nodes and weights, a Gauss quadrature of the density;
    bumps of the width of one node's share of the range make a curve of them. The ends of the spectrum are sharp, its
    inside is smoothed; the height of an outlier says little below a few D-ths. All vectors are kept and each new one is
    made orthogonal to them twice, so that no eigenvalue shows a second time as a ghost. Raises a ValueError where the
    vectors do not fit memory.
    """
    check(H)
    check_seed(seed)
    check_lanczos(steps, repeats)
    steps = min(steps, H.dimension)
    if (size := steps * H.dimension * H.like.itemsize) > MEMORY:
        most = MEMORY // (H.dimension * H.like.itemsize)
        raise ValueError(f"{steps} vectors of {H.dimension} weights take {size / 2**30:.1f} GiB; take steps={most}")
    products = Counted(H, steps * repeats)
    runs = [_lanczos(H, products, steps, seed, repeat) for repeat in range(repeats)]
    nodes_RM = torch.stack([nodes for nodes, _ in runs])
    weights_RM = torch.stack([weights for _, weights in runs])
    return Spectrum(*_smoothed(nodes_RM, weights_RM), nodes_RM, weights_RM)


def check_draws(draws: int) -> None:
    """Raise a ValueError unless a trace can be estimated, and its error, from so many draws."""
    rules.whole("draws", draws, least=intervals.LEAST, way_on="fewer have no error; 30 is usual")


def check_lanczos(steps: int, repeats: int) -> None:
    """Raise a ValueError unless a density can be estimated by so many steps, so many times."""
    rules.whole("steps", steps, least=2, way_on="100 do")
    rules.whole("repeats", repeats, least=1, most=MOST, way_on="2 do")


def check(H: Hessian) -> None:
    """Raise a ValueError unless it is a Hessian."""
    rules.instance("H", H, Hessian, "a Hessian", "wb.landscape.hessian(model, weights, data) gives one")


def _lanczos(H: Hessian, products: Counted, steps: int, seed: int, repeat: int) -> tuple[Tensor, Tensor]:
    """Return the nodes and weights of one Lanczos run, fully re-orthogonalised."""
    q = H.random(seed, "spectrum", repeat)
    Q = q.new_zeros(steps, H.dimension)
    Q[0] = q / q.norm()
    T = torch.zeros(steps, steps, dtype=torch.float64)
    for j in range(steps):
        r = products(Q[j])
        T[j, j] = float(r @ Q[j])
        r = _orthogonal(r, Q[: j + 1])
        if j + 1 == steps:
            break
        beta = float(r.norm())
        if beta <= 100 * torch.finfo(Q.dtype).eps * float(T.abs().max()):  # the space is exhausted: begin a new one
            draw = torch.randn(H.dimension, generator=generator(seed, f"spectrum {j + 1}", repeat))
            r, beta = _orthogonal(draw.to(Q), Q[: j + 1]), 0.0
        Q[j + 1] = r / r.norm()
        T[j, j + 1] = T[j + 1, j] = beta
    nodes, vectors = torch.linalg.eigh(T)
    return nodes, vectors[0] ** 2


def _orthogonal(r: Tensor, Q: Tensor) -> Tensor:
    for _ in range(2):  # twice is enough (Kahan; Parlett 1998, section 6.9)
        r = r - Q.T @ (Q @ r)
    return r


def _smoothed(nodes_RM: Tensor, weights_RM: Tensor) -> tuple[Tensor, Tensor]:
    """Return a grid and the density on it, a Gaussian bump for every node."""
    low, high = float(nodes_RM.min()), float(nodes_RM.max())
    width = (high - low) or max(abs(high), 1.0) * 1e-6
    low, high = low - MARGIN * width, high + MARGIN * width
    sigma = (high - low) / max(nodes_RM.shape[1] - 1, 1) / math.sqrt(8 * math.log(KAPPA))
    grid = torch.linspace(low - 3 * sigma, high + 3 * sigma, POINTS, dtype=torch.float64)
    return grid, smoothed(grid, nodes_RM, weights_RM, sigma)


def smoothed(
    grid: Float64[Tensor, " G"],
    nodes_RM: Float64[Tensor, "R M"],
    weights_RM: Float64[Tensor, "R M"],
    sigma: float | Tensor,
) -> Float64[Tensor, " G"]:
    """Return the density at the points of a grid: a Gaussian bump of the deviation `sigma` for every node."""
    bumps = torch.exp(-(((grid[:, None, None] - nodes_RM) / sigma) ** 2) / 2) / (sigma * math.sqrt(2 * math.pi))
    return (bumps * weights_RM).sum((1, 2)) / len(nodes_RM)


def even(spectra: Sequence[Any], points: int) -> Float64[Tensor, " points"]:
    """Return so many places, evenly from a little below the least node of some spectra to a little above all."""
    nodes = torch.cat([one.nodes_RM.flatten() for one in spectra])
    low, high = float(nodes.min()), float(nodes.max())
    margin = 0.03 * ((high - low) or abs(high) or 1.0)
    return torch.linspace(low - margin, high + margin, points, dtype=torch.float64)


def dense(H: Hessian) -> Float[Tensor, "D D"]:
    """Return the whole matrix, by D products; made symmetric, which it is but for rounding."""
    products = Counted(H, H.dimension)
    rows = torch.stack([products(row) for row in torch.eye(H.dimension)]).double().cpu()
    return (rows + rows.T) / 2


class Counted:
    """The product of a Hessian, each at its place in the progress; `of` is how many are expected."""

    def __init__(self, H: Hessian, of: int) -> None:
        self.H, self.of, self.count = H, of, 0

    def __call__(self, vector: Tensor) -> Tensor:
        place, self.count = self.count, self.count + 1
        with progress.within("product", place, max(self.of, place + 1)):
            return self.H.product(vector.to(self.H.like))
