"""The rows behind the charts of subset sums, worked out by hand."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest
import vl_convert
from made_sums import summed, sums, walk

import workbench as wb
from workbench.charts import CHARTS
from workbench.charts.grammar import ROWS
from workbench.charts.solved_sums import RECALLED, beside_law
from workbench.strong import best_error, success_probability

NAMES = ["subset sum error by candidates", "subset sum success", "subset sum error by scale", "solver race"]


def rows(name: str, outcomes: list[Any], role: str = "point", **options: Any) -> list[dict[str, Any]]:
    """The rows of a role."""
    return [row for row in CHARTS[name].rows(outcomes, **options) if row["role"] == role]


def test_the_error_is_the_median_with_the_quartiles():
    first = rows("subset sum error by candidates", sums())[0]
    assert (first["line"], first["candidates"], first["n"]) == ("m = 1", 10, 3)
    assert first["value"] == 1  # of 0.1, 1 and 10
    assert (first["low"], first["high"]) == (pytest.approx(0.55), pytest.approx(5.5))
    assert first["interval"] == "0.55 to 5.5"
    two = [outcome for outcome in sums() if outcome.replica < 2]
    assert rows("subset sum error by candidates", two)[0]["low"] is None


def test_the_law_stands_beside_as_far_as_the_errors_reach():
    law = rows("subset sum error by candidates", sums(), "beneath")
    assert {row["look"] for row in law} == {"law of m = 1", "law of m = 2"}
    for row in law:
        assert row["value"] == pytest.approx(best_error(int(row["look"][-1]), int(row["at"])))
    least = min(outcome.error for outcome in sums())
    assert min(row["value"] for row in law) >= least / 5
    assert max(row["at"] for row in law if row["line"] == "law of m = 1") < 30  # it would squeeze the errors
    labels = rows("subset sum error by candidates", sums(), "label")
    assert [label["words"] for label in labels] == ["m = 1", "m = 2"]


def test_a_law_of_several_lines_is_drawn_once_in_grey_and_that_of_one_in_its_colour():
    both = [*sums(), *sums(solver="cp_sat")]
    law = rows("subset sum error by candidates", both, "beneath")
    assert {row["look"] for row in law} == {"law of "}
    looks = beside_law(["m = 1", "law of m = 1", "law of "])
    assert looks["law of m = 1"].colour == looks["m = 1"].colour != looks["law of "].colour
    assert looks["law of m = 1"].dash == looks["law of "].dash != looks["m = 1"].dash


def test_a_line_is_named_by_what_differs():
    both = [*sums(), *sums(distribution="normally_scaled", scale=0.1)]
    names = {row["line"] for row in rows("subset sum error by candidates", both)}
    assert names == {f"m = {m}, {d}" for m in (1, 2) for d in ("gaussian, scale 1", "normally scaled, scale 0.1")}


def test_success_is_the_share_of_replicas_within_epsilon_with_wilson_s_interval():
    points = rows("subset sum success", sums(), within=0.1)
    shares = {(row["line"], row["candidates"]): row["value"] for row in points}
    assert shares["m = 1, ε = 0.1", 10] == pytest.approx(1 / 3)  # 0.1, 1, 10
    assert shares["m = 1, ε = 0.1", 20] == pytest.approx(2 / 3)  # 0.01, 0.1, 1
    low, high = wb.calibration.wilson(1, 3)
    assert (points[0]["low"], points[0]["high"], points[0]["n"]) == (low, high, 3)


def test_epsilon_is_that_of_the_dimension_and_the_formula_stands_beside():
    names = {row["line"] for row in rows("subset sum success", [*sums(), summed(3), summed(4)])}
    assert names == {"m = 1, ε = 0.01", "m = 2, ε = 0.05", "m = 3, ε = 0.1", "m = 4, ε = 0.1"}
    beside = rows("subset sum success", sums(), "beneath")
    (at_ten, *_) = [row["value"] for row in beside if "dimension 2" in row["words"] and row["at"] == 10]
    assert at_ten == pytest.approx(success_probability(2, 10, 0.05))


@pytest.mark.parametrize("within", [0.0, -1.0, math.nan])
def test_an_epsilon_that_cannot_be_is_said(within: float):
    with pytest.raises(ValueError, match="within must be above 0"):
        CHARTS["subset sum success"].rows(sums(), within=within)


def test_the_error_by_scale_is_hollow_where_most_targets_are_out_of_reach():
    out = [summed(9, 100, scale=0.01, replica=r, status="out of reach" if r else "rounded") for r in range(3)]
    made = [*out, *(summed(9, 100, scale=0.1, replica=r, error=0.02) for r in range(3))]
    points = rows("subset sum error by scale", made)
    assert [(row["scale"], row["hollow"], row["value"]) for row in points] == [(0.01, True, 0.1), (0.1, False, 0.02)]
    assert points[0]["line"] == "m = 9, n = 100"
    (best, _) = CHARTS["subset sum error by scale"].words(made)
    assert best == "At m = 9, n = 100: least error 2 % at scale 0.1 (10 % at 0.01, 2 % at 0.1)."


def test_a_race_is_a_trace_for_each_replica_up_to_where_the_solver_ended():
    made = [summed(9, 40), summed(9, 40, replica=1, solver="cp_sat", error=0.0)]
    first, second = rows("solver race", made, "trace")
    assert (first["at"], first["value"]) == ([0.01, 0.1, 0.2], [0.2, 0.1, 0.1])
    assert (second["look"], second["value"][-1]) == ("cp sat", 1e-17)  # 0 has no logarithm
    (law,) = rows("solver race", made, "law")
    assert (law["line"], law["value"], law["words"], law["seen"]) == ("m = 9, n = 40", 0.05, "law: 0.05", True)
    (words,) = CHARTS["solver race"].words(made)
    assert words == "At m = 9, n = 40, median errors: cp sat 0 in 0.2 s, flips 0.1 in 0.2 s; the law has 0.05."


@pytest.mark.parametrize(("law", "value"), [(1e-30, 0.01), (1e9, 0.1)])
def test_a_law_that_is_far_from_all_errors_is_said_and_not_drawn(law: float, value: float):
    (row,) = rows("solver race", [summed(law=law)], "law")
    assert (row["seen"], row["value"]) == (False, pytest.approx(value))


def test_the_words_of_the_errors_compare_with_the_law_and_say_what_is_recalled():
    first, second, recalled = CHARTS["subset sum error by candidates"].words(sums())
    slope = math.log2(10) / 10  # a tenth for every ten candidates
    falls = f"its log2 falls by {slope:.2g} a candidate (1/m = 1)."
    assert first == f"At m = 1, 30 candidates: median error 0.01, 0.2 times the law; {falls}"
    assert second.endswith("(1/m = 0.5).")
    assert recalled == RECALLED
    assert "recalled, not verified" in RECALLED


def test_the_words_of_success_say_from_where_on_half_of_the_draws_succeed():
    first, _ = CHARTS["subset sum success"].words(sums())
    assert first == "At m = 1, ε = 0.01: half of the draws succeed from 30 candidates on, 67 % with 30."
    assert CHARTS["subset sum success"].words([summed(error=9.0)])[0].endswith("up to 10 candidates (0 %).")


@pytest.mark.parametrize("name", [name for name in NAMES if not CHARTS[name].holds])
def test_a_table_draws_as_its_outcomes_do(name: str):
    assert CHARTS[name].rows(wb.table(sums())) == CHARTS[name].rows(sums())
    assert CHARTS[name].words(wb.table(sums())) == CHARTS[name].words(sums())


@pytest.mark.parametrize("name", NAMES)
def test_a_large_run_is_at_most_500_rows_and_every_beginning_is_drawn(name: str):
    many = [
        summed(m, n, solver=solver, scale=scale, replica=r)
        for m in range(1, 9)
        for n in range(10, 40, 3)
        for solver in ("flips", "cp_sat")
        for scale in (0.1, 1.0)
        for r in range(4)
    ]
    for outcomes in (many, many[:1], many[:5]):
        made = CHARTS[name].rows(outcomes)
        assert 0 < len(made) <= ROWS
        CHARTS[name].draw(made).to_dict()


# ---- one walk


def test_a_walk_is_its_frames_its_sum_its_target_and_the_way():
    about, way, whole, target, *frames = CHARTS["partial sums"].rows([walk()])
    assert about["about"] == "2 of 10 vectors kept, in 4 dimensions (1 kernel 2×2); off by: in target lengths"
    assert (way["added"], way["distance"]) == ([0, 1, 2], pytest.approx([1, 3, 0.01]))
    assert target["values"] == [1, 0, 0, 0]
    assert whole["values"] == frames[-1]["values"] == [1.01, 0, 0, 0]
    assert [(frame["frame"], frame["added"]) for frame in frames] == [(0, 0), (1, 1), (2, 2)]


def test_the_last_walk_is_drawn_with_a_slider_over_its_frames():
    picture = CHARTS["partial sums"]
    specification = picture.draw(picture.rows([walk(kept=1), walk()])).to_dict()
    (slider,) = [parameter for parameter in specification["params"] if parameter["name"] == "frame"]
    assert (slider["value"], slider["bind"]["input"], slider["bind"]["max"]) == (1, "range", 2)


@pytest.mark.parametrize("width", [100, 280, 1600])
@pytest.mark.parametrize("walks", [[], [walk()]])
def test_what_plays_the_frames_is_patched_into_a_picture_and_moves_the_parameters(walks: list[Any], width: int):
    picture = CHARTS["partial sums"]
    specification = picture.draw(picture.rows(walks), width).to_dict()
    (patch,) = specification["usermeta"]["embedOptions"]["patch"]
    assert (patch["op"], patch["path"]) == ("add", "/marks/1/marks/-")
    vega = vl_convert.vegalite_to_vega(specification)
    assert isinstance(vega["marks"][1]["marks"], list)
    moved = {signal["name"] for signal in patch["value"]["signals"]}
    assert moved == {"frame", "play"} <= {signal["name"] for signal in vega["signals"]}
    (play,) = [parameter for parameter in specification["params"] if parameter["name"] == "play"]
    assert (play["value"], play["bind"]["input"]) == (False, "checkbox")  # nothing moves unasked


def test_what_is_drawn_around_a_walk_depends_on_what_the_first_row_says_of_it_alone():
    picture = CHARTS["partial sums"]
    first = picture.draw(picture.rows([walk()])).to_dict()
    other = walk(distances=walk().distances * 2, error=0.5, sums=walk().sums * 0.5)
    second = picture.draw(picture.rows([other])).to_dict()
    assert {**first, "data": 0} == {**second, "data": 0}


def test_the_words_of_a_walk_count_subsets_for_targets_and_name_the_least_scale():
    found, counted, reached, recalled = CHARTS["partial sums"].words([walk()])
    assert "2 of 10 vectors are kept. It misses by 1 % of the target's length, by 0.01 at most" in found
    assert "up to 3 target lengths away" in found
    assert counted == "2^n = 1,024 subsets, (1/ε)^m = 10^8 targets that differ by ε = 0.01: fewer subsets than targets."
    assert reached.startswith("In reach: fractions of these candidates make the target from scale 0.5 on; here it is 1")
    assert recalled == RECALLED
    assert "Out of reach at scale 0.1" in CHARTS["partial sums"].words([walk(scale=0.1)])[2]
    assert "too few" in CHARTS["partial sums"].words([replace(walk(), least_scale=math.inf)])[2]
