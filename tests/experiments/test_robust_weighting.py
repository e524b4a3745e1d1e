"""A batch under a robust loss: what T1 to T4 of the theory say of it, as equalities of one outcome."""

from __future__ import annotations

import math

import pytest
import torch

from workbench.experiments.robust_weighting import MADE_LOSSES, robust_weighting


def weighed(losses: str = "uniform", **options):
    (found,) = robust_weighting(losses, **options)
    return found


@pytest.mark.parametrize("losses", [*MADE_LOSSES, "digits"])
def test_the_risk_is_the_weighted_mean_less_the_price_of_the_divergence(losses: str):
    found = weighed(losses, n=32, by="lam", lam=0.7, trained=3)
    assert found.risk == pytest.approx(found.weighted - 0.7 * found.divergence, abs=1e-12)
    assert float(found.weights.sum()) == pytest.approx(1)
    assert found.eta == found.divergence
    assert torch.equal(found.losses, found.losses.sort().values)


def test_by_eta_the_divergence_is_eta_and_lambda_belongs_to_it():
    found = weighed(eta=0.5, n=64)
    assert found.divergence == pytest.approx(0.5, abs=1e-9)
    again = weighed(by="lam", lam=found.lam, n=64)
    assert torch.allclose(again.weights, found.weights)


def test_the_published_weights_are_negative_where_the_loss_is_under_l_less_lambda():
    found = weighed(by="lam", lam=0.4)
    under = found.losses < found.weighted - 0.4
    assert torch.equal(found.published < 0, under)
    assert found.negative == int(under.sum()) > 0
    assert float(found.published.sum()) == pytest.approx(1)


def test_the_limits_are_the_mean_and_the_largest_loss():
    plain, worst = weighed(eta=0.0), weighed(eta=99.0)
    assert (plain.lam, plain.effective_sample_size, plain.negative) == (math.inf, pytest.approx(64), 0)
    assert plain.risk == pytest.approx(plain.mean)
    assert (worst.lam, worst.risk, worst.effective_sample_size) == (0.0, worst.largest, 1.0)


def test_the_curve_falls_from_the_largest_loss_to_the_mean():
    found = weighed()
    risks = [row["risk"] for row in found.curve]
    assert risks == sorted(risks, reverse=True)
    assert found.largest > risks[0] > risks[-1] > found.mean
    last = found.curve[-1]  # to second order the risk is mean + variance / 2 lambda
    assert last["risk"] - found.mean == pytest.approx(found.variance / (2 * last["lam"]), rel=0.01)


def test_a_real_batch_has_its_images_in_the_order_of_their_losses():
    found = weighed("digits", n=16, trained=0)
    assert found.examples is not None
    assert len(found.examples) == found.n == 16
    assert len(found.classes) == 10
    assert torch.equal(found.losses, weighed("digits", n=16, trained=0).losses)
    assert not torch.equal(found.losses, weighed("digits", n=16, trained=0, seed=1).losses)
    assert weighed().examples is None


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"losses": "unifrom"}, 'did you mean "uniform"'),
        ({"by": "eat"}, 'did you mean "eta"'),
        ({"gradient": "published"}, "gradient"),
        ({"n": 1}, "n must be a whole number from 2 to 256"),
        ({"n": 257}, "n must be a whole number from 2 to 256"),
        ({"spread": 0.0}, "spread must be above 0"),
        ({"trained": -1}, "trained must be a whole number of steps from 0"),
        ({"eta": -1.0}, "eta must be at least 0"),
        ({"by": "lam", "lam": -1.0}, "lam must be at least 0"),
    ],
)
def test_what_is_out_of_range_is_said(options, words):
    with pytest.raises(ValueError, match=words):
        weighed(**options)
