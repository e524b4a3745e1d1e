"""The Kullback-Leibler uncertainty set: duality, monotony, second order, the published gradient, and its edges."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from torch import Tensor

from workbench.training.robust import (
    along,
    cvar_weights,
    divergence,
    effective_sample_size,
    lam_of,
    published_weights,
    robust_risk,
    robust_weights,
)

INF = math.inf
LAMS = (0.01, 0.05, 0.2, 0.5, 1.0, 3.0, 10.0, 1e3, 1e6)


@pytest.fixture
def losses() -> Tensor:
    """Sixty-four losses, uniform in (0, 3)."""
    return 3 * torch.rand(64, dtype=torch.float64, generator=torch.Generator().manual_seed(0))


# ---- by hand


def test_weights_and_risk_of_three_losses_by_hand():
    losses = torch.tensor([0.0, math.log(2), math.log(4)], dtype=torch.float64)
    assert robust_weights(losses, lam=1.0).tolist() == pytest.approx([1 / 7, 2 / 7, 4 / 7])
    assert robust_weights(losses, lam=0.5).tolist() == pytest.approx([1 / 21, 4 / 21, 16 / 21])
    assert float(robust_risk(losses, 1.0)) == pytest.approx(math.log(7 / 3))
    mean = math.log(2) * 10 / 7
    published = [p * (1 + loss - mean) for p, loss in zip([1 / 7, 2 / 7, 4 / 7], losses.tolist(), strict=True)]
    assert published_weights(losses, 1.0).tolist() == pytest.approx(published)
    p = torch.tensor([1 / 7, 2 / 7, 4 / 7])
    assert effective_sample_size(p) == pytest.approx(49 / 21)
    assert divergence(p) == pytest.approx(math.log(3 / 7) / 7 + 2 * math.log(6 / 7) / 7 + 4 * math.log(12 / 7) / 7)


def test_weights_of_the_worst_share_by_hand():
    losses = torch.tensor([1.0, 4.0, 2.0, 3.0])
    assert cvar_weights(losses, 0.5).tolist() == [0, 0.5, 0, 0.5]
    assert cvar_weights(losses, 0.375).tolist() == pytest.approx([0, 2 / 3, 0, 1 / 3])  # one example and a half
    assert cvar_weights(losses, 0.1).tolist() == [0, 1, 0, 0]
    assert cvar_weights(losses, 1.0).tolist() == [0.25] * 4
    assert cvar_weights(torch.ones(4), 0.5).tolist() == [0.5, 0.5, 0, 0]


# ---- T1: duality and gradient


@pytest.mark.parametrize("lam", LAMS)
def test_the_risk_is_the_weighted_mean_less_the_price_of_the_divergence(losses: Tensor, lam: float):
    p = robust_weights(losses, lam=lam)
    dual = float((p * losses).sum()) - lam * divergence(p)
    assert float(robust_risk(losses, lam)) == pytest.approx(dual, rel=0, abs=1e-12)
    assert float(p.sum()) == pytest.approx(1, abs=1e-12)


@pytest.mark.parametrize("lam", LAMS)
def test_the_gradient_of_the_risk_is_the_weights(losses: Tensor, lam: float):
    losses.requires_grad_()
    (slope,) = torch.autograd.grad(robust_risk(losses, lam), losses)
    assert torch.allclose(slope, robust_weights(losses.detach(), lam=lam), rtol=0, atol=1e-12)


@pytest.mark.parametrize("lam", [0.2, 1.0, 10.0])
def test_no_other_weights_are_worse(losses: Tensor, lam: float):
    draw, risk = torch.Generator().manual_seed(1), float(robust_risk(losses, lam))
    for scale in (0.01, 0.3, 3.0):
        near = (robust_weights(losses, lam=lam).log() + scale * torch.randn(64, generator=draw)).softmax(0)
        assert float((near * losses).sum()) - lam * divergence(near) < risk


# ---- T2: monotone, and eta for lambda


def test_risk_and_divergence_fall_and_the_effective_size_rises_with_lambda(losses: Tensor):
    rows = along(losses, lams=LAMS)
    risks, radii, sizes = ([row[name] for row in rows] for name in ("risk", "divergence", "effective_share"))
    assert risks == sorted(risks, reverse=True)
    assert radii == sorted(radii, reverse=True)
    assert sizes == sorted(sizes)
    assert risks[0] == pytest.approx(float(losses.max()), abs=0.05)
    assert risks[-1] == pytest.approx(float(losses.mean()), abs=1e-5)
    assert sizes[-1] == pytest.approx(1)


def test_eta_and_lambda_of_the_dossier(losses: Tensor):
    found = [lam_of(losses, eta) for eta in (0.001, 0.01, 0.1, 0.5, 1, 2)]
    assert found == pytest.approx([18.2, 5.75, 1.78, 0.71, 0.43, 0.19], rel=0.01)


@pytest.mark.parametrize("eta", [1e-15, 1e-6, 0.1, 1.0, 3.0, 4.1, math.log(64) * (1 - 1e-12)])
@pytest.mark.parametrize("scale", [1e-9, 1.0, 1e9])
def test_the_weights_of_an_eta_have_that_divergence_at_any_scale(losses: Tensor, eta: float, scale: float):
    p = robust_weights(scale * losses, eta=eta)
    assert divergence(p) == pytest.approx(eta, rel=1e-7, abs=1e-16)
    assert lam_of(scale * losses, eta) == pytest.approx(scale * lam_of(losses, eta), rel=1e-9)


def test_eta_is_found_where_two_losses_are_almost_tied():
    losses = torch.tensor([0.0, 1.0, 2.0, 2.0 - 1e-9], dtype=torch.float64)
    for eta in (0.5, math.log(2) - 1e-6, math.log(2) + 1e-6, 1.0, 1.38):
        assert divergence(robust_weights(losses, eta=eta)) == pytest.approx(eta, rel=1e-6)


def test_a_radius_within_rounding_of_the_largest_is_the_worst_case():
    draw = torch.Generator().manual_seed(3)
    for n in [2, 3, 5, 16, 64, 128] * 20 + [10_000]:
        for tied in {1, n // 2, n - 1}:
            losses = torch.rand(n, dtype=torch.float64, generator=draw) ** 3
            losses[:tied] = 2.0
            top = math.log(n / tied)
            for eta in (math.nextafter(top, 0), top * (1 - 1e-15), top * (1 - 3e-14), top * (1 - 1e-12)):
                assert lam_of(losses, eta) == 0
            lam = lam_of(losses, top * (1 - 1e-11))
            assert 0 < lam < 1
            assert divergence(robust_weights(losses, lam=lam)) == pytest.approx(top)


def test_lambda_of_small_radii_is_that_of_the_second_order(losses: Tensor):
    variance = float(losses.var(correction=0))
    for eta in (1e-8, 1e-20, 1e-40, 1e-300):
        assert lam_of(losses, eta) == pytest.approx(math.sqrt(variance / (2 * eta)), rel=1e-3)


# ---- T3: second order


def test_the_risk_is_mean_and_variance_to_second_order(losses: Tensor):
    mean, variance = float(losses.mean()), float(losses.var(correction=0))
    for lam, close in ((1.0, 0.05), (10.0, 1e-4), (1e3, 1e-8)):
        assert float(robust_risk(losses, lam)) == pytest.approx(mean + variance / (2 * lam), abs=close)
    assert abs(float(robust_risk(losses, 1.0)) - mean - variance / 2) > 1e-3  # not to the third


# ---- T4: the published gradient


@pytest.mark.parametrize("lam", [0.05, 0.2, 1.0, 10.0])
def test_the_published_gradient_is_its_formula(losses: Tensor, lam: float):
    losses.requires_grad_()
    p = (losses / lam).softmax(0)  # as the authors' code has it: not detached
    (slope,) = torch.autograd.grad((p * losses).sum(), losses)
    found = published_weights(losses.detach(), lam)
    assert torch.allclose(slope, found, rtol=0, atol=1e-12)
    assert float(found.sum()) == pytest.approx(1, abs=1e-12)


def test_published_weights_are_negative_below_the_weighted_mean_less_lambda(losses: Tensor):
    for lam, negative in ((1.0, 23), (0.2, 58)):
        weighted = (robust_weights(losses, lam=lam) * losses).sum()
        below = published_weights(losses, lam) < 0
        assert torch.equal(below, losses < weighted - lam)
        assert int(below.sum()) == negative
        assert along(losses, lams=[lam])[0]["negative_share"] == int(below.sum()) / 64


# ---- the edges


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_a_radius_from_log_n_over_ties_on_is_the_worst_case(dtype: torch.dtype):
    losses = torch.tensor([0.5, 2.0, 1.0, 2.0], dtype=dtype)
    for eta in (math.log(2), 1.0, math.log(4), 100.0, INF):
        assert lam_of(losses, eta) == 0
        assert robust_weights(losses, eta=eta).tolist() == [0, 0.5, 0, 0.5]
    almost = robust_weights(losses, eta=math.log(2) - 0.01)
    assert 0 < float(almost[0]) < float(almost[2]) < 0.01
    assert robust_weights(losses, lam=0.0).tolist() == published_weights(losses, 0.0).tolist() == [0, 0.5, 0, 0.5]
    assert float(robust_risk(losses, 0.0)) == 2
    assert robust_weights(losses, lam=0.0).dtype == dtype


@pytest.mark.parametrize("value", [0.0, 0.3, 7.0])
def test_equal_losses_and_a_single_one_have_uniform_weights(value: float):
    for n in (1, 2, 5):
        losses = torch.full((n,), value)
        for options in ({"eta": 0.5}, {"eta": 0.0}, {"lam": 0.1}, {"lam": 0.0}, {"lam": INF}):
            assert robust_weights(losses, **options).tolist() == pytest.approx([1 / n] * n)


def test_infinity_and_a_radius_of_zero_are_uniform(losses: Tensor):
    assert lam_of(losses, 0) == INF
    for p in (robust_weights(losses, lam=INF), robust_weights(losses, eta=0), published_weights(losses, INF)):
        assert p.tolist() == [1 / 64] * 64
    assert float(robust_risk(losses, INF)) == float(losses.mean())
    assert (divergence(torch.full((64,), 1 / 64)), effective_sample_size(torch.full((64,), 1 / 64))) == (0, 64)


@pytest.mark.parametrize("lam", [1e-300, 1e-12, 1e-6, 1e30])
def test_weights_stay_finite_at_any_lambda_and_any_loss(lam: float):
    losses = torch.tensor([0.0, 1e30, 3.0, 1e-30])
    p = robust_weights(losses, lam=lam)
    assert bool(p.isfinite().all())
    assert float(p.sum()) == pytest.approx(1)
    assert bool(published_weights(losses[2:], lam).isfinite().all())


def test_weights_of_losses_that_are_not_finite_are_not_numbers():
    for bad in (math.nan, INF):
        losses = torch.tensor([1.0, bad])
        assert math.isnan(lam_of(losses, 0.5))
        assert bool(robust_weights(losses, eta=0.5).isnan().all())
        assert bool(robust_weights(losses, lam=0.5).isnan().all())


def test_a_curve_along_etas_has_them_as_divergences(losses: Tensor):
    etas = (0.01, 0.5, 4.0)
    rows = along(losses.float(), etas=etas)
    assert [row["divergence"] for row in rows] == pytest.approx(etas)
    assert [row["lam"] for row in rows] == pytest.approx([lam_of(losses, eta) for eta in etas], rel=1e-5)
    largest = [float(robust_weights(losses, eta=eta).max()) for eta in etas]
    assert [row["largest_weight"] for row in rows] == pytest.approx(largest, rel=1e-5)


def test_lambdas_may_be_a_tensor(losses: Tensor):
    for name, values in (("lams", [0.5, 2.0]), ("etas", [0.1, 1.0])):
        given: dict[str, Any] = {name: torch.tensor(values, dtype=torch.float64)}
        assert along(losses, **given) == along(losses, **{name: values})
    assert along(losses, lams=[]) == []


def test_what_cannot_be_is_said():
    losses = torch.tensor([1.0, 2.0])
    for options, words in (
        ({}, "give lam or eta, one of them, got lam=None, eta=None"),
        ({"lam": 1.0, "eta": 1.0}, "give lam or eta, one of them, got lam=1.0, eta=1.0"),
        ({"lam": -1.0}, "lam must be at least 0, got -1.0"),
        ({"lam": math.nan}, "lam must be at least 0, got nan"),
        ({"eta": -0.1}, "eta must be at least 0, got -0.1"),
        ({"eta": math.nan}, "eta must be at least 0, got nan"),
    ):
        with pytest.raises(ValueError, match=words):
            robust_weights(losses, **options)
    for empty in (lambda: robust_weights(losses[:0], eta=1), lambda: robust_risk(losses[:0], 1)):
        with pytest.raises(ValueError, match="there are no losses to weigh"):
            empty()
    with pytest.raises(ValueError, match=r"weights must be at least 0 to have a divergence, got -0\.5"):
        divergence(torch.tensor([1.5, -0.5]))
    for share in (0.0, -0.5, 1.5, math.nan):
        with pytest.raises(ValueError, match=rf"share must be in \(0, 1\], got {share}"):
            cvar_weights(losses, share)
    for measure in (divergence, effective_sample_size):
        with pytest.raises(ValueError, match="weights must sum to 1, got a sum of 3"):
            measure(losses)
    with pytest.raises(ValueError, match="give lams or etas to go along, one of them"):
        along(losses)
