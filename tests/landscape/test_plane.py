"""Planes: coordinates, projection and filters by hand; a grid that refines without measuring a point twice."""

from __future__ import annotations

import itertools
import math
from pathlib import Path
from typing import Any, ClassVar

import pytest
import torch
from tiny import Own, copied, made, pair, same
from torch import Tensor, nn

import workbench as wb
from workbench.data.data import Data
from workbench.landscape import Surface, plane, plane_table, random_plane
from workbench.landscape.frame import filter_normalised, through
from workbench.nets.batch_norm import recompute_batch_norm
from workbench.nets.weights import Weights

DATA = made()


class Bowl(nn.Module):
    """Three weights, whose cross-entropy on images of class 0 is exactly q(w) = 1 + (w₁² + 4 w₂² + 9 w₃²) / 8.

    The logits are (m, 0) with m = -ln(e^q - 1), so that ln(1 + e^-m) = q. `calls` counts the forward passes.
    """

    calls: ClassVar[list[int]] = []

    def __init__(self) -> None:
        super().__init__()
        self.w = nn.Parameter(torch.zeros(3))

    def forward(self, images: Tensor) -> Tensor:
        self.calls.append(1)
        q = 1 + (self.w**2 * torch.tensor([1.0, 4.0, 9.0])).sum() / 8
        return torch.stack([-q.expm1().log(), torch.zeros(())]).expand(len(images), 2)


def at(*w: float) -> Weights:
    return {"w": torch.tensor(w, dtype=torch.float32)}


def zeros() -> Data:
    """The pair of images, both of class 0."""
    data = pair()
    data.test.labels.zero_()
    return data


FLAT = (at(0, 0, 0), at(2, 0, 0), at(1, 3, 0))


def bowl(**options: Any) -> list[Surface]:
    return list(plane(Bowl(), FLAT, zeros(), **{"margin": 0.0, "coarse": 3, "levels": 2} | options))


def trained(seed: int) -> Weights:
    model = Own()
    return wb.train(model, wb.initialise(model, seed=seed), DATA, wb.Recipe(steps=12), seed=seed).weights


@pytest.fixture(scope="module")
def three() -> list[Weights]:
    return [trained(seed) for seed in (1, 2, 3)]


def same_surface(a: Surface, b: Surface) -> bool:
    return (
        (a.level, a.levels, a.marks, a.unit, a.split, a.batch_norm)
        == (b.level, b.levels, b.marks, b.unit, b.split, b.batch_norm)
        and torch.equal(a.x, b.x)
        and torch.equal(a.y, b.y)
        and torch.equal(a.loss_YX, b.loss_YX)
        and torch.equal(a.error_YX, b.error_YX)
    )


# ---- where things are


def test_the_surface_of_a_quadratic_by_hand():
    coarse, fine = bowl()
    assert coarse.x.tolist() == [0, 1, 2]
    assert coarse.y.tolist() == [0, 1.5, 3]
    expected = [[1 + (x**2 + 4 * y**2) / 8 for x in (0, 1, 2)] for y in (0, 1.5, 3)]
    assert coarse.loss_YX.tolist() == [pytest.approx(row) for row in expected]
    assert (fine.loss_YX.shape, fine.level, fine.levels) == ((5, 5), 1, 2)
    assert fine.loss_YX[3, 1] == pytest.approx(1 + (0.5**2 + 4 * 2.25**2) / 8)
    assert torch.equal(fine.loss_YX[::2, ::2], coarse.loss_YX)
    assert fine.error_YX.min() == 1  # class 0 is said where q < ln 2, and q is at least 1 here


def test_the_networks_stand_where_gram_and_schmidt_put_them():
    _, corners = through(Bowl(), [at(1, 1, 1), at(1, 1, 3), at(1, 4, 2)])  # differences (0, 0, 2) and (0, 3, 1)
    assert corners == [(0, 0), (2, 0), (1, 3)]
    found = bowl()[-1].networks
    assert [(m.name, m.x, m.y, m.distance) for m in found] == [
        ("first", 0, 0, 0),
        ("second", 2, 0, 0),
        ("third", 1, 3, 0),
    ]
    assert [m.loss for m in found] == pytest.approx([1, 1.5, 1 + 37 / 8])
    assert [m.error for m in found] == [1, 1, 1]


def test_a_trajectory_is_projected_and_its_distance_told():
    lines = [{0: at(0, 0, 0), 9: at(2, 0, 0)}, {4: at(1.5, -1, -7)}]
    found = bowl(trajectories=lines)[-1]
    points = {name: [(m.step, m.x, m.y, m.distance) for m in line] for name, line in found.trajectories.items()}
    assert points == {"first": [(0, 0, 0, 0), (9, 2, 0, 0)], "second": [(4, 1.5, -1, 7)]}
    assert found.y[0] == -1  # the box holds what is projected
    assert all(m.loss is None for m in found.marks if m.kind == "trajectory")


