"""The rows behind the charts of the data diet, worked out by hand: subsets, published curves, the predictor, shares."""

from __future__ import annotations

import itertools
import math

import pytest
from made_cells import outcome
from made_diets import diet, kept, parts, pretrained

import workbench as wb
from workbench.charts import CHARTS, cells
from workbench.charts.accuracy_by_barrier import words as barrier_in_words
from workbench.charts.accuracy_by_kept_share import words as kept_in_words
from workbench.charts.accuracy_by_subset import words as subset_in_words
from workbench.charts.grammar import ROWS, SUBSETS
from workbench.charts.grammar.room import LINE
from workbench.numbers.published import CURVES

SUBSET = CHARTS["accuracy by subset"].rows
BESIDE = CHARTS["accuracy by subset beside published"].rows


def of_role(rows, role):
    return [row for row in rows if row["role"] == role]


def test_a_cell_is_the_mean_over_replicas_with_the_t_interval():
    rows = SUBSET([pretrained("easiest", replica=r, round=1, accuracy=0.90 + 0.01 * r) for r in range(3)])
    (point,) = of_role(rows, "point")
    half = 4.302652729911275 * 0.01 / math.sqrt(3)  # t of two degrees of freedom, deviation one point
    assert (point["value"], point["low"]) == pytest.approx((0.91, 0.91 - half))
    assert (point["density"], point["n"], point["words"]) == (0.4, 3, "easiest 100, k 10 †")
    (label,) = of_role(rows, "label")
    assert label["words"] == "easiest 100, k 10 †"


@pytest.mark.parametrize(
    ("subset", "size", "k", "note"),
    [
        ("random", 100, 10, "same data by arithmetic"),  # 10 × 64 / 100 = 6.4
        ("random", 80, 10, ""),  # exactly 8
        ("random", 100, 13, ""),  # 8.32
        ("hardest", 100, 10, "fewer than 8 presentations"),
        ("window(skip=5)", 100, 10, "fewer than 8 presentations"),
        ("all", 1000, 10, ""),  # the reference, no subset
        ("all", 1000, 0, ""),
    ],
)
def test_fewer_than_eight_presentations_are_marked(subset: str, size: int, k: int, note: str):
    (point,) = of_role(SUBSET([pretrained(subset, k, size=size)]), "point")
    assert ("†" in point["words"]) == point["hollow"] == (note != "")
    assert point["presentations"] == f"{k * 64 / size:.3g}" + (f": {note}" if note else "")


def test_a_table_of_subsets_draws_as_its_outcomes_do():
    outcomes = diet()
    assert SUBSET(wb.experiments.subsets_table(outcomes)) == SUBSET(outcomes)  # a row for every threshold there
    rows = CHARTS["accuracy by barrier"].rows
    assert rows(wb.experiments.subsets_table(outcomes)) == rows(wb.experiments.predictors(outcomes)) == rows(outcomes)


def test_an_outcome_without_a_test_accuracy_is_left_out():
    assert SUBSET([*diet(), pretrained(accuracy=None, replica=7)]) == SUBSET(diet())


def test_no_two_labels_cover_one_another():
    for rows in (SUBSET(diet()), BESIDE(diet())):
        places = sorted(row["value"] for row in of_role(rows, "label"))
        seen = [row[name] for row in of_role(rows, "point") for name in ("low", "high")]
        seen += [row["value"] for row in of_role(rows, "beneath")]
        height = max(seen) - min(seen)
        assert all(b - a > 0.999 * LINE / 380 * height for a, b in itertools.pairwise(places))


def test_many_cells_are_at_most_500_rows():
    many = diet(rounds=12, sizes=tuple(range(50, 1050, 100)))
    assert 0 < len(SUBSET(many)) <= ROWS
    assert 0 < len(BESIDE(many)) <= ROWS
    assert 0 < len(CHARTS["accuracy by barrier"].rows(many)) <= ROWS


def test_the_published_curves_are_those_of_the_papers_figures():
    table = wb.charts.published_curves("cifar10-resnet20")

    def at(k, subset, size, r, table=table):
        own = table[(table["pretrain_steps"] == k) & (table["subset"] == subset) & (table["round"] == r)]
        return (own if size is None else own[own["size"] == size])["test_accuracy"].item()

    assert at(0, "all", None, 8) == 0.8850
    assert at(200, "easiest", 3200, 12) == 0.8938
    assert at(200, "hardest", 3200, 15) == 0.8283
    assert at(800, "all", None, 3, wb.charts.published_curves("cifar100-resnet32")) == 0.6832
    assert at(400, "easiest", 25600, 12, wb.charts.published_curves("cinic10-resnet56")) == 0.8471
    assert table[table["round"] == 2]["density"].tolist() == pytest.approx([0.64] * 9)
    assert [len(wb.charts.published_curves(name).groupby(["pretrain_steps", "subset", "size"], dropna=False))
            for name in CURVES] == [9, 6, 9]  # fmt: skip


def test_unknown_published_curves_are_said_with_the_nearest():
    with pytest.raises(ValueError, match='did you mean "cifar10-resnet20"'):
        wb.charts.published_curves("cifar10-resnet-20")
    with pytest.raises(ValueError, match="known: cifar10-resnet20, cifar100-resnet32"):
        wb.charts.accuracy_by_subset(diet(), published="imagenet")


