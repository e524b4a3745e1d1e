"""The outermost eigenvalues of a Hessian, by scipy's ARPACK: products with vectors alone, a bounded number of them."""

from __future__ import annotations

import contextlib
import functools
import inspect
from typing import Any

import torch
from jaxtyping import Float64
from torch import Tensor

from workbench.landscape.hessian import Hessian
from workbench.landscape.spectrum import Counted, check, dense
from workbench.work import rules
from workbench.work.seeds import check_seed

WHICH = {"largest": "LA", "smallest": "SA", "magnitude": "LM"}
SIGNS = {"largest": (1,), "smallest": (-1,), "magnitude": (1, -1)}
RESTARTS = (30, 200)  # of ARPACK, each of about k products: relative to each eigenvalue's own size, then to the largest
LEAST = 1e-12  # of a tolerance: a smaller one is not reached


def top_eigenvalues(
    H: Hessian, *, k: int = 10, which: str = "largest", tolerance: float = 1e-3, seed: int = 0
) -> Float64[Tensor, " k"]:
    """Return k eigenvalues from one end of the spectrum, the outermost first.

    `which` is "largest", "smallest" (the most negative) or "magnitude". Each is within `tolerance` times its own size
    (ARPACK's implicitly restarted Lanczos method, from a start drawn from the seed), or, where some are too near zero
    for that, within `tolerance` times the largest size of any; where D is small all are computed by D products. An
    eigenvalue that is there several times may be found fewer times. Most take 3k products; raises a ValueError that
    tells how many where they do not settle in 200 restarts of about k, and one for more eigenvalues than there are.
    """
    from scipy.sparse.linalg import ArpackNoConvergence

    check(H)
    check_seed(seed)
    rules.choice("end of the spectrum", which, WHICH)
    rules.whole("k", k, least=1, most=H.dimension, way_on=f"there are {H.dimension} weights; 10 is the default")
    rules.number("tolerance", tolerance, least=LEAST, below=1, way_on="0.001 is the default")
    if max(2 * k + 1, 20) >= H.dimension:
        return _outermost(torch.linalg.eigvalsh(dense(H)), k, which)
    products = Counted(H, 2 * max(2 * k + 1, 20))
    find = functools.partial(_arpack, H, products, seed=seed)
    with contextlib.suppress(ArpackNoConvergence):
        return _outermost(find(k, WHICH[which], tolerance), k, which)
    try:  # all of ±H + ‖H‖ at this end are of the size of ‖H‖, and so is what ARPACK then allows them
        norm = float(find(1, "LM", 0.01).abs())
        ends = [sign * (find(k, "LA", tolerance / 2, sign, norm) - norm) for sign in SIGNS[which]]
    except ArpackNoConvergence as error:
        settled = len(error.eigenvalues)
        given = f"{settled} of {k} eigenvalues settled within {tolerance} of the largest by {products.count} products"
        raise ValueError(f"{given}; take k={max(settled, 1)}, or a larger tolerance") from None
    return _outermost(torch.cat(ends), k, which)


def _arpack(
    H: Hessian,
    products: Counted,
    k: int,
    which: str,
    tolerance: float,
    sign: int = 1,
    shift: float = 0.0,
    *,
    seed: int,
) -> Tensor:
    """Return k eigenvalues of ± H + shift · I; a scipy error where they do not settle."""
    import numpy as np
    from scipy.sparse.linalg import ArpackError, LinearOperator, eigsh

    def multiply(x: Any) -> Any:
        x = np.array(x).reshape(-1)
        product = products(torch.from_numpy(x)).double().cpu().numpy()
        return sign * product + shift * x if shift else product

    start = H.random(seed, "eigenvalues").double().cpu().numpy()
    options = {"ncv": max(2 * k + 1, 20), "tol": tolerance, "return_eigenvectors": False}
    options["maxiter"] = RESTARTS[bool(shift)]
    if "rng" in inspect.signature(eigsh).parameters:  # newer scipy: where the start spans too little, it draws another
        options["rng"] = seed
    operator: Any = LinearOperator  # (its stub knows the arguments of its subclasses only)
    matrix = operator((H.dimension,) * 2, matvec=multiply, dtype=np.float64)
    try:
        return torch.from_numpy(eigsh(matrix, k, which=which, v0=start, **options)).double()
    except ArpackError as error:
        if "error -9:" in str(error):  # of no curvature at all: a loss that is linear in the weights
            return torch.zeros(k, dtype=torch.float64)
        raise


def _outermost(eigenvalues: Tensor, k: int, which: str) -> Tensor:
    size = {"largest": eigenvalues, "smallest": -eigenvalues, "magnitude": eigenvalues.abs()}[which]
    return eigenvalues[size.argsort(descending=True)[:k]]
