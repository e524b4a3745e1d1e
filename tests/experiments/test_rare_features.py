"""The toy of rare features: its images by hand, and the direction of the abstract."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from tiny import same

import workbench as wb
from workbench.experiments import EXPERIMENTS, rare_features
from workbench.experiments.rare_features import Patchwise, Rare, images

TINY: dict[str, Any] = {"train_size": 600, "test_size": 400, "replicas": 3}


@pytest.fixture(scope="module")
def outcomes() -> list[Rare]:
    return list(rare_features((math.inf, 0.25), **TINY))


def mean(outcomes: list[Rare], lam: float, name: str) -> float:
    found = [getattr(o, name) for o in outcomes if o.lam == lam]
    assert len(found) == 3
    return sum(found) / 3


def test_wrong_predictions_are_less_sure_and_minor_features_better_learned(outcomes: list[Rare]):
    for name in ("wrong_confidence_major", "wrong_confidence_minor", "gap_major", "gap_minor"):
        assert mean(outcomes, 0.25, name) < mean(outcomes, math.inf, name) - 0.05
    assert mean(outcomes, 0.25, "minor_accuracy") > mean(outcomes, math.inf, "minor_accuracy") + 0.03
    assert mean(outcomes, math.inf, "major_accuracy") > mean(outcomes, math.inf, "minor_accuracy") + 0.3


def test_every_lambda_of_every_replica_is_there_once(outcomes: list[Rare]):
    assert sorted((o.replica, o.lam) for o in outcomes) == [(r, lam) for r in range(3) for lam in (0.25, math.inf)]
    for replica in range(3):  # and in their order
        assert [o.lam for o in outcomes if o.replica == replica] == [math.inf, 0.25]
    assert set(wb.table(outcomes).columns) >= {"lam", "replica", "minor_accuracy", "wrong_confidence_minor"}
    assert EXPERIMENTS["rare_features"] is rare_features


def test_infinity_is_the_ordinary_training(outcomes: list[Rare]):
    own = wb.seeds(0, 3)[1]
    (found,) = [o for o in outcomes if (o.lam, o.replica) == (math.inf, 1)]
    data = images(train_size=600, test_size=400, seed=own)
    model, recipe = Patchwise(60, 5), wb.Recipe(epochs=8, learning_rate=0.02, batch_size=100)
    run = wb.train(model, wb.initialise(model, seed=own), data, recipe, seed=own)
    assert same(run.weights, found.run.weights)
    logits = wb.evaluate(model, run.weights, data.test).logits[200:].double()
    confidence, answer = logits.softmax(1).max(1)
    wrong = answer != data.test.labels[200:]
    assert found.minor_accuracy == pytest.approx(1 - int(wrong.sum()) / 200)
    assert found.wrong_confidence_minor == pytest.approx(float(confidence[wrong].mean()))
    assert found.gap_minor == pytest.approx(float(confidence.mean()) - found.minor_accuracy)


def test_an_image_has_a_feature_of_its_class_and_half_of_a_wrong_major_one():
    data = images(train_size=200, test_size=20, minor=0.25, noise=0, seed=1)
    x = data.test.inputs()[:, 0].double()
    by_row = x.norm(dim=2).sort(1).values  # norms 0, 0, 1, 2
    assert torch.allclose(by_row, torch.tensor([0.0, 0, 1, 2], dtype=torch.float64).expand(20, 4), atol=0.1)
    row = x.gather(1, x.norm(dim=2).argmax(1)[:, None, None].expand(-1, 1, 60))[:, 0]
    cosines = row @ row.T / 4
    same_kind = torch.arange(20)[:, None] // 10 == torch.arange(20) // 10
    shared = same_kind & (data.test.labels[:, None] == data.test.labels)
    assert torch.allclose(cosines, shared.double(), atol=0.05)  # orthogonal but for the same class and kind
    train = data.train.inputs()[:, 0].double()
    strong = train.gather(1, train.norm(dim=2).argmax(1)[:, None, None].expand(-1, 1, 60))[:, 0]
    minor = ((strong @ row[10:].T / 4).max(1).values > 0.5).double().mean()
    assert float(minor) == pytest.approx(0.25, abs=0.1)
    assert data.fingerprint == images(train_size=200, test_size=20, minor=0.25, noise=0, seed=1).fingerprint
    assert data.fingerprint != images(train_size=200, test_size=20, minor=0.25, noise=0, seed=2).fingerprint


def test_next_to_no_pixel_is_clipped():
    data = images(seed=0)
    assert float(((data.train.images == 0) | (data.train.images == 255)).double().mean()) < 1e-5


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"lams": ()}, "lams must be lambdas, one at least"),
        ({"replicas": 0}, "replicas must be a whole number from 1"),
        ({"lams": (1.0, -1.0)}, r"lam must be above 0, got -1\.0"),
        ({"gradient": "own"}, 'gradient "own" is not known'),
        ({"classes": 1}, "classes must be a whole number from 2 to 1000, got 1"),
        ({"dimension": 9}, "dimension must be a whole number from 10 to 10000, got 9"),
        ({"patches": 1}, "patches must be a whole number from 2"),
        ({"minor": 5}, r"minor must be in \[0, 1\], got 5"),
        ({"noise": math.nan}, r"noise must be in \[0, 1000\], got nan"),
        ({"train_size": 0}, "train_size must be a whole number from 1"),
        ({"seed": -1}, "seed must be an integer from 0"),
    ],
)
def test_what_is_out_of_range_is_said_before_any_training(options: dict[str, Any], words: str):
    with pytest.raises(ValueError, match=words):
        next(rare_features(**options))
