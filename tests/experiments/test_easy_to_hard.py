"""Members by tercile of difficulty, and what each alone gets right: counts and weights by hand."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest
import torch
from tiny import made
from torch import Tensor

import workbench as wb
from workbench import ensembles
from workbench.data.data import Data
from workbench.data.noise import noisy
from workbench.ensembles.member import Member
from workbench.ensembles.predicted import Predicted
from workbench.experiments.easy_to_hard import easy_to_hard, solved, training_weights
from workbench.experiments.ensemble_outcome import Ensembled
from workbench.training.losses import CrossEntropy, CVaR, Focal, Loss, Robust

DATA = made(n=60)
MODEL = wb.models.lenet(DATA, hidden=(8,))


def ensemble(members: list[Member], test: Predicted, data: Data = DATA) -> Ensembled:
    return Ensembled(
        method="robust",
        members=tuple(members),
        density=1.0,
        seed=3,
        replica=1,
        combine="probabilities",
        steps=0,
        overlap=1.0,
        union=1.0,
        bits=0,
        multiplications=0,
        pixel_noise=0.0,
        drawn=0,
        validation=test,
        test=test,
        examples=data.test,
        classes=data.classes,
    )


def member(loss: Loss, seed: int = 0, **fields: Any) -> Member:
    return Member(wb.initialise(MODEL, seed=seed), wb.masks.full(MODEL), loss, [], 10, seed, **fields)


def built(losses: list[Loss]) -> Ensembled:
    members = [member(loss, seed) for seed, loss in enumerate(losses)]
    return ensemble(members, ensembles.predict(MODEL, members, DATA.test))


def score(split: str = "train") -> wb.Score:
    """Difficulty by place: the first third is easy."""
    return wb.scores.by_id("place", torch.arange(60.0), DATA, split=split)


def losses_and_labels(*losses: float) -> tuple[Tensor, Tensor]:
    """Logits of two classes with these cross-entropies for class 0."""
    p = torch.exp(-torch.tensor(losses, dtype=torch.float64))
    return torch.stack([p, 1 - p], 1).log(), torch.zeros(len(losses), dtype=torch.int64)


# ---- by tercile


def test_a_row_for_every_member_and_third_and_three_for_the_ensemble():
    rows = easy_to_hard(built([CrossEntropy(), Robust(lam=1.0)]), MODEL, DATA, score())
    assert [(r.member, r.tercile) for r in rows] == [
        (m, third) for m in (0, 1, None) for third in ("easy", "middle", "hard")
    ]
    assert {r.examples for r in rows} == {20}
    assert [r.score for r in rows[:3]] == [9.5, 29.5, 49.5]
    assert (rows[0].method, rows[0].seed, rows[0].replica, rows[0].split) == ("robust", 3, 1, "train")
    assert [r.trained_with for r in rows[::3]] == ["mean", "λ = 1", None]


def test_accuracy_and_loss_are_those_of_the_third():
    one = built([CrossEntropy(), CrossEntropy()])
    rows = easy_to_hard(one, MODEL, DATA, score())
    for r in rows[:6]:
        places = {"easy": slice(0, 20), "middle": slice(20, 40), "hard": slice(40, 60)}[r.tercile]
        part = DATA.train.take(torch.arange(60)[places])
        found = wb.evaluate(MODEL, one.members[r.member or 0].weights, part)
        assert r.accuracy == pytest.approx(found.accuracy)
        assert r.loss == pytest.approx(found.loss)
    p = one.test.probabilities()  # of the made data, test and training images are the same
    for r, said, labels in zip(rows[6:], p.split(20), DATA.train.labels.split(20), strict=True):
        assert r.accuracy == pytest.approx(float((said.argmax(1) == labels).double().mean()))
        assert r.loss == pytest.approx(-float(said[torch.arange(20), labels].log().mean()))
        assert r.weight is None


def test_an_ordinary_member_weighs_every_third_alike_and_a_robust_one_the_worse_more():
    hardest = wb.scores.by_id("loss", _losses(1), DATA)  # the second member's own loss
    rows = easy_to_hard(built([CrossEntropy(), Robust(lam=0.5)]), MODEL, DATA, hardest, batch_size=20)
    ordinary, robust = [[r.weight or 0 for r in rows[i : i + 3]] for i in (0, 3)]
    assert ordinary == pytest.approx([1 / 3] * 3)
    assert sum(robust) == pytest.approx(1)
    assert robust[0] < robust[1] < robust[2]
    assert [r.gradient_weight for r in rows[:6]] == [r.weight for r in rows[:6]]


def _losses(seed: int) -> Tensor:
    logits = wb.evaluate(MODEL, wb.initialise(MODEL, seed=seed), DATA.train).logits
    return torch.nn.functional.cross_entropy(logits, DATA.train.labels, reduction="none")


def test_examples_that_were_not_trained_on_have_no_weight():
    rows = easy_to_hard(built([Robust(lam=1.0)]), MODEL, DATA, score("test"))
    assert {r.split for r in rows} == {"test"}
    assert {r.weight for r in rows} == {None}


def test_a_score_of_other_data_is_refused():
    other = wb.scores.by_id("place", torch.arange(50.0), made(n=50))
    with pytest.raises(ValueError, match="computed on other data"):
        easy_to_hard(built([CrossEntropy()]), MODEL, DATA, other)


def test_the_data_of_another_replica_are_refused():
    one = built([CrossEntropy()])
    with pytest.raises(ValueError, match=r"data must be those of the replica.*seed=0"):
        easy_to_hard(one, MODEL, noisy(DATA, 0.3), score())  # other pixels
    other = replace(DATA, validation=DATA.validation.take(torch.arange(1, 60)))  # another split of the same images
    with pytest.raises(ValueError, match="data must be those of the replica"):
        easy_to_hard(one, MODEL, other, score())


# ---- weights by hand


def test_robust_weights_of_three_losses_over_all_of_them():
    logits, labels = losses_and_labels(0.1, 0.1 + math.log(2), 0.1 + math.log(4))  # at lambda 1 as 1 to 2 to 4
    p, q = training_weights(member(Robust(lam=1.0)), logits, labels)
    assert torch.allclose(p, torch.tensor([1, 2, 4], dtype=torch.float64) / 7)
    assert torch.equal(p, q)


def test_published_gradients_take_weight_from_the_easy_and_still_sum_to_one():
    logits, labels = losses_and_labels(0.01, 0.02, 4.0)
    p, q = training_weights(member(Robust(lam=1.0, gradient="as_published")), logits, labels)
    assert (p > 0).all()
    assert q[0] < 0
    assert q[2] > 1
    assert float(q.sum()) == pytest.approx(1)


def test_a_batch_alone_has_the_share_of_its_examples():
    logits, labels = losses_and_labels(*[0.5 + 0.1 * i for i in range(10)])
    p, _ = training_weights(member(CVaR(0.01)), logits, labels, batch_size=4)  # three batches, the worst of each
    assert sorted(p[p > 0].tolist()) == pytest.approx([0.3, 0.3, 0.4])
    assert p[9] > 0


def test_an_annealed_lambda_is_that_of_the_last_step():
    logits, labels = losses_and_labels(0.5, 1.0, 1.5)
    own = member(Robust(lam=10.0, anneal="cosine"))  # ten steps: at the ninth, from nought, it is 0.24
    lam = 5 * (1 + math.cos(math.pi * 0.9))
    p, _ = training_weights(own, logits, labels)
    assert torch.allclose(p, (torch.tensor([0.5, 1.0, 1.5], dtype=torch.float64) / lam).softmax(0))


def test_focal_weighs_by_doubt_and_a_softened_label_weighs_all_alike():
    logits, labels = losses_and_labels(-math.log(0.9), -math.log(0.5))  # doubts of 0.1 and 0.5
    p, _ = training_weights(member(Focal(2.0)), logits, labels)
    assert torch.allclose(p, torch.tensor([0.01, 0.25], dtype=torch.float64) / 0.26)
    p, _ = training_weights(member(CrossEntropy(smoothing=0.2)), logits, labels)
    assert p.tolist() == [0.5, 0.5]


def test_a_member_that_weighed_over_the_data_set_is_one_batch():
    logits, labels = losses_and_labels(0.1, 0.1 + math.log(2), 0.1 + math.log(4))
    p, _ = training_weights(member(Robust(lam=1.0), over="dataset"), logits, labels, batch_size=1)
    assert torch.allclose(p, torch.tensor([1, 2, 4], dtype=torch.float64) / 7)
    p, _ = training_weights(member(Robust(lam=1.0)), logits, labels, batch_size=1)
    assert torch.allclose(p, torch.full((3,), 1 / 3, dtype=torch.float64))


def test_a_batch_of_none_is_refused():
    with pytest.raises(ValueError, match="batch_size must be a whole number from 1, got 0"):
        training_weights(member(CrossEntropy()), *losses_and_labels(1.0), batch_size=0)


# ---- who is right


def predicted(*right: str) -> Predicted:
    """What members say of images of class 0; a member is right where its word has an x."""
    members = torch.tensor([[[3.0, 0.0] if c == "x" else [0.0, 2.0] for c in word] for word in right])
    n = len(right[0])
    return Predicted(members, torch.zeros(n, dtype=torch.int64), 10 + torch.arange(n), (1.0,) * len(right))


def test_five_images_of_three_members():
    test = predicted("xx..x", "xx...", "x.x..")  # all; two; the third alone; none; the first alone
    found = {(s.who, s.member): s for s in solved(ensemble([member(CrossEntropy())] * 3, test))}
    assert {key: s.ids.tolist() for key, s in found.items()} == {
        ("all", None): [10],
        ("some", None): [11],
        ("only", 0): [14],
        ("only", 1): [],
        ("only", 2): [12],
        ("none", None): [13],
    }
    assert sum(s.share for s in found.values()) == pytest.approx(1)
    assert found["all", None].ensemble == 1
    assert found["none", None].ensemble == 0
    assert found["only", 0].ensemble == 0  # two say otherwise
    assert found["only", 1].ensemble is None


def test_one_member_is_right_alone_or_not():
    found = solved(ensemble([member(CrossEntropy())], predicted("x.x")))
    assert [(s.who, s.examples) for s in found] == [("all", 0), ("some", 0), ("only", 2), ("none", 1)]


def test_parts_make_a_table_of_plain_values():
    table = wb.table(solved(ensemble([member(CrossEntropy())] * 2, predicted("x.", ".."))))
    assert list(table["who"]) == ["all", "some", "only", "only", "none"]
    assert "ids" not in table.columns
