"""The picture of a plane: tiles, contours and marks by hand, from a surface, from outcomes, from a table."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
import torch
from made import experiment

from workbench.charts import CHARTS, theme
from workbench.charts.contours import contour
from workbench.charts.loss_plane import draw, loss_plane, rows
from workbench.landscape import Mark, Surface, plane_table


def surface(side: int = 3, steps: int = 3, scale: float = 1.0) -> Surface:
    """A surface whose loss is e^x on [0, 2] × [0, 1], three networks, and the way of the first."""
    x, y = torch.linspace(0, 2, side).double(), torch.linspace(0, 1, side).double()
    loss = (scale * x).exp().expand(side, side).clone()
    corners = ((0.0, 0.0), (2.0, 0.0), (1.0, 1.0))
    marks = [Mark("network", name, None, *at, 0.0, 1.0, 0.5) for name, at in zip(("a", "b", "c"), corners, strict=True)]
    way = [Mark("trajectory", "a", step, 2 - step / steps, 0.5, 0.1 * step) for step in range(steps)]
    return Surface(0, 1, x, y, loss, loss / 10, (*marks, *way), "distance", "test", "average")


def by_role(found: list[dict[str, Any]], role: str) -> list[dict[str, Any]]:
    return [row for row in found if row["role"] == role]


def test_a_contour_of_a_slope_is_straight():
    # the values are x: at 0.25 the line goes through both cells of the first column
    pieces = contour([[0, 1, 2]] * 3, [0, 1, 2], [0, 5, 10], 0.25)
    assert sorted(sorted(piece) for piece in pieces) == [[(0.25, 0), (0.25, 5)], [(0.25, 5), (0.25, 10)]]
    assert contour([[0, 1, 2]] * 3, [0, 1, 2], [0, 5, 10], 7) == []


@pytest.mark.parametrize(
    ("level", "pieces"),
    [
        # corners 1, 0, 1, 0 with mean 1/2: below it the high corners are one region, above it two
        (0.4, {frozenset({(0.6, 0), (1, 0.4)}), frozenset({(0.4, 1), (0, 0.6)})}),
        (0.6, {frozenset({(0.4, 0), (0, 0.4)}), frozenset({(0.6, 1), (1, 0.6)})}),
    ],
)
def test_a_saddle_is_settled_by_its_middle(level: float, pieces: set[frozenset[tuple[float, float]]]):
    found = contour([[1, 0], [0, 1]], [0, 1], [0, 1], level)
    rounded = {frozenset((round(x, 9), round(y, 9)) for x, y in piece) for piece in found}
    assert rounded == pieces


def test_a_tile_stands_around_each_point_and_contours_are_even_in_the_logarithm():
    found = rows(surface())
    tiles = by_role(found, "tile")
    assert len(tiles) == 9
    last = tiles[-1]
    assert (last["x"], last["y"], last["loss"]) == (2, 1, pytest.approx(math.e**2))
    assert last["left"] == pytest.approx(2 - 0.5, abs=0.01)
    assert last["high"] == pytest.approx(1 + 0.25, abs=0.01)
    lines = by_role(found, "contour")
    assert [math.log(row["loss"]) for row in lines] == pytest.approx([2 * k / 8 for k in range(1, 8)])
    for row in lines:  # ln loss = x
        assert row["x"] == pytest.approx([math.log(row["loss"])] * 2)
    assert found[0]["width"] == 2 * found[0]["height"]


def test_networks_have_names_and_shapes_and_trajectories_their_distances():
    found = rows(surface())
    networks = by_role(found, "network")
    assert [(r["name"], r["shape"]) for r in networks] == [("a", "circle"), ("b", "square"), ("c", "triangle-up")]
    way = by_role(found, "trajectory")
    assert [(r["step"], r["distance"]) for r in way] == [(0, 0), (1, pytest.approx(0.1)), (2, pytest.approx(0.2))]


def test_a_table_draws_as_its_surface_does():
    assert rows(plane_table(surface())) == rows(surface())


def test_of_several_surfaces_the_last_is_drawn():
    assert rows([surface(3), surface(5)]) == rows(surface(5))


def test_a_live_picture_has_at_most_500_rows_and_a_still_one_all_tiles():
    large = surface(65, steps=900)
    live = rows(large)
    assert len(live) <= theme.ROWS
    assert len(by_role(live, "tile")) == 17**2
    assert len(by_role(live, "trajectory")) > 50
    still = rows(large, most=None)
    assert len(by_role(still, "tile")) == 65**2
    assert len(by_role(still, "trajectory")) == 900


def test_it_is_described_in_words_says_how_it_was_measured_and_asks_no_network():
    chart = loss_plane(surface()).to_dict()
    assert "http" not in json.dumps({part: value for part, value in chart.items() if part != "$schema"})
    assert chart["config"]["background"] == "transparent"
    assert " ".join(chart["title"]["subtitle"]) == "on test images, batch-norm: average; equal lengths look equal"
    assert len(chart["description"]) > 40


def test_only_the_data_depend_on_the_numbers():
    one, two = (draw(rows(surface(side, scale=scale))).to_dict() for side, scale in ((3, 1.0), (9, 0.3)))
    for chart in (one, two):
        chart.pop("data")
    assert one == two


def test_a_flat_surface_and_a_loss_of_zero_draw_too():
    flat = surface(scale=0.0)
    assert by_role(rows(flat), "contour") == []
    zero = Surface(**{**vars(flat), "loss_YX": torch.zeros(3, 3, dtype=torch.float64)})
    assert {row["shade"] for row in by_role(rows(zero), "tile")} == {1e-6}
    loss_plane(zero).to_dict()


def test_what_has_no_plane_is_not_drawn():
    assert CHARTS["loss plane"].rows([]) == []
    assert CHARTS["loss plane"].rows(experiment()) == []
    draw([]).to_dict()
