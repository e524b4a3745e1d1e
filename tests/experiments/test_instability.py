"""The experiment on children: a row for every pair, barriers that are the path's, groups by difficulty, tables."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pandas
import pytest
import torch
from tiny import same

import workbench as wb
from workbench.experiments import instability
from workbench.experiments.instability import Parting, barriers_table, paths_table, stable_from
from workbench.landscape import DEFINITIONS, path
from workbench.nets.batch_norm import TREATMENTS

TINY: dict[str, Any] = {
    "train_size": 150,
    "image_size": 8,
    "model": "resnet8(width=4)",
    "recipe": wb.Recipe(steps=8, batch_size=50),
    "rewind_steps": (4, 0),
    "points": 3,
    "score_replicas": 2,
    "replicas": 2,
}


@pytest.fixture(scope="module")
def partings() -> list[Parting]:
    return list(instability(**TINY))


def test_there_is_a_row_for_every_pair_split_and_treatment(partings: list[Parting]):
    found = Counter((p.replica, p.rewind_step, p.pair, p.split, p.batch_norm) for p in partings)
    assert found == Counter(
        (r, k, "0-1", s, how) for r in (0, 1) for k in (0, 4) for s in ("train", "test") for how in TREATMENTS
    )


def test_a_row_is_the_path_between_its_children(partings: list[Parting]):
    data = wb.load("digits", train_size=150, image_size=8)
    own = wb.seeds(0, 2)[1]
    model = wb.models.named(TINY["model"], data, seed=own)
    start = wb.weights_at(model, wb.snapshot(model), data, TINY["recipe"], step=4, seed=own)
    born = {c.child: c.run for c in wb.landscape.children(model, {4: start}, data, TINY["recipe"], seed=own)}
    by_hand = path(model, born[0].weights, born[1].weights, data, points=3, batch_norm="average")
    (p,) = [p for p in partings if (p.replica, p.rewind_step, p.split, p.batch_norm) == (1, 4, "test", "average")]
    assert torch.equal(p.path.losses_PN, by_hand.losses_PN)
    assert (p.barrier_error, p.barrier_loss) == (by_hand.barrier(), by_hand.barrier(of="loss"))
    assert p.accuracy == pytest.approx(((born[0].test_accuracy or 0) + (born[1].test_accuracy or 0)) / 2)


def test_scores_come_from_networks_that_no_child_uses(partings: list[Parting]):
    data = wb.load("digits", train_size=150, image_size=8)
    model = wb.models.named(TINY["model"], data)
    from workbench.data_diet import el2n
    from workbench.work.seeds import number

    own = [number(0, "score", i) for i in range(2)]
    networks = [wb.weights_at(model, wb.initialise(model, seed=s), data, TINY["recipe"], step=2, seed=s) for s in own]
    for split in ("train", "test"):
        by_hand = el2n(model, networks, data, split=split).values
        assert all(torch.allclose(p.scores, by_hand) for p in partings if p.split == split and p.scores is not None)
    assert not set(own) & set(wb.seeds(0, 2))


def test_without_scores_there_are_no_groups():
    found = list(instability(**TINY | {"score_replicas": 0, "replicas": 1, "rewind_steps": (0,), "splits": ("test",)}))
    assert {p.scores for p in found} == {None}
    assert set(barriers_table(found)["group"]) == {"all"}


def test_an_archive_gives_the_same_rows_without_training(partings: list[Parting], tmp_path: Path):
    options = TINY | {"replicas": 1, "archive": str(tmp_path)}
    first = list(instability(**options))
    reports: list[Any] = []
    with wb.progress.watch(reports.append):
        again = list(instability(**options))
    assert [repr(p) for p in again] == [repr(p) for p in first]
    assert same({"a": first[0].path.losses_PN}, {"a": again[0].path.losses_PN})
    assert max((p.of or 0) for p in reports) < 8 or not [p for p in reports if p.of in (8, 4)]
    alone = [p for p in partings if p.replica == 0]
    assert len(alone) == len(first)


# ---- tables


def test_the_table_of_paths_has_a_row_a_point(partings: list[Parting]):
    found = paths_table(partings)
    columns = ["rewind_step", "seed", "replica", "pair", "alpha", "split", "loss", "error", "batch_norm"]
    assert sorted(found.columns) == sorted(columns)
    assert len(found) == 3 * len(partings)
    p = partings[0]
    which = {name: getattr(p, name) for name in ("replica", "rewind_step", "split", "batch_norm")}
    mine = [row for row in found.to_dict("records") if which.items() <= row.items()]
    assert [row["loss"] for row in sorted(mine, key=lambda row: row["alpha"])] == p.path.loss.tolist()


def test_the_table_of_barriers_has_every_definition_group_and_threshold(partings: list[Parting]):
    found = barriers_table(partings)
    assert len(found) == len(partings) * len(DEFINITIONS) * 4 * 2
    assert set(found["group"]) == {"all", "easy", "middle", "hard"}
    train = [row for row in found.to_dict("records") if row["split"] == "train"]
    easy, hard = ([row["end_loss"] for row in train if row["group"] == group] for group in ("easy", "hard"))
    assert sum(easy) < sum(hard)


def barriers(*by_replica: dict[int, float]) -> pandas.DataFrame:
    rows = [
        {"definition": "linear", "split": "test", "batch_norm": "keep", "group": "all", "replica": r, **more}
        for r, found in enumerate(by_replica)
        for more in ({"rewind_step": k, "barrier_error": b} for k, b in found.items())
    ]
    return pandas.DataFrame(rows)


def test_the_step_from_which_children_are_connected():
    found = stable_from(
        barriers(
            {0: 0.3, 5: 0.01, 10: 0.03, 20: 0.01, 40: 0.0},  # the dip at 5 does not last
            {0: 0.3, 5: 0.03, 10: 0.01, 20: 0.01, 40: 0.0},
            {0: 0.01, 5: 0.01, 10: 0.01, 20: 0.01, 40: 0.0},
        )
    )
    assert found["steps"].tolist() == [[20, 10, 0]]
    assert (found["earliest"].tolist(), found["latest"].tolist()) == ([0], [20])
    assert found["n"].tolist() == [3]


def test_a_replica_that_is_never_connected_leaves_no_earliest_and_no_latest():
    found = stable_from(barriers({0: 0.3, 5: 0.2}, {0: 0.3, 5: 0.01}))
    assert found["steps"].tolist() == [[None, 5]]
    assert found[["earliest", "latest"]].isna().to_numpy().all()


# ---- what goes wrong


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"rewind_steps": ()}, "rewind_steps must be steps from 0 to 7"),
        ({"rewind_steps": (8,)}, r"rewind_steps must be steps from 0 to 7, got \[8\]"),
        ({"children": 1}, "children must be a whole number from 2 to 1000, got 1"),
        ({"points": 4}, "points must be odd and at least 3"),
        ({"replicas": 0}, "replicas must be a whole number from 1 to 10000, got 0"),
        ({"splits": ("tset",)}, 'split "tset" is not known; did you mean "test"'),
        ({"batch_norm": ("averge",)}, 'batch-norm treatment "averge" is not known'),
        ({"score_step": 9}, "score_step must be a whole number from 0 to 8"),
    ],
)
def test_bad_options_are_said_before_anything_is_trained(options: dict[str, Any], message: str):
    with wb.progress.watch(lambda _: pytest.fail("something was trained")), pytest.raises(ValueError, match=message):
        next(instability(**TINY | options))
