"""Training on a kept part: its sizes, its steps, the same beginning for all, what is refused."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from tiny import same

import workbench as wb
from workbench.data_diet import subset
from workbench.experiments import kept_part

TINY: dict[str, Any] = {
    "train_size": 120,
    "model": "lenet(hidden=(16,))",
    "recipe": wb.Recipe(epochs=4, batch_size=30),
    "shares": (0.25, 0.5, 1.0),
    "score_replicas": 2,
    "replicas": 2,
}


def test_every_part_is_trained_once_and_the_whole_beside_it():
    found = list(kept_part(**TINY))
    parts = [("all", 120), *((kind, n) for kind in ("random", "easiest", "hardest") for n in (30, 60))]
    assert Counter((o.subset, o.size, o.replica) for o in found) == Counter((*p, r) for p in parts for r in (0, 1))
    assert {o.share for o in found} == {0.25, 0.5, 1.0}
    assert {o.steps for o in found} == {16}  # as many as all the data take


def test_a_part_is_trained_on_alone_from_the_replicas_own_weights():
    found = list(kept_part(**TINY))
    data = wb.load("digits", train_size=120)
    own = wb.seeds(0, 2)[1]
    model = wb.models.named(TINY["model"], data, seed=own)
    part = data.only(subset(data, "random", 30, seed=own))
    run = wb.train(model, wb.snapshot(model), part, wb.Recipe(steps=16, batch_size=30), seed=own)
    (mine,) = [o for o in found if (o.subset, o.size, o.replica) == ("random", 30, 1)]
    assert same(mine.run.weights, run.weights)


def test_as_many_epochs_take_fewer_steps():
    found = list(kept_part(**TINY, same_steps=False, subsets=("random",)))
    assert {(o.share, o.steps) for o in found} == {(1.0, 16), (0.25, 4), (0.5, 8)}


def test_label_noise_is_in_what_is_trained_on():
    few = {**TINY, "replicas": 1, "subsets": ("random",), "shares": (0.5,)}
    clean, noisy = (next(iter(kept_part(**few, label_noise=noise))) for noise in (0.0, 0.5))
    assert not same(clean.run.weights, noisy.run.weights)
    assert noisy.run.train_accuracy is not None
    assert clean.run.train_accuracy is not None


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"shares": (1.5,)}, r"shares must be in \(0, 1\]"),
        ({"shares": ()}, "shares must be in"),
        ({"shares": (0.001,)}, "size must be from 1 to 120, the training examples, got 0"),
        (
            {"subsets": ("window(skip=100)",), "shares": (0.5,)},
            "less the 100 that are skipped, got 60",
        ),
        ({"subsets": ("randon",)}, 'did you mean "random"'),
        ({"score_replicas": 0}, "score_replicas must be a whole number from 1"),
    ],
)
def test_what_is_out_of_range_is_said_first(options: dict, message: str):
    with pytest.raises(ValueError, match=message):
        next(iter(kept_part(**{**TINY, **options})))
