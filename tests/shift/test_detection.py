"""Detection by hand on a few numbers, and the scores of strangeness on a few probabilities."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from workbench.data._torchvision import torchvision
from workbench.shift import OUT_OF_DISTRIBUTION_SCORES, Detection, detection, roc
from workbench.shift.detection import mean_roc
from workbench.shift.strangeness import energy, entropy, max_logit, max_probability, mutual_information

INSIDE, OUTSIDE = [0.1, 0.2, 0.3, 0.8], [0.4, 0.9]


def h(*p: float) -> float:
    """The entropy in nats."""
    return -sum(q * math.log(q) for q in p)


def logits(*members: list[list[float]]) -> torch.Tensor:
    """Logits of these probabilities, (M, N, C)."""
    return torch.tensor(members, dtype=torch.float64).log()


# ---- detection


def test_six_scores_by_hand():
    found = detection(INSIDE, OUTSIDE)
    assert found.auroc == 7 / 8  # 0.4 lies above three of four, 0.9 above all
    assert found.aupr == pytest.approx(1 / 2 * 1 + 1 / 2 * 2 / 3)  # 0.9 first, then 0.8 (inside), then 0.4
    assert found.fpr95 == 1 / 4  # both outside ones are found at 0.4, and 0.8 with them


def test_perfect_and_turned_scores():
    assert detection([0.0, 1.0], [2.0, 3.0]) == Detection(1.0, 1.0, 0.0)
    turned = detection([2.0, 3.0], [0.0, 1.0])
    assert turned.auroc == 0.0
    assert turned.fpr95 == 1.0


def test_scores_that_know_nothing_find_95_percent_with_95_percent():
    same = list(range(20))  # the thresholds lie on one line: none may be dropped
    found = detection(same, same)
    assert (found.auroc, found.aupr, found.fpr95) == (pytest.approx(0.5), pytest.approx(0.5), 0.95)
    assert detection([1.0], [1.0]) == Detection(0.5, 0.5, 1.0)


def test_nineteen_of_twenty_are_95_percent():
    outside = [2.0] * 19 + [0.0]
    assert detection([1.0] * 10, outside).fpr95 == 0.0
    assert detection([1.0] * 10, [2.0] * 18 + [0.0] * 2).fpr95 == 1.0


def test_tensors_and_arrays_are_as_good_as_lists():
    expected = detection(INSIDE, OUTSIDE)
    assert detection(torch.tensor(INSIDE, dtype=torch.float64), np.array(OUTSIDE)) == expected


def test_torchmetrics_says_the_same():
    torchvision()  # mends a mismatched one, which torchmetrics would import
    classification = pytest.importorskip("torchmetrics.functional.classification")
    draw = torch.Generator().manual_seed(3)
    inside = torch.rand(400, generator=draw, dtype=torch.float64) * 0.8
    outside = 0.3 + torch.rand(300, generator=draw, dtype=torch.float64) * 0.7
    score, strange = torch.cat([inside, outside]), torch.arange(700) >= 400
    found = detection(inside, outside)
    specificity, _ = classification.binary_specificity_at_sensitivity(score, strange.long(), 0.95)
    assert found.auroc == pytest.approx(float(classification.binary_auroc(score, strange.long())), abs=1e-5)
    assert found.aupr == pytest.approx(float(classification.binary_average_precision(score, strange.long())), abs=1e-5)
    assert found.fpr95 == pytest.approx(1 - float(specificity), abs=1e-5)


@pytest.mark.parametrize(
    ("inside", "outside", "message"),
    [
        ([], [1.0], "inside needs one score an image, of one image at least"),
        ([1.0], [], "outside needs one score an image"),
        ([1.0, float("nan")], [1.0], "scores must be finite, got 1 inside"),
        ([1.0], [float("inf")], "scores must be finite, got 1 outside"),
        ([[1.0]], [1.0], r"got the shape \(1, 1\)"),
    ],
)
def test_scores_that_tell_nothing_apart_are_refused(inside: list, outside: list, message: str):
    with pytest.raises(ValueError, match=message):
        detection(torch.tensor(inside), torch.tensor(outside))
    with pytest.raises(ValueError, match=message):
        roc(torch.tensor(inside), torch.tensor(outside))


def test_the_curve_of_six_scores():
    rows = [(row["false_positive_rate"], row["true_positive_rate"]) for row in roc(INSIDE, OUTSIDE)]
    assert rows == [(0, 0), (0, 0.5), (0.25, 0.5), (0.25, 1), (1, 1)]


def test_a_long_curve_is_thinned_and_keeps_its_area_and_its_ends():
    draw = np.random.default_rng(0)
    inside, outside = draw.normal(size=3000), 1 + draw.normal(size=2000)
    rows = roc(inside, outside, points=40)
    x, y = (np.array([row[key] for row in rows]) for key in ("false_positive_rate", "true_positive_rate"))
    assert len(rows) <= 40
    assert (x[0], y[0], x[-1], y[-1]) == (0, 0, 1, 1)
    assert np.trapezoid(y, x) == pytest.approx(detection(inside, outside).auroc, abs=0.003)
    assert np.hypot(np.diff(x), np.diff(y)).max() < 0.08
    with pytest.raises(ValueError, match="points must be a whole number from 2"):
        roc(inside, outside, points=1)


# ---- scores


def test_two_members_of_two_classes_by_hand():
    said = logits([[0.9, 0.1]], [[0.5, 0.5]])  # their mean is 0.7 and 0.3
    assert max_probability(said).item() == pytest.approx(0.3)
    assert entropy(said).item() == pytest.approx(h(0.7, 0.3))
    assert mutual_information(said).item() == pytest.approx(h(0.7, 0.3) - (h(0.9, 0.1) + h(0.5, 0.5)) / 2)
    mean = (math.log(0.9 * 0.5) / 2, math.log(0.1 * 0.5) / 2)
    assert max_logit(said).item() == pytest.approx(-mean[0])
    assert energy(said).item() == pytest.approx(-math.log(math.sqrt(0.45) + math.sqrt(0.05)))


def test_members_may_be_combined_by_their_logits():
    said = logits([[0.9, 0.1]], [[0.5, 0.5]])  # sqrt(0.45) to sqrt(0.05) is 3 to 1
    assert max_probability(said, how="logits").item() == pytest.approx(0.25)
    assert entropy(said, how="logits").item() == pytest.approx(h(0.75, 0.25))
    assert mutual_information(said, how="logits").item() == mutual_information(said).item()


def test_votes_weigh_the_members():
    said = logits([[0.9, 0.1]], [[0.5, 0.5]])
    votes = (3.0, 1.0)
    assert max_probability(said, votes=votes).item() == pytest.approx(0.2)
    assert max_logit(said, votes=votes).item() == pytest.approx(-(3 * math.log(0.9) + math.log(0.5)) / 4)
    expected = h(0.8, 0.2) - (3 * h(0.9, 0.1) + h(0.5, 0.5)) / 4
    assert mutual_information(said, votes=votes).item() == pytest.approx(expected)


def test_one_member_has_no_mutual_information_with_itself():
    said = torch.randn(1, 100, 10, generator=torch.Generator().manual_seed(0))
    assert not mutual_information(said).any()


def test_predictions_too_sure_for_one_less_p_still_differ():
    said = torch.tensor([[[50.0, 0.0], [60.0, 0.0], [40.0, 0.0]]])
    assert max_probability(said).argsort().tolist() == [1, 0, 2]


@pytest.mark.parametrize("name", OUT_OF_DISTRIBUTION_SCORES)
def test_a_larger_score_is_stranger(name: str):
    sure, unsure = [6.0, 0.0, 0.0], [0.2, 0.0, 0.0]
    apart = [0.0, 0.2, 0.0]  # the second member says another class
    score = OUT_OF_DISTRIBUTION_SCORES[name](torch.tensor([[sure, unsure], [sure, apart]]))
    assert score.dtype == torch.float64
    assert score.shape == (2,)
    assert score[1] > score[0]


@pytest.mark.parametrize("name", OUT_OF_DISTRIBUTION_SCORES)
def test_votes_that_do_not_fit_are_said(name: str):
    with pytest.raises(ValueError, match="votes must be one number a member"):
        OUT_OF_DISTRIBUTION_SCORES[name](torch.zeros(2, 3, 4), votes=(1.0,))


# ---- the mean of curves


def test_curves_are_averaged_at_equal_false_positive_rates_the_highest_of_one_place():
    straight_up, diagonal = ((0, 0), (0, 0.5), (1, 1)), ((0, 0), (1, 1))
    curve = mean_roc([straight_up, diagonal], points=3)  # at 0, 1/4 and 1
    assert [rate for rate, _ in curve] == [0, 0, 0.25, 1]
    assert [rate for _, rate in curve] == pytest.approx([0, 0.25, (0.625 + 0.25) / 2, 1])
    assert mean_roc([straight_up], points=3)[1] == (0, 0.5)
