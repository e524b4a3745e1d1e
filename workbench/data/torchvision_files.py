"""torchvision's datasets, a half at a time: read from the disk where it is there, else downloaded.

torchvision's classes ask for every file of a dataset; a training or a test half alone is of use too (the test images of
KMNIST, to see what a net trained on MNIST makes of them). Without a network a download fails within seconds.
"""

from __future__ import annotations

import http.client
import socket
import tarfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from workbench.data._torchvision import torchvision
from workbench.work import progress
from workbench.work.locks import Lock
from workbench.work.memory import check_room

PATIENCE = 10  # seconds without an answer after which a download is given up
FAILURES = (RuntimeError, OSError, EOFError, tarfile.TarError, http.client.HTTPException)
_DOWNLOADING = Lock()


@dataclass(frozen=True)
class Half:
    """The files that a half needs, and its torchvision dataset: `make(download=True)` fetches them first."""

    files: tuple[Path, ...]
    make: Callable[..., Any]


@dataclass(frozen=True, eq=False)
class Read:
    """The images of a half in the layout of torchvision, int64 labels, and the classes where torchvision names them."""

    images: np.ndarray
    labels: np.ndarray
    classes: tuple[str, ...]


def halves(kind: str, folder: Path) -> dict[str, Half]:
    """Describe the halves "train" and "test" of a class of `torchvision.datasets` in a folder."""
    dataset = getattr(torchvision().datasets, kind)
    if hasattr(dataset, "resources"):  # MNIST and its like: a class of the same name, which asks for two files of four
        parts = {"train": dataset.resources[:2], "test": dataset.resources[2:]}
        return {
            half: Half(
                tuple(folder / kind / "raw" / Path(name).stem for name, _ in resources),
                partial(_with(dataset, resources), folder, train=half == "train"),
            )
            for half, resources in parts.items()
        }
    if hasattr(dataset, "split_list"):  # SVHN: one file a half
        return {
            half: Half((folder / dataset.split_list[half][1],), partial(dataset, folder, split=half))
            for half in ("train", "test")
        }
    names = [name for name, _ in (*dataset.train_list, *dataset.test_list)]  # CIFAR: one archive for both halves
    files = tuple(folder / dataset.base_folder / name for name in (*names, dataset.meta["filename"]))
    return {half: Half(files, partial(dataset, folder, train=half == "train")) for half in ("train", "test")}


def read_halves(name: str, folder: Path, parts: dict[str, Half]) -> dict[str, Read]:
    """Read both halves, those that are not on the disk after a download; a half that cannot be had is left out.

    Raises a FileNotFoundError that names the first missing file where neither half can be had, a ValueError for a file
    that is there and is not what it should be.
    """
    failure: Exception | None = None
    try:
        for part in parts.values():
            if _absent(part):
                with _downloads(name):
                    part.make(download=True)
    except FAILURES as error:
        failure = error
    present = {half: part for half, part in parts.items() if not _absent(part)}
    if not present:
        reason = " ".join(str(failure).split())[:200]
        raise FileNotFoundError(
            f"{_absent(parts['train'])[0]} is missing: {name} was looked for as {folder / name}.npz, then in "
            f"torchvision's layout in {folder}, and could not be downloaded ({reason}); put it there, set "
            f'WORKBENCH_DATA to the folder that has it, or take "digits", which needs no download'
        ) from failure
    return {half: _read(part) for half, part in present.items()}


def _with(dataset: Any, resources: list[tuple[str, str]]) -> Any:
    return type(dataset.__name__, (dataset,), {"resources": resources})  # the name is that of its folder


def _absent(half: Half) -> list[Path]:
    return [file for file in half.files if not file.is_file()]


def _read(half: Half) -> Read:
    files = ", ".join(str(file) for file in half.files)
    check_room(files, sum(file.stat().st_size for file in half.files), "delete what is no file of this dataset")
    try:
        dataset = half.make()
        labels = dataset.labels if hasattr(dataset, "labels") else dataset.targets
        classes = tuple(str(name) for name in getattr(dataset, "classes", ()))
        return Read(np.asarray(dataset.data), np.asarray(labels, dtype=np.int64), classes)
    except Exception as error:  # torchvision's readers raise all kinds, from AssertionError to UnpicklingError
        raise ValueError(f"one of {files} is corrupt ({error}); delete it and load again") from error


@contextmanager
def _downloads(name: str) -> Iterator[None]:
    """Let torchvision download: without patience for a dead network, and with `progress` in place of its own bar."""
    utils = torchvision().datasets.utils
    with _DOWNLOADING, progress.within(f"download of {name}", 0):
        before, bar = socket.getdefaulttimeout(), utils.tqdm
        socket.setdefaulttimeout(PATIENCE)
        utils.tqdm = _Meter
        try:
            yield
        finally:
            socket.setdefaulttimeout(before)
            utils.tqdm = bar


class _Meter:
    """Takes the place of tqdm in torchvision's download: reports the bytes, so that a panel shows them and can stop."""

    def __init__(self, *, total: int | None = None, **options: object) -> None:
        self.done, self.total = 0, total

    def __enter__(self) -> _Meter:
        return self

    def __exit__(self, *error: object) -> None:
        return None

    def update(self, n: int) -> None:
        self.done += n
        progress.report(self.done, self.total)
