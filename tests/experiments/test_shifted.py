"""Ensembles on corrupted images and on other data: the numbers are those of the rooms below, on the right images."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import torch
from tiny import made
from torch import nn

import workbench as wb
from workbench import calibration, ensembles
from workbench.data.data import Data
from workbench.data.noise import noisy, noisy_like
from workbench.ensembles.member import Member
from workbench.experiments.ensemble_outcome import Ensembled
from workbench.experiments.shifted import COLUMNS, Corrupted, Detected, shift_table, shifted
from workbench.nets.evaluation import evaluate_all
from workbench.shift import OUT_OF_DISTRIBUTION_SCORES, corrupt, detection, like
from workbench.training.losses import CrossEntropy

CLEAN = made(n=60)
MODEL = wb.models.lenet(CLEAN, hidden=(8,))


def trained(data: Data, model: nn.Module = MODEL, n: int = 2, **fields: Any) -> Ensembled:
    """An ensemble of n members that were trained a little on the data."""
    members = []
    for m in range(n):
        run = wb.train(model, wb.initialise(model, seed=m), data, wb.Recipe(steps=20, batch_size=20), seed=m)
        mask = wb.masks.full(model)
        members.append(Member(run.weights, mask, CrossEntropy(), [], 20, m, vote=1.0 + m))
    said = ensembles.predict(model, members, data.test)
    own = {"method": "ordinary", "seed": 0, "replica": 0, "combine": "probabilities", "pixel_noise": 0.0, "drawn": 0}
    fields = own | fields
    return Ensembled(
        **fields,
        members=tuple(members),
        density=1.0,
        steps=20 * n,
        overlap=1.0,
        union=1.0,
        bits=0,
        multiplications=0,
        validation=said,
        test=said,
        examples=data.test,
        classes=data.classes,
    )


ONE = trained(CLEAN)


def test_every_corruption_and_severity_is_yielded_after_the_clean_images_and_before_other_data():
    found = list(shifted(ONE, MODEL, CLEAN, corruptions=("contrast", "jpeg"), severities=(1, 5), others=("digits",)))
    assert [(o.corruption, o.severity) for o in found if isinstance(o, Corrupted)] == [
        (None, 0),
        ("contrast", 1),
        ("contrast", 5),
        ("jpeg", 1),
        ("jpeg", 5),
    ]
    detected = [o for o in found if isinstance(o, Detected)]
    assert [(o.dataset, o.score, o.inside, o.outside) for o in detected] == [
        ("digits", score, 60, 1797) for score in OUT_OF_DISTRIBUTION_SCORES
    ]
    assert found[-5:] == detected


def test_the_measures_are_those_of_the_members_on_the_corrupted_images():
    _, found = shifted(ONE, MODEL, CLEAN, corruptions=("gaussian_noise",), severities=(5,), seed=4)
    split = corrupt(CLEAN.test, "gaussian_noise", 5, seed=4)
    a, b = (e.logits.double().softmax(1) for e in evaluate_all(MODEL, [m.weights for m in ONE.members], split))
    p = (a + 2 * b) / 3  # the members' votes are 1 and 2
    assert isinstance(found, Corrupted)
    assert found.accuracy == float((p.argmax(1) == split.labels).double().mean())
    assert found.nll == pytest.approx(-float(p[torch.arange(60), split.labels].log().mean()))
    assert found.ece == pytest.approx(calibration.ece(p, split.labels))
    assert found.signed_gap == pytest.approx(float(p.amax(1).mean()) - found.accuracy)


def test_the_first_are_the_clean_test_images():
    first = next(iter(shifted(ONE, MODEL, CLEAN)))
    assert isinstance(first, Corrupted)
    assert first.accuracy == ONE.accuracy
    assert first.ece == calibration.ece(ONE.probabilities(), ONE.test.labels)


def test_scaled_probabilities_have_the_temperature_of_the_clean_validation_images():
    _, found = shifted(ONE, MODEL, CLEAN, corruptions=("contrast",), severities=(5,), scaled=True)
    split = corrupt(CLEAN.test, "contrast", 5)
    p = ensembles.predict(MODEL, ONE.members, split).probabilities("probabilities", ONE.temperature)
    assert isinstance(found, Corrupted)
    assert found.temperature_scaled
    assert ONE.temperature != pytest.approx(1, abs=0.01)
    assert found.nll == calibration.nll(p, split.labels)


@pytest.mark.parametrize("combine", ["probabilities", "logits"])
def test_detection_combines_members_as_the_ensemble_does(combine: str):
    one = replace(ONE, combine=combine)
    other = made(n=30, shape=(3, 6, 6))
    _, found = shifted(one, MODEL, CLEAN, corruptions=(), others=(other,), scores=("entropy",))
    outside = ensembles.predict(MODEL, one.members, like(other, CLEAN))
    entropy = OUT_OF_DISTRIBUTION_SCORES["entropy"]
    inside, strange = (entropy(p.logits_MNC, how=combine, votes=(1.0, 2.0)) for p in (one.test, outside))
    assert isinstance(found, Detected)
    assert (found.dataset, found.score, found.outside) == ("made", "entropy", 30)
    expected = detection(inside, strange)
    assert (found.auroc, found.aupr, found.fpr95) == (expected.auroc, expected.aupr, expected.fpr95)


def test_images_are_corrupted_before_the_noise_that_each_replica_had():
    seeds = wb.seeds(0, 2)
    outcomes = [
        trained(noisy(CLEAN, 0.3, seed=own), replica=r, pixel_noise=0.3, drawn=own) for r, own in enumerate(seeds)
    ]
    options: dict[str, Any] = {"corruptions": ("gaussian_blur",), "severities": (5,), "others": (made(n=20),)}
    found: list[Any] = list(shifted(outcomes, MODEL, CLEAN, scores=("energy",), **options))
    assert [o.replica for o in found] == [0, 1, 0, 1, 0, 1]
    for r, (o, own) in enumerate(zip(outcomes, seeds, strict=True)):
        split = noisy_like(corrupt(CLEAN.test, "gaussian_blur", 5), o.examples, 0.3, seed=own, part="test")
        said = ensembles.predict(MODEL, o.members, split)
        assert found[2 + r].nll == calibration.nll(said.probabilities(), CLEAN.test.labels)
        outside = ensembles.predict(MODEL, o.members, noisy_like(like(made(n=20), CLEAN), o.examples, 0.3, seed=own))
        score = [wb.shift.OUT_OF_DISTRIBUTION_SCORES["energy"](s.logits_MNC, votes=s.votes) for s in (o.test, outside)]
        assert found[4 + r].auroc == detection(*score).auroc


def test_a_network_of_digits_does_worse_on_blurred_ones():
    digits = wb.load("digits", train_size=300)
    model = wb.models.lenet(digits, hidden=(24,))
    run = wb.train(model, wb.snapshot(model), digits, wb.Recipe(epochs=15))
    member = Member(run.weights, wb.masks.full(model), CrossEntropy(), [], run.steps, 0)
    one = replace(ONE, members=(member,), test=ensembles.predict(model, [member], digits.test), examples=digits.test)
    found = [
        o.accuracy for o in shifted(one, model, digits, corruptions=("gaussian_blur",)) if isinstance(o, Corrupted)
    ]
    assert found[0] > 0.85
    assert found[-1] < 0.8
    assert found == sorted(found, reverse=True)


def test_at_most_so_many_images_of_another_dataset_are_taken():
    options: dict[str, Any] = {"corruptions": (), "others": ("digits",), "scores": ("energy",)}
    _, some = shifted(ONE, MODEL, CLEAN, outside=25, **options)
    _, others = shifted(ONE, MODEL, CLEAN, outside=25, seed=1, **options)
    _, more = shifted(ONE, MODEL, CLEAN, outside=5000, **options)
    assert isinstance(some, Detected)
    assert isinstance(others, Detected)
    assert isinstance(more, Detected)
    assert (some.outside, more.outside) == (25, 1797)
    assert some.auroc != others.auroc


def test_the_table_has_the_columns_that_scripts_rely_on():
    outcomes = shifted(ONE, MODEL, CLEAN, corruptions=("contrast",), severities=(2,), others=(made(n=9),))
    table: Any = shift_table(outcomes)
    assert tuple(table.columns) == COLUMNS
    assert " ".join(COLUMNS) == "method seed replica dataset corruption severity score accuracy ece auroc aupr fpr95"
    corrupted, detected = table[table["score"].isna()], table[table["score"].notna()]
    assert list(corrupted["severity"]) == [0, 2]
    assert corrupted["accuracy"].notna().all()
    assert corrupted["auroc"].isna().all()
    assert list(detected["score"]) == list(OUT_OF_DISTRIBUTION_SCORES)
    assert detected["corruption"].isna().all()
    assert detected["severity"].isna().all()
    assert detected["auroc"].between(0, 1).all()


def test_the_table_of_nothing_has_its_columns():
    assert tuple(shift_table([]).columns) == COLUMNS


def test_other_data_than_the_ensembles_were_tested_on_are_refused():
    noisy_one = trained(noisy(CLEAN, 0.3, seed=5), pixel_noise=0.3, drawn=5)
    next(iter(shifted(noisy_one, MODEL, CLEAN)))
    several: list[dict[str, Any]] = [{"pixel_noise": 0.0}, {"pixel_noise": 0.2}, {"drawn": 6}]
    for other in several:
        with pytest.raises(ValueError, match="data must be those that the ensembles were tested on"):
            next(iter(shifted(replace(noisy_one, **other), MODEL, CLEAN)))
    with pytest.raises(ValueError, match="shifts are made on clean images"):
        next(iter(shifted(noisy_one, MODEL, noisy(CLEAN, 0.3, seed=5))))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"corruptions": ("fog",)}, 'corruption "fog" is not known'),
        ({"scores": ("entropie",)}, 'score "entropie" is not known; did you mean "entropy"'),
        ({"outside": 0}, "outside must be a whole number from 1, got 0"),
        ({"others": ("digits", "nosuch")}, 'dataset "nosuch" is not known'),
        ({"severities": (0, 1)}, "severities must be among 1, 2, 3, 4 and 5, each once, got"),
    ],
)
def test_what_cannot_be_is_said_before_anything_is_yielded(options: dict[str, Any], message: str):
    with pytest.raises(ValueError, match=message):
        next(iter(shifted(ONE, MODEL, CLEAN, **options)))


def test_one_name_is_one_name_and_not_its_letters():
    found = list(shifted(ONE, MODEL, CLEAN, corruptions="jpeg", severities=(1,), others="digits", scores="energy"))
    assert [getattr(o, "corruption", o.dataset) for o in found] == [None, "jpeg", "digits"]


def test_it_says_at_which_shift_it_is():
    seen = []
    with wb.progress.watch(seen.append):
        list(shifted(ONE, MODEL, CLEAN, corruptions=("contrast", "jpeg"), severities=(1,), others=(made(n=9),)))
    assert {p.path[0] for p in seen} == {("shift", 0, 3), ("shift", 1, 3), ("shift", 2, 3)}
