"""Initial weights: a draw for every seed, as the model itself would, and nothing else touched."""

from __future__ import annotations

from typing import Any

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


# ---- weights that stay frozen in a search

FROZEN = ("signed_constant", "kaiming_normal", "scaled_constant")


def test_constants_by_hand():
    # a convolution of 1 channel and 3×3 places has a fan-in of 9, the linear layer one of 6 · 16 = 96
    signed = wb.initialise(Own(), rule="signed_constant")
    assert torch.allclose(signed["conv.weight"].abs(), torch.tensor((2 / 9) ** 0.5))
    assert torch.allclose(signed["fc.weight"].abs(), torch.tensor((2 / 96) ** 0.5))
    scaled = wb.initialise(Own(), rule="scaled_constant", density=0.04)  # a share of 1/25: five times as large
    for name in ("conv.weight", "fc.weight"):
        assert torch.allclose(scaled[name], 5 * signed[name])


def test_signs_are_even_and_those_of_the_normal_draw():
    model = nn.Linear(400, 300)
    signed, normal = (wb.initialise(model, seed=4, rule=rule)["weight"] for rule in FROZEN[:2])
    assert torch.equal(signed.sign(), normal.sign())
    assert abs(float((signed > 0).float().mean()) - 0.5) < 0.01  # 7 deviations of 0.5 / sqrt(120 000)
    assert float(normal.std()) == pytest.approx((2 / 400) ** 0.5, rel=0.02)
    assert not torch.equal(normal, wb.initialise(model, seed=5, rule="kaiming_normal")["weight"])


@pytest.mark.parametrize("rule", FROZEN)
def test_biases_are_zero_and_norms_begin_at_one_and_zero(rule: str):
    drawn = wb.initialise(Own(), rule=rule, density=0.5)
    assert not drawn["conv.bias"].any()
    assert not drawn["fc.bias"].any()
    assert bool((drawn["norm.weight"] == 1).all())
    assert not drawn["norm.bias"].any()
    assert bool((drawn["norm.running_var"] == 1).all())


@pytest.mark.parametrize("rule", FROZEN)
def test_a_frozen_draw_touches_neither_the_model_nor_torchs_generator(rule: str):
    model, other = Own(), Own()
    before, random = wb.snapshot(model), torch.get_rng_state()
    assert same(wb.initialise(model, rule=rule, density=0.1), wb.initialise(other, rule=rule, density=0.1))
    assert same(before, wb.snapshot(model))
    assert torch.equal(random, torch.get_rng_state())


def test_the_layers_of_a_frozen_draw_have_their_own_streams():
    model = nn.Sequential(nn.Linear(20, 20), nn.Linear(20, 20))
    drawn = wb.initialise(model, rule="kaiming_normal")
    assert not torch.equal(drawn["0.weight"], drawn["1.weight"])


def test_the_models_own_rule_is_the_default_and_does_not_ask_for_a_density():
    assert same(wb.initialise(Own(), seed=3), wb.initialise(Own(), seed=3, rule="own", density=0.1))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"rule": "signed_constnat"}, 'rule "signed_constnat" is not known; did you mean "signed_constant"'),
        ({"rule": "scaled_constant"}, "needs the density that will be kept"),
        ({"rule": "scaled_constant", "density": 5.0}, r"density must be in \(0, 1\], got 5.0; for \"5 % kept\""),
        ({"rule": "own", "density": 0.0}, r"density must be in \(0, 1\], got 0.0"),
    ],
)
def test_a_rule_says_what_it_needs(options: dict[str, Any], message: str):
    with pytest.raises(ValueError, match=message):
        wb.initialise(Own(), **options)
