"""Corruptions: small images by hand, Pillow and the standard library beside them, and severities on real images."""

from __future__ import annotations

import colorsys
import io
import itertools
import math

import numpy as np
import pytest
import torch
from PIL import Image
from sklearn.datasets import load_sample_images
from tiny import split_of

import workbench as wb
from workbench.data.data import Data, Split
from workbench.shift import CORRUPTIONS, corrupt

RANDOM = [name for name, kind in CORRUPTIONS.items() if kind.random]


def photographs(side: int) -> Split:
    """Real photographs without a download: scikit-learn's two, cut into small pictures."""
    size = 128
    cut = []
    for picture in load_sample_images().images:
        for top in range(0, picture.shape[0] - size, size):
            for left in range(0, picture.shape[1] - size, size):
                tile = Image.fromarray(picture[top : top + size, left : left + size])
                cut.append(np.asarray(tile.resize((side, side), Image.Resampling.BOX)).transpose(2, 0, 1))
    images = torch.from_numpy(np.stack(cut))
    return split_of(images, torch.zeros(len(images), dtype=torch.int64))


def one(values: list[list[int]]) -> Split:
    """One grey image."""
    return split_of(torch.tensor([[values]], dtype=torch.uint8), torch.tensor([0]))


def flat(value: int, n: int = 1, shape: tuple[int, int, int] = (1, 20, 20)) -> Split:
    return split_of(torch.full((n, *shape), value, dtype=torch.uint8), torch.arange(n))


def distance(a: Split, b: Split) -> float:
    return float((a.images.float() - b.images.float()).abs().mean())


@pytest.mark.parametrize("name", CORRUPTIONS)
@pytest.mark.parametrize("which", ["digits 8x8", "photographs 32x32", "photographs 28x28"])
def test_real_images_go_farther_from_themselves_with_every_severity(name: str, which: str, digits: Data):
    split = digits.test if which.startswith("digits") else photographs(int(which[-2:]))
    away = [distance(corrupt(split, name, severity), split) for severity in range(1, 6)]
    assert away[0] > 0
    assert all(a < b for a, b in itertools.pairwise(away)), away


@pytest.mark.parametrize("name", CORRUPTIONS)
def test_labels_ids_and_normalisation_stay_and_the_split_is_not_written_to(name: str, digits: Data):
    split = digits.test.take(torch.arange(30))
    before = split.images.clone()
    made = corrupt(split, name, 3)
    assert torch.equal(split.images, before)
    assert made.images.dtype == torch.uint8
    assert not torch.equal(made.images, before)
    for field in ("labels", "ids", "mean", "std"):
        assert torch.equal(getattr(made, field), getattr(split, field))


@pytest.mark.parametrize("name", CORRUPTIONS)
def test_an_image_is_corrupted_alike_whatever_else_is_in_the_split(name: str, digits: Data):
    some = torch.tensor([17, 3, 40])
    alone = corrupt(digits.test.take(some), name, 4, seed=7)
    assert torch.equal(alone.images, corrupt(digits.test, name, 4, seed=7).images[some])


@pytest.mark.parametrize("name", RANDOM)
def test_noise_is_drawn_by_the_seed(name: str, digits: Data):
    split = digits.test.take(torch.arange(5))
    first = corrupt(split, name, 5, seed=1).images
    assert torch.equal(first, corrupt(split, name, 5, seed=1).images)
    assert not torch.equal(first, corrupt(split, name, 5, seed=2).images)


@pytest.mark.parametrize("name", RANDOM)
def test_two_images_do_not_have_the_same_noise(name: str):
    made = corrupt(flat(128, n=2, shape=(1, 8, 8)), name, 5).images
    assert not torch.equal(made[0], made[1])


def test_gaussian_noise_has_the_deviation_of_its_severity():
    made = corrupt(flat(128, n=50), "gaussian_noise", 5).images.double() / 255
    assert float(made.std()) == pytest.approx(0.1, rel=0.02)
    assert float(made.mean()) == pytest.approx(128 / 255, abs=0.002)


def test_shot_noise_has_the_variance_of_its_photons_and_leaves_black_black():
    made = corrupt(flat(51, n=50), "shot_noise", 5).images.double() / 255  # 0.2 of 50 photons: 10 ± sqrt(10)
    assert float(made.std()) == pytest.approx(math.sqrt(10) / 50, rel=0.03)
    assert not corrupt(flat(0), "shot_noise", 5).images.any()


def test_impulse_noise_sets_seven_percent_to_black_or_white_and_leaves_the_rest():
    made = corrupt(flat(100, n=50), "impulse_noise", 5).images
    shares = {value: float((made == value).double().mean()) for value in (0, 100, 255)}
    assert shares[0] == pytest.approx(0.035, abs=0.004)
    assert shares[255] == pytest.approx(0.035, abs=0.004)
    assert sum(shares.values()) == 1


