"""Other datasets through the training data's size, channels and normalisation, and pixel noise as the last step."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image
from tiny import made, pair

import workbench as wb
from workbench.data.data import Data
from workbench.data.images import resize
from workbench.data.noise import noisy, noisy_like
from workbench.nets.evaluation import evaluate
from workbench.shift import NO_CLASS, corrupt, like


def scaled(data: Data) -> Data:
    """The same with a normalisation of its own."""
    mean, std = torch.full((data.shape[0],), 0.25), torch.full((data.shape[0],), 0.5)
    parts = {name: replace(getattr(data, name), mean=mean, std=std) for name in ("train", "validation", "test")}
    return replace(data, **parts)


def test_grey_becomes_three_equal_channels_in_the_size_and_normalisation_of_the_data():
    data, other = scaled(made(shape=(3, 8, 8))), made(shape=(1, 4, 4))
    split = like(other, data)
    assert split.images.shape == (50, 3, 8, 8)
    assert torch.equal(split.images[:, 0], split.images[:, 2])
    assert torch.equal(split.mean, data.test.mean)
    assert torch.equal(split.std, data.test.std)
    assert torch.equal(split.ids, other.test.ids)


def test_colour_becomes_grey_as_pillow_makes_it():
    split = like(other := made(shape=(3, 4, 4)), made(shape=(1, 4, 4)))
    for image, got in zip(other.test.images, split.images, strict=True):
        grey = np.array(Image.fromarray(image.permute(1, 2, 0).numpy()).convert("L"))
        assert np.array_equal(grey, got[0].numpy())


def test_an_image_of_the_same_form_stays_as_it_is():
    other = made(shape=(1, 8, 8))
    assert torch.equal(like(other.test, made(shape=(1, 8, 8))).images, other.test.images)


def test_an_oblong_gets_the_middle():
    other = made(n=3, shape=(1, 4, 4))
    assert torch.equal(like(other, made(shape=(1, 3, 4))).images, other.test.images[:, :, :3])
    assert torch.equal(like(other, pair()).images, resize(other.test.images, 2)[:, :, :1])


def test_by_name_a_source_without_a_test_file_gives_all_its_images():
    split = like("digits", made(shape=(1, 4, 4)))
    assert split.images.shape == (1797, 1, 4, 4)
    loaded = wb.load("digits", image_size=4, validation=0)
    assert torch.equal(split.images[loaded.test.ids], loaded.test.images)
    assert torch.equal(split.images[loaded.train.ids], loaded.train.images)


def test_data_give_their_test_images_or_all_where_there_are_none():
    other = made(n=6, shape=(1, 4, 4))
    none = replace(other, test=other.test.take(torch.arange(0)))
    assert len(like(other, made())) == 6
    assert len(like(none, made())) == 12  # training and validation


def test_a_network_can_be_evaluated_on_them_and_is_never_right():
    data = made()
    model = wb.models.lenet(data, hidden=(4,))
    split = like(made(n=20, classes=3), data)
    found = evaluate(model, wb.snapshot(model), split)
    assert found.logits.shape == (20, 3)
    assert found.accuracy == 0
    assert set(split.labels.tolist()) == {NO_CLASS}


def test_data_with_pixel_noise_are_refused_with_the_way_on():
    with pytest.raises(ValueError, match=r"clean images, got made \+ noise 0.6; give the data as they were before"):
        like(made(), noisy(made(), 0.6))
    with pytest.raises(ValueError, match=r"clean images, got made \+ noise 0.6"):
        like(noisy(made(), 0.6), made())


def test_four_channels_are_refused():
    with pytest.raises(ValueError, match="one or three channels, got 4"):
        like(made(shape=(4, 4, 4)), made())


def test_an_unknown_name_is_said():
    with pytest.raises(ValueError, match='dataset "digit" is not known; did you mean "digits"'):
        like("digit", pair())


# ---- pixel noise, the last step


def test_a_split_through_the_noise_of_its_part_is_the_noisy_split():
    data = made()
    shown = noisy(data, 0.6, seed=3)
    for part in ("train", "validation", "test"):
        again = noisy_like(getattr(data, part), shown.test, 0.6, seed=3, part=part)
        assert torch.equal(again.images, getattr(shown, part).images)
        assert torch.equal(again.mean, shown.test.mean)
        assert torch.equal(again.std, shown.test.std)
        assert torch.equal(again.ids, getattr(data, part).ids)


def test_another_dataset_has_noise_of_its_own():
    data = made()
    shown = noisy(data, 0.6)
    assert not torch.equal(noisy_like(data.test, shown.test, 0.6).images, shown.test.images)


def test_a_corrupted_image_has_the_noise_it_has_uncorrupted():
    data = made(shape=(1, 8, 8))
    shown = noisy(data, 0.1, seed=1)
    darker = corrupt(data.test, "contrast", 5)
    through = noisy_like(darker, shown.test, 0.1, seed=1, part="test")
    span = 1 + 8 * 0.1  # of the values, beyond black and white
    moved = through.images.double() - shown.test.images.double()
    expected = (darker.images.double() - data.test.images.double()) / span
    inside = (through.images > 0) & (through.images < 255) & (shown.test.images > 0) & (shown.test.images < 255)
    assert inside.double().mean() > 0.99
    assert (moved - expected)[inside].abs().max() <= 1  # each was rounded


def test_without_noise_only_the_normalisation_changes():
    data, shown = made(), scaled(made())
    split = noisy_like(data.test, shown.test, 0)
    assert torch.equal(split.images, data.test.images)
    assert torch.equal(split.mean, shown.test.mean)


def test_noise_that_cannot_be_is_said():
    with pytest.raises(ValueError, match=r"std must be in \[0, 100\], got -1"):
        noisy_like(made().test, made().test, -1)
    with pytest.raises(ValueError, match='part "tests" is not known; did you mean "test"'):
        noisy_like(made().test, made().test, 0.6, part="tests")
