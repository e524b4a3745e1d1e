"""Pre-training on subsets: the grid, the same beginnings in all cells, what the subset was, tables and claims."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas
import pytest
import torch
from made_cells import outcome
from tiny import same

import workbench as wb
from workbench.data_diet import agreement, subset
from workbench.experiments import differences, pretraining, subsets_table
from workbench.experiments.pretraining import Pretrained
from workbench.experiments.replica import prepare
from workbench.experiments.score_to_sort_by import el2n_of
from workbench.landscape import path
from workbench.work.seeds import number

TINY: dict[str, Any] = {
    "train_size": 150,
    "image_size": 8,
    "model": "resnet8(width=4)",
    "recipe": wb.Recipe(epochs=4, batch_size=50),
    "sizes": (20,),
    "pretrain_steps": (4, 0),
    "rounds": 2,
    "score_replicas": 2,
    "replicas": 2,
}


@pytest.fixture(scope="module")
def outcomes() -> list[Pretrained]:
    return list(pretraining(**TINY))


def the(outcomes: list[Pretrained], kind: str, k: int = 4, replica: int = 1) -> list[Pretrained]:
    return [o for o in outcomes if (o.subset, o.pretrain_steps, o.replica) == (kind, k, replica)]


def test_every_cell_of_the_grid_has_its_rounds_once_and_step_0_is_one_cell(outcomes: list[Pretrained]):
    found = Counter((o.subset, o.size, o.pretrain_steps, o.replica, o.round) for o in outcomes)
    cells = [("all", 150, 0), ("all", 150, 4), *((kind, 20, 4) for kind in ("random", "easiest", "hardest"))]
    assert found == Counter((*cell, replica, r) for cell in cells for replica in (0, 1) for r in range(3))
    assert {round(o.density, 2) for o in outcomes} == {1.0, 0.4, 0.16}


def test_presentations_are_steps_times_batch_over_size(outcomes: list[Pretrained]):
    assert {(o.subset == "all", o.pretrain_steps): o.presentations for o in outcomes} == {
        (True, 0): 0,
        (True, 4): 4 * 50 / 150,
        (False, 4): 10.0,
    }


def test_the_reference_is_the_lottery_that_rewinds_to_step_k(outcomes: list[Pretrained]):
    data = wb.load("digits", train_size=150, image_size=8)
    own = wb.seeds(0, 2)[1]
    model = wb.models.named(TINY["model"], data, seed=own)
    how = {"rounds": 2, "fraction": 0.6, "seed": own}
    for k in (0, 4):
        rounds = wb.lottery.rounds(model, wb.snapshot(model), data, TINY["recipe"], rewind_step=k, **how)
        for o, r in zip(the(outcomes, "all", k), rounds, strict=True):
            assert same(o.run.weights, r.run.weights)
            assert same(o.mask, r.mask)
            assert o.steps == 12 - k


def test_the_first_steps_see_the_subset_alone_and_the_rounds_all_data(outcomes: list[Pretrained]):
    data = wb.load("digits", train_size=150, image_size=8)
    own = wb.seeds(0, 2)[1]
    model = wb.models.named(TINY["model"], data, seed=own)
    long = replace(TINY["recipe"], epochs=None, steps=12)
    experiment = prepare("digits", 150, 8, TINY["model"], long, seed=0, replicas=2)
    score = el2n_of(experiment, n=2, step=None)["train"]
    for kind in ("random", "easiest", "hardest"):
        part = data.only(subset(data, kind, 20, score=score, seed=own))
        rewound = wb.weights_at(model, wb.snapshot(model), part, long, step=4, seed=own)
        dense, first, _ = the(outcomes, kind)
        assert same(dense.rewound, rewound)
        assert same(first.rewound, rewound)
        again = wb.train(model, rewound, data, long, mask=first.mask, step=4, seed=own)
        assert same(again.weights, first.run.weights)


def test_a_subset_may_be_sorted_by_another_score_or_by_ones_own():
    few = {**TINY, "replicas": 1, "rounds": 0, "pretrain_steps": (4,), "subsets": ("hardest",)}
    data = wb.load("digits", train_size=150, image_size=8)
    norm = wb.data_diet.input_norm(data)
    (by_name,), (by_value,) = pretraining(**few, score="input_norm"), pretraining(**few, score=norm)
    assert same(by_name.rewound, by_value.rewound)
    (other,) = pretraining(**few, score="forgetting")
    assert not same(other.rewound, by_name.rewound)
    model = wb.models.named(TINY["model"], data, seed=wb.seeds(0, 1)[0])
    part = data.only(subset(data, "hardest", 20, score=norm, seed=wb.seeds(0, 1)[0]))
    long = replace(TINY["recipe"], epochs=None, steps=12)
    found = wb.weights_at(model, wb.snapshot(model), part, long, step=4, seed=wb.seeds(0, 1)[0])
    assert same(by_value.rewound, found)


def test_scores_come_from_networks_that_no_ticket_is(outcomes: list[Pretrained]):
    tickets = {number(own, tag) for own in wb.seeds(0, 2) for tag in ("child",)} | set(wb.seeds(0, 2))
    assert not tickets & {number(0, "score", i) for i in range(10)}
    assert {o.run.order_seed for o in outcomes} == set(wb.seeds(0, 2))


def test_what_is_foretold_is_the_barrier_to_a_sibling_of_round_0(outcomes: list[Pretrained]):
    data = wb.load("digits", train_size=150, image_size=8)
    own = wb.seeds(0, 2)[1]
    model = wb.models.named(TINY["model"], data, seed=own)
    dense = the(outcomes, "easiest")[0]
    sibling = wb.train(model, dense.rewound, data, TINY["recipe"], step=4, seed=number(own, "child"))
    line = path(model, dense.run.weights, sibling.weights, data, split="train", points=3)
    assert torch.equal(dense.barriers, line.barriers())
    assert dense.barrier == pytest.approx(float(line.barriers().mean()))
    assert dense.connected_share(0.5) == line.connected_share(0.5)
    assert dense.pretrain_accuracy == wb.evaluate(model, dense.rewound, data.test).accuracy
    assert dense.agreement == agreement(model, dense.rewound, data, batch_size=50, seed=own)
    assert {o.barrier for o in the(outcomes, "easiest")} == {dense.barrier}  # of the cell, for all its rounds


def test_label_noise_is_in_the_first_steps_and_not_in_the_tickets():
    few = {**TINY, "replicas": 1, "rounds": 0, "pretrain_steps": (4,)}
    (clean,) = pretraining(**{**few, "subsets": ("all",)})
    (noisy,) = pretraining(**{**few, "subsets": ("all",), "label_noise": 0.5})
    shown = wb.load("digits", train_size=150, image_size=8, label_noise=0.5)
    data = wb.load("digits", train_size=150, image_size=8)
    own = wb.seeds(0, 1)[0]
    model = wb.models.named(TINY["model"], data, seed=own)
    assert same(noisy.rewound, wb.weights_at(model, wb.snapshot(model), shown, TINY["recipe"], step=4, seed=own))
    assert not same(noisy.rewound, clean.rewound)
    assert same(noisy.run.weights, wb.train(model, noisy.rewound, data, TINY["recipe"], step=4, seed=own).weights)


def test_an_archive_gives_the_same_outcomes_and_trains_nothing_twice(tmp_path: Path):
    few = {**TINY, "replicas": 1, "rounds": 1, "subsets": ("random",), "pretrain_steps": (4,)}
    first = list(pretraining(**few, archive=str(tmp_path)))
    files = sorted(tmp_path.rglob("*"))
    second = list(pretraining(**few, archive=str(tmp_path)))
    assert sorted(tmp_path.rglob("*")) == files
    assert [o.test_accuracy for o in first] == [o.test_accuracy for o in second]
    assert torch.equal(first[0].barriers, second[0].barriers)


def test_the_table_has_a_row_for_every_round_and_threshold(outcomes: list[Pretrained]):
    table = subsets_table(outcomes)
    assert len(table) == 2 * len(outcomes)
    named = "subset size pretrain_steps presentations seed replica round density test_accuracy batch_norm barrier"
    assert list(table)[:13] == [*named.split(), "threshold", "connected_share"]
    row = table[(table.subset == "hardest") & (table.replica == 1) & (table.threshold == 0.5)].iloc[0]
    assert row.connected_share == the(outcomes, "hardest")[0].connected_share(0.5)
    assert len(wb.table(outcomes)) == len(outcomes)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"sizes": (151,)}, "size must be from 1 to 150"),
        ({"sizes": (0,)}, r"sizes\[0\] must be a whole number from 1"),
        ({"sizes": (140,), "label_noise": 0.5}, "training examples, 14 are asked for"),
        ({"sizes": ()}, "sizes must hold at least one value"),
        ({"pretrain_steps": (12,)}, "pretrain_steps must be from 0 to 11"),
        ({"pretrain_steps": ()}, "pretrain_steps must hold"),
        ({"subsets": ("easyest",)}, 'did you mean "easiest"'),
        ({"score_step": 13}, "score_step must be a whole number from 0 to 12"),
        ({"score_replicas": 0}, "score_replicas must be a whole number from 1"),
        ({"batch_norm": "none"}, "batch-norm treatment"),
        ({"score": "el2m"}, 'did you mean "el2n"'),
        ({"score": wb.data_diet.random(wb.load("digits", train_size=140))}, "was computed on other data"),
        ({"label_noise": 2.0}, "label_noise must be in"),
        ({"fraction": 1.0}, "fraction must be in"),
        ({"replicas": 0}, "replicas must be a whole number from 1"),
    ],
)
def test_what_is_out_of_range_is_said_before_anything_is_trained(
    options: dict, message: str, monkeypatch: pytest.MonkeyPatch
):
    def never(*_: Any, **__: Any) -> None:
        raise AssertionError("trained")

    monkeypatch.setattr("workbench.training.runs.steps", never)
    with pytest.raises(ValueError, match=message):
        next(iter(pretraining(**{**TINY, **options})))


def made_outcomes(k: int = 10) -> list[Pretrained]:
    """Three replicas: random is all but 0.1 points up or down, easiest is 3 points above, k = 0 is 5 below all."""
    found = []
    for replica, wave in enumerate((0.001, 0.0, -0.001)):
        all_data = 0.6 + 0.02 * replica
        found.append(outcome("all", 0, replica, all_data - 0.05, 10_000))
        found.append(outcome("all", k, replica, all_data, 10_000))
        found.append(outcome("random", k, replica, all_data + wave))
        found.append(outcome("easiest", k, replica, all_data + 0.03 + wave))
    return found


def test_differences_are_paired_by_replica_and_say_what_they_show():
    table = differences(made_outcomes()).set_index(["subset", "less"])
    random = table.loc[("random", "all, k = 10")]
    assert random["mean"] == pytest.approx(0)
    assert random["n"] == 3
    assert random["high"] == pytest.approx(4.3027 * 0.001 / 3**0.5, rel=1e-3)  # the spread of all data has gone
    assert random["equals"]
    assert random["matches"]
    assert random["note"] == ""
    assert random["power"] > 0.99
    easiest = table.loc[("easiest", "random 100, k = 10")]
    assert easiest["mean"] == pytest.approx(0.03)
    assert easiest["matches"]
    assert not easiest["equals"]
    assert table.loc[("random", "all, k = 0")]["mean"] == pytest.approx(0.05)
    assert ("all", "all, k = 10") not in table.index
    more = differences(made_outcomes(), planned=8).set_index(["subset", "less"])
    assert more.loc[("easiest", "random 100, k = 10")]["power"] >= easiest["power"]


def test_an_equality_of_few_presentations_is_the_same_data_by_arithmetic():
    # 6 steps of 128 show 768 examples: 7.68 presentations of 100
    table = differences(made_outcomes(k=6)).set_index(["subset", "less"])
    random = table.loc[("random", "all, k = 6")]
    assert random["note"] == "same data by arithmetic"
    assert not random["equals"]
    assert table.loc[("easiest", "random 100, k = 6")]["note"] == ""


def test_replicas_that_only_one_cell_has_are_not_compared():
    found = [o for o in made_outcomes() if (o.subset, o.replica) != ("random", 2)]
    row = differences(found).set_index(["subset", "less"]).loc[("random", "all, k = 10")]
    assert row["n"] == 2
    assert pandas.isna(row["low"])
    assert not row["equals"]