def test_the_distance_is_the_rest_after_the_nearest_point_of_the_plane():
    frame, _ = through(Bowl(), [at(1, 1, 1), at(1, 1, 3), at(1, 4, 2)])
    assert frame.project(at(6, 2, 4)) == pytest.approx((3, 1, 5))
    oblique = type(frame)(at(0, 0, 0), at(1, 0, 0), at(1, 1, 0), ("w",))  # u and v need not be orthogonal
    assert oblique.project(at(3, 2, -4)) == pytest.approx((1, 2, 4))
    assert oblique.at(1, 2)["w"].tolist() == [3, 2, 0]


def test_the_margin_is_a_share_of_each_side():
    found = bowl(margin=0.25)[-1]
    assert (found.x[0], found.x[-1], found.y[0], found.y[-1]) == (-0.5, 2.5, -0.75, 3.75)


def test_lengths_are_over_the_parameters_alone_and_buffers_take_the_same_combination(three: list[Weights]):
    frame, corners = through(Own(), three)
    parameters = [name for name, _ in Own().named_parameters()]
    apart = math.sqrt(sum(float((three[1][n] - three[0][n]).double().square().sum()) for n in parameters))
    assert corners[1] == (pytest.approx(apart), 0)
    for corner, weights in zip(corners, three, strict=True):
        found = frame.at(*corner)
        for name, tensor in weights.items():
            if tensor.is_floating_point():
                assert torch.allclose(found[name], tensor, atol=2e-5), name
        assert found["norm.num_batches_tracked"] == three[0]["norm.num_batches_tracked"]


# ---- what is measured


@pytest.mark.parametrize("batch_norm", ["average", "keep", "recompute"])
def test_the_networks_are_measured_exactly(three: list[Weights], batch_norm: str):
    (found,) = plane(Own(), three, DATA, levels=1, coarse=2, batch_norm=batch_norm)
    buffers = [name for name, _ in Own().named_buffers()]
    for mark, weights in zip(found.networks, three, strict=True):
        own = {
            "average": weights,
            "keep": weights | {name: three[0][name] for name in buffers},
            "recompute": recompute_batch_norm(Own(), weights, DATA.train),
        }[batch_norm]
        alone = wb.evaluate(Own(), own, DATA.test)
        assert (mark.loss, mark.error) == (alone.loss, 1 - alone.accuracy)
    assert found.batch_norm == batch_norm
    assert len({mark.loss for mark in found.networks}) == 3


def test_a_point_of_the_grid_is_an_evaluation_of_its_weights(three: list[Weights]):
    (found,) = plane(Own(), three, DATA, levels=1, coarse=3, batch_norm="average", split="train")
    frame, _ = through(Own(), three)
    weights = frame.at(float(found.x[2]), float(found.y[1]))
    weights["norm.running_var"].clamp_(min=0)
    alone = wb.evaluate(Own(), weights, DATA.train)
    assert (found.loss_YX[1, 2], found.error_YX[1, 2]) == (alone.loss, 1 - alone.accuracy)
    assert bool(found.loss_YX.isfinite().all())


def test_some_examples_only(three: list[Weights]):
    some = torch.tensor([3, 7, 8])
    (found,) = plane(Own(), three, DATA, levels=1, coarse=2, batch_norm="average", examples=some)
    assert found.networks[0].loss == wb.evaluate(Own(), three[0], DATA.test.take(some)).loss


# ---- refinement


def test_no_point_is_measured_twice():
    Bowl.calls.clear()
    counts = []
    for _ in plane(Bowl(), FLAT, zeros(), levels=3):
        counts.append(len(Bowl.calls))
    assert counts == [3 + 5**2, 3 + 9**2, 3 + 17**2]


def test_every_surface_is_a_whole_grid_that_holds_the_one_before():
    found = bowl(coarse=5, levels=3)
    assert [len(s.x) for s in found] == [5, 9, 17]
    for before, surface in itertools.pairwise(found):
        assert torch.equal(surface.x[::2], before.x)
        assert torch.equal(surface.loss_YX[::2, ::2], before.loss_YX)
        assert surface.marks == before.marks
        assert not bool(surface.loss_YX.isnan().any())


def test_going_on_after_a_surface_gives_the_same_bits_and_measures_only_the_rest(three: list[Weights]):
    options: dict[str, Any] = {"coarse": 3, "levels": 3, "trajectories": [{0: three[1], 5: three[2]}]}
    whole = list(plane(Own(), three, DATA, **options))
    for last in (0, 1, 2):
        rest = list(plane(Own(), three, DATA, **options, after=whole[last]))
        assert len(rest) == 2 - last
        assert all(same_surface(a, b) for a, b in zip(rest, whole[last + 1 :], strict=True))
    Bowl.calls.clear()
    first, _ = bowl()
    Bowl.calls.clear()
    bowl(after=first)
    assert len(Bowl.calls) == 25 - 9


