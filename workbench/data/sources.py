"""Where images come from: scikit-learn's digits, torchvision's datasets, one's own in any of some layouts.

A source gives arrays as they are on the disk: the images of a training and of a test file, their labels, the names of
the classes. It is looked for as WORKBENCH_DATA/<name>.npz (or .csv, or a folder), then in torchvision's own layout in
that folder, then it is downloaded there. To add a dataset: a line in `DATASETS`, and, where it is none of
torchvision's, a function from the folder to `Arrays`. To add a layout: a line in `LAYOUTS`.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from workbench.data.arrays import Arrays, Pair, arrays_of
from workbench.data.npz import npz
from workbench.data.pictures import SAVED, folders, hugging_face, is_folders, table
from workbench.data.torchvision_files import halves, read_halves
from workbench.work import rules
from workbench.work.nearest import unknown

# a layout of one's own data: whether a path is of it, and what reads it at a size of images
LAYOUTS: dict[str, tuple[Callable[[Path], bool], Callable[[Path, int | None], Arrays]]] = {
    "an .npz of arrays": (lambda path: path.is_file() and path.suffix != ".csv", npz),
    "a .csv of labels beside pictures": (lambda path: path.is_file() and path.suffix == ".csv", table),
    "a folder of Hugging Face's datasets": (lambda path: any((path / name).is_file() for name in SAVED), hugging_face),
    "a folder of a folder of pictures a class": (is_folders, folders),
}


@dataclass(frozen=True)
class Place:
    """Where a dataset is: a file or folder (with what tells its last change), or a name of `DATASETS`."""

    name: str
    folder: Path
    file: Path | None = None
    changed: int = 0


def data_folder() -> Path:
    """The folder where datasets are looked for and downloaded to: WORKBENCH_DATA, else one in the user's cache."""
    return Path(os.environ.get("WORKBENCH_DATA") or "~/.cache/lottery-workbench").expanduser()


def find(name: str | Path) -> Place:
    """Find a dataset by its name, or one's own by its path or its name in the data folder; nothing is read yet."""
    rules.instance("name", name, (str, Path), "the name of a dataset or the path of one's own", '"digits" is one')
    folder, path = data_folder(), Path(name).expanduser()
    if isinstance(name, Path) or path.suffix in (".npz", ".csv") or os.sep in name or _is_own(name, path):
        if not path.exists():
            known = 'a name such as "digits"'
            raise FileNotFoundError(f"there is no file {path}; give the path of {' or '.join(LAYOUTS)}, or {known}")
        return Place(path.stem if path.is_file() else path.resolve().name, folder, path, _changed(path))
    for path in (folder / f"{name}.npz", folder / f"{name}.csv", folder / name):
        if path.is_file() or _is_own(name, path):
            return Place(str(name), folder, path, _changed(path))
    if name not in DATASETS:
        files = [file.stem for suffix in ("npz", "csv") for file in folder.glob(f"*.{suffix}")]
        raise unknown("dataset", name, [*DATASETS, *files], f"any .npz in {folder} is known by its name")
    return Place(str(name), folder)


def files(name: str | Path) -> list[Path]:
    """Return the files or the folder that a dataset is read from, there or not yet; none of one that needs none."""
    place = find(name)
    if place.file is not None:
        return [place.file]
    source = DATASETS[place.name]
    return source.files(place.folder) if isinstance(source, OfTorchvision) else []


def read(place: Place, image_size: int | None = None) -> Arrays:
    """Read the arrays of a dataset, pictures of different sizes at that of `image_size`.

    Raises a ValueError for a bad file, a FileNotFoundError for one that is missing.
    """
    if place.file is None:
        return DATASETS[place.name](place.folder)
    reader = next((reader for fits, reader in LAYOUTS.values() if fits(place.file)), None)
    if reader is None:
        raise ValueError(
            f"{place.file} must be {' or '.join(LAYOUTS)}; the folders of pictures may lie in train and test"
        )
    return reader(place.file, image_size)


def _is_own(name: str, path: Path) -> bool:
    """Whether a folder holds data of one's own, under a name that is no known dataset's."""
    return bool(name) and name not in DATASETS and any(fits(path) for fits, _ in LAYOUTS.values() if path.is_dir())


def _changed(path: Path) -> int:
    """Return a number that changes with the file, or with any in the folder."""
    return sum(file.stat().st_mtime_ns for file in (path, *(path.rglob("*") if path.is_dir() else ())))


def digits(folder: Path) -> Arrays:
    """scikit-learn's 1797 digits of 8×8 pixels, their 17 grey levels stretched to 0 … 255; they need no download."""
    from sklearn.datasets import load_digits

    bunch: Any = load_digits()
    images = np.round(bunch.images[:, None] * (255 / 16)).astype(np.uint8)
    labels = bunch.target.astype(np.int64)
    return Arrays(images, labels, images[:0], labels[:0], _numbers(10), split=False)


class OfTorchvision:
    """A dataset that a class of torchvision's, of the name `kind`, reads and downloads; `about` is its docstring."""

    def __init__(self, name: str, kind: str, about: str, classes: tuple[str, ...] = ()) -> None:
        self.name, self.kind, self.classes, self.__doc__ = name, kind, classes, about

    def __call__(self, folder: Path) -> Arrays:
        contents = read_halves(self.name, folder, halves(self.kind, folder))
        pairs: dict[str, Pair] = {half: (part.images, part.labels) for half, part in contents.items()}
        return arrays_of(self.name, pairs, self.classes or next(iter(contents.values())).classes)

    def files(self, folder: Path) -> list[Path]:
        """The files that it is read from, in torchvision's layout, whether they are there or not."""
        return list(dict.fromkeys(file for half in halves(self.kind, folder).values() for file in half.files))


def _numbers(n: int) -> tuple[str, ...]:
    return tuple(str(number) for number in range(n))


DATASETS: dict[str, Callable[[Path], Arrays]] = {
    "digits": digits,
    "mnist": OfTorchvision("mnist", "MNIST", "Handwritten digits, 28×28 grey (LeCun et al. 1998).", _numbers(10)),
    "fashion-mnist": OfTorchvision(
        "fashion-mnist", "FashionMNIST", "Photographs of articles, 28×28 grey (Xiao et al. 2017)."
    ),
    "kmnist": OfTorchvision("kmnist", "KMNIST", "Cursive Hiragana, 28×28 grey (Clanuwat et al. 2018)."),
    "cifar10": OfTorchvision("cifar10", "CIFAR10", "Photographs of ten classes, 32×32 RGB (Krizhevsky 2009)."),
    "cifar100": OfTorchvision("cifar100", "CIFAR100", "Photographs of 100 classes, 32×32 RGB (Krizhevsky 2009)."),
    "svhn": OfTorchvision("svhn", "SVHN", "House numbers, 32×32 RGB (Netzer et al. 2011).", _numbers(10)),
}
