"""What a person picks in a chart: what its marks stand for, and the rows that a click or a brush is of."""

from __future__ import annotations

from typing import Any

import altair as alt
import pytest
from altair.utils.selection import IntervalSelection, PointSelection
from made import experiment
from made_scores import networks
from samples import sample

from workbench.charts import CHARTS, accuracy_by_density, score_against_score
from workbench.charts.grammar.rows import loose

UNITS = {"point": PointSelection, "interval": IntervalSelection}


def selections(specification: dict[str, Any]) -> list[dict[str, Any]]:
    return [param for param in specification.get("params", []) if param["name"] == "picked"]


def names(specification: Any) -> list[str]:
    """The names of all marks of a specification."""
    if isinstance(specification, list):
        return [name for part in specification for name in names(part)]
    if not isinstance(specification, dict):
        return []
    inside = [name for key, part in specification.items() if key not in ("data", "datasets") for name in names(part)]
    return [*inside, specification["name"]] if "mark" in specification and "name" in specification else inside


@pytest.mark.parametrize("name", list(CHARTS))
def test_the_marks_of_every_chart_can_be_picked_by_what_they_stand_for(name: str):
    chart = CHARTS[name]
    rows = chart.rows(sample(name))
    assert chart.selects
    fields = [[row.get(field) for field in chart.selects] for row in loose(rows, chart.selects[0])]
    known = [values for values in fields if not any(v is None or isinstance(v, (list, dict)) for v in values)]
    assert known
    (selection,) = selections(chart.draw(rows).to_dict())
    assert selection["select"]["type"] == ("interval" if chart.brushed else "point")
    picks = [dict(zip(chart.selects, known[0], strict=True))]
    picked = chart.picked(rows, picks)
    assert picked
    assert all(picks[0].items() <= row.items() for row in picked)


@pytest.mark.parametrize("name", list(CHARTS))
def test_a_selection_names_one_mark_of_each_picture_and_every_name_is_there_once(name: str):
    specification = CHARTS[name].draw(CHARTS[name].rows(sample(name))).to_dict()
    (selection,) = selections(specification)
    there = names(specification)
    assert len(set(selection["views"])) == len(selection["views"])
    assert all(there.count(view) == 1 for view in selection["views"])


def test_a_jupyter_chart_holds_the_selection():
    chart = accuracy_by_density(experiment())
    assert list(alt.JupyterChart(chart).selections.trait_values()) == ["picked"]
    for drawn, kind in ((chart, "point"), (score_against_score(networks()), "interval")):
        assert isinstance(alt.JupyterChart(drawn).selections.trait_values()["picked"], UNITS[kind])


def test_clicks_pick_the_rows_that_have_all_their_values():
    rows = accuracy_by_density.rows(experiment())
    assert accuracy_by_density.picked(rows, []) == accuracy_by_density.picked(rows, {}) == []
    (ticket,) = accuracy_by_density.picked(rows, [{"kind": "ticket", "round": 1}])
    assert (ticket["density"], ticket["value"]) == (0.4, pytest.approx(0.81))
    both = accuracy_by_density.picked(rows, [{"kind": "ticket", "round": 1}, {"kind": "random_mask", "round": 1}])
    assert [row["kind"] for row in both] == ["ticket", "random_mask"]
    assert accuracy_by_density.picked(rows, [{"kind": "nobody", "round": 1}]) == []


def test_a_brush_picks_the_examples_between_its_ends_of_the_scores_that_are_shown():
    rows = score_against_score.rows(networks())
    points = [row for row in rows if row["role"] == "example"]
    across, up = rows[0]["score_x"], rows[0]["score_y"]
    low, high = sorted(point[across] for point in points)[1:3]
    picked = score_against_score.picked(rows, {"x": [high, low]})
    assert [row["id"] for row in picked] == [p["id"] for p in points if low <= p[across] <= high]
    everything = [min(p[up] for p in points), max(p[up] for p in points)]
    assert score_against_score.picked(rows, {"x": [low, high], "y": everything}) == picked
    swapped = score_against_score.picked(rows, {"y": [low, high]}, {"score_x": up, "score_y": across})
    assert swapped == picked


def test_a_packed_row_is_taken_apart_by_the_lists_that_belong_together():
    row = {"bar": "1, 2", "id": [7, 9], "label": [0, 1], "edges": [0.0, 0.5, 1.0]}
    assert loose([row], "id") == [{"bar": "1, 2", "id": 7, "label": 0}, {"bar": "1, 2", "id": 9, "label": 1}]
    assert loose([{"round": 1}]) == [{"round": 1}]
    assert loose([{"id": []}], "id") == []


# ---- tables to read


@pytest.mark.parametrize("name", list(CHARTS))
def test_every_chart_has_a_table_of_what_is_drawn_without_images_or_places(name: str):
    table = CHARTS[name].table(CHARTS[name].rows(sample(name)))
    assert len(table) > 0
    assert all(list(row) == list(table[0]) and len(row) > 1 for row in table)
    cells = [cell for row in table for cell in row.values()]
    assert all(cell is None or isinstance(cell, (int, float, str)) for cell in cells)
    assert not any(str(cell).startswith("data:") for cell in cells)
    assert not {"at", "look", "role", "order", "image", "undefined"} & {column.lower() for column in table[0]}
    assert all(any(row[column] is not None for row in table) for column in table[0])


def test_the_table_has_the_means_under_the_words_of_the_tips():
    ticket = accuracy_by_density.table(accuracy_by_density.rows(experiment()))[1]
    assert ticket == {
        "kind": "ticket",
        "density": "40 %",
        "test accuracy": 0.81,
        "95 % interval": "78.52% to 83.48%",
        "replicas": 3,
        "round": 1,
    }
    assert accuracy_by_density.table([]) == []
