"""Where images come from: scikit-learn's digits, torchvision's datasets, any .npz.

A source gives arrays as they are on the disk: the images of a training and of a test file, their labels, the names of
the classes. It is looked for as WORKBENCH_DATA/<name>.npz, then in torchvision's own layout in that folder, then it is
downloaded there. To add a dataset: a line in `DATASETS`, and, where it is none of torchvision's, a function from the
folder to `Arrays`.
"""

from __future__ import annotations

import math
import os
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from workbench.data.torchvision_files import halves, read_halves
from workbench.work import rules
from workbench.work.memory import check_room
from workbench.work.nearest import unknown

SPLIT = ("train_images", "train_labels", "test_images", "test_labels")
LABELS = ("labels", "fine_labels")
CLASSES = ("classes", "fine_label_names")

FEW, MOST = 1000, 2**16  # classes that any data may have, and that large data may: more are no classes but ids
HEADERS = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}  # of a .npy

Pair = tuple[np.ndarray, np.ndarray]  # images and labels


@dataclass(frozen=True, eq=False)
class Arrays:
    """uint8 images (n, channels, height, width) and int64 labels; `split` says whether the source has a test file."""

    train_images: np.ndarray
    train_labels: np.ndarray
    test_images: np.ndarray
    test_labels: np.ndarray
    classes: tuple[str, ...]
    split: bool = True


@dataclass(frozen=True)
class Place:
    """Where a dataset is: an .npz (with the time of its last change), or a name of `DATASETS` and the data folder."""

    name: str
    folder: Path
    file: Path | None = None
    changed: int = 0


def data_folder() -> Path:
    """The folder where datasets are looked for and downloaded to: WORKBENCH_DATA, else one in the user's cache."""
    return Path(os.environ.get("WORKBENCH_DATA") or "~/.cache/lottery-workbench").expanduser()


def find(name: str | Path) -> Place:
    """Find a dataset by its name, or an .npz by its path or its name in the data folder; nothing is read yet."""
    rules.instance("name", name, (str, Path), "the name of a dataset or the path of an .npz", '"digits" is one')
    folder = data_folder()
    if isinstance(name, Path) or name.endswith(".npz") or os.sep in name:
        file = Path(name).expanduser()
        if not file.is_file():
            raise FileNotFoundError(f'there is no file {file}; give the path of an .npz, or a name such as "digits"')
    else:
        file = folder / f"{name}.npz"
    if file.is_file():
        return Place(file.stem, folder, file, file.stat().st_mtime_ns)
    if name not in DATASETS:
        files = [file.stem for file in folder.glob("*.npz")]
        raise unknown("dataset", name, [*DATASETS, *files], f"any .npz in {folder} is known by its name")
    return Place(str(name), folder)


def read(place: Place) -> Arrays:
    """Read the arrays of a dataset. Raises a ValueError for a bad file, a FileNotFoundError for one that is missing."""
    return DATASETS[place.name](place.folder) if place.file is None else npz(place.file)


def digits(folder: Path) -> Arrays:
    """scikit-learn's 1797 digits of 8×8 pixels, their 17 grey levels stretched to 0 … 255; they need no download."""
    from sklearn.datasets import load_digits

    bunch: Any = load_digits()
    images = np.round(bunch.images[:, None] * (255 / 16)).astype(np.uint8)
    labels = bunch.target.astype(np.int64)
    return Arrays(images, labels, images[:0], labels[:0], _numbers(10), split=False)


def _of_torchvision(name: str, kind: str, about: str, classes: tuple[str, ...] = ()) -> Callable[[Path], Arrays]:
    """Return the function that reads a dataset of torchvision's, of the class `kind`; `about` is its docstring."""

    def source(folder: Path) -> Arrays:
        contents = read_halves(name, folder, halves(kind, folder))
        pairs = {half: (_channels_first(part.images), part.labels) for half, part in contents.items()}
        images, labels = next(iter(pairs.values()))
        empty = (images[:0], labels[:0])
        names = classes or next(iter(contents.values())).classes
        return _arrays(name, pairs.get("train", empty), pairs.get("test", empty), names, split=True)

    source.__doc__ = about
    return source


def _numbers(n: int) -> tuple[str, ...]:
    return tuple(str(number) for number in range(n))


DATASETS: dict[str, Callable[[Path], Arrays]] = {
    "digits": digits,
    "mnist": _of_torchvision("mnist", "MNIST", "Handwritten digits, 28×28 grey (LeCun et al. 1998).", _numbers(10)),
    "fashion-mnist": _of_torchvision(
        "fashion-mnist", "FashionMNIST", "Photographs of articles, 28×28 grey (Xiao et al. 2017)."
    ),
    "kmnist": _of_torchvision("kmnist", "KMNIST", "Cursive Hiragana, 28×28 grey (Clanuwat et al. 2018)."),
    "cifar10": _of_torchvision("cifar10", "CIFAR10", "Photographs of ten classes, 32×32 RGB (Krizhevsky 2009)."),
    "cifar100": _of_torchvision("cifar100", "CIFAR100", "Photographs of 100 classes, 32×32 RGB (Krizhevsky 2009)."),
    "svhn": _of_torchvision("svhn", "SVHN", "House numbers, 32×32 RGB (Netzer et al. 2011).", _numbers(10)),
}


