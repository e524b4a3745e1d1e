"""SAMME: votes and weights by hand and against scikit-learn's, and what ends it."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from tiny import Own, made, same

import workbench as wb
from workbench.ensembles import Member, boosted, boosting, edge_popup_member, members, predict
from workbench.ensembles.boosting import reweighted, vote
from workbench.pruning.edge_popup import initial_scores
from workbench.work.seeds import number

DATA = made()
MODEL = Own()
WEIGHTS = wb.initialise(MODEL, rule="scaled_constant", density=0.3)
RECIPE = wb.Recipe(steps=12, batch_size=10)
SHORT = wb.Recipe(steps=6, batch_size=10, learning_rate=0.02)  # after it some examples are still wrong


def boost(recipe: wb.Recipe = RECIPE, **options: Any) -> list[Member]:
    return list(boosted(MODEL, WEIGHTS, DATA, recipe, density=0.3, **options))


# ---- by hand


def test_a_vote_by_hand():
    assert vote(0.25, 2) == pytest.approx(math.log(3))  # log(0.75 / 0.25) + log 1
    assert vote(0.5, 3) == pytest.approx(math.log(2))  # log 1 + log 2
    assert vote(2 / 3, 3) == pytest.approx(0)  # a guess
    assert vote(0.2, 10) == pytest.approx(math.log(4) + math.log(9))


def test_weights_by_hand():
    # one of four is wrong: err 1/4, so with two classes it counts three times: (1, 1, 1, 3) scaled by 4/6
    wrong = torch.tensor([False, False, False, True])
    found = reweighted(torch.ones(4, dtype=torch.float64), wrong, vote(0.25, 2))
    assert found.tolist() == pytest.approx([2 / 3, 2 / 3, 2 / 3, 2])
    # now it is half of all weight: the same ticket would err on exactly a half
    assert float(found[wrong].sum() / found.sum()) == pytest.approx(0.5)
    # right where the first erred, wrong at the first place: err (2/3)/4 = 1/6, so that place counts five times
    found = reweighted(found, torch.tensor([True, False, False, False]), vote(1 / 6, 2))
    assert found.tolist() == pytest.approx([c * 4 / (10 / 3 + 2 / 3 + 2 / 3 + 2) for c in (10 / 3, 2 / 3, 2 / 3, 2)])


# ---- against scikit-learn, on the same answers


class Scripted:
    """What the tickets of a made run say of the training images, in their order."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, wrong: list[list[int]]) -> None:
        self.trained: list[torch.Tensor] = []
        member, said = Member(WEIGHTS, wb.masks.full(MODEL), RECIPE.loss, [], 12, 0), iter(wrong)

        def popup(*things: Any, **options: Any) -> Member:
            given = options["example_weights"]
            self.trained.append(torch.ones(50) if given is None else given)  # at first, all weigh the same
            return replace(member, seed=options["seed"])

        def wrongs(*things: Any) -> torch.Tensor:
            return torch.isin(torch.arange(50), torch.tensor(next(said), dtype=torch.int64))

        monkeypatch.setattr(boosting, "edge_popup_member", popup)
        monkeypatch.setattr(boosting, "_wrong", wrongs)


def in_scikit_learn(wrong: list[list[int]]) -> tuple[list[float], list[float]]:
    """The votes and errors of scikit-learn's SAMME, whose learners say what is asked of them."""
    from sklearn.base import BaseEstimator, ClassifierMixin
    from sklearn.ensemble import AdaBoostClassifier

    labels, said = np.arange(50) % 3, iter(wrong)

    class Learner(ClassifierMixin, BaseEstimator):
        def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Any:
            self.classes_, self.wrong_ = np.arange(3), next(said)
            return self

        def predict(self, X: Any) -> Any:
            found = labels.copy()
            found[self.wrong_] = (found[self.wrong_] + 1) % 3
            return found

    fitted = AdaBoostClassifier(Learner(), n_estimators=len(wrong)).fit(np.zeros((50, 1)), labels)
    return [float(v) for v in fitted.estimator_weights_], [float(e) for e in fitted.estimator_errors_]


def test_votes_are_scikit_learns(monkeypatch: pytest.MonkeyPatch):
    wrong = [list(range(10)), [*range(5), 20, 21], [7, 8, 30, 31, 32]]
    expected, errors = in_scikit_learn(wrong)
    scripted = Scripted(monkeypatch, wrong)
    found = boost()
    assert [member.vote for member in found] == pytest.approx(expected)
    weights = [w.double() for w in scripted.trained]
    assert [float(w[wrong[m]].sum() / w.sum()) for m, w in enumerate(weights)] == pytest.approx(errors)
    assert all(float(w.mean()) == pytest.approx(1) for w in weights)


