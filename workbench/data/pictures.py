"""Pictures in files, beside one another in folders of their classes or named in a table, and Hugging Face's folders."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import torch

from workbench.data.arrays import HALVES, Arrays, arrays_of
from workbench.data.images import resize
from workbench.work import rules
from workbench.work.memory import check_room

SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".pgm", ".ppm", ".tif", ".tiff", ".webp")
IMAGE = ("image", "img", "file", "filename", "file_name", "path", "image_path", "image_id", "id")  # columns
LABEL = ("label", "labels", "class", "target", "category", "fine_label")
SAVED = ("dataset_dict.json", "state.json")  # by which a folder of Hugging Face's is known


def folders(path: Path, image_size: int | None = None) -> Arrays:
    """Read a folder of a folder a class (torchvision's ImageFolder), or of such a one each for train, val and test."""
    halves = {
        half: folder for folder in _inside(path) for half, names in HALVES.items() if folder.name.lower() in names
    }
    halves = halves or {"all": path}
    classes = sorted({folder.name for half in halves.values() for folder in _inside(half)})
    parts, pictures = {}, _Pictures(str(path), image_size)
    for half, folder in halves.items():
        files = [(file, of.name) for of in _inside(folder) for file in sorted(of.rglob("*")) if _is_picture(file)]
        parts[half] = (pictures.read(file for file, _ in files), np.array([label for _, label in files], dtype=str))
    return arrays_of(str(path), pictures.alike(parts), classes)


def table(path: Path, image_size: int | None = None) -> Arrays:
    """Read a .csv with a column of files beside it, one of labels, and where it has one a column `split`."""
    with open(path, newline="", encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file))
    columns = list(rows[0]) if rows else []
    image, label = (_column(str(path), columns, names) for names in (IMAGE, LABEL))
    by_half: dict[str, list[dict[str, str]]] = {}
    for row in rows:
        given = (row.get("split") or "").strip().lower()
        half = next((half for half, names in HALVES.items() if given in names), "all" if "split" not in columns else "")
        rules.choice(f"{path}: split", half or given, ("all", *HALVES))
        by_half.setdefault(half, []).append(row)
    parts, pictures = {}, _Pictures(str(path), image_size)
    for half, some in by_half.items():
        texts = [row[label] or "" for row in some]
        labels = np.array([int(t) for t in texts] if all(t.isdecimal() for t in texts) else texts)
        parts[half] = (pictures.read(_file(path.parent / row[image]) for row in some), labels)
    return arrays_of(str(path), pictures.alike(parts))


def hugging_face(path: Path, image_size: int | None = None) -> Arrays:
    """Read a folder that `datasets` of Hugging Face saved by `save_to_disk`; a ValueError without that package."""
    try:
        import datasets  # pyright: ignore[reportMissingImports]
    except ImportError as error:
        raise ValueError(f"{path} is of Hugging Face's datasets, which is not here; pip install datasets") from error
    saved: Any = datasets.load_from_disk(str(path))
    named = saved if isinstance(saved, dict) else {"all": saved}
    halves = {half: of for half, names in HALVES.items() for name, of in named.items() if name in names}
    parts, pictures, classes = {}, _Pictures(str(path), image_size), ()
    for half, part in (halves or {"all": next(iter(named.values()))}).items():
        image, label = (_column(str(path), list(part.features), names) for names in (IMAGE, LABEL))
        parts[half] = (pictures.read(part[image]), np.asarray(part[label]))
        classes = getattr(part.features[label], "names", ())
    return arrays_of(str(path), pictures.alike(parts), classes)


def is_folders(path: Path) -> bool:
    """Whether a folder has a picture two or three floors down."""
    return path.is_dir() and any(_is_picture(f) for pattern in ("*/*", "*/*/*") for f in path.glob(pattern))


