"""What the grammar promises of every chart: it fits its width, its axes tell numbers apart, labels do not overlap."""

from __future__ import annotations

import ast
import functools
import inspect
import itertools
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas
import pytest
import vl_convert
from made import experiment
from samples import sample

import workbench as wb
from workbench.charts import CHARTS, grammar
from workbench.charts.grammar import ACCURACY, DENSITY, RUNS, Axis, Means, Picture, Rows, once, records
from workbench.charts.grammar.looks import channels, in_order, in_sequence, looks_of
from workbench.charts.grammar.room import LINE, grid, spread, wide, wrapped
from workbench.numbers.numerals import percent, plus_minus, points

WIDTHS = (280, 590, 1300)


@functools.cache
def svg(name: str, width: int) -> str:
    chart = CHARTS[name]
    return vl_convert.vegalite_to_svg(chart.draw(chart.rows(sample(name)), width).to_dict())


def declared(records_: Rows, width: int = 590, **how: Any) -> dict[str, Any]:
    """The specification of a chart of means of these records."""
    usual: dict[str, Any] = {"x": DENSITY, "measures": [ACCURACY], "title": "a title", "description": "said"}
    means = Means(**usual | how)
    return means.draw(means.rows(records_), width).to_dict()


def labels(specification: dict[str, Any], axis: str) -> list[str]:
    """The labels of an axis, X or Y, as they are drawn."""
    drawn = vl_convert.vegalite_to_svg(specification)
    (part,) = [part for part in drawn.split('role-axis"') if f"{axis}-axis" in part.split(">")[0]][:1]
    words = part.split('role-axis-label"')[1].split('role-axis-domain"')[0].split('role-axis-title"')[0]
    return [word for word in re.findall(r">([^<>]+)</text>", words) if word.strip()]


# ---- how wide


@pytest.mark.parametrize("name", list(CHARTS))
@pytest.mark.parametrize("width", WIDTHS)
def test_a_picture_fits_into_the_width_that_it_is_given(name: str, width: int):
    drawn = re.search(r'<svg [^>]*?width="([\d.]+)"', svg(name, width))
    assert drawn is not None
    assert float(drawn.group(1)) <= width + 2


@pytest.mark.parametrize("name", ["accuracy by density", "barrier by step", "accuracy by share", "score stability"])
def test_lines_fill_the_width(name: str):
    drawn = re.search(r'<svg [^>]*?width="([\d.]+)"', svg(name, 1200))
    assert drawn is not None
    assert float(drawn.group(1)) > 0.9 * 1200


def test_pictures_stand_below_one_another_where_they_do_not_fit_side_by_side():
    assert [grid(width, 3).columns for width in (280, 500, 900)] == [1, 2, 3]
    assert grid(900, 3, most=1).columns == 1
    assert all(grid(width, 3).inner >= 60 for width in range(100, 1600, 50))


def test_a_long_line_is_broken_between_words_and_its_own_lines_stay():
    text = "mean and 95 % t interval over replicas\nsecond"
    lines = wrapped(text, 150)
    assert " ".join(lines) == text.replace("\n", " ")
    assert lines[-1] == "second"
    assert all(wide(line) <= 150 for line in lines)


# ---- axes


@pytest.mark.parametrize("name", list(CHARTS))
def test_no_axis_prints_a_number_twice(name: str):
    for axis in svg(name, 590).split('role-axis"')[1:]:
        words = axis.split('role-axis-label"')[-1].split('role-axis-domain"')[0].split('role-axis-title"')[0]
        numbers = [word for word in re.findall(r">([^<>]+)</text>", words) if re.search(r"\d", word)]
        assert all(one != next_ for one, next_ in itertools.pairwise(numbers)), numbers


@pytest.mark.parametrize(("low", "high"), [(0.9, 1), (0.99991, 0.99999), (-1, 1), (0.0001, 0.0002), (0, 60000)])
@pytest.mark.parametrize("form", ["~f", "+~f", "~%", "+~%", "~s"])
def test_an_axis_has_digits_enough_for_its_domain(low: float, high: float, form: str):
    rows = [{"kind": "ticket", "density": 1, "value_": value} for value in (low, high)]
    rows[1]["density"] = 0.5
    drawn = labels(declared(rows, measures=[Axis("value_", "a number", form)]), "Y")
    assert len(drawn) > 2
    assert len(set(drawn)) == len(drawn)


