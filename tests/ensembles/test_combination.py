"""Members become one prediction, and how different they are, by hand on a few numbers."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
import torch

import workbench as wb
from workbench.ensembles import combine, disagreement, double_fault, mask_overlap, relative_disagreement, union_density
from workbench.ensembles.diversity import disagreement_by_member

# two members, one example, two classes: probabilities 1/2, 1/2 and 4/5, 1/5
TWO = torch.tensor([[[0.0, 0.0]], [[math.log(4), 0.0]]], dtype=torch.float64)


def test_probabilities_are_averaged_as_probabilities():
    assert combine(TWO, "probabilities").tolist() == [pytest.approx([0.65, 0.35])]


def test_logits_are_averaged_as_logits():
    assert combine(TWO, "logits").tolist() == [pytest.approx([2 / 3, 1 / 3])]  # e^(log 4 / 2) = 2 to 1


def test_votes_weigh_the_members_and_one_member_is_itself():
    assert combine(TWO, "probabilities", votes=(1, 3)).tolist() == [pytest.approx([0.725, 0.275])]
    assert combine(TWO, "logits", votes=(0, 2)).tolist() == [pytest.approx([0.8, 0.2])]
    assert combine(TWO[1:], "probabilities").tolist() == combine(TWO[1:], "logits").tolist()


@pytest.mark.parametrize("how", ["probabilities", "logits"])
def test_a_temperature_is_applied_after_combining(how: str):
    plain, scaled = combine(TWO, how), combine(TWO, how, temperature=2.0)
    root = plain.sqrt()  # p^(1/2), scaled to one
    assert scaled.tolist() == [pytest.approx((root / root.sum()).tolist()[0])]
    assert torch.equal(combine(TWO, how, temperature=1.0), plain)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"how": "logit"}, 'did you mean "logits"'),
        ({"votes": (1.0,)}, "one number a member"),
        ({"votes": (0.0, 0.0)}, "not all 0"),
        ({"votes": (2.0, -1.0)}, "from 0"),
        ({"votes": (1.0, math.inf)}, "finite"),
        ({"votes": (1.0, math.nan)}, "finite"),
        ({"temperature": 0.0}, "above 0"),
        ({"temperature": float("nan")}, "above 0"),
    ],
)
def test_bad_options_are_said(options: dict, words: str):
    with pytest.raises(ValueError, match=words):
        combine(TWO, **options)


def test_no_members_are_no_ensemble():
    with pytest.raises(ValueError, match="one member at least"):
        combine(TWO[:0])


# three members' answers to four examples of class 0: right is 0
SAID = torch.tensor([[0, 0, 1, 1], [0, 1, 1, 0], [0, 0, 0, 1]])
LOGITS = torch.nn.functional.one_hot(SAID, 2).double()
LABELS = torch.zeros(4, dtype=torch.int64)


def test_disagreement_is_the_mean_over_pairs():
    assert disagreement(LOGITS) == pytest.approx((2 / 4 + 1 / 4 + 3 / 4) / 3)
    assert disagreement(LOGITS[:1]) == 0
    assert disagreement_by_member(LOGITS) == pytest.approx([(2 + 1) / 8, (2 + 3) / 8, (1 + 3) / 8])
    assert disagreement_by_member(LOGITS[:1]) == [0]


def test_double_fault_counts_what_two_members_both_get_wrong():
    assert double_fault(LOGITS, LABELS) == pytest.approx((1 / 4 + 1 / 4 + 0) / 3)


def test_disagreement_is_also_told_beside_the_error():
    assert relative_disagreement(LOGITS, LABELS) == pytest.approx(0.5 / (5 / 12))
    assert math.isnan(relative_disagreement(LOGITS[:, :1], LABELS[:1]))


def test_masks_overlap_by_pairs_and_their_union_is_what_shared_weights_cost():
    kept = [{"w": torch.tensor(places, dtype=torch.bool)} for places in ([1, 1, 0, 0], [0, 1, 1, 0], [1, 1, 0, 0])]
    assert mask_overlap(kept) == pytest.approx((1 / 3 + 1 + 1 / 3) / 3)
    assert union_density(kept) == 0.75
    assert mask_overlap(kept[:1]) == 1.0


@pytest.mark.parametrize(
    ("logits", "words"),
    [
        (LOGITS[0], r"must be \(members, examples, classes\), got \(4, 2\); of one network, logits\[None\]"),
        (torch.cat([LOGITS, LOGITS[:1] * math.nan]), "those of 1 of 4 members are not"),
        (LOGITS[:0], "one member at least"),
    ],
)
def test_what_is_no_logits_of_members_is_said(logits: torch.Tensor, words: str):
    for what in (combine, disagreement, lambda x: double_fault(x, LABELS), lambda x: relative_disagreement(x, LABELS)):
        with pytest.raises(ValueError, match=words):
            what(logits)


@pytest.mark.parametrize("of", [double_fault, relative_disagreement])
def test_labels_of_other_examples_or_classes_are_said(of: Callable[..., float]):
    with pytest.raises(ValueError, match="labels must be 4 integers"):
        of(LOGITS, LABELS[:1])
    with pytest.raises(ValueError, match="labels must be from 0 to 1"):
        of(LOGITS, LABELS + 2)


def test_masks_of_no_member_are_said():
    for of in (union_density, mask_overlap):
        with pytest.raises(ValueError, match="one member at least"):
            of([])


def test_predictions_of_members_are_those_of_their_networks():
    data = wb.load("digits", train_size=50)
    model = wb.models.lenet(data)
    some = [wb.initialise(model, seed=s) for s in range(2)]
    made = [
        wb.ensembles.Member(w, wb.masks.full(model), wb.CrossEntropy(), [], 1, 0, vote=v) for v, w in enumerate(some)
    ]
    found = wb.ensembles.predict(model, made, data.test)
    assert torch.equal(found.logits_MNC[1], wb.evaluate(model, some[1], data.test).logits)
    assert torch.equal(found.probabilities("logits"), found.logits_MNC[1].double().softmax(1))  # votes 0 and 1
    assert found.right()[1].double().mean() == pytest.approx(wb.evaluate(model, some[1], data.test).accuracy)
    with pytest.raises(ValueError, match="one member at least"):
        wb.ensembles.predict(model, [], data.test)
