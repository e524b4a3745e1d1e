"""A look at a data set: what is counted, what noise has moved, what is shown, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest
import torch

import workbench as wb
from workbench.experiments import DatasetView, dataset_view
from workbench.experiments.dataset_view import CLASSES


def view(**options: Any) -> DatasetView:
    (one,) = dataset_view("digits", **{"train_size": 100, **options})
    return one


def test_every_image_of_every_part_is_counted_under_its_class():
    one, data = view(), wb.load("digits", train_size=100)
    assert (one.train, one.validation, one.test, one.size) == (100, 120, 599, 100)
    for name in ("train", "validation", "test"):
        counts = [row["images"] for row in one.counts if row["split"] == name]
        assert counts == getattr(data, name).labels.bincount(minlength=10).tolist()
    assert not any(row["moved_here"] or row["moved_away"] for row in one.counts)


def test_labels_that_noise_moved_are_told_with_what_they_were():
    one, clean = view(label_noise=0.2), wb.load("digits", train_size=100)
    before = dict(zip(clean.train.ids.tolist(), clean.train.labels.tolist(), strict=True))
    assert one.moved == 20
    assert sum(row["moved_here"] for row in one.counts) == sum(row["moved_away"] for row in one.counts) == 20
    assert {row["split"] for row in one.counts if row["moved_here"]} == {"train"}
    assert [before[id_] for id_ in one.moved_examples.ids.tolist()] == one.moved_before.tolist()
    assert (one.moved_before != one.moved_examples.labels).all()
    assert [before[id_] for id_ in one.examples.ids.tolist()] == one.labels_before.tolist()


def test_so_many_images_of_every_class_are_shown_and_the_same_again():
    one = view(images=3)
    assert one.examples.labels.tolist() == [c for c in range(10) for _ in range(3)]
    assert torch.equal(one.examples.ids, view(images=3, augment="none").examples.ids)
    assert not torch.equal(one.examples.ids, view(images=3, seed=1).examples.ids)


def test_an_image_is_augmented_as_training_does_it_or_left_as_it_is():
    flipped, plain = view(augment="flip", draws=8), view(augment="none", draws=2)
    assert (plain.augmented == plain.originals.images[:, None]).all()
    same = (flipped.augmented == flipped.originals.images[:, None]).flatten(2).all(2)
    mirrored = (flipped.augmented == flipped.originals.images.flip(3)[:, None]).flatten(2).all(2)
    assert (same | mirrored).all()
    assert same.any()
    assert mirrored.any()


def test_the_mean_of_a_class_and_the_pixels_are_those_of_its_images():
    one, data = view(), wb.load("digits", train_size=100)
    threes = data.train.images[data.train.labels == 3].double()
    assert torch.equal(one.means[3], threes.mean(0).round().to(torch.uint8))
    assert torch.equal(one.pixels[0], data.train.images.flatten().bincount(minlength=256))


def test_pixel_noise_is_that_of_noisy_data():
    one, data = view(pixel_noise=0.6), wb.noisy(wb.load("digits", train_size=100), 0.6)
    places = [data.train.ids.tolist().index(id_) for id_ in one.examples.ids.tolist()]
    assert torch.equal(one.examples.images, data.train.images[places])
    assert one.dataset == "digits"


def test_of_many_classes_some_are_looked_at_and_all_are_counted(tmp_path: Any):
    import numpy as np

    labels = np.repeat(np.arange(40), 5)
    images = np.zeros((200, 4, 4), np.uint8)
    np.savez(tmp_path / "own.npz", images=images, labels=labels)
    (one,) = dataset_view(str(tmp_path / "own.npz"), images=2)
    assert len(one.examples.labels.unique()) == CLASSES
    assert {int(one.examples.labels.min()), int(one.examples.labels.max())} == {0, 39}
    assert len({row["class"] for row in one.counts}) == 40


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"split": "tests"}, 'split "tests" is not known; did you mean "test"'),
        ({"images": 0}, "images must be a whole number from 1 to 20, got 0"),
        ({"draws": 99}, "draws must be a whole number from 1 to 12, got 99"),
        ({"augment": "flop"}, 'augmentation "flop" is not known; did you mean "flip"'),
        ({"label_noise": 1.5}, "label_noise must be"),
        ({"pixel_noise": -1.0}, "pixel_noise must be"),
    ],
)
def test_what_is_out_of_range_is_said(options: dict[str, Any], message: str):
    with pytest.raises(ValueError, match=message):
        view(**options)