def test_an_archive_goes_on_where_it_was_stopped(three: list[Weights], tmp_path: Path):
    archive = wb.Archive(str(tmp_path / "archive"))
    trajectories = [{0: three[1], 5: three[2]}]
    call = wb.call(plane, Own(), three, DATA, trajectories=trajectories, coarse=3, levels=3)
    begun = archive.each(call)
    first = next(begun)
    begun.close()
    seen: list[Any] = []
    with wb.progress.watch(seen.append):
        found = list(archive.each(call))
    assert {p.path[0][:2] for p in seen} == {("level", 1), ("level", 2)}
    assert same_surface(found[0], first)
    assert all(same_surface(a, b) for a, b in zip(found, call.run(), strict=True))


def test_stop_keeps_what_is_there():
    def stop(p: Any) -> None:
        if p.path[0][:2] == ("level", 1):
            raise wb.progress.Stopped

    kept: list[Surface] = []
    with wb.progress.watch(stop), pytest.raises(wb.progress.Stopped):
        kept.extend(plane(Bowl(), FLAT, zeros()))
    assert [(s.level, bool(s.loss_YX.isfinite().all())) for s in kept] == [(0, True)]


def test_after_must_be_of_the_same_plane():
    other = bowl(margin=0.5)[0]
    with pytest.raises(ValueError, match=r"after must be a surface of this same plane and grid, got Surface\(3×3"):
        bowl(after=other)


# ---- random planes


def test_a_direction_has_the_length_of_every_filter_by_hand():
    model = Own()
    weights = wb.initialise(model)
    frame = filter_normalised(model, weights, seed=4)
    for way in (frame.u, frame.v):
        for i in range(6):  # output channels of the convolution
            assert way["conv.weight"][i].norm() == pytest.approx(float(weights["conv.weight"][i].norm()), rel=1e-5)
        for i in range(3):  # rows of the linear layer
            assert way["fc.weight"][i].norm() == pytest.approx(float(weights["fc.weight"][i].norm()), rel=1e-5)
        still = [name for name in way if name not in ("conv.weight", "fc.weight")]
        assert {"conv.bias", "fc.bias", "norm.weight", "norm.bias", "norm.running_var"} <= set(still)
        assert not any(bool(way[name].any()) for name in still)
    assert not same(frame.u, frame.v)
    draw = torch.randn(6, 1, 3, 3, generator=wb_generator(4, 0))
    expected = draw[2] / draw[2].norm() * weights["conv.weight"][2].norm()
    assert torch.allclose(frame.u["conv.weight"][2], expected, atol=1e-6)


def wb_generator(seed: int, index: int) -> torch.Generator:
    from workbench.work.seeds import generator

    return generator(seed, "direction", index)


def test_pruned_places_stay_zero_and_a_filter_without_weights_stands_still():
    model = Own()
    mask = wb.masks.full(model)
    mask["conv.weight"][0] = False
    mask["fc.weight"][:, ::2] = False
    frame = filter_normalised(model, wb.initialise(model), mask=mask)
    point = frame.at(0.7, -1.3)
    for name, kept in mask.items():
        assert not point[name][~kept].any()
    assert not frame.u["conv.weight"][0].any()
    row = wb.masks.apply(wb.initialise(model), mask)["fc.weight"][1]
    assert frame.u["fc.weight"][1].norm() == pytest.approx(float(row.norm()), rel=1e-5)


def test_a_random_plane_does_not_see_the_scale_of_the_weights():
    # ReLU: ten times the first layer and a tenth of the second are the same network, and so is its surface
    model = nn.Sequential(nn.Flatten(), nn.Linear(16, 8, bias=False), nn.ReLU(), nn.Linear(8, 3, bias=False))
    weights = wb.train(model, wb.initialise(model), DATA, wb.Recipe(steps=12)).weights
    scaled = {"1.weight": weights["1.weight"] * 10, "3.weight": weights["3.weight"] / 10}
    (one,), (other,), (drawn,) = (
        random_plane(model, w, DATA, levels=1, seed=seed) for w, seed in ((weights, 0), (scaled, 0), (weights, 1))
    )
    assert torch.allclose(one.loss_YX, other.loss_YX, rtol=1e-4)
    assert not torch.allclose(one.loss_YX, drawn.loss_YX, rtol=1e-2)