class _Pictures:
    """Reads pictures of one data set: all of one size, grey as long as all are."""

    def __init__(self, name: str, image_size: int | None) -> None:
        self.name, self.image_size, self.shape, self.bytes = name, image_size, None, 0

    def read(self, pictures: Iterable[Any]) -> np.ndarray:
        """Return files, or pictures of PIL's, as an array (n, h, w, c)."""
        arrays = [self._one(picture) for picture in pictures]
        return _stacked(arrays) if arrays else np.zeros((0, 1, 1, 1), np.uint8)

    def alike(self, parts: dict[str, tuple[np.ndarray, np.ndarray]]) -> dict[str, tuple[np.ndarray, np.ndarray]]:
        """Return the parts with as many channels each, and without those that have no picture."""
        parts = {part: pair for part, pair in parts.items() if len(pair[0])}
        most = max((images.shape[3] for images, _ in parts.values()), default=1)
        return {part: (images.repeat(most // images.shape[3], 3), labels) for part, (images, labels) in parts.items()}

    def _one(self, picture: Any) -> np.ndarray:
        array = _opened(picture)
        if self.image_size is not None:
            array = resize(torch.from_numpy(array)[None], self.image_size)[0].numpy()
        self.shape, self.bytes = self.shape or array.shape[1:], self.bytes + array.nbytes
        if array.shape[1:] != self.shape:
            sizes = " and ".join("×".join(map(str, shape)) for shape in (self.shape, array.shape[1:]))
            raise ValueError(f"{self.name}: pictures must have one size, got {sizes}; image_size=64 makes them so")
        check_room(f"what {self.name} holds", self.bytes, "image_size=64 makes pictures small")
        return array


def _opened(picture: Any) -> np.ndarray:
    """Return one picture, or that of a file, as bytes (c, h, w)."""
    from PIL import Image

    try:
        if not isinstance(picture, Path):
            return _bytes(picture)
        with open(picture, "rb") as file, Image.open(file) as image:
            return _bytes(image)
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise ValueError(f"{picture} is no whole picture ({error}); delete it, or save it anew as a .png") from error


def _bytes(image: Any) -> np.ndarray:
    """Return a picture of PIL's as bytes (c, h, w): grey or RGB, with what is transparent as it is beneath."""
    if image.mode.startswith("I"):  # 16 bits
        return np.rint(np.asarray(image) / 257).clip(0, 255).astype(np.uint8)[None]
    if image.mode in ("1", "L", "LA"):
        return np.array(image.convert("L"))[None]
    image = image.convert("RGBA") if image.mode == "P" else image  # of a palette a colour may be transparent
    return np.ascontiguousarray(np.array(image.convert("RGB")).transpose(2, 0, 1))


def _stacked(arrays: list[np.ndarray]) -> np.ndarray:
    channels = max(len(array) for array in arrays)
    return np.stack([array.repeat(channels // len(array), 0) for array in arrays]).transpose(0, 2, 3, 1)


def _inside(path: Path) -> list[Path]:
    return sorted(folder for folder in path.iterdir() if folder.is_dir() and not folder.name.startswith((".", "__")))


def _is_picture(file: Path) -> bool:
    return file.suffix.lower() in SUFFIXES and not file.name.startswith(".") and file.is_file()


def _file(path: Path) -> Path:
    """Return a file that a table names, of which it may leave the suffix out."""
    candidates = (path, *(path.with_name(path.name + suffix) for suffix in SUFFIXES))
    if (file := next((candidate for candidate in candidates if candidate.is_file()), None)) is None:
        raise ValueError(f"there is no picture {path}, which the table names; its files lie beside it")
    return file


def _column(name: str, columns: list[str], names: tuple[str, ...]) -> str:
    by_lower = {column.lower(): column for column in columns if column}
    if (column := next((by_lower[n] for n in names if n in by_lower), None)) is None:
        raise ValueError(f"{name} must have a column {' or '.join(names[:3])}, got {', '.join(columns) or 'none'}")
    return column
