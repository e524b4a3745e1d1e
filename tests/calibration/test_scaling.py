"""Temperature and vector scaling: known temperatures found again, the ends of the range, and what is refused."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from predictions import FIVE, LABELS, simulated
from torch.nn import functional

from workbench.calibration import fit_temperature, fit_vector, nll, scaled, signed_gap


def split(n: int, temperature: float, seed: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
    p, labels, _ = simulated(n, temperature=temperature, seed=seed, classes=4)
    return torch.from_numpy(p).log(), torch.from_numpy(labels)


@pytest.mark.parametrize("true", [0.5, 1.0, 2.5])
def test_the_temperature_that_labels_were_drawn_at_is_found(true: float):
    assert fit_temperature(*split(20_000, true)) == pytest.approx(true, rel=0.05)


def test_a_temperature_by_hand():
    # logits (1, 0), three of four right: the best probability is 3/4, and log 3 = 1 / T
    logits, labels = np.array([[1.0, 0.0]] * 4), np.array([0, 0, 0, 1])
    assert fit_temperature(logits + 3, labels) == pytest.approx(1 / math.log(3), rel=1e-6)


def test_no_other_temperature_is_better():
    logits, labels = split(200, 1.7)
    best = fit_temperature(logits, labels)

    def cost(t: float) -> float:
        return float(functional.cross_entropy(logits / t, labels))

    grid = np.geomspace(0.01, 100, 400)
    assert cost(best) <= min(cost(float(t)) for t in grid)
    assert cost(best) <= min(cost(best * 1.001), cost(best / 1.001))
    assert nll(scaled(logits, 1 / best), labels) == pytest.approx(cost(best))


def test_all_right_all_wrong_and_nothing_said_have_defined_temperatures():
    logits = torch.eye(3) * 2
    assert fit_temperature(logits, torch.tensor([0, 1, 2])) == 0.01
    assert fit_temperature(logits, torch.tensor([1, 2, 0])) == 100
    assert fit_temperature(torch.zeros(3, 3), torch.tensor([0, 1, 2])) == 1


def test_a_temperature_mends_the_gap_of_a_split_it_never_saw_and_moves_no_prediction():
    logits, labels = split(2000, 2.0, seed=1)
    unseen, truth = split(2000, 2.0, seed=2)
    after = scaled(unseen, 1 / fit_temperature(logits, labels))
    assert signed_gap(unseen.exp(), truth) > 0.1
    assert abs(signed_gap(after, truth)) < 0.03
    assert torch.equal(after.argmax(1), unseen.argmax(1))


def test_a_vector_is_found_that_a_temperature_cannot_be():
    logits, _ = split(20_000, 1.0)
    scale, shift = torch.tensor([0.5, 1.0, 1.5, 0.8]).double(), torch.tensor([0.6, -0.2, 0.1, -0.5]).double()
    labels = torch.multinomial(scaled(logits, scale, shift), 1, generator=torch.Generator().manual_seed(0))[:, 0]
    found_scale, found_shift = fit_vector(logits, labels)
    assert torch.allclose(found_scale, scale, atol=0.06)
    assert torch.allclose(found_shift, shift - shift.mean(), atol=0.08)
    by_vector = nll(scaled(logits, found_scale, found_shift), labels)
    assert by_vector < nll(scaled(logits, 1 / fit_temperature(logits, labels)), labels) - 0.01


def test_at_the_best_vector_the_slope_is_zero():
    logits, labels = split(300, 1.5)
    scale, shift = (x.requires_grad_() for x in fit_vector(logits, labels))
    functional.cross_entropy(logits * scale + shift, labels).backward()
    for gradient in (scale.grad, shift.grad):
        assert gradient is not None
        assert gradient.abs().max() < 1e-4


def test_a_vector_where_all_can_be_told_apart_stays_finite():
    logits = torch.eye(3).repeat(4, 1) * 2
    scale, shift = fit_vector(logits, torch.arange(3).repeat(4))
    assert scale.isfinite().all()
    assert shift.abs().max() < 1e-3
    assert nll(scaled(logits, scale, shift), torch.arange(3).repeat(4)) < 1e-3


@pytest.mark.parametrize("fit", [fit_temperature, fit_vector])
def test_bad_input_is_said(fit):
    logits = np.log(FIVE + 0.1)
    with pytest.raises(ValueError, match="these rows are probabilities, each sums to 1; scaling takes logits"):
        fit(FIVE, LABELS)
    with pytest.raises(ValueError, match="logits must be finite; the logarithm of a probability of 0 is not"):
        fit(np.where(FIVE > 0, logits, -math.inf), LABELS)
    with pytest.raises(ValueError, match=r"two classes at least, got the shape \(5,\)"):
        fit(logits[:, 0], LABELS)
    with pytest.raises(ValueError, match="labels must be from 0 to 1, one of the 2 classes"):
        fit(logits, LABELS + 1)
    with pytest.raises(ValueError, match="labels must be 5 integers"):
        fit(logits, LABELS[:3])


@pytest.mark.parametrize("scale", [0.0, -1.0, math.nan, math.inf])
def test_a_scale_that_cannot_be_is_said(scale: float):
    with pytest.raises(ValueError, match="of a temperature T the scale is 1 / T"):
        scaled(np.log(FIVE + 0.1), scale)
    with pytest.raises(ValueError, match="shift must be a finite number"):
        scaled(np.log(FIVE + 0.1), torch.tensor([1.0, 1.0]).double(), math.nan)


def test_a_temperature_of_two_halves_the_logits():
    logits = torch.tensor([[2.0, 0.0]])
    assert torch.allclose(scaled(logits, 1 / 2), torch.tensor([[1.0, 0.0]]).double().softmax(1))


def test_a_class_without_an_example_cannot_be_scaled():
    with pytest.raises(ValueError, match="none is of class 2; take a larger validation split, or fit_temperature"):
        fit_vector(torch.randn(4, 3), torch.tensor([0, 1, 0, 1]))