def test_the_middle_of_a_random_plane_is_the_network_under_its_mask(three: list[Weights]):
    model = Own()
    mask = wb.masks.full(model)
    mask["fc.weight"][0] = False
    (found,) = random_plane(model, three[0], DATA, mask=mask, radius=0.5, levels=1, coarse=3)
    alone = wb.evaluate(model, three[0], DATA.test, mask=mask)
    assert (found.networks[0].loss, found.networks[0].error) == (alone.loss, 1 - alone.accuracy)
    assert found.loss_YX[1, 1] == alone.loss
    assert found.x.tolist() == [-0.5, 0, 0.5]
    assert (found.unit, found.batch_norm) == ("filter norm", "keep")


def test_a_random_plane_goes_on_too(three: list[Weights]):
    options: dict[str, Any] = {"seed": 3, "coarse": 3, "levels": 2}
    whole = list(random_plane(Own(), three[0], DATA, **options))
    (rest,) = random_plane(Own(), three[0], DATA, **options, after=whole[0])
    assert same_surface(rest, whole[1])


# ---- what is told


def test_the_table_has_a_row_for_every_point_network_and_step():
    table: Any = plane_table(bowl(trajectories=[{0: at(0, 1, 5), 8: at(2, 0, 0)}])[-1])
    assert table["role"].value_counts().to_dict() == {"grid": 25, "network": 3, "trajectory": 2}
    grid = table[table["role"] == "grid"]
    assert grid["level"].value_counts().to_dict() == {0: 9, 1: 16}
    assert not grid[["x", "y", "loss", "error"]].isna().to_numpy().any()
    point = table[table["role"] == "trajectory"].iloc[0]
    assert (point["name"], point["step"], point["y"], point["distance"]) == ("first", 0, 1, 5)
    assert {"unit", "split", "batch_norm"} <= set(table.columns)


def test_what_came_in_is_unchanged(three: list[Weights]):
    model = Own()
    inside, before = wb.snapshot(model), [copied(w) for w in three]
    for batch_norm in ("recompute", "average", "keep"):
        list(plane(model, three, DATA, levels=1, batch_norm=batch_norm, trajectories=[{0: three[2]}]))
        list(random_plane(model, three[0], DATA, levels=1, batch_norm=batch_norm))
    assert same(inside, wb.snapshot(model))
    assert all(same(a, b) for a, b in zip(three, before, strict=True))


def test_a_surface_shows_itself():
    found = bowl()[-1]
    assert repr(found) == "Surface(5×5, level 2/2: loss 1.0000 to 6.0000; split=test, batch_norm=recompute)"
    assert "from the plane" in found._repr_html_()


@pytest.mark.parametrize(
    ("networks", "options", "message"),
    [
        ((at(0, 0, 0), at(1, 1, 0), at(3, 3, 0)), {}, "on one line"),
        ((at(1, 2, 3), at(1, 2, 3), at(3, 3, 0)), {}, "two of them are equal"),
        ((at(0, 0, 0), at(1, 1, 0), at(1, 1, 0)), {}, "two of them are equal"),
        (FLAT[:2], {}, "through 3 networks of 3 names, got 2"),
        (FLAT, {"names": ("a", "b", "a")}, "3 names"),
        ((*FLAT[:2], at(0, math.nan, 0)), {}, 'the network "third" is not finite in w'),
        (FLAT, {"trajectories": [{7: at(math.inf, 0, 0)}]}, 'the trajectory of "first" at step 7 is not finite'),
        (FLAT, {"trajectories": [{}] * 4}, "trajectories must be at most 3"),
        ((*FLAT[:2], {"v": torch.zeros(3)}), {}, "must have the names of the model"),
        (FLAT, {"margin": -0.1}, r"margin must be in \[0, 1000\]"),
        (FLAT, {"coarse": 1}, "coarse must be a whole number of points a side from 2"),
        (FLAT, {"levels": 0}, "levels must be a whole number from 1 to 8"),
        (FLAT, {"split": "tset"}, 'did you mean "test"'),
        (FLAT, {"examples": torch.zeros(0, dtype=torch.int64)}, "slice of test is empty"),
        (FLAT, {"batch_norm": "recomputed"}, 'did you mean "recompute"'),
    ],
)
def test_bad_input_is_said(networks: tuple[Weights, ...], options: dict[str, Any], message: str):
    with pytest.raises(ValueError, match=message):
        next(plane(Bowl(), networks, zeros(), **options))


def test_bad_input_of_a_random_plane_is_said():
    with pytest.raises(ValueError, match=r"radius must be in \(0, 1000\], got 0"):
        next(random_plane(Own(), wb.initialise(Own()), DATA, radius=0))
    with pytest.raises(ValueError, match="the mask names 'fc'"):
        next(random_plane(Own(), wb.initialise(Own()), DATA, mask={"fc": torch.ones(3, dtype=torch.bool)}))
