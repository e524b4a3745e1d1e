"""Initial weights: a draw for every seed, as the model itself would, and nothing else touched."""

from __future__ import annotations

import pytest
import torch
from tiny import Own, same
from torch import nn

import workbench as wb


def test_the_same_seed_draws_the_same_and_another_another():
    model = Own()
    assert same(wb.initialise(model, seed=2), wb.initialise(Own(), seed=2))
    one, two = wb.initialise(model, seed=0), wb.initialise(model, seed=1)
    for name in ("conv.weight", "conv.bias", "fc.weight", "fc.bias"):
        assert not torch.equal(one[name], two[name])


def test_a_named_model_has_the_weights_of_its_seed(digits: wb.Data):
    model = wb.models.lenet(digits, seed=5)
    assert same(wb.snapshot(model), wb.initialise(model, seed=5))


def test_a_draw_touches_neither_the_model_nor_torchs_generator():
    model = Own()
    before, random = wb.snapshot(model), torch.get_rng_state()
    wb.initialise(model, seed=8)
    assert same(before, wb.snapshot(model))
    assert torch.equal(random, torch.get_rng_state())


def test_a_draw_starts_batch_norm_anew():
    model = Own()
    model(torch.rand(8, 1, 4, 4))
    drawn = wb.initialise(model)
    assert not drawn["norm.running_mean"].any()
    assert int(drawn["norm.num_batches_tracked"]) == 0
    assert int(model.norm.num_batches_tracked) == 1  # type: ignore[arg-type]


def test_a_module_that_draws_itself_is_let_do_it():
    class Halves(nn.Linear):
        def reset_parameters(self) -> None:
            nn.init.constant_(self.weight, 0.5)

    assert wb.initialise(nn.Sequential(Halves(2, 2, bias=False)))["0.weight"].tolist() == [[0.5, 0.5], [0.5, 0.5]]


def test_parameters_that_nothing_draws_are_an_error():
    class Bare(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.scale = nn.Parameter(torch.ones(1))

    with pytest.raises(ValueError, match=r"0 \(Bare\) has parameters \['scale'\].*reset_parameters"):
        wb.initialise(nn.Sequential(Bare()))
