"""The experiment on scores, its tables, and the live view of forgetting."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

import workbench as wb
from workbench.data_diet import el2n, forgetting, grand, input_norm, together
from workbench.data_diet.scores import Score
from workbench.experiments import (
    averaged,
    example_scores,
    found_among_hardest,
    remembering,
    scores_table,
    stability,
)
from workbench.experiments.example_scores import NAMES, Scored, score_names
from workbench.nets.weights import Weights

TINY: dict[str, Any] = {
    "train_size": 150,
    "image_size": 8,
    "model": "lenet(hidden=(16,))",
    "recipe": wb.Recipe(steps=24, batch_size=50, learning_rate=0.3),
    "label_noise": 0.1,
    "replicas": 2,
}
ONE: dict[str, Any] = {name: value for name, value in TINY.items() if name != "replicas"}
EVERY = (*NAMES, "barrier")


@pytest.fixture(scope="module")
def outcomes() -> list[Scored]:
    return sorted(example_scores(**TINY, scores=EVERY), key=lambda o: o.replica)


@pytest.fixture(scope="module")
def data() -> wb.Data:
    return wb.load("digits", train_size=150, image_size=8, label_noise=0.1)


def test_every_replica_scores_the_same_noisy_examples(outcomes: list[Scored], data: wb.Data):
    assert [(o.seed, o.replica, o.step) for o in outcomes] == [(0, 0, 6), (0, 1, 6)]
    for o in outcomes:
        assert tuple(o.scores) == EVERY
        assert torch.equal(o.flipped, data.flipped)
        assert len(o.flipped) == 15
        assert torch.equal(o.examples.labels, data.train.labels)
        for score in o.scores.values():
            assert torch.equal(score.of(data), score.values)


def test_scores_are_those_of_a_training_by_hand(outcomes: list[Scored], data: wb.Data):
    own, recipe = wb.seeds(0, 2)[1], TINY["recipe"]
    model = wb.models.named(TINY["model"], data, seed=own)
    weights = wb.weights_along(model, wb.snapshot(model), data, recipe, at=(0, 6), seed=own)
    run = wb.train(model, wb.snapshot(model), data, recipe, seed=own)
    counted = forgetting(model, wb.snapshot(model), data, recipe, seed=own)
    found = outcomes[1]
    by_hand = {
        "el2n": el2n(model, [weights[6]], data),
        "grand": grand(model, [weights[6]], data),
        "grand_init": grand(model, [weights[0]], data),
        "grand_last_layer": grand(model, [weights[6]], data, variant="last_layer"),
        "forgetting": counted.score(),
        "first_learned": counted.score("first_learned"),
        "input_norm": input_norm(data),
    }
    for name, score in by_hand.items():
        assert torch.equal(found.scores[name].values, score.values)
    assert found.test_accuracy == run.test_accuracy
    assert {n: found.scores[n].step for n in ("el2n", "grand_init", "forgetting", "barrier")} == {
        "el2n": 6,
        "grand_init": 0,
        "forgetting": 24,
        "barrier": 0,
    }


def test_the_barrier_is_between_two_children_of_the_step_asked_for(data: wb.Data):
    options = TINY | {"replicas": 1, "scores": ("barrier",), "barrier_step": 4}
    (found,) = example_scores(**options)
    own, recipe = wb.seeds(0, 1)[0], TINY["recipe"]
    model = wb.models.named(TINY["model"], data, seed=own)
    start = wb.weights_at(model, wb.snapshot(model), data, recipe, step=4, seed=own)
    from workbench.work.seeds import number

    noise = number(own, "barrier")
    born = {c.child: c.run for c in wb.landscape.children(model, {4: start}, data, recipe, seed=noise)}
    line = wb.landscape.path(model, born[0].weights, born[1].weights, data, split="train", points=3)
    assert torch.equal(found.scores["barrier"].values, line.barriers().float())
    assert (found.scores["barrier"].variant, found.scores["barrier"].step) == ("average", 4)


def test_an_archive_gives_the_same_without_training(tmp_path: Path):
    options = TINY | {"replicas": 1, "scores": EVERY, "archive": str(tmp_path)}
    (first,) = example_scores(**options)
    reports: list[Any] = []
    with wb.progress.watch(reports.append):
        (again,) = example_scores(**options)
    assert not [p for p in reports if p.of == 24]
    assert all(torch.equal(again.scores[name].values, first.scores[name].values) for name in EVERY)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"scores": ()}, "scores must name one at least"),
        ({"scores": ("el2",)}, 'score "el2" is not known; did you mean "el2n"'),
        ({"score_step": 25}, "score_step must be a whole number from 0 to 24, got 25"),
        ({"barrier_step": 24}, "barrier_step must be a whole number from 0 to 23, got 24"),
        ({"replicas": 0}, "replicas must be a whole number from 1 to 10000, got 0"),
        ({"label_noise": 2.0}, r"label_noise must be in \[0, 1\], got 2"),
        ({"recipe": wb.Recipe(steps=2, batch_size=50)}, "2 steps of 50 show 100 of 150 examples"),
    ],
)
def test_bad_options_are_said_before_anything_is_trained(options: dict[str, Any], message: str):
    with wb.progress.watch(lambda _: pytest.fail("something was trained")), pytest.raises(ValueError, match=message):
        next(example_scores(**TINY | options))


# ---- tables


def test_means_over_replicas_join_forgetting_by_what_was_learned(outcomes: list[Scored]):
    found = averaged(outcomes)
    assert tuple(found) == EVERY
    assert torch.allclose(
        found["el2n"].values, (outcomes[0].scores["el2n"].values + outcomes[1].scores["el2n"].values) / 2
    )
    joined = together([o.forgetting for o in outcomes])
    assert torch.equal(found["forgetting"].values, joined.score().values)
    assert {score.replicas for score in found.values()} == {2}
    assert averaged([]) == {}


def test_the_table_has_a_row_an_example(outcomes: list[Scored], data: wb.Data):
    found = scores_table(outcomes)
    columns = "id label el2n grand grand_last_layer grand_init forgetting never_learned_share first_learned"
    columns += " input_norm random loss margin barrier replicas step flipped"
    assert list(found.columns) == columns.split()
    assert found["id"].tolist() == data.train.ids.tolist()
    assert found["label"].tolist() == data.train.labels.tolist()
    assert sum(found["flipped"].tolist()) == 15
    assert found["margin"].tolist() == averaged(outcomes)["margin"].values.tolist()
    assert set(found["never_learned_share"]) <= {0, 0.5, 1}
    never = found["never_learned_share"] == 1
    assert (found["forgetting"] == math.inf).tolist() == never.tolist()
    few = scores_table(list(example_scores(**TINY | {"scores": ("el2n",), "replicas": 1})))
    assert list(few.columns) == list(found.columns)
    assert all(math.isnan(value) for value in few["barrier"])
    assert list(scores_table([]).columns) == list(found.columns)


def confidence(model: nn.Module, networks: Sequence[Weights], data: wb.Data, *, step: int | None = None) -> Score:
    """A throw-away score: the probability of the wrong classes."""
    evaluation = wb.evaluate(model, networks[0], data.train)
    right = evaluation.logits.softmax(1).gather(1, data.train.labels[:, None])[:, 0]
    return wb.scores.by_id("confidence", 1 - right, data)


def whole_number(data: wb.Data, *, seed: int = 0) -> Score:
    """A throw-away score that asks no network."""
    return wb.scores.by_id("whole number", data.train.ids + seed % 2, data)


def test_a_score_that_joins_the_register_is_asked_for_by_name_and_has_its_column(
    monkeypatch: pytest.MonkeyPatch, data: wb.Data
):
    monkeypatch.setitem(wb.data_diet.SCORES, "confidence", confidence)
    monkeypatch.setitem(wb.data_diet.SCORES, "whole_number", whole_number)
    options: dict[str, Any] = TINY | {"scores": ("el2n", "confidence", "whole_number")}
    outcomes = list(example_scores(**options))
    found = scores_table(outcomes)
    for name in ("confidence", "whole_number"):
        assert found[name].tolist() == averaged(outcomes)[name].values.tolist()
        assert len(set(found[name])) > 100
    assert score_names()[-3:] == ("confidence", "whole_number", "barrier")
    few: dict[str, Any] = {"subsets": ("hardest",), "sizes": (20,), "pretrain_steps": (2,), "rounds": 0, "replicas": 1}
    for name in ("confidence", "whole_number"):
        assert len(list(wb.experiments.pretraining(**TINY | few, score=name, score_replicas=2))) == 1


def made_up(replica: int, values: Sequence[float], forgotten: Any) -> Scored:
    """A replica whose el2n is made up."""
    split = wb.load("digits").train.take(torch.arange(len(values)))
    score = Score("el2n", torch.tensor(values, dtype=torch.float32), split.ids, "data")
    none = torch.arange(0)
    return Scored(0, replica, 1, None, {"el2n": score}, forgotten, split, ("0",), none)


def test_stability_is_of_some_replicas_with_the_others(outcomes: list[Scored]):
    counted = outcomes[0].forgetting
    four = [made_up(r, v, counted) for r, v in enumerate(([1, 2, 3], [1, 2, 3], [1, 2, 3], [3.0, 2, 1]))]
    rows = stability(four, "el2n", divisions=8)
    assert {(row["replicas"], row["others"]) for row in rows} == {(1, 3), (2, 2)}
    assert len(rows) == 16
    # alone: one of the alike agrees with the mean of the others (2 of 3 alike), the fourth is their reverse
    assert {round(row["correlation"], 6) for row in rows if row["replicas"] == 1} == {1, -1}
    # two and two: the side with the fourth ties all, which has no ranks
    assert all(math.isnan(row["correlation"]) for row in rows if row["replicas"] == 2)
    assert repr(stability(four[::-1], "el2n", divisions=8)) == repr(rows)  # whatever finished first
    assert stability(four[:1], "el2n") == []


def test_stability_against_another_score(outcomes: list[Scored]):
    rows = stability(outcomes, "el2n", "forgetting", divisions=4)
    one, other = outcomes
    by_hand = {
        wb.scores.correlation(one.scores["el2n"], other.scores["forgetting"]),
        wb.scores.correlation(other.scores["el2n"], one.scores["forgetting"]),
    }
    assert {row["correlation"] for row in rows} <= by_hand
    assert {(row["score"], row["other"], row["replicas"], row["others"]) for row in rows} == {
        ("el2n", "forgetting", 1, 1)
    }
    with pytest.raises(ValueError, match='score "grandd" is not known'):
        stability(outcomes, "el2n", "grandd")


def test_flipped_labels_are_found_by_hand():
    ids = torch.arange(10)
    score = Score("mine", torch.tensor([9.0, 8, 7, 6, 5, 4, 3, 2, 1, math.inf]), ids, "data")
    found = found_among_hardest(score, torch.tensor([9, 1]), share=0.2)  # the hardest are 9 and 0
    assert (found.precision, found.base_rate, found.times) == (0.5, 0.2, 2.5)
    assert found.auroc == pytest.approx((8 + 7) / 16)  # 9 is above all eight, 1 above seven
    assert found_among_hardest(score, torch.tensor([9, 1]), share=1).times == 1


def test_a_border_through_ties_counts_as_a_draw_among_them():
    score = Score("mine", torch.tensor([3.0, 1, 1, 1, 1, 0, 0, 0, 0, 0]), torch.arange(10), "data")
    found = found_among_hardest(score, torch.tensor([1, 5]), share=0.3)  # one of 3, then two of the four at 1
    assert found.precision == pytest.approx(2 * 0.25 / 3)


@pytest.mark.parametrize(
    ("flipped", "share", "message"),
    [
        ([], 0.1, "0 of 10 examples are flipped, so there is nothing to find"),
        ([1], 0, r"share must be in \(0, 1\], got 0"),
        (list(range(10)), 0.1, "10 of 10 examples are flipped"),
    ],
)
def test_nothing_to_find_is_said(flipped: list[int], share: float, message: str):
    score = Score("mine", torch.arange(10).float(), torch.arange(10), "data")
    with pytest.raises(ValueError, match=message):
        found_among_hardest(score, torch.tensor(flipped, dtype=torch.int64), share)


# ---- live


def test_remembering_tells_after_every_epoch():
    options: dict[str, Any] = ONE | {"recipe": wb.Recipe(steps=25, batch_size=50, learning_rate=0.3)}
    found = list(remembering(**options))
    assert [(r.epoch, r.step, r.of) for r in found] == [(e, 3 * e, 25) for e in range(1, 9)] + [(8, 25, 25)]
    for r in found:
        assert r.never_learned + r.not_forgotten + r.forgotten_once + r.forgotten_more == pytest.approx(1)
        assert 0 <= r.accuracy <= 1
    assert [r.never_learned for r in found] == sorted((r.never_learned for r in found), reverse=True)
    last = found[-1].forgetting
    assert found[-1].forgotten_more == pytest.approx(float((last.events_RN > 1).double().mean()))


def test_remembering_counts_what_the_experiment_counts(outcomes: list[Scored]):
    *_, last = remembering(**ONE)
    assert torch.equal(last.forgetting.events_RN, outcomes[0].forgetting.events_RN)


def test_its_accuracy_is_of_the_presentations_of_the_epoch(data: wb.Data):
    own = wb.seeds(0, 1)[0]
    model = wb.models.named(TINY["model"], data, seed=own)
    done = list(wb.steps(model, wb.snapshot(model), data, TINY["recipe"], seed=own))[3:6]
    right = sum(int((step.logits.argmax(1) == step.batch.labels).sum()) for step in done)
    second = list(remembering(**ONE))[1]
    assert second.accuracy == right / 150
