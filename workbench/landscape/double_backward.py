"""curvlinops' operator of a Hessian, multiplied by double backward.

The library's own product is forward over reverse. Torch counts the levels of forward derivatives for all threads
together, so that two of its products at once, of replicas for instance, end in an error; on the CPU it costs 1.3 to 1.5
of this one besides (measured on LeNet-300-100 and ResNet-8: `tests/benchmarks/curvature.py`). The library's product is
what the tests hold this one against.
"""

from __future__ import annotations

import warnings
from typing import Any

import torch
from torch import Tensor

from workbench.nets.twice_differentiable import TwiceDifferentiable

with warnings.catch_warnings():  # torch 2.14 tells everybody that a library which curvlinops imports is behind
    warnings.filterwarnings("ignore", "`torch.jit.script` is deprecated")
    from curvlinops import HessianLinearOperator


class DoubleBackward(HessianLinearOperator):
    """The Hessian of a sum of losses over parts of the data, which threads may multiply side by side."""

    def _matmat_batch(self, X: Any, y: Any, M: list[Tensor]) -> list[Tensor]:
        """Return H V for one part of the examples; M holds the K columns of V, by weight: H v = ∇⟨∇L, v⟩."""
        weights, columns = list(self._params), M[0].shape[-1]
        products = [torch.zeros_like(part) for part in M]
        with torch.enable_grad():
            with TwiceDifferentiable():
                answer = self._model_func(X)
            loss: Any = self._loss_func(answer, y)  # pyright: ignore[reportOptionalCall]
            slopes = torch.autograd.grad(loss, weights, create_graph=True, materialize_grads=True)
        curved = [i for i, slope in enumerate(slopes) if slope.requires_grad]
        for k in range(columns if curved else 0):  # without: a loss that is linear in the weights, or has none of them
            along = [M[i][..., k] for i in curved]
            bent = torch.autograd.grad(
                [slopes[i] for i in curved], weights, along, retain_graph=k + 1 < columns, materialize_grads=True
            )
            for part, row in zip(products, bent, strict=True):
                part[..., k] = row
        return products
