"""Paths: exact at the ends, by hand in the middle, barriers by their definitions, nothing moved."""

from __future__ import annotations

import math
import sys
from typing import Any

import pytest
import torch
from tiny import Own, copied, four, made, pair, same
from torch import Tensor

import workbench as wb
from workbench.landscape import DEFINITIONS, Path, path, path_mask, paths
from workbench.nets.batch_norm import TREATMENTS, recompute_batch_norm
from workbench.nets.weights import Weights

DATA = made()


def trained(seed: int) -> Weights:
    model = Own()
    return wb.train(model, wb.initialise(model, seed=seed), DATA, wb.Recipe(steps=20), seed=seed).weights


@pytest.fixture(scope="module")
def ends() -> tuple[Weights, Weights]:
    return trained(1), trained(2)


def linear(scale: float) -> Weights:
    """The four-weight model with the unit matrix times a number: right on both images where that is above zero."""
    return {"1.weight": torch.eye(2) * scale}


def made_path(values: list[list[Any]], wrong: list[list[bool]] | None = None) -> Path:
    """A path with these losses by point and example."""
    losses = torch.tensor(values).float()
    P, N = losses.shape
    mistakes = torch.tensor(wrong) if wrong is not None else torch.zeros(P, N, dtype=torch.bool)
    alphas = torch.linspace(0, 1, P, dtype=torch.float64)
    mean, error = losses.double().mean(1), mistakes.double().mean(1)
    return Path(alphas, mean, error, losses, mistakes, torch.arange(N) % 2, torch.arange(N), "test", "average")


# ---- what is measured


def test_a_path_of_a_linear_model_by_hand():
    # from 1 to -3 in five points: 1, 0, -1, -2, -3; logits (s, 0) and (0, s): p of the label is sigmoid(s)
    found = path(four(), linear(1), linear(-3), pair(), points=5)
    assert found.loss.tolist() == pytest.approx([math.log(1 + math.exp(-s)) for s in (1, 0, -1, -2, -3)])
    assert found.error.tolist() == [0, 0.5, 1, 1, 1]  # at 0 both logits are equal, and the first class is said
    assert found.alphas.tolist() == [0, 0.25, 0.5, 0.75, 1]
    assert found.wrong_PN[1].tolist() == [False, True]
    assert found.ids.tolist() == [0, 1]


@pytest.mark.parametrize("split", ["train", "test"])
def test_the_ends_are_what_evaluate_says(ends: tuple[Weights, Weights], split: str):
    a, b = ends
    exact = [wb.evaluate(Own(), w, getattr(DATA, split)) for w in (a, b)]
    average = path(Own(), a, b, DATA, split=split, points=3, batch_norm="average")
    assert [float(average.loss[i]) for i in (0, -1)] == [e.loss for e in exact]
    assert [float(average.error[i]) for i in (0, -1)] == [1 - e.accuracy for e in exact]
    keep = path(Own(), a, b, DATA, split=split, points=3, batch_norm="keep")
    assert float(keep.loss[0]) == exact[0].loss
    assert float(keep.loss[-1]) != exact[1].loss
    recompute = path(Own(), a, b, DATA, split=split, points=3, batch_norm="recompute")
    for place, end in ((0, a), (-1, b)):
        anew = wb.evaluate(Own(), recompute_batch_norm(Own(), end, DATA.train), getattr(DATA, split))
        assert float(recompute.loss[place]) == anew.loss


def test_the_ends_are_the_stored_metrics_of_the_runs():
    model = Own()
    start = wb.initialise(model)
    a, b = (wb.train(model, start, DATA, wb.Recipe(steps=5), seed=seed) for seed in (1, 2))
    found = path(model, a.weights, b.weights, DATA, points=3)
    assert [float(found.loss[0]), float(found.loss[-1])] == [a.test_loss, b.test_loss]
    assert [1 - float(found.error[0]), 1 - float(found.error[-1])] == [a.test_accuracy, b.test_accuracy]


