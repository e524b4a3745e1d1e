"""The experiment on calibrated ensembles: every way to one, its pairing, its tables, its temperature."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from tiny import same
from torch.optim.optimizer import register_optimizer_step_post_hook

import workbench as wb
from workbench.ensembles import boosting
from workbench.experiments.ensemble_outcome import Ensembled
from workbench.experiments.robust_ensembles import _losses
from workbench.experiments.ways_to_an_ensemble import ROUNDS, WAYS
from workbench.work.seeds import number

SHORT = wb.Recipe(steps=30, batch_size=50, schedule="cosine")
TINY: dict[str, Any] = {"train_size": 200, "recipe": SHORT, "model": "lenet(hidden=(40,), norm=True)", "density": 0.2}
INF = float("inf")


def ensembles(methods: Sequence[str] = ("robust", "ordinary"), **options: Any) -> list[Ensembled]:
    given = TINY | {"lams": (INF, 0.5), "replicas": 1} | options
    return list(wb.experiments.robust_ensembles(methods=tuple(methods), **given))


@pytest.fixture(scope="module")
def three() -> list[Ensembled]:
    return ensembles(("robust", "ordinary", "single"), replicas=3)


@pytest.mark.parametrize("method", WAYS)
def test_every_way_gives_members_of_its_density_that_beat_a_guess(method: str) -> None:
    trained: list[None] = []
    counted = register_optimizer_step_post_hook(lambda *_: trained.append(None))
    (found,) = ensembles((method,), pixel_noise=0.0)
    counted.remove()
    several = method in ("robust", "ordinary", "deep ensemble", "adaboost", "free tickets") or "magnitude" in method
    assert len(found.members) == (2 if several else 1)
    dense = method.startswith("de")
    expected = 1.0 if dense else 0.2 if several else 0.4
    assert all(abs(member.density - expected) < 0.001 for member in found.members)
    assert found.accuracy > 0.35
    assert found.steps == len(trained)  # whatever was trained is counted, the search for a mask too
    for member in found.members:
        pruned = [member.weights[name][~kept] for name, kept in member.mask.items()]
        assert all(bool((weights == 0).all()) for weights in pruned)


def test_robust_and_ordinary_share_their_first_member_and_their_random_weights(three: list[Ensembled]) -> None:
    robust, ordinary = (next(o for o in three if (o.method, o.replica) == (m, 0)) for m in ("robust", "ordinary"))
    assert same(robust.members[0].weights, ordinary.members[0].weights)  # lambda = infinity
    assert not same(robust.members[1].mask, ordinary.members[1].mask)
    assert [member.loss.lam for member in robust.members] == [INF, 0.5]  # type: ignore[union-attr]


def test_replicas_have_their_own_split_noise_and_networks(three: list[Ensembled]) -> None:
    a, b = (next(o for o in three if (o.method, o.replica) == ("single", r)) for r in (0, 1))
    assert not torch.equal(a.examples.images, b.examples.images)
    assert torch.equal(a.examples.ids, b.examples.ids)  # the test examples are the same
    assert not torch.equal(a.validation.ids, b.validation.ids)
    assert wb.masks.overlap(a.members[0].mask, b.members[0].mask) < 0.6


def test_an_archive_makes_the_experiment_go_on(tmp_path: Path) -> None:
    first = ensembles(("robust",), archive=str(tmp_path))
    stored = len(list(tmp_path.glob("calls/*.json")))
    both = ensembles(("robust", "ordinary"), archive=str(tmp_path))
    assert stored == 2
    assert len(list(tmp_path.glob("calls/*.json"))) == 3  # lambda = infinity is the first ordinary one
    assert torch.equal(first[0].test.logits_MNC, both[0].test.logits_MNC)


def test_the_masks_of_magnitude_members_are_those_of_the_last_round() -> None:
    """Its training is left out: 5 trainings find the mask, and two members are 2 more."""
    (found,) = ensembles(("robust magnitude",), pixel_noise=0.0)
    assert found.steps == 30 * (ROUNDS + 2)
    data = wb.load("digits", train_size=200, validation=1 / 6, seed=found.drawn)
    model = wb.models.named(TINY["model"], data, seed=found.drawn)
    start = wb.initialise(model, seed=number(found.drawn, "member weights"))
    how = {"rounds": ROUNDS, "fraction": 1 - 0.2 ** (1 / ROUNDS), "seed": number(found.drawn, "member")}
    *_, last = wb.lottery.rounds(model, start, data, SHORT, **how)
    assert all(same(member.mask, last.mask) for member in found.members)


def test_a_boosted_ticket_that_is_left_out_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    said = iter([torch.arange(200) < 20, torch.ones(200, dtype=torch.bool)])
    monkeypatch.setattr(boosting, "_wrong", lambda *_: next(said))
    (found,) = ensembles(("adaboost",))
    assert len(found.members) == 1
    assert found.steps == 60


def test_the_first_boosted_ticket_is_the_first_ordinary_one() -> None:
    adaboost, ordinary = ensembles(("adaboost", "ordinary"))
    assert same(adaboost.members[0].mask, ordinary.members[0].mask)
    assert [member.seed for member in adaboost.members] == [member.seed for member in ordinary.members]


def test_ways_share_their_draws(tmp_path: Path) -> None:
    methods = ("dense", "deep ensemble", "imp", "robust magnitude", "ordinary magnitude", "l1")
    found = {o.method: o for o in ensembles(methods, archive=str(tmp_path))}
    dense, deep = found["dense"].members[0], found["deep ensemble"].members
    assert same(dense.weights, deep[0].weights)
    assert not same(dense.weights, deep[1].weights)
    assert {member.seed for o in found.values() for member in o.members[:1]} == {dense.seed}
    robust, ordinary = found["robust magnitude"].members, found["ordinary magnitude"].members
    assert same(robust[0].weights, ordinary[0].weights)
    assert not same(robust[1].weights, ordinary[1].weights)
    trained = len(list(tmp_path.glob("calls/*trained_member*.json")))
    assert trained == 2 + 3 + 1  # the dense ones; two orders, one of them robust too; l1


def test_one_method_by_its_name_is_one_method() -> None:
    assert [o.method for o in ensembles_of("single")] == ["single"]


def ensembles_of(methods: str) -> list[Ensembled]:
    return list(wb.experiments.robust_ensembles(methods=methods, **TINY, replicas=1))


def test_radii_and_the_published_gradient_reach_the_members() -> None:
    (found,) = ensembles(("robust",), lams=None, etas=(0.0, 0.3), gradient="as_published", anneal="cosine")
    losses = [wb.Robust(eta=eta, gradient="as_published", anneal="cosine") for eta in (0.0, 0.3)]
    assert [member.loss for member in found.members] == losses


def test_the_table_has_a_row_before_and_after_scaling_of_the_test_split(
    three: list[Ensembled],
) -> None:
    rows: Any = wb.experiments.ensembles_table(three)
    named = "method members density seed replica combine temperature_scaled accuracy nll brier ece ece_debiased"
    assert list(rows) == [
        *named.split(),
        *["ece_floor", "ece_equal_mass", "signed_gap", "wrong_confidence", "aurc", "disagreement"],
    ]
    assert len(rows) == 3 * 3 * 2
    first = three[0]
    row = rows.iloc[0]
    said = first.test.probabilities("logits")
    assert row["nll"] == pytest.approx(float(-said[range(len(said)), first.test.labels].log().mean()))
    assert row["accuracy"] == pytest.approx(first.accuracy)
    scaled = rows.iloc[1]
    assert (scaled["method"], scaled["temperature_scaled"]) == (first.method, True)
    assert scaled["accuracy"] == row["accuracy"]
    assert scaled["nll"] != row["nll"]


def test_the_temperature_is_that_of_the_validation_split_and_never_sees_the_test_split(three: list[Ensembled]) -> None:
    one = three[0]
    grid = np.exp(np.linspace(-2, 3, 2001))
    nll = [wb.calibration.nll(one.validation.probabilities("logits", float(t)), one.validation.labels) for t in grid]
    assert one.temperature == pytest.approx(grid[int(np.argmin(nll))], rel=0.01)
    other = replace(one, test=replace(one.test, labels=(one.test.labels + 1) % 10))
    assert other.temperature == one.temperature


def test_differences_are_paired_by_replica(three: list[Ensembled]) -> None:
    rows: Any = wb.experiments.ensembles_table(three)
    found = {d.measure: d for d in wb.experiments.differences_between(rows) if not d.temperature_scaled}
    plain = rows[~rows.temperature_scaled].set_index("replica")
    robust, ordinary = (plain[plain.method == m]["nll"].sort_index() for m in ("robust", "ordinary"))
    assert found["nll"].difference.mean == pytest.approx(float((robust - ordinary).mean()))
    assert found["nll"].difference.n == 3
    fewer = rows[~((rows.method == "ordinary") & (rows.replica == 2))]
    assert next(wb.experiments.differences_between(fewer)).difference.n == 2
    assert not list(wb.experiments.differences_between(rows, "robust", "dense"))
    assert "robust less ordinary" in str(found["nll"])


def test_replicas_of_several_experiments_are_not_averaged(three: list[Ensembled]) -> None:
    other = [replace(o, combine="probabilities") for o in three]
    rows: Any = wb.experiments.ensembles_table([*three, *other])
    with pytest.raises(ValueError, match=r'"robust" is there 2 times \(seed 0, replica 0\); take one dataset and one'):
        list(wb.experiments.differences_between(rows))
    assert list(wb.experiments.differences_between(rows[rows["combine"] == "logits"]))
    with pytest.raises(ValueError, match='"ordinary" is there 2 times'):
        wb.experiments.validation_gap([*three, *other])
    again = [*three, *(replace(o, seed=1) for o in three)]  # another seed is another replica
    assert wb.experiments.validation_gap(again).n == 6


def test_the_validation_table_is_of_the_validation_split_alone(three: list[Ensembled]) -> None:
    table: Any = wb.experiments.validation_table(three)
    assert len(table) == len(three)
    for o, row in zip(three, table.to_dict("records"), strict=True):
        said = o.validation.probabilities("logits")
        assert row["nll"] == wb.calibration.nll(said, o.validation.labels)
        assert row["signed_gap"] == wb.calibration.signed_gap(said, o.validation.labels)
    robust = table[table["method"] == "robust"].iloc[0]
    assert robust["losses"] == "λ = ∞; λ = 0.5"
    unread = [replace(o, test=replace(o.test, logits_MNC=o.test.logits_MNC * math.nan)) for o in three]
    assert wb.experiments.validation_table(unread).equals(table)


def test_the_diversity_table_has_what_weak_members_do_not_raise(three: list[Ensembled]) -> None:
    row: Any = wb.experiments.diversity_table(three).iloc[0]
    right = three[0].test.right()
    assert row["double_fault"] == pytest.approx(float((~right).all(0).double().mean()))
    assert row["relative_disagreement"] == pytest.approx(row["disagreement"] / (1 - float(right.double().mean())))
    assert row["overlap"] == three[0].overlap


def test_the_reliability_table_counts_every_example_once(three: list[Ensembled]) -> None:
    rows: Any = wb.experiments.reliability_table(three)
    counted: Any = rows.groupby(["method", "replica", "temperature_scaled"])["count"].sum()
    assert set(counted) == {len(three[0].examples)}


def test_the_gap_on_validation_says_whether_lowering_confidence_can_help(three: list[Ensembled]) -> None:
    gaps = [
        wb.calibration.signed_gap(o.validation.probabilities("logits"), o.validation.labels)
        for o in three
        if o.method == "single"
    ]
    assert wb.experiments.validation_gap(three, "single").mean == pytest.approx(float(np.mean(gaps)))
    with pytest.raises(ValueError, match='no outcome of "dense"'):
        wb.experiments.validation_gap(three, "dense")


def test_costs_are_those_of_the_members(three: list[Ensembled]) -> None:
    rows: Any = wb.experiments.costs_table(three).set_index("method")
    assert set(rows.loc["robust", "steps"]) == {60}  # M members cost M trainings
    assert set(rows.loc["single", "steps"]) == {30}
    assert set(rows.loc["ordinary", "bytes"]) == {2 * (64 * 40 + 40 * 10 + 32 * 80 + 64) // 8}


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"methods": ("robus",)}, 'did you mean "robust"'),
        ({"lams": None}, "lams or etas"),
        ({"etas": (0.1,)}, "lams or etas"),
        ({"lams": ()}, "needs a member"),
        ({"lams": (-1.0,)}, "lam must be above 0"),
        ({"lams": None, "etas": (math.nan,)}, "eta must be at least 0"),
        ({"combine": "mean"}, "combination"),
        ({"share": "all"}, "share"),
        ({"rule": "constant"}, "rule"),
        ({"scope": "net"}, "scope"),
        ({"over": "epoch"}, "batch"),
        ({"density": 5}, "density must be in"),
        ({"pixel_noise": -1.0}, r"in \[0, 100\]"),
        ({"anneal": "linear"}, "annealing"),
        ({"gradient": "true"}, "gradient"),
        ({"recipe": wb.Recipe(steps=30, loss=wb.Focal())}, r"recipe.loss must be CrossEntropy\(\), got Focal"),
        ({"recipe": wb.Recipe(steps=30, mixup=0.5)}, 'recipe.mixup must be 0, got 0.5; the method "dense mixup"'),
        ({"over": "dataset", "gradient": "as_published"}, "gradient of the mathematics"),
        ({"validation": 0.0}, "validation must leave images to choose a temperature by, got 0.0"),
        (
            {"recipe": wb.Recipe(steps=20), "methods": ("robust", "sup tickets")},
            "the last 0.1 of 20 steps is too short for 3 cycles",
        ),
        ({"replicas": 0}, "replicas must be a whole number from 1"),
    ],
)
def test_bad_options_are_said_before_anything_is_trained(options: dict[str, Any], words: str) -> None:
    trained: list[None] = []
    counted = register_optimizer_step_post_hook(lambda *_: trained.append(None))
    with pytest.raises(ValueError, match=words):
        ensembles(**options)
    counted.remove()
    assert not trained


@pytest.mark.parametrize("name", wb.experiments.CALIBRATION_PRESETS)
def test_a_preset_is_options_of_the_experiment(name: str) -> None:
    small: dict[str, Any] = {"dataset": "digits", "train_size": 100, "image_size": None}
    options: dict[str, Any] = wb.experiments.CALIBRATION_PRESETS[name] | small
    with pytest.raises(ValueError, match="validation must leave images"):  # the last check before training
        next(wb.experiments.robust_ensembles(**options, validation=0))


def test_a_lambda_alone_is_said() -> None:
    with pytest.raises(ValueError, match=r"lams must be numbers, one a member, got 2.0; lams=\(2.0,\)"):
        _losses(2.0, None, "constant", "mathematics")
    with pytest.raises(ValueError, match=r"etas must be numbers, one a member, got 0.1"):
        _losses(None, 0.1, "constant", "mathematics")
