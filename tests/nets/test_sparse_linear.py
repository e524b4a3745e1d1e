"""Sparse layers: products and gradients worked out by hand, layouts, and the one warning that is kept quiet."""

from __future__ import annotations

import warnings

import pytest
import torch
from torch import Tensor, nn

from workbench.nets import masks, sparse_linear
from workbench.nets.sparse_linear import Pattern, SparseLinear, make_sparse, sparse_layers


def sparse(layer: nn.Linear, kept: Tensor) -> SparseLinear:
    """The layer as a sparse one, under a mask of any density."""
    with torch.no_grad():
        layer.weight.masked_fill_(~kept, 0)
    layer.__class__ = SparseLinear
    assert isinstance(layer, SparseLinear)
    layer.pattern = Pattern.of(kept)
    warnings.filterwarnings("ignore", sparse_linear.BETA)
    return layer


def test_a_product_and_its_gradients_are_those_worked_out_by_hand():
    layer = sparse(nn.Linear(3, 2), torch.tensor([[True, False, False], [False, False, True]]))
    with torch.no_grad():
        layer.weight.copy_(torch.tensor([[2.0, 0.0, 0.0], [0.0, 0.0, -1.0]]))
        layer.bias.copy_(torch.tensor([0.5, 0.0]))
    x = torch.tensor([[1.0, 7.0, 3.0]], requires_grad=True)
    out = layer(x)
    assert out.tolist() == [[2.5, -3.0]]
    (out * torch.tensor([[1.0, 10.0]])).sum().backward()
    assert x.grad is not None
    assert x.grad.tolist() == [[2.0, 0.0, -10.0]]
    assert layer.weight.grad is not None
    assert layer.weight.grad.tolist() == [[1.0, 0.0, 0.0], [0.0, 0.0, 30.0]]
    assert layer.bias.grad is not None
    assert layer.bias.grad.tolist() == [1.0, 10.0]


def test_a_pattern_reads_rows_and_columns():
    pattern = Pattern.of(torch.tensor([[False, True, False], [True, True, False]]))
    assert pattern.places.tolist() == [1, 3, 4]
    assert pattern.matrix(torch.tensor([5.0, 6.0, 7.0])).to_dense().tolist() == [[0.0, 5.0, 0.0], [6.0, 7.0, 0.0]]
    assert pattern.transposed(torch.tensor([5.0, 6.0, 7.0])).to_dense().tolist() == [[0, 6], [5, 7], [0, 0]]


@pytest.mark.parametrize("density", [0.0, 0.01, 0.2, 1.0])
@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("shape", [(8, 30), (2, 5, 30), (30,)])
def test_a_sparse_layer_is_the_masked_one(density: float, bias: bool, shape: tuple[int, ...]):
    draw = torch.Generator().manual_seed(1)
    kept = torch.rand(20, 30, generator=draw) < density
    dense, x = nn.Linear(30, 20, bias=bias), torch.randn(shape, generator=draw)
    layer = nn.Linear(30, 20, bias=bias)
    layer.load_state_dict(dense.state_dict())
    layer = sparse(layer, kept)
    with torch.no_grad():
        dense.weight.masked_fill_(~kept, 0)
    images = [x.clone().requires_grad_() for _ in range(2)]
    outs = [net(image).tanh() for net, image in zip((dense, layer), images, strict=True)]
    assert outs[0].shape == outs[1].shape
    torch.testing.assert_close(*outs, rtol=1e-5, atol=1e-6)
    for out in outs:
        out.square().sum().backward()
    torch.testing.assert_close(images[0].grad, images[1].grad, rtol=1e-5, atol=1e-5)
    assert dense.weight.grad is not None
    assert layer.weight.grad is not None
    torch.testing.assert_close(dense.weight.grad * kept, layer.weight.grad, rtol=1e-5, atol=1e-5)
    assert not layer.weight.grad[~kept].any()


def test_layers_that_keep_a_fifth_at_most_are_sparse_and_only_linear_ones():
    model = nn.Sequential(nn.Conv2d(1, 50, 3), nn.Flatten(), nn.Linear(50, 40), nn.Linear(40, 50), nn.Linear(50, 39))
    mask = {name: torch.zeros_like(kept) for name, kept in masks.full(model).items()}
    mask["2.weight"].view(-1)[:400] = True  # a fifth of 2000
    mask["3.weight"].view(-1)[:401] = True
    assert [name for name, _ in sparse_layers(model, mask)] == ["2.weight"]  # the last has 1950 weights, too few
    assert make_sparse(model, mask, "cpu") == ["2.weight"]
    assert [type(layer) for layer in model if isinstance(layer, nn.Linear)] == [SparseLinear, nn.Linear, nn.Linear]


def test_a_linear_layer_with_a_forward_of_its_own_is_left_alone():
    class Own(nn.Linear):
        def forward(self, input: Tensor) -> Tensor:
            return super().forward(input) * 2

    assert not list(sparse_layers(nn.Sequential(Own(50, 50)), {"0.weight": torch.zeros(50, 50, dtype=torch.bool)}))


def test_two_layers_that_share_a_weight_are_both_sparse():
    model = nn.Sequential(nn.Linear(50, 50), nn.Linear(50, 50))
    model[1].weight = model[0].weight
    mask = {name: torch.zeros_like(kept) for name, kept in masks.full(model).items()}
    assert [name for name, _ in sparse_layers(model, mask)] == ["0.weight", "0.weight"]


def test_the_warning_of_beta_support_is_quiet_and_no_other():
    with warnings.catch_warnings(record=True) as caught:
        warnings.resetwarnings()
        warnings.simplefilter("always")
        make_sparse(nn.Sequential(nn.Linear(50, 50)), {"0.weight": torch.zeros(50, 50, dtype=torch.bool)}, "cpu")
        warnings.warn(f"{sparse_linear.BETA}. If you miss a functionality", UserWarning, stacklevel=1)
        warnings.warn("Sparse CSR tensors are slow", UserWarning, stacklevel=1)
    assert [str(w.message) for w in caught] == ["Sparse CSR tensors are slow"]