@pytest.mark.parametrize("batch_norm", TREATMENTS)
def test_a_network_against_itself_has_no_barrier(ends: tuple[Weights, Weights], batch_norm: str):
    found = path(Own(), ends[0], ends[0], DATA, points=5, batch_norm=batch_norm)
    for definition in DEFINITIONS:
        assert found.barrier(definition) == 0
        assert found.barrier(definition, of="loss") == pytest.approx(0, abs=1e-9)
    assert found.barriers().abs().max() < 1e-9
    assert found.connected_share(1e-6) == 1


def test_the_treatments_differ_in_the_middle(ends: tuple[Weights, Weights]):
    middle = {how: float(path(Own(), *ends, DATA, points=3, batch_norm=how).loss[1]) for how in TREATMENTS}
    assert len(set(middle.values())) == 3


def test_the_caller_keeps_all_that_was_given(ends: tuple[Weights, Weights]):
    model = Own().train()
    before, (a, b) = wb.snapshot(model), (copied(ends[0]), copied(ends[1]))
    for batch_norm in TREATMENTS:
        path(model, *ends, DATA, points=3, batch_norm=batch_norm)
    assert same(before, wb.snapshot(model))
    assert same(a, ends[0])
    assert same(b, ends[1])
    assert model.training


def test_a_mixed_variance_is_no_less_than_zero_and_a_count_stays_whole(ends: tuple[Weights, Weights]):
    a, b = copied(ends[0]), copied(ends[1])
    a["norm.running_var"], b["norm.num_batches_tracked"] = torch.full((6,), -1e-9), torch.tensor(7)
    found = path(Own(), a, b, DATA, points=3)
    assert bool(found.loss.isfinite().all())
    mixed = wb.mix(a, b, 0.5)
    assert mixed["norm.num_batches_tracked"].dtype == torch.int64


def test_many_points_are_measured_in_parts_with_the_same_bits(
    ends: tuple[Weights, Weights], monkeypatch: pytest.MonkeyPatch
):
    whole = path(Own(), *ends, DATA, points=7)
    reports: list[Any] = []
    monkeypatch.setattr(sys.modules["workbench.landscape.path"], "MEMORY", 1)  # the function has the file's name
    with wb.progress.watch(reports.append):
        parts = path(Own(), *ends, DATA, points=7)
    assert torch.equal(whole.losses_PN, parts.losses_PN)
    assert {p.path[0] for p in reports} == {("part", i, 7) for i in range(7)}


def test_a_path_stops_when_asked(ends: tuple[Weights, Weights]):
    def stop(progress: Any) -> None:
        raise wb.progress.Stopped

    with wb.progress.watch(stop), pytest.raises(wb.progress.Stopped):
        path(Own(), *ends, DATA, batch_norm="recompute")


def test_all_pairs_of_several_networks(ends: tuple[Weights, Weights]):
    found = dict(paths(Own(), [*ends, ends[0]], DATA, points=3))
    assert list(found) == [(0, 1), (0, 2), (1, 2)]
    assert found[0, 2].barrier() == 0
    assert torch.equal(found[0, 1].losses_PN, path(Own(), *ends, DATA, points=3).losses_PN)


# ---- masks on the path


def mask(*rows: list[bool]) -> dict[str, Tensor]:
    return {"1.weight": torch.tensor(rows)}


def test_the_mask_on_a_path_is_the_one_that_is_named():
    a, b = mask([True, True], [True, False]), mask([False, False], [False, True])
    assert path_mask(a, b, "denser") is a
    assert path_mask(b, a, "denser") is a
    assert path_mask(a, b, "sparser") is b
    assert bool(path_mask(a, b, "union")["1.weight"].all())
    with pytest.raises(ValueError, match='mask on the path "unoin" is not known; did you mean "union"'):
        path_mask(a, b, "unoin")


def test_a_mask_is_applied_to_every_point():
    # without the second weight the second image's logits are equal, so it is of the first class
    found = path(four(), linear(1), linear(3), pair(), points=3, mask=mask([True, False], [False, False]))
    assert found.error.tolist() == [0.5, 0.5, 0.5]


# ---- barriers