def npz(path: Path) -> Arrays:
    """Read an .npz with train_images, train_labels, test_images, test_labels, or images and labels without a split.

    Images are uint8, as (n, h, w), (n, h, w, c) or (n, c, h, w) with c = 1 or 3; `classes` may hold their names.
    """
    try:
        arrays, keys = _members(path)
    except Exception as error:  # zip and numpy raise all kinds, from zlib.error to TokenError
        trouble = f"{path} is not a whole .npz of plain arrays ({error}); write it anew with numpy.savez"
        raise ValueError(trouble) from error
    split = "images" not in arrays
    wanted = SPLIT if split else ("images", next((key for key in LABELS if key in arrays), "labels"))
    missing = [key for key in wanted if key not in arrays]
    if missing:
        need = f"an .npz holds {', '.join(SPLIT)}, or images and labels without a split"
        raise ValueError(f"{path} lacks {', '.join(missing)} (it has {', '.join(keys) or 'nothing'}); {need}")
    named = next((arrays[key] for key in CLASSES if key in arrays), np.array(()))
    if named.ndim != 1 or len(named) > MOST:
        raise ValueError(f"{path}: classes must be one list of at most {MOST} names, got the shape {named.shape}")
    pairs = [_checked(path, arrays[a], arrays[b], len(named)) for a, b in zip(wanted[::2], wanted[1::2], strict=True)]
    train, test = pairs if split else (pairs[0], (pairs[0][0][:0], pairs[0][1][:0]))
    return _arrays(str(path), train, test, tuple(str(name) for name in named), split)


def _members(path: Path) -> tuple[dict[str, np.ndarray], list[str]]:
    """Return the arrays of an .npz that are wanted, and the names of all; what they take is seen before it is taken."""
    with zipfile.ZipFile(path) as file:
        keys = [name.removesuffix(".npy") for name in file.namelist()]
        wanted = {key: f"{key}.npy" for key in (*SPLIT, "images", *LABELS, *CLASSES) if f"{key}.npy" in file.namelist()}
        check_room("it", sum(file.getinfo(name).file_size for name in wanted.values()))
        return {key: _array(file, name) for key, name in wanted.items()}, keys


def _array(file: zipfile.ZipFile, name: str) -> np.ndarray:
    """Read an array of plain numbers or texts that is as long as its header says; never pickle."""
    with file.open(name) as member:
        read_header = HEADERS[np.lib.format.read_magic(member)]
        shape, _, dtype = read_header(member)
        size, rest = math.prod(shape) * dtype.itemsize, file.getinfo(name).file_size - member.tell()
        if size != rest and not dtype.hasobject:
            raise ValueError(f"{name} says that it is {size:,} bytes, and is {rest:,}")
        member.seek(0)
        return np.lib.format.read_array(member, allow_pickle=False)


def _checked(path: Path, images: np.ndarray, labels: np.ndarray, classes: int) -> Pair:
    """Return images as (n, c, h, w) and labels as int64, or say what is wrong with them."""
    if images.dtype != np.uint8:
        way_on = "floats in [0, 1] become (255 * images).round().astype('uint8')"
        raise ValueError(f"{path}: images must be uint8, 0 to 255, got {images.dtype}; {way_on}")
    shape = images.shape
    images = _channels_first(images)
    if images.ndim != 4 or images.shape[1] not in (1, 3) or 0 in images.shape[1:]:
        forms = "(n, h, w), (n, h, w, c) or (n, c, h, w) with c = 1 or 3"
        raise ValueError(f"{path}: images must have the shape {forms}, got {shape}; reshape or transpose them")
    if labels.ndim != 1 or not np.issubdtype(labels.dtype, np.integer) or (len(labels) and int(labels.min()) < 0):
        raise ValueError(
            f"{path}: labels must be whole numbers from 0, one an image, got {labels.dtype} of shape {labels.shape}; "
            "numpy.unique(labels, return_inverse=True) numbers any others"
        )
    if len(labels) != len(images):
        raise ValueError(f"{path}: there must be one label an image, got {len(images)} images, {len(labels)} labels")
    most = max(FEW, classes, min(len(labels), MOST))
    if len(labels) and int(labels.max()) >= most:
        raise ValueError(
            f"{path}: labels must be below {most}, for they are classes, got {labels.max()}; where they are ids, "
            "numpy.unique(labels, return_inverse=True) numbers them from 0, or `classes` names every class"
        )
    return images, labels.astype(np.int64)


def _channels_first(images: np.ndarray) -> np.ndarray:
    if images.ndim == 3:
        return images[:, None]
    if images.ndim == 4 and images.shape[3] in (1, 3):
        images = images.transpose(0, 3, 1, 2)
    return np.ascontiguousarray(images)


def _arrays(name: str, train: Pair, test: Pair, classes: tuple[str, ...], split: bool) -> Arrays:
    labels = np.concatenate([train[1], test[1]])
    if not len(labels):
        raise ValueError(f"{name} holds no images; a dataset has one at least")
    if train[0].shape[1:] != test[0].shape[1:]:
        shapes = f"{train[0].shape[1:]} and {test[0].shape[1:]}"
        raise ValueError(f"{name}: training and test images must have one shape, got {shapes}; resize one of them")
    classes = classes or _numbers(int(labels.max()) + 1)
    if labels.max() >= len(classes):
        raise ValueError(f"{name}: labels must be below {len(classes)}, the number of classes, got {labels.max()}")
    return Arrays(train[0], train[1], test[0], test[1], classes, split)
