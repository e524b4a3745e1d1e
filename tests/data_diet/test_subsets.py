"""Subsets of examples: exact sizes, the right end of the sort, balance, ties by a seed, and what is refused."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from tiny import made

import workbench as wb
from workbench.data.data import Data
from workbench.data_diet import SUBSETS, subset
from workbench.data_diet.subsets import needs_score


def scored(data: Data, values: torch.Tensor) -> wb.Score:
    return wb.Score("mine", values.float(), data.train.ids, data.fingerprint)


DATA = made(12)  # ids 100, 103, …, 133; labels 0 1 2 0 1 2 …
RISING = scored(DATA, torch.arange(12))


def test_the_easiest_and_the_hardest_are_the_ends_of_the_sort():
    assert subset(DATA, "easiest", 3, score=RISING, balanced=False).tolist() == [100, 103, 106]
    assert subset(DATA, "hardest", 3, score=RISING, balanced=False).tolist() == [127, 130, 133]
    assert subset(DATA, "window(skip=2)", 3, score=RISING, balanced=False).tolist() == [106, 109, 112]
    assert subset(DATA, "all").tolist() == DATA.train.ids.tolist()


def test_ids_keep_their_place_in_the_data_whatever_their_score():
    falling = scored(DATA, -torch.arange(12))
    assert subset(DATA, "easiest", 3, score=falling, balanced=False).tolist() == [127, 130, 133]


def test_a_score_in_another_order_gives_the_same_subset():
    turned = replace(RISING, values=RISING.values.flip(0), ids=RISING.ids.flip(0))
    for kind in ("easiest", "hardest", "window(skip=3)"):
        assert torch.equal(subset(DATA, kind, 6, score=RISING), subset(DATA, kind, 6, score=turned))


def test_a_balanced_subset_takes_the_same_window_in_every_class_and_the_rest_from_the_first():
    # class 0 has the ids 100, 109, 118, 127; class 1 103, 112, 121, 130; class 2 106, 115, 124, 133
    assert subset(DATA, "easiest", 4, score=RISING).tolist() == [100, 103, 106, 109]
    assert subset(DATA, "hardest", 4, score=RISING).tolist() == [118, 127, 130, 133]
    assert subset(DATA, "window(skip=3)", 3, score=RISING).tolist() == [109, 112, 115]
    one_sided = scored(DATA, DATA.train.labels * 100)  # class 0 is the easiest as a whole
    labels = dict(zip(DATA.train.ids.tolist(), DATA.train.labels.tolist(), strict=True))
    assert [labels[i] for i in subset(DATA, "easiest", 4, score=one_sided, balanced=False).tolist()] == [0] * 4
    assert sorted(labels[i] for i in subset(DATA, "easiest", 4, score=one_sided).tolist()) == [0, 0, 1, 2]


def test_a_random_subset_is_its_seeds_and_balanced_if_asked():
    data = made(300)
    found = subset(data, "random", 100, seed=3)
    assert torch.equal(found, subset(data, "random", 100, seed=3))
    assert not torch.equal(found, subset(data, "random", 100, seed=4))
    counts = torch.bincount(data.only(found).train.labels)
    assert counts.tolist() == [34, 33, 33]
    free = torch.bincount(data.only(subset(data, "random", 100, balanced=False, seed=3)).train.labels)
    assert free.sum() == 100
    assert free.tolist() != counts.tolist()


def test_ties_are_decided_by_the_seed_and_never_by_the_order_of_the_file():
    # a third of CIFAR-10 is tied at zero forgetting events: argsort would always take the first of the file
    tied = scored(DATA, torch.tensor([0] * 8 + [1] * 4))
    drawn = {tuple(subset(DATA, "easiest", 4, score=tied, balanced=False, seed=seed).tolist()) for seed in range(8)}
    assert len(drawn) > 1
    assert all(set(ids) <= set(DATA.train.ids[:8].tolist()) for ids in drawn)
    again = subset(DATA, "easiest", 4, score=tied, balanced=False, seed=2)
    assert torch.equal(again, subset(DATA, "easiest", 4, score=tied, balanced=False, seed=2))


def test_the_never_learned_are_the_hardest():
    worst = scored(DATA, torch.tensor([0.0] * 5 + [float("inf")] + [7.0] * 6))
    assert subset(DATA, "hardest", 1, score=worst, balanced=False).tolist() == [DATA.train.ids[5]]
    assert DATA.train.ids[5] not in subset(DATA, "easiest", 11, score=worst, balanced=False)


def test_data_of_a_subset_are_the_same_data_otherwise():
    noisy = wb.load("digits", train_size=200, label_noise=0.2)
    ids = subset(noisy, "random", 50, seed=1)
    part = noisy.only(ids)
    assert torch.equal(part.train.ids, ids)
    assert torch.equal(part.train.images, noisy.train.images[torch.isin(noisy.train.ids, ids)])
    assert part.test is noisy.test
    assert part.fingerprint != noisy.fingerprint
    assert set(part.flipped.tolist()) == set(noisy.flipped.tolist()) & set(ids.tolist())
    with pytest.raises(ValueError, match="ids are not places"):
        noisy.only(torch.tensor([10**6]))


def test_with_label_noise_the_classes_are_those_that_the_labels_say():
    noisy = wb.load("digits", train_size=300, label_noise=0.3)
    part = noisy.only(subset(noisy, "random", 100))
    assert torch.bincount(part.train.labels).tolist() == [10] * 10


@pytest.mark.parametrize(
    ("kind", "size", "options", "message"),
    [
        ("random", 13, {}, "size must be from 1 to 12"),
        ("random", 0, {}, "size must be from 1 to 12"),
        ("random", True, {}, "size must be from 1 to 12"),
        ("random", None, {}, '"all" takes all'),
        ("window(skip=10)", 5, {}, "less the 10 that are skipped"),
        ("easiest", 3, {"score": None}, "sorts by a score, and there is none"),
        ("easyest", 3, {}, 'did you mean "easiest"'),
        ("random(skip=3)", 3, {}, "only a window has an option"),
        ("window(skip=-1)", 3, {}, "skip must be a number of examples"),
        ("window(skip=", 3, {}, "is not known"),
    ],
)
def test_what_cannot_be_taken_is_said(kind: str, size: int | None, options: dict, message: str):
    with pytest.raises(ValueError, match=message):
        subset(DATA, kind, size, **{"score": RISING, **options})


def test_a_class_without_enough_examples_is_named():
    lopsided = DATA.only(DATA.train.ids[DATA.train.labels != 2])
    with pytest.raises(ValueError, match=r"class 2 has 0 training examples, 2 are asked for.*balanced=False"):
        subset(lopsided, "random", 6)
    assert len(subset(lopsided, "random", 6, balanced=False)) == 6


def test_a_score_without_some_of_the_examples_is_refused():
    part = replace(RISING, values=RISING.values[:6], ids=RISING.ids[:6])
    with pytest.raises(ValueError, match="6 of these examples have no mine"):
        subset(DATA, "easiest", 3, score=part)
    with pytest.raises(ValueError, match="was computed on other data"):
        subset(made(13), "easiest", 3, score=RISING)
    with pytest.raises(ValueError, match="needs their scores, got those of test"):
        subset(DATA, "easiest", 3, score=replace(RISING, split="test"))


def test_every_kind_is_known_to_need_a_score_or_not():
    assert {kind: needs_score(kind) for kind in SUBSETS} == {
        "all": False,
        "random": False,
        "easiest": True,
        "hardest": True,
        "window": True,
    }
