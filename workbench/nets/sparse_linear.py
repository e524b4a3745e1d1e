"""Linear layers that skip what is pruned: CSR products forwards and backwards, and gradients at the kept places alone.

The weights stay dense tensors, zero where pruned, so that optimiser, rewinding and pruning see what they always see.
A layer reads its kept weights out of them, multiplies by them in compressed rows, and answers with a gradient that is
zero where pruned. Images run along the rows of all products, hence the transposes: a layer whose input is another
one's output gets it as the products want it, and copies nothing.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

from workbench.nets import masks
from workbench.nets.masks import Mask
from workbench.nets.weights import owners

MOST = 0.2  # of a layer's weights: with more kept, dense products are faster (tests/benchmarks/step_costs.py)
LEAST = 2_000  # weights in a layer: smaller ones are faster dense
BETA = "Sparse CSR tensor support is in beta state"  # torch says so once a process


@dataclass(frozen=True, eq=False)
class Pattern:
    """Where a layer's kept weights lie: `places` in the flat weight, their rows compressed, and the same transposed.

    `order` brings the kept weights from the order of the rows into that of the columns.
    """

    shape: tuple[int, int]
    places: Tensor
    rows: Tensor
    columns: Tensor
    order: Tensor
    rows_transposed: Tensor
    columns_transposed: Tensor

    @staticmethod
    def of(kept: Tensor) -> Pattern:
        """Return the pattern of a layer's mask (outputs × inputs), on its device."""
        row, column = kept.nonzero(as_tuple=True)
        order = torch.argsort(column, stable=True)
        return Pattern(
            shape=(kept.shape[0], kept.shape[1]),
            places=row * kept.shape[1] + column,
            rows=_ends(kept.count_nonzero(1)),
            columns=column,
            order=order,
            rows_transposed=_ends(kept.count_nonzero(0)),
            columns_transposed=row[order],
        )

    def matrix(self, values: Tensor) -> Tensor:
        """Return the kept weights as a CSR matrix (outputs × inputs)."""
        return torch.sparse_csr_tensor(self.rows, self.columns, values, self.shape, check_invariants=False)

    def transposed(self, values: Tensor) -> Tensor:
        """Return the same weights as a CSR matrix (inputs × outputs)."""
        rows, columns, values = self.rows_transposed, self.columns_transposed, values.index_select(0, self.order)
        return torch.sparse_csr_tensor(rows, columns, values, self.shape[::-1], check_invariants=False)


class SparseLinear(nn.Linear):
    """A linear layer under a fixed mask, whose dense weight is zero where the mask is False."""

    pattern: Pattern

    def forward(self, input: Tensor) -> Tensor:
        flat = input.reshape(-1, self.in_features)
        return _Product.apply(flat, self.weight, self.bias, self.pattern).view(*input.shape[:-1], -1)  # pyright: ignore[reportOptionalMemberAccess, reportAttributeAccessIssue]


def sparse_layers(model: nn.Module, mask: Mask) -> Iterator[tuple[str, nn.Linear]]:
    """Yield each layer that is computed so, with its mask's name: linear, not tiny, with a fifth kept at most."""
    owner = owners(model)
    for path, layer in model.named_modules():
        name = owner.get(f"{path}.weight".removeprefix("."), "")
        plain = type(layer).forward is nn.Linear.forward and "weight" in layer._parameters
        if not (plain and name in mask and mask[name].numel() >= LEAST):
            continue
        if int(mask[name].count_nonzero()) <= MOST * mask[name].numel():
            yield name, layer  # pyright: ignore[reportReturnType]


def make_sparse(network: nn.Module, mask: Mask, device: str) -> list[str]:
    """Make these layers of a private network sparse ones, in place, and return the names of their weights."""
    masks.check_some(mask)
    warnings.filterwarnings("ignore", BETA)
    found = list(sparse_layers(network, mask))
    patterns = {name: Pattern.of(mask[name].to(device)) for name, _ in found}
    for name, layer in found:
        layer.__class__ = SparseLinear
        assert isinstance(layer, SparseLinear)
        layer.pattern = patterns[name]
    return list(patterns)


class _Product(torch.autograd.Function):
    """x W^T + b, where W is read at the kept places of a dense weight."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, bias: Tensor | None, pattern: Pattern) -> Tensor:
        inputs, values = x.t().contiguous(), weight.reshape(-1).index_select(0, pattern.places)
        matrix = pattern.matrix(values)
        ctx.pattern, ctx.matrix = pattern, matrix
        ctx.save_for_backward(inputs, values)
        if bias is None:
            return (matrix @ inputs).t()
        return torch.addmm(bias[:, None].expand(-1, len(x)), matrix, inputs).t()

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> Any:  # pyright: ignore[reportIncompatibleMethodOverride]
        (inputs, values), pattern = ctx.saved_tensors, ctx.pattern
        outputs = gradient.t().contiguous()
        by_input = by_weight = by_bias = None
        if ctx.needs_input_grad[0]:
            by_input = (pattern.transposed(values) @ outputs).t()
        if ctx.needs_input_grad[1]:
            sampled = torch.sparse.sampled_addmm(ctx.matrix, outputs, inputs.t(), beta=0.0).values()
            by_weight = outputs.new_zeros(pattern.shape)
            by_weight.view(-1).index_copy_(0, pattern.places, sampled)
        if ctx.needs_input_grad[2]:
            by_bias = outputs.sum(1)
        return by_input, by_weight, by_bias, None


def _ends(counts: Tensor) -> Tensor:
    """Return where compressed rows begin and end."""
    return torch.cat([counts.new_zeros(1), counts.cumsum(0)])