def test_a_blurred_point_is_the_normal_kernel():
    values = [[0] * 9 for _ in range(9)]
    values[4][4] = 255
    made = corrupt(one(values), "gaussian_blur", 5).images[0, 0]
    bell = torch.tensor([math.exp(-(x**2) / 2) for x in range(-4, 5)], dtype=torch.float64)
    bell /= bell.sum()
    assert torch.equal(made, (255 * bell[:, None] * bell).round().to(torch.uint8))


def test_a_flat_image_stays_as_it_is_under_blur_contrast_and_pixelate():
    for name in ("gaussian_blur", "contrast", "pixelate"):
        assert torch.equal(corrupt(flat(77), name, 5).images, flat(77).images), name


def test_brightness_raises_the_value_and_keeps_hue_and_saturation():
    colours = torch.tensor([[200, 100, 50], [0, 0, 0], [10, 240, 120]], dtype=torch.uint8)[:, :, None, None]
    made = corrupt(split_of(colours, torch.arange(3)), "brightness", 5).images[:, :, 0, 0]
    for given, got in zip(colours[:, :, 0, 0].tolist(), made.tolist(), strict=True):
        h, s, v = colorsys.rgb_to_hsv(*(c / 255 for c in given))
        expected = colorsys.hsv_to_rgb(h, s, min(v + 0.3, 1))
        assert got == pytest.approx([255 * c for c in expected], abs=0.51)


def test_contrast_leaves_a_share_of_the_distance_to_the_mean_of_the_image():
    made = corrupt(one([[0, 200], [200, 200]]), "contrast", 2)  # mean 150, half of the distance
    assert made.images.tolist() == [[[[75, 175], [175, 175]]]]


def test_pixelate_is_pillows_box_filter_there_and_back():
    split = photographs(32)
    made = corrupt(split, "pixelate", 4).images  # 24 cells of 32 pixels
    for image, got in zip(split.images, made, strict=True):
        picture = Image.fromarray(image.permute(1, 2, 0).numpy())
        small = picture.resize((24, 24), Image.Resampling.BOX)
        there = torch.from_numpy(np.array(small.resize((32, 32), Image.Resampling.BOX))).permute(2, 0, 1)
        assert (there.int() - got.int()).abs().max() <= 1  # Pillow rounds on the way


def test_pixelate_makes_four_cells_of_an_8x8_image_at_severity_3():
    checks = torch.arange(64).view(8, 8).tolist()
    made = corrupt(one(checks), "pixelate", 3).images[0, 0].double()
    cells = torch.arange(64, dtype=torch.float64).view(4, 2, 4, 2).mean((1, 3))  # whole and a half: 4.5, 6.5, …
    assert torch.allclose(made, cells.repeat_interleave(2, 0).repeat_interleave(2, 1), atol=0.51)
    assert [len(corrupt(one(checks), "pixelate", s).images[0, 0, 0].unique()) for s in range(1, 6)] == [7, 6, 4, 3, 2]


def test_pixelate_takes_oblong_and_tiny_images():
    oblong = split_of(
        torch.arange(40 * 20, dtype=torch.int32).remainder(251).byte().view(1, 1, 40, 20), torch.arange(1)
    )
    assert corrupt(oblong, "pixelate", 5).images.shape == (1, 1, 40, 20)
    assert corrupt(one([[0, 100]]), "pixelate", 5).images.tolist() == [[[[50, 50]]]]


@pytest.mark.parametrize("side", [8, 28])
def test_jpeg_is_pillows_of_the_quality(side: int, digits: Data):
    split = photographs(side) if side == 28 else digits.test.take(torch.arange(10))
    made = corrupt(split, "jpeg", 5).images
    for image, got in zip(split.images, made, strict=True):
        picture = Image.fromarray(image.permute(1, 2, 0).squeeze(2).numpy())
        file = io.BytesIO()
        picture.save(file, "JPEG", quality=40)
        assert np.array_equal(np.asarray(Image.open(file)).reshape(*got.shape[1:], -1), got.permute(1, 2, 0).numpy())


def test_an_empty_split_stays_empty(digits: Data):
    assert len(corrupt(digits.test.take(torch.arange(0)), "gaussian_noise", 1)) == 0


def test_more_images_than_are_held_at_once_are_all_corrupted():
    made = corrupt(flat(100, n=1030, shape=(1, 2, 2)), "brightness", 1).images
    assert set(made.flatten().tolist()) == {113}  # 100 + 0.05 · 255


def test_what_cannot_be_is_said_with_the_way_on(digits: Data):
    with pytest.raises(ValueError, match='corruption "blur" is not known'):
        corrupt(digits.test, "blur", 1)
    for severity in (0, 6, True):
        with pytest.raises(ValueError, match="severity must be 1, 2, 3, 4 or 5"):
            corrupt(digits.test, "jpeg", severity)


def test_corrupting_says_how_far_it_is(digits: Data):
    seen = []
    with wb.progress.watch(seen.append):
        corrupt(digits.test, "contrast", 1)
    assert [(p.done, p.of) for p in seen] == [(len(digits.test), len(digits.test))]
