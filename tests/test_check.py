"""The checks of learners' functions say what is wrong, and never raise."""

from __future__ import annotations

import pytest
import torch

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
