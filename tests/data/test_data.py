"""Data: what `load` promises of sizes, classes, ids, normalisation, and of files that are missing or broken."""

from __future__ import annotations

import os
import socket
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from workbench.data import sources
from workbench.data.data import Data, Split, load
from workbench.data.images import AUGMENTATIONS, crop, flip, resize
from workbench.data.sources import DATASETS
from workbench.work import progress
from workbench.work.seeds import generator

real = pytest.mark.skipif(
    "WORKBENCH_DATA" not in os.environ, reason="real images are looked for in WORKBENCH_DATA, which is not set"
)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty data folder, and no network."""
    monkeypatch.setenv("WORKBENCH_DATA", str(tmp_path))
    return tmp_path


@pytest.fixture(autouse=True)
def _no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*arguments: object, **options: object) -> None:
        raise urllib.error.URLError("no network in tests")

    monkeypatch.setattr(urllib.request, "urlopen", refuse)


def pictures(n: int = 60, shape: tuple[int, ...] = (6, 6, 3), classes: int = 3, seed: int = 0) -> dict[str, Any]:
    draw = np.random.default_rng(seed)
    return {"images": draw.integers(0, 256, (n, *shape), dtype=np.uint8), "labels": np.arange(n) % classes}


def parts(data: Data) -> tuple[Split, Split, Split]:
    return data.train, data.validation, data.test


# What is drawn


def test_digits_come_in_three_parts_that_share_no_image():
    data = load("digits")
    assert repr(data) == "Data(digits: train 1078, validation 120, test 599, 1x8x8, 10 classes)"
    assert torch.equal(torch.cat([part.ids for part in parts(data)]).sort().values, torch.arange(1797))
    assert data.train.images.dtype == torch.uint8
    assert data.train.images.max() == 255


def test_the_test_set_of_a_source_without_one_is_a_third_of_every_class_for_every_seed():
    first, second = load("digits", seed=0), load("digits", seed=1)
    assert torch.equal(first.test.ids, second.test.ids)
    everything = torch.cat([part.labels for part in parts(first)]).bincount()
    assert ((first.test.labels.bincount() - everything / 3).abs() < 1).all()


def test_validation_depends_on_the_seed_alone():
    whole, few, other = load("digits"), load("digits", train_size=50, label_noise=0.5), load("digits", seed=1)
    assert torch.equal(whole.validation.ids, few.validation.ids)
    assert not torch.equal(whole.validation.ids, other.validation.ids)


@pytest.mark.parametrize("size", [1, 7, 100, 1003])
def test_train_size_is_exact_and_balanced_over_classes(size: int):
    data = load("digits", train_size=size)
    counts = data.train.labels.bincount(minlength=10)
    assert len(data.train) == size
    assert counts.max() - counts.min() <= 1
    assert not set(data.train.ids.tolist()) & set(data.validation.ids.tolist())


def test_a_smaller_training_set_is_part_of_a_larger_one():
    small, large = load("digits", train_size=100), load("digits", train_size=200)
    assert set(small.train.ids.tolist()) < set(large.train.ids.tolist())


def test_a_rare_class_is_in_every_part_and_gives_all_it_has(folder: Path):
    labels = np.array([0] * 900 + [1] * 30)
    np.savez(folder / "rare.npz", images=np.zeros((930, 4, 4), np.uint8), labels=labels)
    data = load("rare")
    assert [part.labels.bincount().tolist() for part in parts(data)] == [[540, 18], [60, 2], [300, 10]]
    assert load("rare", train_size=100).train.labels.bincount().tolist() == [82, 18]


def test_without_validation_all_training_images_are_for_training():
    data = load("digits", validation=0)
    assert (len(data.train), len(data.validation)) == (1198, 0)


def test_label_noise_flips_exactly_its_share_of_the_training_labels_and_says_which():
    clean, noisy = load("digits", train_size=201), load("digits", train_size=201, label_noise=0.3)
    wrong = clean.train.labels != noisy.train.labels
    assert int(wrong.sum()) == round(0.3 * 201) == len(noisy.flipped)
    assert torch.equal(noisy.train.ids[wrong], noisy.flipped)
    assert torch.equal(clean.validation.labels, noisy.validation.labels)
    assert torch.equal(clean.test.labels, noisy.test.labels)
    assert noisy.train.labels.max() < 10


def test_flipped_labels_reach_every_other_class():
    clean, noisy = load("digits"), load("digits", label_noise=1)
    assert (clean.train.labels != noisy.train.labels).all()
    assert set(((noisy.train.labels - clean.train.labels) % 10).tolist()) == set(range(1, 10))


def test_the_same_arguments_give_the_same_object_and_a_changed_file_new_data(folder: Path):
    np.savez(folder / "mine.npz", **pictures(seed=0))
    first = load("mine")
    assert load("mine") is first
    np.savez(folder / "mine.npz", **pictures(seed=1))
    os.utime(folder / "mine.npz", ns=(1, 1))
    assert load("mine").fingerprint != first.fingerprint


# Normalisation


def test_training_images_have_mean_zero_and_deviation_one_by_channel(folder: Path):
    np.savez(folder / "mine.npz", **pictures(300))
    data = load("mine", validation=0)
    inputs = data.train.inputs()
    assert torch.allclose(inputs.mean((0, 2, 3)), torch.zeros(3), atol=1e-5)
    assert torch.allclose(inputs.std((0, 2, 3), correction=0), torch.ones(3), atol=1e-5)
    mean, std = data.train.mean[:, None, None], data.train.std[:, None, None]
    assert torch.allclose(inputs, (data.train.images / 255 - mean) / std, atol=1e-5)


def test_normalisation_is_the_same_for_every_seed_and_size():
    whole, few = load("digits"), load("digits", train_size=10, validation=0.5, seed=3)
    assert torch.equal(whole.train.mean, few.test.mean)
    assert torch.equal(whole.train.std, few.test.std)


def test_a_constant_channel_stays_finite(folder: Path):
    np.savez(folder / "grey.npz", images=np.full((30, 4, 4), 7, np.uint8), labels=np.arange(30) % 2)
    assert load("grey").train.inputs().abs().max() < 1e-6


def test_inputs_of_an_index_are_the_rows_of_all_inputs_and_images_stay_as_they_were():
    split = load("digits").train
    before, index = split.images.clone(), torch.tensor([5, 0, 5])
    assert torch.equal(split.inputs(index), split.inputs()[index])
    assert torch.equal(split.take(index).inputs(), split.inputs(index))
    assert torch.equal(split.images, before)


# What a person sees, and the fingerprint


def test_the_fingerprint_notices_labels_ids_sizes_and_seeds():
    variants: list[dict] = [{}, {"seed": 1}, {"train_size": 20}, {"label_noise": 0.1}, {"image_size": 4}]
    prints = [load("digits", **options).fingerprint for options in variants]
    assert len(set(prints)) == len(prints)
    assert load("digits").fingerprint == prints[0]


def test_data_show_themselves_in_a_line_and_in_a_table():
    data = load("digits")
    assert repr(data.test) == "Split(599 images, 1x8x8)"
    assert "<td>1,078</td>" in data._repr_html_()


def test_moving_to_where_the_data_are_copies_nothing():
    data = load("digits")
    assert data.to("cpu").train.images.data_ptr() == data.train.images.data_ptr()


# Crop, flip, resize


def test_a_crop_is_a_window_of_the_padded_image_at_its_own_place():
    images = torch.arange(1, 1 + 64 * 2 * 3 * 3).remainder(256).to(torch.uint8).view(64, 2, 3, 3)
    cut = crop(images, generator(0, "test"), padding=1)
    padded = torch.nn.functional.pad(images, (1, 1, 1, 1))
    places = set()
    for before, after in zip(padded, cut, strict=True):
        found = [(y, x) for y in range(3) for x in range(3) if torch.equal(before[:, y : y + 3, x : x + 3], after)]
        assert found
        places.update(found)
    assert len(places) == 9


def test_a_flip_mirrors_about_half_of_the_images_left_to_right():
    images = torch.arange(4, dtype=torch.uint8).expand(1000, 1, 1, 4)
    rows = flip(images, generator(0, "test"))[:, 0, 0].tolist()
    assert all(row in ([0, 1, 2, 3], [3, 2, 1, 0]) for row in rows)
    assert 430 < rows.count([3, 2, 1, 0]) < 570


@pytest.mark.parametrize("name", AUGMENTATIONS)
def test_an_augmentation_keeps_shape_and_bytes_and_repeats_from_its_generator(name: str):
    images = load("digits").train.images[:20]
    before = images.clone()
    first, second = (AUGMENTATIONS[name](images, generator(0, "test")) for _ in range(2))
    assert (first.shape, first.dtype) == (images.shape, torch.uint8)
    assert torch.equal(first, second)
    assert torch.equal(images, before)


def test_shrinking_takes_the_mean_over_areas_and_growing_keeps_the_range():
    image = torch.tensor([[[[0, 2, 10, 20], [4, 6, 30, 40], [255, 255, 0, 1], [255, 255, 0, 0]]]], dtype=torch.uint8)
    assert resize(image, 2).tolist() == [[[[3, 25], [255, 0]]]]
    assert resize(image, 1).tolist() == [[[[71]]]]
    assert resize(image, 8).shape == (1, 1, 8, 8)
    assert resize(image, 4) is image
    assert load("digits", image_size=28).shape == (1, 28, 28)


@pytest.mark.parametrize(
    ("shape", "size"), [((28, 28), 16), ((3, 3), 2), ((10, 12), 7), ((12, 9), 4), ((28, 28), 27)], ids=str
)
def test_a_mean_over_areas_is_exact_where_a_pixel_is_a_part_of_two(shape: tuple[int, int], size: int):
    image = torch.randint(0, 256, (3, 2, *shape), generator=generator(0, "test")).to(torch.uint8)
    fine = image.double().repeat_interleave(size, 2).repeat_interleave(size, 3)  # where every edge is one of pixels
    mean = fine.unflatten(3, (size, -1)).unflatten(2, (size, -1)).mean((3, 5))
    assert ((resize(image, size) - mean).abs() <= 0.5 + 1e-4).all()


@pytest.mark.parametrize("size", [1, 2, 4, 8, 16])
def test_a_mean_over_whole_pixels_is_what_it_was(size: int):
    image = torch.randint(0, 256, (5, 3, 32, 16), generator=generator(0, "test")).to(torch.uint8)
    area = torch.nn.functional.interpolate(image.float(), (size, size), mode="area")
    assert torch.equal(resize(image, size), area.round().to(torch.uint8))


def test_many_images_are_resized_as_each_alone():
    images = torch.randint(0, 256, (2100, 1, 4, 4), generator=generator(0, "test")).to(torch.uint8)
    assert torch.equal(resize(images, 2)[[0, 1023, 1024, 2099]], resize(images[[0, 1023, 1024, 2099]], 2))


# Files


@pytest.mark.parametrize("shape", [(6, 6), (6, 6, 1), (1, 6, 6), (6, 6, 3), (3, 6, 6)], ids=str)
def test_an_npz_may_have_its_channels_first_last_or_none(folder: Path, shape: tuple[int, ...]):
    given = pictures(30, shape)
    np.savez(folder / "mine.npz", **given)
    data = load("mine", validation=0)
    channels = 3 if 3 in shape else 1
    assert data.shape == (channels, 6, 6)
    image = given["images"][data.train.ids[0]]
    expected = image.transpose(2, 0, 1) if shape[-1] in (1, 3) else image.reshape(channels, 6, 6)
    assert np.array_equal(data.train.images[0].numpy(), expected)


def test_an_npz_with_a_split_keeps_it_and_the_names_of_its_classes(folder: Path):
    train, test = pictures(40), pictures(20, seed=1)
    split: dict[str, Any] = {
        f"{half}_{key}": part[key] for half, part in (("train", train), ("test", test)) for key in part
    }
    np.savez(folder / "mine.npz", classes=np.array(["ant", "bee", "cat"]), **split)
    data = load(folder / "mine.npz")
    assert [len(part) for part in parts(data)] == [36, 4, 20]
    assert data.classes == ("ant", "bee", "cat")
    assert data.name == "mine"
    assert torch.equal(data.test.ids, torch.arange(20))
    assert load(str(folder / "mine.npz")).fingerprint == load("mine").fingerprint == data.fingerprint


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"labels": None}, "lacks labels"),
        ({"images": None}, "lacks train_images, train_labels, test_images, test_labels"),
        ({"labels": np.arange(59)}, "60 images, 59 labels"),
        ({"labels": np.linspace(0, 1, 60)}, "labels must be whole numbers from 0, one an image, got float64"),
        ({"labels": np.arange(60) - 1}, "labels must be whole numbers from 0"),
        (
            {"images": np.full((60, 6, 6), 300.5, np.float32)},
            "images must be uint8, 0 to 255, or .* got float32 from 300.5",
        ),
        ({"images": np.zeros((60, 6, 6, 5), np.uint8)}, "images must have the shape"),
        ({"images": np.zeros((0, 6, 6), np.uint8), "labels": np.zeros(0, int)}, "holds no images"),
        ({"classes": np.array(["ant", "bee"])}, "labels must be below 2, the number of classes, got 2"),
        ({"labels": np.array([{}] * 60)}, "is not a whole .npz of plain arrays"),
    ],
    ids=lambda value: "" if isinstance(value, dict) else value,
)
def test_an_npz_that_is_not_a_dataset_says_what_is_wrong(folder: Path, change: dict, message: str):
    arrays = {key: value for key, value in (pictures() | change).items() if value is not None}
    np.savez(folder / "bad.npz", **arrays)
    with pytest.raises(ValueError, match=message):
        load("bad")


@pytest.mark.parametrize("damage", ["empty", "text", "cut", "altered", "npy"])
def test_a_corrupt_npz_says_so(folder: Path, damage: str):
    file = folder / "bad.npz"
    np.savez_compressed(file, **pictures())
    whole = file.read_bytes()
    if damage == "npy":
        np.save(folder / "one.npy", np.zeros(3))
        whole = (folder / "one.npy").read_bytes()
    altered = whole[:200] + bytes(100) + whole[300:]
    file.write_bytes({"empty": b"", "text": b"images", "cut": whole[:-99], "altered": altered, "npy": whole}[damage])
    with pytest.raises(ValueError, match=r"bad\.npz is not a whole \.npz of plain arrays"):
        load("bad")


def test_an_unknown_dataset_names_the_nearest_known_one_and_the_files_of_the_folder(folder: Path):
    np.savez(folder / "beetles.npz", **pictures())
    with pytest.raises(ValueError, match='dataset "fashon-mnist" is not known; did you mean "fashion-mnist"'):
        load("fashon-mnist")
    with pytest.raises(ValueError, match='did you mean "beetles"'):
        load("beatles")
    with pytest.raises(FileNotFoundError, match=r"there is no file nowhere\.npz"):
        load("nowhere.npz")


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("mnist", "MNIST/raw/train-images-idx3-ubyte"),
        ("cifar10", "cifar-10-batches-py/data_batch_1"),
        ("cifar100", "cifar-100-python/train"),
        ("svhn", "train_32x32.mat"),
    ],
)
def test_a_dataset_that_cannot_be_had_says_which_file_is_missing_and_where(folder: Path, name: str, file: str):
    timeout = socket.getdefaulttimeout()
    with pytest.raises(FileNotFoundError) as caught:
        load(name)
    for words in (str(folder / file), str(folder / f"{name}.npz"), "no network in tests", "digits", "WORKBENCH_DATA"):
        assert words in str(caught.value)
    assert socket.getdefaulttimeout() == timeout


def test_a_folder_that_cannot_be_written_is_a_missing_dataset(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "file").write_text("not a folder")
    monkeypatch.setenv("WORKBENCH_DATA", str(tmp_path / "file"))
    with pytest.raises(FileNotFoundError, match="train-images-idx3-ubyte is missing"):
        load("kmnist")


def idx(folder: Path, half: str, images: np.ndarray, labels: np.ndarray) -> None:
    """Write a half of an MNIST as its authors do: big-endian sizes, then bytes."""
    folder.mkdir(parents=True, exist_ok=True)
    sizes = b"".join(size.to_bytes(4, "big") for size in images.shape)
    (folder / f"{half}-images-idx3-ubyte").write_bytes(b"\0\0\x08\x03" + sizes + images.tobytes())
    (folder / f"{half}-labels-idx1-ubyte").write_bytes(
        b"\0\0\x08\x01" + len(labels).to_bytes(4, "big") + labels.astype(np.uint8).tobytes()
    )


def test_a_test_half_alone_loads_with_an_empty_training_part(folder: Path):
    images = np.arange(20 * 9, dtype=np.uint8).reshape(20, 3, 3)
    idx(folder / "KMNIST" / "raw", "t10k", images, np.arange(20) % 10)
    data = load("kmnist")
    assert [len(part) for part in parts(data)] == [0, 0, 20]
    assert np.array_equal(data.test.images[:, 0].numpy(), images)
    assert abs(float(data.test.inputs().mean())) < 1e-5
    assert data.classes[0] == "o"
    with pytest.raises(ValueError, match="train_size must be at most 0, got 5: kmnist has 0 training images"):
        load("kmnist", train_size=5)


def test_a_file_of_torchvision_that_is_cut_off_says_so(folder: Path):
    idx(folder / "MNIST" / "raw", "t10k", np.zeros((20, 3, 3), np.uint8), np.arange(20) % 10)
    file = folder / "MNIST" / "raw" / "t10k-images-idx3-ubyte"
    file.write_bytes(file.read_bytes()[:-7])
    with pytest.raises(ValueError, match=r"t10k-images-idx3-ubyte.* is corrupt .*delete it and load again"):
        load("mnist")


def test_a_download_reports_its_bytes_and_can_be_stopped(folder: Path, monkeypatch: pytest.MonkeyPatch):
    class Response:
        url, length = None, 100

        def __enter__(self) -> Response:
            return self

        def __exit__(self, *error: object) -> None:
            return None

        def read(self, size: int) -> bytes:
            return bytes(50)

    seen = []

    def watcher(report: progress.Progress) -> None:
        seen.append(report)
        if report.done == 100:
            raise progress.Stopped

    monkeypatch.setattr(urllib.request, "urlopen", lambda *arguments, **options: Response())
    with progress.watch(watcher), pytest.raises(progress.Stopped):
        load("svhn")
    assert [(report.done, report.of) for report in seen] == [(50, 100), (100, 100)]
    assert seen[0].path == (("download of svhn", 0, None),)


# Bad options


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"train_size": 0}, "train_size must be a whole number from 1, got 0"),
        ({"train_size": 1079}, "train_size must be at most 1078, got 1079"),
        ({"image_size": 0}, "image_size must be a whole number of pixels from 1, got 0"),
        ({"validation": 1}, r"validation must be in \[0, 1\), got 1"),
        ({"validation": -0.1}, r"validation must be in \[0, 1\), got -0.1"),
        ({"label_noise": 1.5}, r"label_noise must be in \[0, 1\], got 1.5"),
        ({"seed": -1}, "seed must be an integer from 0"),
    ],
    ids=str,
)
def test_an_option_out_of_range_says_the_value_and_the_rule(options: dict, message: str):
    with pytest.raises(ValueError, match=message):
        load("digits", **options)


# Real files


@real
@pytest.mark.parametrize(
    ("name", "sizes", "shape", "mean"),
    [
        ("mnist", [54000, 6000, 10000], (1, 28, 28), [0.1307]),
        ("fashion-mnist", [54000, 6000, 10000], (1, 28, 28), [0.2860]),
        ("cifar10", [45000, 5000, 10000], (3, 32, 32), [0.4914, 0.4822, 0.4465]),
    ],
)
def test_real_images_have_their_published_sizes_and_means(name: str, sizes: list[int], shape: tuple, mean: list[float]):
    data = load(name)
    assert [len(part) for part in parts(data)] == sizes
    assert data.shape == shape
    assert torch.allclose(data.train.mean, torch.tensor(mean), atol=1e-4)


def raw_cifar(place: int) -> np.ndarray:
    """One training image as its file has it, height × width × channels: from the .npz or torchvision's own files."""
    file = sources.data_folder() / "cifar10.npz"
    if file.is_file():
        with np.load(file) as arrays:
            return arrays["train_images"][place]
    from torchvision.datasets import CIFAR10

    return CIFAR10(str(sources.data_folder())).data[place]


@real
def test_cifar_is_averaged_down_to_16_pixels_and_drawn_with_a_thousand_of_each_class():
    data = load("cifar10", image_size=16, train_size=10_000)
    assert data.train.labels.bincount().tolist() == [1000] * 10
    boxes = raw_cifar(int(data.train.ids[0])).astype(float).reshape(16, 2, 16, 2, 3).mean((1, 3)).transpose(2, 0, 1)
    assert np.array_equal(data.train.images[0].numpy(), np.round(boxes))


@real
def test_the_real_test_half_of_kmnist_loads():
    assert len(load("kmnist").test) == 10_000


@real
@pytest.mark.skipif(
    not (sources.data_folder() / "cifar100_sample5000.npz").is_file(),
    reason="a real sample without a split was not read: there is no cifar100_sample5000.npz in WORKBENCH_DATA",
)
def test_a_real_sample_without_a_split_loads():
    sample = load("cifar100_sample5000")
    assert len(sample.classes) == 100
    assert [len(part) for part in parts(sample)] == [3000, 333, 1667]


def test_every_dataset_is_a_function_of_the_folder_that_says_what_it_is():
    assert all(function.__doc__ for function in DATASETS.values())
