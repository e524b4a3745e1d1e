"""Curves: a valley by hand, ends that stay, pruned places that stay zero; a barrier of the line that a curve avoids."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from tiny import Own, copied, made, pair, same
from torch import Tensor, nn

import workbench as wb
from workbench.data.data import Data
from workbench.landscape import Curve, along, curve, path, path_mask, plane
from workbench.landscape.curve import coefficients
from workbench.nets.batch_norm import recompute_batch_norm
from workbench.nets.weights import Weights
from workbench.work.seeds import generator

DATA = made()
FEW = wb.Recipe(steps=6, batch_size=16, learning_rate=0.05)


class Ring(nn.Module):
    """Two weights, whose cross-entropy on images of class 0 is q(w) = 0.05 + (|w|² - 1)²: a valley round a circle."""

    def __init__(self) -> None:
        super().__init__()
        self.w = nn.Parameter(torch.zeros(2))

    def forward(self, images: Tensor) -> Tensor:
        q = 0.05 + (self.w.square().sum() - 1).square()
        return torch.stack([-q.expm1().log(), torch.zeros(())]).expand(len(images), 2)


def zeros() -> Data:
    """The pair of images, both of class 0."""
    data = pair()
    data.test.labels.zero_()
    return data


A = {"w": torch.tensor([0.5, math.sqrt(0.75)])}  # 120 degrees apart on the circle
B = {"w": torch.tensor([0.5, -math.sqrt(0.75)])}


def trained(seed: int, mask: wb.masks.Mask | None = None) -> Weights:
    model = Own()
    return wb.train(model, wb.initialise(model, seed=seed), DATA, wb.Recipe(steps=12), mask=mask, seed=seed).weights


@pytest.fixture(scope="module")
def ends() -> tuple[Weights, Weights]:
    return trained(1), trained(2)


# ---- by hand


def test_the_shares_of_the_knots_by_hand():
    assert coefficients("bezier", 0.25, 3) == [0.5625, 0.375, 0.0625]
    assert coefficients("bezier", 0.5, 4) == [0.125, 0.375, 0.375, 0.125]
    assert coefficients("polygon", 0.25, 3) == [0.5, 0.5, 0]
    assert coefficients("polygon", 0.75, 5) == [0, 0, 0, 1, 0]


@pytest.mark.parametrize(("kind", "bends"), [("bezier", 1), ("bezier", 3), ("polygon", 1), ("polygon", 4)])
def test_an_untrained_curve_is_the_line(kind: str, bends: int):
    found = curve(Ring(), A, B, zeros(), wb.Recipe(steps=0), kind=kind, bends=bends)
    for t in (0, 0.1, 0.5, 0.85, 1):
        assert torch.allclose(found.at(t)["w"], wb.mix(A, B, t)["w"], atol=1e-6)
    assert along(Ring(), found, zeros()).barrier(of="loss") == pytest.approx(0.75**2, rel=1e-4)  # (1/4 - 1)²
    assert repr(found) == f"Curve({kind}, bends={bends}, steps=0, seed=0)"


@pytest.mark.parametrize(
    ("kind", "share"), [("bezier", lambda t: 2 * t * (1 - t)), ("polygon", lambda t: 1 - abs(2 * t - 1))]
)
def test_a_step_moves_the_bend_against_the_gradient_at_the_place_that_was_drawn(kind: str, share: Any):
    recipe = wb.Recipe(steps=1, batch_size=2, learning_rate=0.1, momentum=0)
    found = curve(Ring(), A, B, zeros(), recipe, kind=kind, seed=5)
    t = float(torch.rand((), generator=generator(5, "curve", 0)))
    w = wb.mix(A, B, t)["w"]  # the bend began on the line
    gradient = 4 * (w.square().sum() - 1) * w  # of (|w|² - 1)²
    expected = torch.tensor([0.5, 0.0]) - 0.1 * share(t) * gradient
    assert torch.allclose(found.knots[1]["w"], expected, atol=1e-6)
    assert found.losses.tolist() == [pytest.approx(0.05 + float(w.square().sum() - 1) ** 2, rel=1e-4)]


@pytest.mark.parametrize(("kind", "bends", "left"), [("bezier", 1, 0.01), ("polygon", 1, 0.1), ("polygon", 3, 0.02)])
def test_a_curve_goes_round_the_ring(kind: str, bends: int, left: float):
    recipe = wb.Recipe(steps=400, batch_size=2, learning_rate=0.05, schedule="cosine")
    found = curve(Ring(), A, B, zeros(), recipe, kind=kind, bends=bends)
    line = path(Ring(), A, B, zeros())
    assert line.barrier(of="loss") == pytest.approx(0.5625, rel=1e-3)
    assert along(Ring(), found, zeros()).barrier(of="loss") < left
    assert float(found.at(0.5)["w"].norm()) == pytest.approx(1, abs=0.15)


# ---- real networks


def test_two_networks_of_other_seeds_have_a_barrier_on_the_line_and_none_on_the_curve(digits: Data, small: nn.Module):
    recipe = wb.Recipe(steps=120, learning_rate=0.1)
    one, two = (wb.train(small, wb.initialise(small, seed=s), digits, recipe, seed=s).weights for s in (1, 2))
    line = path(small, one, two, digits, split="train", points=11)
    untrained = curve(small, one, two, digits, replace(recipe, steps=0))
    found = curve(small, one, two, digits, recipe)
    assert line.barrier() > 0.1
    assert along(small, untrained, digits, split="train", points=11).barrier() == pytest.approx(line.barrier())
    assert along(small, found, digits, split="train", points=11).barrier() < 0.02
    assert found.losses[-20:].mean() < found.losses[:20].mean()


def test_the_ends_are_exact_and_stay_where_they_are(ends: tuple[Weights, Weights]):
    model, before = Own(), [copied(w) for w in ends]
    inside = wb.snapshot(model)
    found = curve(model, *ends, DATA, FEW, bends=2)
    assert same(found.at(0), before[0])
    whole = {name: t for name, t in before[1].items() if t.is_floating_point()}
    assert same({name: found.at(1)[name] for name in whole}, whole)
    assert all(same(a, b) for a, b in zip(ends, before, strict=True))
    assert same(inside, wb.snapshot(model))
    measured = along(model, found, DATA, points=3)
    for place, weights in ((0, ends[0]), (2, ends[1])):
        alone = wb.evaluate(model, recompute_batch_norm(model, weights, DATA.train), DATA.test)
        assert (float(measured.loss[place]), float(measured.error[place])) == (alone.loss, 1 - alone.accuracy)
    assert measured.batch_norm == "recompute"
    average = along(model, found, DATA, points=3, batch_norm="average")
    assert float(average.loss[2]) == wb.evaluate(model, ends[1], DATA.test).loss


def test_the_middle_of_a_curve_is_measured_as_its_weights_say(ends: tuple[Weights, Weights]):
    found = curve(Own(), *ends, DATA, FEW)
    middle = found.at(0.5)
    parameters = [name for name, _ in Own().named_parameters()]
    for name in parameters:
        expected = (ends[0][name] + 2 * found.knots[1][name] + ends[1][name]) / 4
        assert torch.allclose(middle[name], expected, atol=1e-6)
    mean = (ends[0]["norm.running_mean"] + ends[1]["norm.running_mean"]) / 2
    assert torch.allclose(middle["norm.running_mean"], mean, atol=1e-6)
    assert middle["norm.num_batches_tracked"] == ends[0]["norm.num_batches_tracked"]
    measured = along(Own(), found, DATA, points=3, batch_norm="average")
    assert float(measured.loss[1]) == wb.evaluate(Own(), middle, DATA.test).loss
    assert all(bool((found.knots[1][n] != (ends[0][n] + ends[1][n]) / 2).any()) for n in parameters)  # it was trained


def test_pruned_places_stay_zero_all_along():
    a, b = (wb.masks.full(Own()) for _ in range(2))
    a["fc.weight"][:, :60], b["fc.weight"][:, 30:70] = False, False
    one, two = (trained(seed, mask) for seed, mask in enumerate((a, b)))
    union = path_mask(a, b, "union")
    assert wb.masks.kept(union) == wb.masks.total(union) - 3 * 30
    found = curve(Own(), one, two, DATA, replace(FEW, weight_decay=0.01), mask=union, bends=2)
    for t in (0, 0.3, 0.5, 0.9, 1):
        for name, kept in union.items():
            assert not found.at(t)[name][~kept].any()
    assert bool((found.knots[1]["fc.weight"][:, :30] != wb.mix(one, two, 1 / 3)["fc.weight"][:, :30]).any())
    with pytest.raises(ValueError, match=r"the second is not zero in \['fc.weight'\]; pass path_mask\(first, second"):
        curve(Own(), one, two, DATA, FEW, mask=a)


def test_a_bezier_with_one_bend_lies_in_the_plane_of_its_knots(ends: tuple[Weights, Weights]):
    found = curve(Own(), *ends, DATA, FEW)
    networks = (ends[0], found.knots[1], ends[1])
    places = {i: found.at(i / 4) for i in range(5)}
    (surface,) = plane(Own(), networks, DATA, trajectories=[places], levels=1, coarse=2)
    marks = surface.trajectories["first"]
    assert max(m.distance for m in marks) < 1e-5
    assert (marks[4].x, marks[4].y) == pytest.approx((surface.networks[2].x, surface.networks[2].y), abs=1e-5)


def test_the_same_seed_gives_the_same_curve_and_an_archive_keeps_it(ends: tuple[Weights, Weights], tmp_path: Path):
    one, again, other = (curve(Own(), *ends, DATA, FEW, seed=seed) for seed in (3, 3, 4))
    assert same(one.knots[1], again.knots[1])
    assert not same(one.knots[1], other.knots[1])
    archive = wb.Archive(str(tmp_path / "archive"))
    call = wb.call(curve, Own(), *ends, DATA, FEW, seed=3)
    for _ in range(2):
        kept = archive.run(call)
        assert isinstance(kept, Curve)
        assert all(same(a, b) for a, b in zip(kept.knots, one.knots, strict=True))


def test_a_stop_reaches_the_training(ends: tuple[Weights, Weights]):
    seen: list[int] = []

    def stop(p: Any) -> None:
        seen.append(p.done)
        if p.done == 3:
            raise wb.progress.Stopped

    with wb.progress.watch(stop), pytest.raises(wb.progress.Stopped):
        curve(Own(), *ends, DATA, FEW)
    assert seen == [1, 2, 3]


@pytest.mark.parametrize(
    ("b", "options", "message"),
    [
        (B, {"kind": "besier"}, 'did you mean "bezier"'),
        (B, {"bends": 0}, "bends must be a whole number from 1 to 100, got 0"),
        ({"w": torch.tensor([math.nan, 0])}, {}, "the second network is not finite in w"),
        ({"w": torch.zeros(3)}, {}, "must have the shapes of the first"),
        (B, {"mask": {"v": torch.ones(2, dtype=torch.bool)}}, "the mask names 'v'"),
        (B, {"recipe": wb.Recipe(steps=400, batch_size=2, learning_rate=1e6)}, "learning_rate=100000"),
    ],
)
def test_bad_input_is_said(b: Weights, options: dict[str, Any], message: str):
    recipe = options.pop("recipe", FEW)
    with pytest.raises(ValueError, match=message):
        curve(Ring(), A, b, zeros(), recipe, **options)


def test_bad_places_are_said():
    found = curve(Ring(), A, B, zeros(), wb.Recipe(steps=0))
    with pytest.raises(ValueError, match=r"t must be in \[0, 1\], got 1.5; it goes from the first network"):
        found.at(1.5)
    with pytest.raises(ValueError, match="points must be odd"):
        along(Ring(), found, zeros(), points=4)
    with pytest.raises(ValueError, match="must have the names of the model"):
        along(Own(), found, DATA)
