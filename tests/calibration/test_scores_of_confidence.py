"""Proper scores and measures of confidence by hand on five predictions, and against scikit-learn and torchmetrics."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from predictions import FIVE, LABELS, simulated, torchmetrics
from sklearn.metrics import brier_score_loss, log_loss

from workbench import calibration
from workbench.calibration import (
    METRICS,
    accuracy,
    aurc,
    brier,
    brier_split,
    ece,
    excess_aurc,
    nll,
    signed_gap,
    sure_and_wrong,
    wrong_confidence,
)


def test_five_predictions_by_hand():
    assert accuracy(FIVE, LABELS) == pytest.approx(3 / 5)
    assert signed_gap(FIVE, LABELS) == pytest.approx(3.65 / 5 - 3 / 5)
    assert wrong_confidence(FIVE, LABELS) == pytest.approx((0.75 + 0.6) / 2)
    assert nll(FIVE, LABELS) == pytest.approx(-math.log(1 * 0.25 * 0.8 * 0.5 * 0.4) / 5)
    assert brier(FIVE, LABELS) == pytest.approx(2 * (0 + 0.75**2 + 0.2**2 + 0.5**2 + 0.6**2) / 5)
    # by confidence: right, right, wrong (.75), wrong (.6), right; at best the two wrong ones come last
    assert aurc(FIVE, LABELS) == pytest.approx((0 + 0 + 1 / 3 + 2 / 4 + 2 / 5) / 5)
    assert excess_aurc(FIVE, LABELS) == pytest.approx((1 / 3 + 2 / 4 + 2 / 5) / 5 - (1 / 4 + 2 / 5) / 5)
    assert sure_and_wrong(FIVE, LABELS).tolist() == [1, 4]


def test_nll_brier_and_accuracy_are_scikit_learns_and_torchmetrics():
    p, labels, _ = simulated(300, temperature=1.3, seed=0)
    assert nll(p, labels) == pytest.approx(log_loss(labels, p, labels=range(10)))
    assert brier(p, labels) == pytest.approx(brier_score_loss(labels, p, labels=range(10)))
    theirs = torchmetrics().multiclass_accuracy(torch.from_numpy(p), torch.from_numpy(labels), 10, average="micro")
    assert accuracy(p, labels) == pytest.approx(float(theirs))
    assert brier(FIVE, LABELS) == pytest.approx(2 * brier_score_loss(LABELS, FIVE[:, 1]))


def test_what_was_called_impossible_and_happened_costs_without_end():
    assert nll(FIVE, np.array([1, 1, 1, 0, 0])) == math.inf
    assert brier(FIVE[:1], np.array([1])) == 2


def test_nothing_wrong_has_no_confidence_when_wrong():
    right = FIVE.argmax(1)
    assert math.isnan(wrong_confidence(FIVE, right))
    assert (aurc(FIVE, right), excess_aurc(FIVE, right), sure_and_wrong(FIVE, right).tolist()) == (0, 0, [])


def test_equal_confidences_are_taken_in_the_mean_over_their_orders():
    p, labels = np.full((3, 2), 0.5), np.array([0, 1, 1])
    orders = [(0, 1, 1), (1, 0, 1), (1, 1, 0)]  # where the wrong ones are
    by_hand = np.mean([np.mean(np.cumsum(order) / [1, 2, 3]) for order in orders])
    for turn in range(3):
        assert aurc(p, np.roll(labels, turn)) == pytest.approx(by_hand)
    assert by_hand == pytest.approx(2 / 3)


def test_the_sign_of_the_gap_tells_over_from_under_confidence():
    for temperature, sign in ((2.0, 1), (0.5, -1)):
        p, labels, _ = simulated(400, temperature=temperature, seed=1)
        assert signed_gap(p, labels) * sign > 0.05


@pytest.mark.parametrize("of", ["classes", "top"])
@pytest.mark.parametrize("mass", ["width", "equal"])
@pytest.mark.parametrize("closed", ["right", "left"])
def test_the_split_of_the_brier_score_adds_up_exactly(of: str, mass: str, closed: str):
    p, labels, _ = simulated(300, temperature=1.5, seed=2)
    found = brier_split(p, labels, of=of, mass=mass, closed=closed, bins=7)
    total = found.reliability - found.resolution + found.uncertainty + found.within
    assert found.brier == pytest.approx(total, abs=1e-14)
    whole = brier(p, labels) if of == "classes" else np.mean((p.max(1) - (p.argmax(1) == labels)) ** 2)
    assert found.brier == pytest.approx(whole)


def test_the_split_of_five_predictions_in_one_bin_by_hand():
    found = brier_split(FIVE, LABELS, bins=1, of="top")
    assert found.reliability == pytest.approx((0.73 - 0.6) ** 2)
    assert found.resolution == pytest.approx(0)
    assert found.uncertainty == pytest.approx(0.6 * 0.4)
    assert found.brier == pytest.approx((0 + 0.75**2 + 0.2**2 + 0.5**2 + 0.6**2) / 5)


def test_equal_forecasts_in_a_bin_leave_nothing_within_it():
    p = np.repeat([[0.9, 0.1], [0.6, 0.4]], [4, 6], axis=0)
    labels = np.array([0, 0, 0, 1, 0, 0, 0, 1, 1, 1])
    found = brier_split(p, labels, bins=10)
    assert found.within == pytest.approx(0, abs=1e-15)
    # .9 of which 3/4 are, .6 of which 3/6; the base rate is 6/10; twice, once for each class
    assert found.reliability == pytest.approx(2 * (0.4 * 0.15**2 + 0.6 * 0.1**2))
    assert found.resolution == pytest.approx(2 * (0.4 * 0.15**2 + 0.6 * 0.1**2))
    assert found.uncertainty == pytest.approx(2 * 0.6 * 0.4)


@pytest.mark.parametrize("name", METRICS)
def test_a_metric_is_a_number_and_leaves_its_arguments(name: str):
    p, labels, _ = simulated(60, temperature=1.5, seed=3)
    given, classes = torch.from_numpy(p.copy()), torch.from_numpy(labels.copy())
    value = METRICS[name](given, classes)
    assert isinstance(value, float)
    assert math.isfinite(value)
    assert (given.numpy() == p).all()
    assert (classes.numpy() == labels).all()
    turned = np.random.default_rng(0).permutation(60)
    if name != "ece_floor":  # its draws are an example's, in their order
        assert METRICS[name](p[turned], labels[turned]) == pytest.approx(value)


@pytest.mark.parametrize("name", METRICS)
def test_bad_input_is_said(name: str):
    metric = METRICS[name]
    for logits in (np.log(FIVE + 0.1), FIVE / 2, FIVE + np.array([0.5, -0.5])):
        with pytest.raises(ValueError, match=r"from 0 to 1 and sum to 1 .* if these are logits, pass torch.softmax"):
            metric(logits, LABELS)
    with pytest.raises(ValueError, match="from 0 to 1, one of the 2 classes, got 0 to 2; pass the labels"):
        metric(FIVE, np.array([0, 1, 2, 0, 0]))
    for labels in (LABELS[:4], FIVE, LABELS / 2):
        with pytest.raises(ValueError, match="labels must be 5 integers, one an example, got"):
            metric(FIVE, labels)
    with pytest.raises(ValueError, match="5 of 5 rows hold a NaN; the network diverged"):
        metric(FIVE * math.nan, LABELS)
    with pytest.raises(ValueError, match="there are no examples"):
        metric(FIVE[:0], LABELS[:0])
    with pytest.raises(ValueError, match=r"got the shape \(5,\); for the probability p of one class alone"):
        metric(FIVE[:, 0], LABELS)


@pytest.mark.parametrize("name", ["ece", "mce", "classwise_ece", "ece_debiased", "ece_floor", "reliability"])
def test_bad_bins_are_said(name: str):
    metric = getattr(calibration, name)
    for bins in (0, -1, True):
        with pytest.raises(ValueError, match="bins must be a whole number from 1 to 10000, got"):
            metric(FIVE, LABELS, bins=bins)
    with pytest.raises(ValueError, match='closed side "rigth" is not known; did you mean "right"'):
        metric(FIVE, LABELS, closed="rigth")
    with pytest.raises(ValueError, match='mass "equals" is not known; did you mean "equal"'):
        metric(FIVE, LABELS, mass="equals")


def test_other_bad_input_is_said():
    with pytest.raises(ValueError, match=r"confidences must be from 0 to 1, got 0.2 to 1.5; that of a prediction is"):
        calibration.binned(np.array([0.2, 1.5]), np.array([True, False]))
    with pytest.raises(ValueError, match=r"one number an example, .* there is ece\(probabilities, labels\)"):
        calibration.binned(FIVE, LABELS)
    with pytest.raises(ValueError, match='split of the Brier score "class" is not known'):
        brier_split(FIVE, LABELS, of="class")
    with pytest.raises(ValueError, match='norm "l3" is not known'):
        calibration.ece_debiased(FIVE, LABELS, norm="l3")
    with pytest.raises(ValueError, match="draws must be a whole number from 1 to 100000, got 0"):
        calibration.ece_floor(FIVE, LABELS, draws=0)


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16, torch.float32], ids=str)
@pytest.mark.parametrize("classes", [2, 10, 1000])
def test_a_softmax_of_few_digits_is_taken(dtype: torch.dtype, classes: int):
    logits = 4 * torch.randn(200, classes, generator=torch.Generator().manual_seed(1))
    labels = logits.softmax(1).multinomial(1, generator=torch.Generator().manual_seed(2))[:, 0]
    exact, rounded = logits.to(dtype).double().softmax(1), logits.to(dtype).softmax(1)
    assert ece(rounded, labels) == pytest.approx(ece(exact, labels), abs=0.02)
    assert brier(rounded, labels) == pytest.approx(brier(exact, labels), abs=0.01)
    if dtype == torch.float16:
        assert brier(rounded.numpy(), labels.numpy()) == brier(rounded, labels)


def test_what_was_rounded_and_made_float_again_is_told_apart_from_logits():
    rounded = torch.tensor([[0.5, 0.3, 0.195]])
    with pytest.raises(ValueError, match=r"they were rounded: pass torch.softmax\(logits.float\(\), 1\)"):
        brier(rounded, torch.tensor([0]))
    for bad in (torch.tensor([[0.5, 0.3, 0.1]], dtype=torch.bfloat16), torch.tensor([[1.5, -0.5]])):
        with pytest.raises(ValueError, match=r"if these are logits, pass torch.softmax\(logits, 1\)"):
            brier(bad, torch.tensor([0]))
