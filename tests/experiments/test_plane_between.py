"""The experiment on planes: its outcomes, its control, its archive; the picture and the words that show them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

import workbench as wb
from workbench.charts.loss_plane import words as between
from workbench.experiments import plane_between, planes_table
from workbench.experiments.plane_between import Between
from workbench.panels import PANELS

TINY: dict[str, Any] = {
    "train_size": 200,
    "model": "lenet(hidden=(24, 12))",
    "recipe": wb.Recipe(steps=30, batch_size=50),
    "rewind_step": 4,
    "checkpoints": 4,
    "levels": 2,
    "points": 5,
    "curve_steps": 10,
}


@pytest.fixture(scope="module")
def outcomes() -> list[Between]:
    return list(plane_between(**TINY, replicas=2))


def of(outcomes: list[Between], kind: str, replica: int = 0) -> list[Between]:
    return [o for o in outcomes if (o.kind, o.replica) == (kind, replica)]


def test_every_replica_has_its_planes_as_they_refine_then_the_line_then_the_curve(outcomes: list[Between]):
    for replica in (0, 1):
        own = [o for o in outcomes if o.replica == replica]
        assert [(o.kind, o.level, o.grid) for o in own] == [
            ("plane", 0, 5),
            ("plane", 1, 9),
            ("line", None, None),
            ("curve", None, None),
        ]
    assert of(outcomes, "line", 0)[0].least_loss != of(outcomes, "line", 1)[0].least_loss


def test_two_children_stand_in_the_plane_with_the_point_that_they_parted_at(outcomes: list[Between]):
    surface = of(outcomes, "plane")[-1].surface
    assert surface is not None
    assert [m.name for m in surface.networks] == ["start", "first", "second"]
    lines = surface.trajectories
    assert {name: [m.step for m in line] for name, line in lines.items()} == {
        "first": [4, 6, 10, 19, 30],  # 4 + 26 (i / 4)²
        "second": [4, 6, 10, 19, 30],
    }
    for mark in surface.networks[1:]:
        first, last = lines[mark.name][0], lines[mark.name][-1]
        assert (first.x, first.y, first.distance) == pytest.approx((0, 0, 0), abs=1e-5)
        assert (last.x, last.y, last.distance) == pytest.approx((mark.x, mark.y, 0), abs=1e-4)
        assert lines[mark.name][2].distance > 0.01
    assert of(outcomes, "plane")[-1].off_plane == max(m.distance for line in lines.values() for m in line)


def test_the_line_joins_the_children_and_the_curve_has_the_same_ends(outcomes: list[Between]):
    (line,), (curve,) = of(outcomes, "line"), of(outcomes, "curve")
    surface = of(outcomes, "plane")[-1].surface
    assert line.path is not None
    assert curve.path is not None
    assert surface is not None
    ends = [float(line.path.loss[0]), float(line.path.loss[-1])]
    assert ends == [m.loss for m in surface.networks[1:]]
    assert [float(curve.path.loss[0]), float(curve.path.loss[-1])] == ends
    assert not torch.equal(curve.path.loss, line.path.loss)
    assert line.barrier_error == line.path.barrier()
    assert curve.barrier_loss == curve.path.barrier(of="loss")


def test_draws_of_their_own_have_the_barrier_that_children_have_not():
    options: dict[str, Any] = TINY | {"recipe": wb.Recipe(steps=120), "levels": 1, "curve_steps": 120, "split": "train"}
    apart: dict[str, Any] = options | {"between": "draws", "rewind_step": 0}
    draws = list(plane_between(**apart))
    late: dict[str, Any] = options | {"rewind_step": 60}
    children = list(plane_between(**late))
    barrier = {(o.between, o.kind): o.path.barrier() for o in draws + children if o.path is not None}
    assert barrier["draws", "line"] > 0.05
    assert barrier["children", "line"] < 0.02
    assert barrier["draws", "curve"] < barrier["draws", "line"] / 2


def test_three_networks_make_the_plane_themselves():
    options: dict[str, Any] = TINY | {"networks": 3, "levels": 1, "curve_steps": 0}
    found = list(plane_between(**options))
    assert [o.kind for o in found] == ["plane", "line"]
    surface = found[0].surface
    assert surface is not None
    assert [m.name for m in surface.networks] == ["first", "second", "third"]
    assert list(surface.trajectories) == ["first", "second", "third"]
    beginnings = {(m.x, m.y, m.distance) for line in surface.trajectories.values() for m in line[:1]}
    assert len(beginnings) == 1
    assert beginnings.pop()[2] > 0.1  # they came from one point, and it is not in their plane


def test_an_archive_finds_all_of_it_again(outcomes: list[Between], tmp_path: Path):
    folder = str(tmp_path / "archive")
    list(plane_between(**TINY, archive=folder))
    watched: list[Any] = []
    with wb.progress.watch(watched.append):
        again = list(plane_between(**TINY, archive=folder))
    assert not [p for p in watched if ("level", 0, 2) in p.path]  # no plane was measured again
    own = [o for o in outcomes if o.replica == 0]
    assert [repr(o) for o in again] == [repr(o) for o in own]


def test_outcomes_make_tables(outcomes: list[Between]):
    table = wb.table(outcomes)
    assert {"kind", "seed", "replica", "level", "grid", "barrier_error", "least_loss"} <= set(table.columns)
    assert {"found", "surface", "path"}.isdisjoint(table.columns)
    planes: Any = planes_table(outcomes)
    assert planes[planes["role"] == "grid"].groupby("replica").size().to_dict() == {0: 81, 1: 81}
    assert {"seed", "between", "rewind_step", "x", "y", "loss", "error", "level", "distance"} <= set(planes.columns)


def test_the_words_say_the_plane_and_both_barriers(outcomes: list[Between]):
    plane, barriers = between(outcomes)
    assert "9×9 points, test images, batch-norm recompute" in plane
    assert "children that parted at step 4 is, on the line" in barriers
    assert "on the curve" in barriers
    assert "(n = 2)" in barriers
    assert between([]) == []


def test_the_panel_makes_this_call():
    options: dict[str, Any] = TINY | {"levels": 1, "curve_steps": 0}
    panel = wb.panel("plane", interactive=False, **options)
    assert panel.call == wb.call(plane_between, **options)
    assert [o.kind for o in panel.result] == ["plane", "line"]
    assert PANELS["plane"].charts == ("loss plane",)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"between": "childern"}, 'did you mean "children"'),
        ({"between": "draws"}, "share no step to part at, got rewind_step=4"),
        ({"networks": 4}, "networks must be a whole number from 2 to 3, got 4"),
        ({"checkpoints": 0}, "checkpoints must be a whole number from 1 to 10000, got 0"),
        ({"levels": 0}, "levels must be a whole number from 1 to 6, got 0"),
        ({"points": 4}, "points must be odd"),
        ({"curve": "line"}, 'kind of curve "line" is not known'),
        ({"curve_steps": -1}, "curve_steps must be a whole number from 0"),
        ({"rewind_step": 30}, "rewind_step must be from 0 to 29"),
        ({"replicas": 0}, "replicas must be a whole number from 1"),
        ({"split": "tset"}, 'did you mean "test"'),
        ({"batch_norm": "none"}, 'batch-norm treatment "none" is not known'),
        ({"model": "lenett"}, 'did you mean "lenet"'),
    ],
)
def test_bad_options_are_said_before_anything_is_trained(options: dict[str, Any], message: str):
    seen: list[Any] = []
    with wb.progress.watch(seen.append), pytest.raises(ValueError, match=message):
        next(plane_between(**TINY | options))
    assert not seen
