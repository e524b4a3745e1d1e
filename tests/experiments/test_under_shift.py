"""Ensembles under shift and by difficulty, as small as they run."""

from __future__ import annotations

from typing import Any

import pytest

import workbench as wb
from workbench.data import sources
from workbench.experiments.easy_to_hard import Solved, Tercile
from workbench.experiments.shifted import Corrupted, Detected

SMALL: dict[str, Any] = {
    "train_size": 60,
    "model": "lenet(hidden=(12,), norm=True)",
    "recipe": wb.Recipe(steps=3, batch_size=20),
    "density": 0.3,
    "lams": (float("inf"), 1.0),
    "replicas": 1,
}


def test_every_ensemble_is_shown_every_shift_and_as_many_strange_images_as_its_own():
    found = list(
        wb.experiments.under_shift(
            **SMALL, methods=("robust", "single"), corruptions=("contrast",), severities=(1, 5), scores=("entropy",)
        )
    )
    corrupted = [(o.method, o.corruption, o.severity) for o in found if isinstance(o, Corrupted)]
    assert corrupted == [
        (method, name, severity)
        for method in ("robust", "single")
        for name, severity in ((None, 0), ("contrast", 1), ("contrast", 5))
    ]
    strange = [o for o in found if isinstance(o, Detected)]
    assert [(o.method, o.dataset) for o in strange] == [("robust", "random pixels"), ("single", "random pixels")]
    assert {o.inside - o.outside for o in strange} == {0}
    for o in strange:
        assert (o.curve[0], o.curve[-1]) == ((0.0, 0.0), (1.0, 1.0))
        assert list(o.curve) == sorted(o.curve)


def test_the_clean_accuracy_is_that_of_the_ensembles_themselves():
    what = {**SMALL, "methods": ("robust",)}
    clean, *_ = wb.experiments.under_shift(**what, corruptions=("contrast",), severities=(1,), others=())
    (ensemble,) = wb.experiments.robust_ensembles(**what)
    assert isinstance(clean, Corrupted)
    assert clean.accuracy == ensemble.accuracy


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"corruptions": ("contrats",)}, 'did you mean "contrast"'),
        ({"scores": ("entrpy",)}, 'did you mean "entropy"'),
        ({"severities": (6,)}, "severities must be among 1"),
        ({"others": ("nothing-like-it",)}, "nothing-like-it"),
        ({"others": "nothing-like-it"}, "nothing-like-it"),  # one name alone, not its letters
        ({"corruptions": "contrats"}, 'did you mean "contrast"'),
        ({"scores": "entrpy"}, 'did you mean "entropy"'),
    ],
)
def test_a_shift_that_there_is_not_is_said_before_anything_is_trained(options, words):
    with wb.progress.watch(lambda progress: pytest.fail("it trained")), pytest.raises(ValueError, match=words):
        next(wb.experiments.under_shift(**SMALL, **options))


def test_members_are_taken_by_tercile_of_the_replicas_own_images():
    found = list(wb.experiments.member_difficulty(**SMALL, methods=("robust",), score_replicas=1))
    thirds = [o for o in found if isinstance(o, Tercile)]
    assert [(o.member, o.tercile) for o in thirds] == [
        (member, third) for member in (0, 1, None) for third in ("easy", "middle", "hard")
    ]
    for member in (0, 1):
        own = [o for o in thirds if o.member == member]
        assert sum(o.weight or 0 for o in own) == pytest.approx(1)
        assert [o.score for o in own] == sorted(o.score for o in own)
    parts = [o for o in found if isinstance(o, Solved)]
    assert sum(o.share for o in parts) == pytest.approx(1)
    with pytest.raises(ValueError, match="score_replicas must be a whole number from 1"):
        next(wb.experiments.member_difficulty(**SMALL, score_replicas=0))


def test_what_is_loaded_once_is_not_loaded_again(monkeypatch: pytest.MonkeyPatch):
    asked: list[Any] = []
    read = sources.read
    monkeypatch.setattr(sources, "read", lambda *given: asked.append(given) or read(*given))
    options: dict[str, Any] = SMALL | {"train_size": 61, "replicas": 3, "methods": ("ordinary", "single")}
    list(wb.experiments.member_difficulty(**options, score_replicas=1))
    assert len(asked) == 4  # what is checked on, and each replica's own


def test_a_step_to_score_at_is_checked_before_anything_is_trained():
    with wb.progress.watch(lambda _: pytest.fail("trained")), pytest.raises(ValueError, match="from 0 to 3"):
        next(wb.experiments.member_difficulty(**SMALL, score_step=4))
