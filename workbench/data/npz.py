"""An .npz of one's own, or MedMNIST's: arrays of images and labels, with a split or without."""

from __future__ import annotations

import math
import zipfile
from pathlib import Path

import numpy as np

from workbench.data.arrays import HALVES, MOST, Arrays, arrays_of
from workbench.work.memory import check_room

ENDS = {"train": "train", "test": "test"}  # the halves that a split has at least
SPLIT = tuple(f"{half}_{what}" for half in ENDS for what in ("images", "labels"))
OTHERS = tuple(f"{key}_{what}" for key in HALVES["validation"] for what in ("images", "labels"))
LABELS = ("labels", "fine_labels")
CLASSES = ("classes", "fine_label_names")
HEADERS = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}  # of a .npy


def npz(path: Path, image_size: int | None = None) -> Arrays:
    """Read an .npz with train_images, train_labels, test_images, test_labels, or images and labels without a split.

    Images are uint8, as (n, h, w), (n, h, w, c) or (n, c, h, w) with c = 1 or 3; `classes` may hold their names.
    """
    try:
        arrays, keys = _members(path)
    except Exception as error:  # zip and numpy raise all kinds, from zlib.error to TokenError
        trouble = f"{path} is not a whole .npz of plain arrays ({error}); write it anew with numpy.savez"
        raise ValueError(trouble) from error
    halves = {half: key for half, names in HALVES.items() for key in names if f"{key}_images" in arrays}
    labels = next((key for key in LABELS if key in arrays), "labels")
    pairs = {half: (f"{key}_images", f"{key}_labels") for half, key in {**ENDS, **halves}.items()}
    wanted = {"all": ("images", labels)} if "images" in arrays else pairs
    missing = [key for pair in wanted.values() for key in pair if key not in arrays]
    if missing:
        need = f"an .npz holds {', '.join(SPLIT)}, or images and labels without a split"
        raise ValueError(f"{path} lacks {', '.join(missing)} (it has {', '.join(keys) or 'nothing'}); {need}")
    named = next((arrays[key] for key in CLASSES if key in arrays), np.array(()))
    if named.ndim != 1 or len(named) > MOST:
        raise ValueError(f"{path}: classes must be one list of at most {MOST} names, got the shape {named.shape}")
    return arrays_of(str(path), {part: (arrays[a], arrays[b]) for part, (a, b) in wanted.items()}, list(named))


def _members(path: Path) -> tuple[dict[str, np.ndarray], list[str]]:
    """Return the arrays of an .npz that are wanted, and the names of all; what they take is seen before it is taken."""
    with zipfile.ZipFile(path) as file:
        keys = [name.removesuffix(".npy") for name in file.namelist()]
        wanted = {
            key: f"{key}.npy"
            for key in (*SPLIT, *OTHERS, "images", *LABELS, *CLASSES)
            if f"{key}.npy" in file.namelist()
        }
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