def test_a_perfect_ticket_goes_on(monkeypatch: pytest.MonkeyPatch):
    scripted = Scripted(monkeypatch, [[0], [], []])
    found = boost()
    assert [m.vote for m in found[1:]] == pytest.approx([vote(0.5 / 50, 3)] * 2)
    assert torch.equal(scripted.trained[1], scripted.trained[2])  # nothing is handed on
    assert len({member.seed for member in found}) == 3


def test_a_ticket_no_better_than_a_guess_ends_it(monkeypatch: pytest.MonkeyPatch):
    Scripted(monkeypatch, [[0, 1], list(range(40)), [1]])
    assert len(boost()) == 1
    Scripted(monkeypatch, [list(range(34))])  # 34 of 50 is above 2/3
    with pytest.raises(ValueError, match=r"first ticket errs on 0\.680 .* no better than a guess between 3"):
        boost()


# ---- tickets


def both(seed: int) -> tuple[list[Member], list[Member]]:
    """Two boosted tickets, and the ordinary ensemble of the same seed."""
    weights = wb.initialise(MODEL, seed=number(seed, "member weights"), rule="scaled_constant", density=0.3)
    found = list(boosted(MODEL, weights, DATA, RECIPE, density=0.3, members=2, seed=seed))
    return found, members(MODEL, DATA, RECIPE, losses=(wb.CrossEntropy(),) * 2, density=0.3, seed=seed)


def test_the_first_ticket_is_the_ordinary_one_bit_for_bit():
    (first, *_), (plain, _) = both(4)
    assert same(first.weights, plain.weights)
    assert same(first.mask, plain.mask)
    assert first.seed == plain.seed


def test_where_no_ticket_errs_it_is_the_ordinary_ensemble(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(boosting, "_wrong", lambda *_: torch.zeros(50, dtype=torch.bool))
    assert all(same(a.mask, b.mask) and a.seed == b.seed for a, b in zip(*both(4), strict=True))


def test_errors_are_those_of_an_evaluation_on_the_training_images():
    first = boost(SHORT, members=1)[0]
    error = 1 - wb.evaluate(MODEL, first.weights, DATA.train).accuracy
    assert 0 < error < 2 / 3
    assert first.vote == pytest.approx(vote(error, 3))


def test_the_second_ticket_is_trained_on_what_the_first_got_wrong():
    first, second = boost(SHORT, members=2)
    wrong = wb.evaluate(MODEL, first.weights, DATA.train).logits.argmax(1) != DATA.train.labels
    weights = reweighted(torch.ones(50, dtype=torch.float64), wrong, first.vote).float()
    scores = initial_scores(MODEL, wb.masks.full(MODEL), number(0, "member scores", 1))
    how = {"loss": wb.CrossEntropy(), "density": 0.3, "scores": scores, "seed": number(0, "member", 1)}
    again = edge_popup_member(MODEL, WEIGHTS, DATA, SHORT, **how, example_weights=weights)
    plain = edge_popup_member(MODEL, WEIGHTS, DATA, SHORT, **how)
    assert same(second.mask, again.mask)
    assert not same(second.mask, plain.mask)


def test_every_ticket_has_exactly_its_density_of_the_frozen_weights():
    for member in boost():
        assert wb.masks.kept(member.mask) == 103
        assert all(torch.equal(member.weights[n], torch.where(k, WEIGHTS[n], 0)) for n, k in member.mask.items())
        assert member.stored == "bits"


def test_members_are_named_on_the_path():
    seen: set[tuple] = set()
    with wb.progress.watch(lambda p: seen.add(p.path[:1])):
        boost(members=2)
    assert seen == {(("member", 0, 2),), (("member", 1, 2),)}


def test_together_they_know_the_digits(digits: wb.Data):
    model = wb.models.lenet(digits, hidden=(64, 32), norm=True)
    weights = wb.initialise(model, rule="scaled_constant", density=0.2)
    found = list(boosted(model, weights, digits, wb.Recipe(epochs=8, batch_size=32), density=0.2, members=2))
    said = predict(model, found, digits.test)
    assert said.votes == tuple(member.vote for member in found)
    assert (said.probabilities().argmax(1) == said.labels).double().mean() > 0.6  # chance is 0.1


def test_bad_options_are_said():
    with pytest.raises(ValueError, match="members must be a whole number from 1 to 10000, got 0"):
        boost(members=0)