@pytest.mark.parametrize("last", [1, 2, 3, 8, 40])
def test_an_axis_of_whole_numbers_has_whole_labels(last: int):
    rows = [{"kind": "ticket", "count": n, "test_accuracy": 0.9} for n in range(last + 1)]
    drawn = labels(declared(rows, x=Axis("count", "networks", whole=True)), "X")
    assert drawn == sorted({str(int(word)) for word in drawn}, key=int)
    assert {"0", str(last)} <= set(drawn) or last > 8


def test_a_form_with_digits_is_refused():
    with pytest.raises(ValueError, match=r'form must have no digits, .* got ".1f"; pass a kind'):
        Axis("value", "a number", ".1f")


def test_a_value_is_said_as_its_axis_says_it():
    assert DENSITY.words(0.0035) == "0.35 %"
    assert Axis("k", "networks", whole=True).words(1200) == "1,200"
    assert Axis("lam", "lambda", names=("∞", "1")).words(1) == "1"


# ---- labels and looks


def test_labels_are_moved_apart_in_their_order_and_no_further_than_needed():
    assert spread([0.5, 0.1], 0.2) == [0.5, 0.1]
    assert spread([0.5, 0.5], 0.2) == pytest.approx([0.4, 0.6])
    assert spread([1.0, 0.0, 0.1], 0.3) == pytest.approx([1.0, -0.1, 0.2])


@pytest.mark.parametrize("name", list(CHARTS))
@pytest.mark.parametrize("width", WIDTHS)
def test_no_two_labels_at_the_ends_of_lines_cover_one_another(name: str, width: int):
    for picture in re.split(r"role-scope concat", svg(name, width)):
        labels_ = [text for text in re.findall(r"<text[^>]*>", picture) if '"text mark"' in text and '"600"' in text]
        texts = [re.findall(r"translate\(([\d.-]+),([\d.-]+)\)", text)[0] for text in labels_]
        places: dict[float, list[float]] = {}
        for x, y in texts:
            places.setdefault(round(float(x)), []).append(float(y))
        for column in places.values():
            assert all(b - a >= 12 for a, b in itertools.pairwise(sorted(column)))


def test_labels_are_a_line_apart_in_pixels():
    rows = [{"kind": f"k{n}", "density": d, "test_accuracy": 0.5 + 0.01 * n * d} for n in range(5) for d in (1, 0.5)]
    means = Means(x=DENSITY, measures=[ACCURACY], title="t", description="d", height=200)
    made = means.rows(rows)
    seen = [row["value"] for row in made if row["role"] == "point"]
    places = sorted(row["value"] for row in made if row["role"] == "label")
    assert all(b - a >= 0.999 * LINE / 200 * (max(seen) - min(seen)) for a, b in itertools.pairwise(places))


def test_every_name_has_a_look_and_no_two_the_same():
    looks = in_order([f"name {n}" for n in range(24)])
    assert len({(look.colour, look.shape, look.dash) for look in looks.values()}) == 24
    dense, *_, sparse = in_sequence(["dense", "50 %", "10 %"]).values()
    assert (dense.colour, sparse.colour) == ("#0072b2", "#d55e00")
    known = looks_of(RUNS, ["ticket", "mine_too"])
    assert known["ticket"] is RUNS["ticket"]
    assert known["mine_too"].words == "mine too"


def test_colour_shape_and_dashes_are_of_one_field_in_one_order():
    parts = {name: channel.to_dict() for name, channel in channels(RUNS).items()}
    assert list(parts) == ["color", "shape", "strokeDash"]
    assert {part["field"] for part in parts.values()} == {"look"}
    assert all(part["scale"]["domain"] == list(RUNS) for part in parts.values())
    assert parts["color"]["scale"]["range"][0] == RUNS["ticket"].colour


def test_colours_stand_in_one_place():
    for file in Path(grammar.__file__).parents[1].rglob("*.py"):
        texts = [node.value for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, ast.Constant)]
        colours = [text for text in texts if isinstance(text, str) and re.fullmatch(r"#[0-9A-Fa-f]{6}", text)]
        assert bool(colours) == (file.name == "looks.py"), file


# ---- means


def three(name: str = "ticket", **more: Any) -> Rows:
    return [{"kind": name, "replica": r, "density": 0.5, "test_accuracy": 0.8 + 0.01 * r} | more for r in range(3)]


def rows_of(records_: Rows, **how: Any) -> Rows:
    return Means(x=DENSITY, measures=[ACCURACY], title="t", description="d", **how).rows(records_)


def test_records_of_one_replica_are_averaged_first():
    twice = [*three(), {"kind": "ticket", "replica": 0, "density": 0.5, "test_accuracy": 0.9}]
    (mean, _) = rows_of(twice)
    assert (mean["n"], mean["value"]) == (3, pytest.approx((0.85 + 0.81 + 0.82) / 3))


