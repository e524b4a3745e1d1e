"""The checks of learners' functions say what is wrong, and never raise."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
import torch
from torch.nn.functional import one_hot

import workbench as wb


def pruned(weights, density):  # the right answer to exercise 1
    flat = weights.abs().flatten()
    mask = torch.zeros_like(flat, dtype=torch.bool)
    mask[flat.argsort(descending=True)[: round(density * flat.numel())]] = True
    return mask.view_as(weights)


def following(trained, rewound, mask, fraction):  # the right answer to exercise 2
    left = int(mask.sum()) - round(fraction * int(mask.sum()))
    order = trained.abs().masked_fill(~mask, -1).argsort(descending=True)
    kept = torch.zeros_like(mask)
    kept[order[:left]] = True
    return rewound * kept, kept


def test_right_answers_are_right() -> None:
    assert wb.check.smallest_pruned(pruned).right
    assert wb.check.next_round(following).right


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (lambda w, d: None, "returned nothing"),
        (lambda w, d: w.no_such_thing, "raised AttributeError"),
        (lambda w, d: w.abs() > 1.5, "keeps 4, yours keeps 2"),
        (lambda w, d: pruned(w.clamp(min=0), d), "the sign does not matter"),
        (lambda w, d: pruned(w, 1 - d / 2), "keeps 4, yours keeps 6"),
        (lambda w, d: w.abs() >= w.abs().flatten().sort().values[-round(d * w.numel())], "of ten equal weights"),
        (lambda w, d: pruned(w.zero_(), d), "changed the weights"),
    ],
)
def test_a_wrong_pruning_is_told_what_is_wrong(wrong, said) -> None:
    found = wb.check.smallest_pruned(wrong)
    assert not found.right
    assert said in found.message
    assert "Not yet" in repr(found)
    assert "Not yet" in found._repr_html_()


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (lambda t, r, m, f: None, "two tensors"),
        (lambda t, r, m, f: following(t, t, m, f), "fine-tuning"),
        (lambda t, r, m, f: following(r, r, m, f), "rank the trained weights"),
        (lambda t, r, m, f: following(t, r, torch.ones_like(m), f), "came back"),
        (lambda t, r, m, f: following(t, r, m, 2 * f), "3 are left"),
        (lambda t, r, m, f: (r, following(t, r, m, f)[1]), "exactly 0"),
    ],
)
def test_a_wrong_round_is_told_what_is_wrong(wrong, said) -> None:
    found = wb.check.next_round(wrong)
    assert not found.right
    assert said in found.message


def mixed(a, b, alpha):  # the right answer to the first exercise of the landscape
    return {n: (1 - alpha) * a[n] + alpha * b[n] if a[n].is_floating_point() else a[n].clone() for n in a}


def rise(alphas, errors):  # and to the second
    return (errors - (1 - alphas) * errors[0] - alphas * errors[-1]).max()


def changing(a, b, alpha):
    a["w"].mul_(1 - alpha).add_(alpha * b["w"])
    return a


def test_right_answers_about_the_landscape_are_right() -> None:
    assert wb.check.halfway(mixed).right
    assert wb.check.halfway(wb.mix).right
    assert wb.check.barrier(rise).right
    assert wb.check.barrier(lambda alphas, errors: float(rise(alphas, errors))).right


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (lambda a, b, x: None, "nothing (None)"),
        (lambda a, b, x: a + b, "raised TypeError"),
        (changing, "changed one of the networks"),
        (lambda a, b, x: mixed(a, b, 1 - x), "yours is a quarter from b"),
        (lambda a, b, x: mixed(a, b, 0.5), "a quarter of the way from (0, 4) to (2, 0) is (0.5, 3)"),
        (lambda a, b, x: mixed(a, b, x) | {"norm.running_mean": a["norm.running_mean"]}, "statistics are mixed"),
        (lambda a, b, x: {n: (1 - x) * a[n] + x * b[n] for n in a}, "no 4.25th batch"),
    ],
)
def test_a_wrong_point_of_a_path_is_told_what_is_wrong(wrong, said) -> None:
    found = wb.check.halfway(wrong)
    assert not found.right
    assert said in found.message


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (lambda x, e: None, "should return one number"),
        (lambda x, e: e.nothing, "raised AttributeError"),
        (lambda x, e: e.max(), "the highest error"),
        (lambda x, e: (e - (e[0] + e[-1]) / 2).max(), "above the mean of the ends"),
        (lambda x, e: e.max() - e[0], "above the first end"),
        (lambda x, e: 0.1, "yours says 0.1"),
        (lambda x, e: (e - (1 - x) * e[0] - x * e[-1])[1:-1].max(), "the ends count too"),
    ],
)
def test_a_wrong_barrier_is_told_what_is_wrong(wrong, said) -> None:
    found = wb.check.barrier(wrong)
    assert not found.right
    assert said in found.message


def right_el2n(logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    return (logits.softmax(1) - one_hot(labels, logits.shape[1])).norm(dim=1)


def right_count(right: list[bool]) -> float:
    events = sum(before and not now for before, now in itertools.pairwise(right))
    return events if any(right) else float("inf")


def test_the_right_scores_pass() -> None:
    assert wb.check.el2n(right_el2n).right
    assert wb.check.forgetting(right_count).right
    assert wb.check.forgetting(lambda right: right_count(right) if any(right) else len(right)).right


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (lambda logits, y: None, "nothing (None)"),
        (lambda logits, y: logits.nothing, "raised AttributeError"),
        (lambda logits, y: right_el2n(logits, y).mean(), "one number an example"),
        (lambda logits, y: right_el2n(logits, y) ** 2, "the square root is missing"),
        (lambda logits, y: 1 - logits.softmax(1)[range(3), y], "1 - p of the label"),
        (lambda logits, y: (logits.softmax(1) - one_hot(y, 3)).abs().sum(1), "the Euclidean one"),
        (lambda logits, y: (logits - one_hot(y, 3)).norm(dim=1), "take their softmax first"),
        (lambda logits, y: logits.softmax(1).norm(dim=1), "equal logits and label 2"),
    ],
)
def test_a_wrong_el2n_is_told_what_is_wrong(wrong, said) -> None:
    found = wb.check.el2n(wrong)
    assert not found.right
    assert said in found.message


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (lambda right: None, "nothing (None)"),
        (lambda right: right.nothing, "raised AttributeError"),
        (lambda right: right.count(False), "learned late and kept"),
        (lambda right: sum(not x for x in right[1:]), "learned late and kept"),
        (lambda right: sum(a != b for a, b in itertools.pairwise(right)), "learned late and kept"),
        (lambda right: int(False in right[right.index(True) :]) if any(right) else 9, "forgotten twice"),
        (lambda right: sum(a and not b for a, b in itertools.pairwise(right)), "it is the hardest"),
    ],
)
def test_a_wrong_count_of_forgetting_is_told_what_is_wrong(wrong, said) -> None:
    found = wb.check.forgetting(wrong)
    assert not found.right
    assert said in found.message


def calibration_error(confidence, right, bins):  # the right answer to the first exercise on calibration
    place = (confidence * bins).ceil().long().clamp(1, bins)
    total = 0.0
    for b in range(1, bins + 1):
        here = place == b
        if here.any():
            total += float(
                here.double().mean() * (right[here].double().mean() - confidence[here].double().mean()).abs()
            )
    return total


def test_a_right_ece_and_right_weights_are_right() -> None:
    assert wb.check.ece(calibration_error).right
    assert wb.check.robust_weights(lambda losses, lam: (losses / lam).softmax(0)).right


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (lambda c, r, b: None, "one number"),
        (lambda c, r, b: float("nan"), "empty bin counts nothing"),
        (lambda c, r, b: float((r.double() - c).mean()), "absolute value"),
        (lambda c, r, b: float((r.double() - c).mean().abs()), "one example in the lower bin"),
        (lambda c, r, b: float((r.double() - c).abs().mean()), "all five are in the upper one"),
        (lambda c, r, b: calibration_error(c[c < 1], r[c < 1], b), "exactly 1 belongs to the last bin"),
        (
            lambda c, r, b: calibration_error(c, r, b) if (c > 0.5).all() else (0.9 + 0.9 - 2 / 3) / 2,
            "share of the examples",
        ),
    ],
)
def test_a_wrong_ece_is_told_what_is_wrong(wrong, said) -> None:
    found = wb.check.ece(wrong)
    assert not found.right
    assert said in found.message


def test_an_answer_that_is_none_at_the_second_question_raises_nothing() -> None:
    once: Any = lambda c, r, b: 0.18 if len(c) == 5 else None  # noqa: E731
    assert "one number" in wb.check.ece(once).message
    once = lambda losses, lam: (losses / lam).softmax(0) if lam == 2 else None  # noqa: E731
    assert "overflows" in wb.check.robust_weights(once).message


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (lambda losses, lam: None, "one weight a loss"),
        (lambda losses, lam: losses.no_such_thing, "raised AttributeError"),
        (lambda losses, lam: losses.sub_(losses.max()).div(lam).softmax(0), "changed the losses"),
        (lambda losses, lam: (-losses / lam).softmax(0), "least weight"),
        (lambda losses, lam: (losses / lam).exp(), "sum to one"),
        (lambda losses, lam: (losses * lam).softmax(0), "lambda divides"),
        (lambda losses, lam: losses / losses.sum(), "1 : 2 : 4"),
        (lambda losses, lam: (losses / lam).exp() / (losses / lam).exp().sum(), "overflows"),
    ],
)
def test_wrong_robust_weights_are_told_what_is_wrong(wrong, said) -> None:
    found = wb.check.robust_weights(wrong)
    assert not found.right
    assert said in found.message