def test_published_curves_lie_beneath_and_are_marked_as_theirs():
    rows = BESIDE(diet())
    numbers = ("words", "density", "value", "low", "high", "n", "hollow")
    own, alone = ([[row[name] for name in numbers] for row in of_role(r, "point")] for r in (rows, SUBSET(diet())))
    assert own == alone
    curves = of_role(rows, "beneath")
    assert len({row["line"] for row in curves}) == 9
    assert [row["density"] for row in curves if row["line"] == curves[0]["line"]][:3] == pytest.approx([1, 0.8, 0.64])
    assert all(row["words"].startswith("theirs: ") for row in curves)
    named = [row["words"] for row in of_role(rows, "label") if row["words"].startswith("theirs: ")]
    assert sorted(named) == ["theirs: all, k 200", "theirs: all, k 400", "theirs: nothing, k 0"]  # the rest have tips
    drawn = wb.charts.accuracy_by_subset(diet(), published="cinic10-resnet56").to_dict()
    said = (
        "published curves of Paul et al. 2022, read from the vector graphics of their figures; ResNet-56, full CINIC-10"
    )
    assert said in " ".join(drawn["title"]["subtitle"])


def test_the_words_of_subsets_name_what_proves_nothing():
    outcomes = [pretrained("random", 10, replica=r, round=1, accuracy=0.8, size=100) for r in range(3)]
    assert subset_in_words(outcomes) == [
        "At 40 % of the weights: random 100, k 10 80.0 ± 0.0 % (n = 3).",
        "No evidence that a subset equals all data: random 100, k 10 (6.4 presentations: same data by arithmetic).",
    ]
    assert subset_in_words([]) == []


def test_the_predictor_is_drawn_for_every_cell_and_replica_and_its_mean():
    found = [outcome("easiest", 10, r, accuracy=0.8 + 0.02 * r, barrier=1.0 + r) for r in range(2)]
    found += [outcome("easiest", 10, 0, accuracy=0.4, density=0.5, round=1)]  # not below 20 %
    rows = CHARTS["accuracy by barrier"].rows(found)
    assert [row["barrier"] for row in of_role(rows, "mark")] == [1.0, 2.0]
    assert [row["value"] for row in of_role(rows, "mark")] == pytest.approx([0.8, 0.82])
    (mean,) = of_role(rows, "point")
    assert (mean["barrier"], mean["value"]) == pytest.approx((1.5, 0.81))
    assert (mean["line"], mean["n"]) == ("easiest 100, k 10", 2)
    assert rows[0]["about"] == "a rank correlation needs three cells or more, and a replica that has them all"


def test_the_subtitle_of_the_predictor_has_its_correlation_and_that_of_the_control():
    cells_of = (("all", 1.0, 0.9, 0.3), ("random", 2.0, 0.8, 0.2), ("hardest", 3.0, 0.7, 0.4))
    found = [
        outcome(kind, 10, r, accuracy, barrier=barrier, pretrain_accuracy=early)
        for kind, barrier, accuracy, early in cells_of
        for r in range(3)
    ]
    # ranks: barrier 1 2 3 against accuracy 3 2 1 is -1; control 2 1 3 against 3 2 1 is -1/2, of the wrong sign
    expected = "mean barrier -1.00 [-1.00, -1.00]; pre-training accuracy -0.50 [-0.50, -0.50]"
    title = wb.charts.accuracy_by_barrier(found).to_dict()["title"]
    lines = " ".join(title["subtitle"])
    assert lines == f"Spearman over means of cells (3 cells): {expected}"
    first, second, *_ = barrier_in_words(found)
    assert first == f"Spearman over means of cells (3 cells): {expected}."
    assert second == "By how much the barrier does better +1.50 [+1.50, +1.50]."


def test_the_share_kept_has_a_line_a_kind_and_all_data_across():
    rows = CHARTS["accuracy by kept share"].rows(parts())
    (whole,) = of_role(rows, "across")
    assert (whole["value"], whole["left"], whole["at"]) == (pytest.approx(0.902), 0.0, 1.0)
    own = [(row["share"], row["value"]) for row in of_role(rows, "point") if row["line"] == "easiest"]
    assert own == [(s, pytest.approx(0.903 - 0.25 * (1 - s) ** 2)) for s in (0.1, 0.25, 0.5, 0.75)]
    assert {row["words"] for row in of_role(rows, "label")} == {"all the data", "random", "easiest", "hardest"}


def test_the_words_of_shares_say_how_much_can_be_left_out():
    found = [kept(replica=r) for r in range(3)]
    found += [
        kept("random", s, replica=r, accuracy=0.9 - lost) for r in range(3) for s, lost in ((0.25, 0.2), (0.5, 0))
    ]
    assert kept_in_words(found) == [
        "All the data: test accuracy 90.0 ± 0.0 % (n = 3).",
        "The random 25 %: 70.0 ± 0.0 % (n = 3); matches down to 50 % (paired 95 % interval, at most 1 point worse).",
    ]
    assert kept_in_words([kept("random", 0.5)]) == []


def test_every_kind_of_subset_has_a_colour_and_a_shape_of_its_own():
    kinds = [cells.kind(name) for name in ("all", "random", "easiest", "hardest", "window(skip=500)")]
    assert set(kinds) == set(wb.data_diet.SUBSETS)
    looks = [SUBSETS[kind] for kind in [*kinds, cells.kind("all", 0)]]
    assert len({look.colour for look in looks}) == len({look.shape for look in looks}) == 6