def test_a_difference_that_is_not_shown_to_match_is_hollow():
    assert not rows_of([record | {"less": 0.0} for record in three()])[0]["hollow"]
    assert rows_of([record | {"less": -0.02} for record in three()])[0]["match"] == "not shown to match"
    assert rows_of([record | {"less": 0.0} for record in three()[:2]])[0]["hollow"]  # two replicas show nothing


def test_the_range_is_from_the_least_to_the_most():
    (mean, _) = rows_of(three(), ranged=True)
    assert (mean["low"], mean["high"]) == pytest.approx((0.8, 0.82))


def test_records_may_bring_an_interval_of_their_own_and_a_line_without_a_label():
    own = {"low": 0.7, "high": 0.9, "n": 40, "interval": "0.7 to 0.9"}
    law = [{"kind": "law", "role": "beneath", "named": False, "density": d, "test_accuracy": 0.5} for d in (1, 0.5)]
    mean, *beneath, label = rows_of([three()[0] | {"own": own}, *law])
    assert {name: mean[name] for name in own} == own
    assert [row["line"] for row in beneath] == ["law", "law"]
    assert label["line"] == "ticket"


def test_packed_rows_hold_what_the_others_do():
    records_ = [*three(), *three("random_mask")]
    (packed, named) = rows_of(records_, packed=True)
    loose = rows_of(records_)
    assert packed["value"] == [row["value"] for row in loose if row["role"] == "point"]
    assert named["words"] == [row["words"] for row in loose if row["role"] == "label"]
    vl_convert.vegalite_to_svg(declared(records_, packed=True))


# ---- pictures


def test_every_step_of_rewinding_is_a_line_from_outcomes_as_from_their_table():
    outcomes = [replace(o, rewind_step=k) for k in (0, 300, 20) for o in experiment()]
    rows = wb.charts.accuracy_by_rewind_step.rows(outcomes)
    assert rows == wb.charts.accuracy_by_rewind_step.rows(wb.table(outcomes))
    assert list(dict.fromkeys(row["line"] for row in rows)) == ["k = 0", "k = 20", "k = 300"]
    assert {row["density"] for row in rows} == {1, 0.4}
    assert [row["value"] for row in rows if row["line"] == "k = 20"] == pytest.approx([0.91, 0.81])


def test_a_picture_has_the_name_the_words_and_the_signature_of_its_function():
    chart = wb.charts.accuracy_by_density
    assert chart.__name__ == "accuracy_by_density"
    assert "published" in inspect.signature(chart).parameters
    assert "paper's numbers" in (chart.__doc__ or "")


def test_a_chart_of_images_or_paths_says_that_a_table_does_not_hold_them():
    table = pandas.DataFrame([{"replica": 0}])
    for name in CHARTS:
        if CHARTS[name].holds:
            with pytest.raises(ValueError, match="which a data frame does not hold, got one; pass the outcomes"):
                CHARTS[name].rows(table)


def test_a_chart_without_sentences_says_nothing():
    silent = Picture(lambda outcomes: [], lambda rows, width: None)
    assert silent.words([1]) == []


def test_arithmetic_is_done_once_for_the_same_outcomes():
    calls: list[int] = []

    @once
    def mean(values: list[Any], of: int = 0) -> int:
        calls.append(of)
        return len(values)

    outcomes = [object(), object()]
    assert [mean(outcomes), mean(list(outcomes)), mean(outcomes, of=1), mean(outcomes[:1])] == [2, 2, 2, 1]
    assert calls == [0, 1, 0]


def test_a_data_frame_and_outcomes_have_the_same_records():
    rows = [{"a": 1, "b": None}, {"a": 2, "b": 0.5}]
    assert records(pandas.DataFrame(rows)) == records(rows) == rows


# ---- numbers in words


def test_a_mean_is_written_with_half_its_interval_and_how_many():
    half = 4.302652729911275 * 1 / 3**0.5  # t of two degrees of freedom, deviation 1
    assert plus_minus([1, 2, 3], " nats") == f"2.0 ± {half:.1f} nats (n = 3)"
    assert points([0.01, 0.02]) == "1.5 points (n = 2)"
    assert points([0.1, 0.1, 0.1], " %", of=False) == "10.0 ± 0.0 %"
    assert plus_minus([3.0, 3.0, 3.0], form=".3g", half=".2g") == "3 ± 0 (n = 3)"


def test_a_share_is_written_to_two_digits():
    assert [percent(share) for share in (0.21, 0.034, 0.0035, 0.999, 1.0)] == [
        "21 %",
        "3.4 %",
        "0.35 %",
        "100 %",
        "100 %",
    ]