def test_barriers_by_their_definitions():
    # the mean loss is 1, 5, 4, 3, 3: the line between the ends is 1, 1.5, 2, 2.5, 3
    found = made_path([[1, 1], [4, 6], [3, 5], [2, 4], [3, 3]])
    assert found.barrier("linear", of="loss") == 3.5
    assert found.barrier("sup", of="loss") == 3
    assert found.barrier("midpoint", of="loss") == 2
    assert found.barrier("midpoint", of="loss", examples=torch.tensor([1])) == 3
    assert found.barriers("midpoint").tolist() == [1, 3]
    assert found.barriers("linear").tolist() == [2.5, 4.5]


def test_a_barrier_below_the_line_is_negative_at_the_midpoint_alone():
    found = made_path([[2.0], [0.0], [2.0]])
    assert found.barrier("midpoint", of="loss") == -2
    assert found.barrier("linear", of="loss") == 0


def test_the_share_of_connected_examples():
    found = made_path([[1, 1, 1, 1], [1.05, 1.2, 2, 0.5], [1, 1, 1, 1]])
    assert found.connected_share(0.1) == 0.5
    assert found.connected_share(0.5) == 0.75
    assert found.connected_share(0.1, examples=torch.tensor([0, 3])) == 1


def test_errors_by_example_and_by_class():
    wrong = [[False, False, False, True], [True, False, True, True], [False, False, False, True]]
    found = made_path([[0.0] * 4] * 3, wrong)
    assert found.barriers("midpoint", of="error").tolist() == [1, 0, 1, 0]
    assert found.by_class().tolist() == [[0, 0.5], [1, 0.5], [0, 0.5]]


def test_what_a_path_says_of_itself():
    found = made_path([[1.0], [3.0], [1.0]])
    assert repr(found) == "Path(barrier: error 0.0000, loss 2.0000; points=3, split=test, batch_norm=average)"
    assert "midpoint" in found._repr_html_()


# ---- what goes wrong


@pytest.mark.parametrize("points", [2, 4, 1, 0])
def test_the_middle_must_be_a_point(points: int, ends: tuple[Weights, Weights]):
    with pytest.raises(ValueError, match=f"points must be odd and at least 3, .*got {points}"):
        path(Own(), *ends, DATA, points=points)


def test_bad_input_is_said(ends: tuple[Weights, Weights]):
    a, b = ends
    with pytest.raises(ValueError, match="the weights must have the names of the model"):
        path(four(), a, b, pair())
    with pytest.raises(ValueError, match="the second weights must have the shapes of the first"):
        path(Own(), a, wb.initialise(Own(channels=7)), DATA)
    broken = {**b, "fc.bias": torch.tensor([0.0, math.nan, 0.0])}
    with pytest.raises(ValueError, match=r"the second network is not finite in fc\.bias: its training diverged"):
        path(Own(), a, broken, DATA)
    with pytest.raises(ValueError, match="this slice of test is empty"):
        path(Own(), a, b, DATA, examples=torch.arange(0))
    with pytest.raises(ValueError, match='split "tets" is not known; did you mean "test"'):
        path(Own(), a, b, DATA, split="tets")
    with pytest.raises(ValueError, match='batch-norm treatment "avrage" is not known'):
        path(Own(), a, b, DATA, batch_norm="avrage")
    found = made_path([[1.0], [3.0], [1.0]])
    with pytest.raises(ValueError, match='definition of a barrier "mid" is not known'):
        found.barrier("mid")
    with pytest.raises(ValueError, match='risk "accuracy" is not known; known: error, loss'):
        found.barrier(of="accuracy")


def test_recomputing_needs_training_images(ends: tuple[Weights, Weights]):
    from dataclasses import replace

    without = replace(DATA, train=DATA.train.take(torch.arange(0)))
    with pytest.raises(ValueError, match='batch_norm="recompute" needs training images'):
        path(Own(), *ends, without, batch_norm="recompute")


def test_barriers_are_a_score_of_their_data():
    model = Own()
    a, b = (wb.initialise(model, seed=seed) for seed in (0, 1))
    line = path(model, a, b, DATA, split="train", points=3, batch_norm="recompute")
    score = line.score(DATA)
    assert torch.allclose(score.of(DATA).double(), line.barriers(), atol=1e-6)
    assert (score.name, score.variant, score.split) == ("barrier", "recompute", "train")
