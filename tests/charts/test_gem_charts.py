"""The rows behind the charts of tickets at initialisation, worked out by hand."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
import torch
from made import DENSE, SPARSE
from made_gems import GEM, gems, glimpse, tried

import workbench as wb
from workbench.charts import CHARTS
from workbench.charts.grammar import ROWS
from workbench.charts.grammar.looks import BLUE, FINDERS, of_finders
from workbench.charts.sanity_checks import FAILED, FEW, OPEN, PASSED
from workbench.experiments import CHECKS
from workbench.numbers.published import published_layers

NAMES = [
    "search by step",
    "scores over time",
    "density by layer and method",
    "accuracy before and after",
    "accuracy by search cost",
    "sanity checks",
]


def unpacked(name: str, outcomes: list[Any], role: str = "point") -> list[dict[str, Any]]:
    """The points of a chart whose rows hold lists."""
    points: list[dict[str, Any]] = []
    for row in CHARTS[name].rows(outcomes):
        if row["role"] == role:
            lists = {key: value for key, value in row.items() if isinstance(value, list) and key != "layers"}
            apart = {key: value for key, value in row.items() if not isinstance(value, list)}
            points += [apart | dict(zip(lists, one, strict=True)) for one in zip(*lists.values(), strict=True)]
    return points


def test_a_search_is_drawn_by_both_of_its_masks_and_its_untrained_accuracy():
    points = unpacked("search by step", gems())
    rounded = [row["value"] for row in points if row["measure"] == "density" and row["line"] == GEM]
    kept = [row["value"] for row in points if row["line"] == f"{GEM}, kept"]
    assert rounded == [1 / 4, 1 / 8, 1 / 16, 1 / 32]
    assert kept == [1 / 2, 1 / 4, 1 / 8, 1 / 16]
    assert unpacked("search by step", gems(), "beneath") == []  # which is what is kept
    last = [row for row in points if row["measure"] == "accuracy"][-1]
    assert (last["step"], last["value"], last["n"]) == (4, pytest.approx(0.81), 3)
    assert last["high"] - last["value"] == pytest.approx(4.302652729911275 * 0.01 / math.sqrt(3))


def test_a_bound_that_what_is_kept_is_below_is_a_line_of_its_own():
    below = [glimpse(step=step, bound=0.75**step) for step in (1, 2)]
    assert [row["value"] for row in unpacked("search by step", below, "beneath")] == [0.75, 0.75**2]


def test_a_search_whose_masks_are_one_has_one_line_and_two_replicas_no_interval():
    both = [glimpse("edge_popup", density_rounded=0.5, replica=replica) for replica in range(2)]
    points = unpacked("search by step", both)
    assert {row["line"] for row in points} == {"edge_popup"}
    assert {row["low"] for row in points} == {None}


def test_what_is_foreseen_of_a_search_is_said_once_before_what_it_came_to():
    assert CHARTS["search by step"].words(gems()) == [
        f"{GEM}, asked for 40 %: λ will be felt.",
        f"{GEM}, asked for 40 %, after step 4 of 4: 3.1 % rounded, 6.2 % kept; untrained, validation accuracy "
        "81.0 ± 2.5 % (n = 3).",
    ]
    lost = [glimpse(collapsed_layers=2)]
    assert "2 layers have lost every weight" in CHARTS["search by step"].words(lost)[0]


def test_scores_are_cells_of_equal_height_from_one_glimpse_to_the_next():
    first, second, *_ = CHARTS["scores over time"].rows(gems())
    assert (first["before"], first["step"], second["before"], second["step"]) == (0, 1, 1, 2)
    assert first["low"] == pytest.approx([0.05, 0.15])
    assert first["high"] == pytest.approx([0.1, 0.2])
    assert (first["count"], first["share"]) == ([6, 2], [0.75, 0.25])
    assert first["threshold"] == 0.5


def test_the_scores_of_the_first_replica_are_shown_and_inverted_ones_are_a_search_of_their_own():
    searches = [glimpse(), glimpse(replica=1), glimpse(control="inverted"), glimpse(asked=0.1)]
    rows = CHARTS["scores over time"].rows(searches)
    assert [row["search"] for row in rows] == [f"{GEM}, 40 % kept", f"{GEM}, 10 % kept", f"{GEM}, 40 % kept, inverted"]


def test_the_density_of_a_layer_is_that_of_the_mask_that_is_trained():
    points = unpacked("density by layer and method", gems())
    assert [(row["line"], row["place"], row["value"]) for row in points] == [
        (GEM, 0, 3 / 8),
        (GEM, 1, 1 / 2),
        ("random_mask", 0, 3 / 8),
        ("random_mask", 1, 1 / 2),
    ]
    assert (points[0]["layer"], points[0]["name"]) == ("a.weight", "a (8)")


def test_a_layer_that_lost_every_weight_is_hollow_at_half_of_the_least_density():
    lost = {"a.weight": SPARSE["a.weight"], "b.weight": torch.zeros(1, 2, dtype=torch.bool)}
    there, gone = unpacked("density by layer and method", [tried(mask=lost, effective_density=0.0)])
    assert (there["hollow"], gone["hollow"], gone["value"]) == (None, True, 3 / 16)
    (words,) = CHARTS["density by layer and method"].words([tried(mask=lost, effective_density=0.0)])
    assert "every weight lost in b; 0 % lie on a path" in words


def test_published_densities_lie_under_a_resnet_20_alone_and_add_up_to_theirs():
    model = wb.models.resnet20(wb.load("digits", train_size=10))
    rows = unpacked("density by layer and method", [tried(mask=wb.masks.full(model))], "beneath")
    assert len(rows) == 3 * 20
    assert {row["line"] for row in rows} == {"theirs: Gem-Miner", "theirs: IMP", "theirs: smart ratio"}
    assert not any("shortcut" in row["name"] for row in rows)
    assert unpacked("density by layer and method", gems(), "beneath") == []
    sizes = [432] + [2304] * 6 + [4608] + [9216] * 5 + [18432] + [36864] * 5 + [640]
    for densities in published_layers()["methods"].values():  # of which files have three digits
        kept = sum(size * density for size, density in zip(sizes, densities, strict=True))
        assert kept / sum(sizes) == pytest.approx(0.0144, abs=0.0003)


def test_accuracy_before_training_is_of_both_masks_where_they_differ():
    rows = CHARTS["accuracy before and after"].rows(gems())
    means = {(row["line"], row["mark"]): row["value"] for row in rows}
    assert means == {
        (GEM, "after training"): pytest.approx(0.91),
        (GEM, "before, rounded mask"): 0.5,
        (GEM, "before, kept mask"): 0.3,
        ("random_mask", "after training"): pytest.approx(0.61),
        ("random_mask", "before, rounded mask"): pytest.approx(0.1),
        ("random_mask", "before, kept mask"): 0.5,
    }
    assert rows[0]["dense"] == pytest.approx(0.96)
    assert "kept mask" not in json.dumps(CHARTS["accuracy before and after"].rows([tried()]))


def test_the_dense_network_alone_is_a_method_of_its_own():
    (row, _) = CHARTS["accuracy before and after"].rows([tried("dense", mask=DENSE, asked=1.0)])
    assert (row["line"], row["kept"]) == ("dense", "dense")


def test_a_ticket_stands_at_the_passes_of_its_search_and_0_passes_have_a_place():
    rows = [row for row in CHARTS["accuracy by search cost"].rows(gems()) if row["role"] in ("point", "across")]
    assert [(row["line"], row["role"], row["search_passes"], row["n"]) for row in rows] == [
        (GEM, "point", 4, 3),
        ("random_mask", "point", 0, 3),
        ("random_mask", "point", 0, 3),
        ("dense", "across", 0, 3),
    ]
    recipe, matched = rows[1:3]
    assert (recipe["value"], recipe["hollow"]) == (pytest.approx(0.61), False)
    assert (matched["value"], matched["hollow"], matched["joined"]) == (pytest.approx(0.66), True, False)


def test_a_check_is_passed_where_the_paired_interval_of_the_drop_excludes_zero():
    shuffled, drawn = CHARTS["sanity checks"].rows(gems())
    half = 4.302652729911275 * 0.01 / math.sqrt(3)  # the drops are 20, 21 and 22 points
    assert (shuffled["value"], shuffled["low"]) == (pytest.approx(-0.21), pytest.approx(-0.21 - half))
    assert (shuffled["verdict"], drawn["value"], drawn["verdict"]) == (PASSED, 0, FAILED)


@pytest.mark.parametrize(
    ("drops", "verdict"),
    [
        ((0.02, 0.021, 0.022), PASSED),
        ((0.0, 0.001, -0.001), FAILED),
        ((-0.02, -0.03, -0.04), FAILED),
        ((0.0, 0.05, 0.1), OPEN),
        ((0.2, 0.2), FEW),
    ],
)
def test_a_check_is_failed_only_where_the_control_is_shown_to_match(drops: tuple[float, ...], verdict: str):
    pairs = [
        (tried(after=0.5, replica=r), tried(control="shuffled", after=0.5 - d, replica=r)) for r, d in enumerate(drops)
    ]
    (row,) = CHARTS["sanity checks"].rows([one for pair in pairs for one in pair])
    assert row["verdict"] == verdict


def test_a_control_is_paired_with_its_own_ticket_and_left_out_without_one():
    assert CHARTS["sanity checks"].rows([tried(), tried(control="shuffled", replica=1)]) == []


def test_the_words_say_what_a_failed_check_means():
    (line,) = CHARTS["sanity checks"].words(gems())
    assert "Passes: places shuffled by layer (-21.0 ± 2.5 points)" in line
    assert "new weights (+0.0 ± 0.0 points, so that its places alone do it, whatever the weights)" in line


@pytest.mark.parametrize("name", [name for name in NAMES if not CHARTS[name].holds])
def test_a_table_draws_as_its_outcomes_do(name: str):
    assert CHARTS[name].rows(wb.table(gems())) == CHARTS[name].rows(gems())


@pytest.mark.parametrize("name", NAMES)
def test_a_large_run_is_at_most_500_rows(name: str):
    methods = [f"gem_miner(l2={digit})" for digit in range(14)]
    asked = [0.9**place for place in range(7)]
    deep = {f"layer{i}.weight": SPARSE["a.weight"] for i in range(12)}
    many: list[Any] = [glimpse(m, asked=d, step=step) for m in methods for d in asked for step in range(1, 12)]
    many += [tried(m, control, asked=d, mask=deep) for m in methods for d in asked for control in ("none", *CHECKS)]
    rows = CHARTS[name].rows(many)
    assert 0 < len(rows) <= ROWS
    CHARTS[name].draw(rows).to_dict()


@pytest.mark.parametrize("name", NAMES)
def test_every_beginning_of_a_run_is_drawn_or_is_empty(name: str):
    outcomes = gems(replicas=1)
    for end in range(len(outcomes) + 1):
        CHARTS[name].draw(CHARTS[name].rows(outcomes[:end])).to_dict()
        CHARTS[name].words(outcomes[:end])


def test_a_method_with_options_looks_as_its_method_and_its_sibling_does_not():
    looks = of_finders(["gem_miner(l2=0.1)", "gem_miner(l2=0.2)", "snip"])
    assert looks["gem_miner(l2=0.1)"].colour == BLUE
    assert len(set(looks.values())) == 3
    both = of_finders(["gem_miner(l2=0.1)", "gem_miner"])
    assert both["gem_miner"] == FINDERS["gem_miner"] != both["gem_miner(l2=0.1)"]
