"""The picture of a plane: tiles, contours and marks by hand, from a surface, from outcomes, from a table."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
import torch
from made import experiment

from workbench.charts import CHARTS, loss_plane
from workbench.charts.grammar import ROWS
from workbench.landscape import Mark, Surface, plane_table
from workbench.landscape.surface import contours


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


def pieces(values: list[list[float]], x: list[float], y: list[float], count: int, level: float) -> list[Any]:
    """The straight pieces of a contour, each as the set of its ends."""
    lines = {round(at, 9): line for at, line in contours(x, y, values, count).items()}
    ends = zip(*(lines[level][name] for name in ("x", "y", "x2", "y2")), strict=True)
    return [{(round(x, 9), round(y, 9)), (round(x2, 9), round(y2, 9))} for x, y, x2, y2 in ends]


def test_a_contour_of_a_slope_is_straight():
    # the values are x: at 0.25 the line goes through both cells of the first column
    found = pieces([[0, 1, 2]] * 3, [0, 1, 2], [0, 5, 10], 7, 0.25)
    assert sorted(found, key=max) == [{(0.25, 0), (0.25, 5)}, {(0.25, 5), (0.25, 10)}]
    assert contours([0, 1, 2], [0, 5, 10], [[1, 1, 1]] * 3, 7) == {}


@pytest.mark.parametrize(
    ("level", "expected"),
    [
        # corners 1, 0, 1, 0 with mean 1/2: below it the high corners are one region, above it two
        (0.4, [{(0.6, 0), (1, 0.4)}, {(0.4, 1), (0, 0.6)}]),
        (0.6, [{(0.4, 0), (0, 0.4)}, {(0.6, 1), (1, 0.6)}]),
    ],
)
def test_a_saddle_is_settled_by_its_middle(level: float, expected: list[set[tuple[float, float]]]):
    found = pieces([[1, 0], [0, 1]], [0, 1], [0, 1], 4, level)
    assert sorted(found, key=sorted) == sorted(expected, key=sorted)


def test_a_tile_stands_around_each_point_and_contours_are_even_in_the_logarithm():
    found = loss_plane.rows(surface())
    tiles = by_role(found, "tile")
    assert [len(tile["x"]) for tile in tiles] == [3, 3, 3]
    last = tiles[-1]
    assert (last["x"][-1], last["y"], last["loss"][-1]) == (2, 1, pytest.approx(math.e**2))
    assert last["left"][-1] == pytest.approx(2 - 0.5, abs=0.01)
    assert last["high"] == pytest.approx(1 + 0.25, abs=0.01)
    lines = by_role(found, "contour")
    assert [math.log(row["loss"]) for row in lines] == pytest.approx([2 * k / 8 for k in range(1, 8)])
    for row in lines:  # ln loss = x
        assert row["x"] == pytest.approx([math.log(row["loss"])] * 2)
    assert found[0]["width"] == 2 * found[0]["height"]


def test_networks_have_names_and_shapes_and_trajectories_their_distances():
    found = loss_plane.rows(surface())
    networks = by_role(found, "network")
    assert [(r["name"], r["shape"]) for r in networks] == [("a", "circle"), ("b", "square"), ("c", "diamond")]
    (way,) = by_role(found, "trajectory")
    assert (way["name"], way["step"], way["distance"]) == ("a", [0, 1, 2], pytest.approx([0, 0.1, 0.2]))


def test_a_table_draws_as_its_surface_does():
    assert loss_plane.rows(plane_table(surface())) == loss_plane.rows(surface())


def test_of_several_surfaces_the_last_is_drawn():
    assert loss_plane.rows([surface(3), surface(5)]) == loss_plane.rows(surface(5))


def test_a_picture_has_all_tiles_and_points_in_at_most_500_rows():
    large = loss_plane.rows(surface(65, steps=900))
    assert len(large) <= ROWS
    assert sum(len(row["x"]) for row in by_role(large, "tile")) == 65**2
    assert sum(len(row["x"]) for row in by_role(large, "trajectory")) == 900


def test_it_is_described_in_words_says_how_it_was_measured_and_asks_no_network():
    chart = loss_plane(surface()).to_dict()
    assert "http" not in json.dumps({part: value for part, value in chart.items() if part != "$schema"})
    assert chart["config"]["background"] == "transparent"
    assert " ".join(chart["title"]["subtitle"]) == "on test images, batch-norm: average; equal lengths look equal"
    assert len(chart["description"]) > 40


def test_only_the_data_depend_on_the_numbers():
    one, two = (
        loss_plane.draw(loss_plane.rows(surface(side, scale=scale))).to_dict() for side, scale in ((3, 1.0), (9, 0.3))
    )
    for chart in (one, two):
        chart.pop("data")
    assert one == two


def test_a_flat_surface_and_a_loss_of_zero_draw_too():
    flat = surface(scale=0.0)
    assert by_role(loss_plane.rows(flat), "contour") == []
    zero = Surface(**{**vars(flat), "loss_YX": torch.zeros(3, 3, dtype=torch.float64)})
    assert {shade for row in by_role(loss_plane.rows(zero), "tile") for shade in row["shade"]} == {1e-6}
    loss_plane(zero).to_dict()


def test_what_has_no_plane_is_not_drawn():
    assert CHARTS["loss plane"].rows([]) == []
    with pytest.raises(ValueError, match="loss_plane needs the columns surface; got Outcome without surface"):
        CHARTS["loss plane"].rows(experiment())
    loss_plane.draw([]).to_dict()
