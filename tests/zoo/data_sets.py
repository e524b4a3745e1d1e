"""Awkward data sets: the same few images and labels, as people keep them. Each writes itself into a folder.

What is `TAKEN` must be loaded as if it had been kept plainly; what is `REFUSED` must be said in words, before any work.
"""

from __future__ import annotations

import csv
import sys
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

GREY = np.random.default_rng(0).integers(0, 256, (60, 1, 6, 6), np.uint8)
GREY[0, 0, 0, :2] = 0, 255  # the whole range
RGB = np.concatenate([GREY, GREY[::-1], 255 - GREY], 1)
LABELS = np.arange(60) % 3
TEST = {"test_images": GREY[40:], "test_labels": LABELS[40:]}
HALVES = {"train_images": GREY[:40], "train_labels": LABELS[:40], **TEST}
PARTS = {"train": range(30), "val": range(30, 40), "test": range(40, 60)}
NAMES, DIGITS = ("ant", "bee", "cat"), ("0", "1", "2")
WHOLE = dict.fromkeys(PARTS, "")  # no folder for a part
LARGE = LABELS.astype(np.uint64) + np.uint64(2**64 - 3)

Store = Callable[[Path], Path]  # writes into a folder, and says what is to be loaded


def npz(**arrays: Any) -> Store:
    """Keep arrays in an .npz, over images and labels without a split; None leaves one out."""

    def store(folder: Path) -> Path:
        whole = {"images": GREY, "labels": LABELS} | arrays
        np.savez(folder / "own.npz", **{name: array for name, array in whole.items() if array is not None})
        return folder / "own.npz"

    return store


def halves(**arrays: Any) -> Store:
    """Keep arrays in an .npz with a training and a test half."""
    return npz(images=None, labels=None, **HALVES | arrays)


def folders(names: dict[str, str], suffix: str = "png", mode: str = "L", noise: bool = False) -> Store:
    """Keep pictures in a folder a class, those of each part in a folder `names[part]`; "" for no such folder."""

    def store(folder: Path) -> Path:
        for part, places in PARTS.items():
            for place in places:
                file = folder / "own" / names[part] / NAMES[LABELS[place]] / f"{place:03}.{suffix}"
                file.parent.mkdir(parents=True, exist_ok=True)
                Image.fromarray(GREY[place, 0]).convert(mode).save(file)
                if noise:
                    (file.parent / ".DS_Store").write_text("no picture")
                    (file.parent / "notes.txt").write_text("nor this")
        return folder / "own"

    return store


def table(file: str, label: str, *, suffix: bool = True, split: bool = True, number: bool = False) -> Store:
    """Keep pictures in one folder, and a table of their names and labels beside it."""

    def store(folder: Path) -> Path:
        (folder / "pictures").mkdir()
        with open(folder / "own.csv", "w", newline="", encoding="utf-8-sig") as opened:
            rows = csv.writer(opened)
            rows.writerow([file, label, *(["split"] if split else [])])
            for part, places in PARTS.items():
                for place in places:
                    name = f"pictures/{place:03}.png"
                    Image.fromarray(GREY[place, 0]).save(folder / name)
                    given = LABELS[place] if number else NAMES[LABELS[place]]
                    rows.writerow([name if suffix else name[:-4], given, *([part] if split else [])])
        return folder / "own.csv"

    return store


def one_larger(folder: Path) -> Path:
    """Keep pictures in folders, one of them of another size."""
    own = folders(WHOLE)(folder)
    Image.new("L", (9, 6)).save(own / "bee" / "999.png")
    return own


def one_broken(folder: Path) -> Path:
    """Keep pictures in folders, one of them half written."""
    own = folders(WHOLE)(folder)
    file = own / "bee" / "001.png"
    file.write_bytes(file.read_bytes()[:50])
    return own


def no_bees_tested(folder: Path) -> Path:
    """Keep pictures in folders, the one of the test images without the second class: numbers must not move up."""
    own = folders({part: part for part in PARTS})(folder)
    for file in (own / "test" / "bee").iterdir():
        file.unlink()
    (own / "test" / "bee").rmdir()
    return own


def hugging_face(folder: Path) -> Path:
    """Keep a folder that only its package can read, and of which it is known by a file."""
    (folder / "own").mkdir()
    (folder / "own" / "dataset_dict.json").write_text("{}")
    return folder / "own"


def its_package() -> types.ModuleType:
    """Stand in for the package `datasets`, as far as a saved folder is read: parts, features, columns."""

    class Part(dict[str, Any]):
        @property
        def features(self) -> dict[str, Any]:
            return {"image": None, "label": types.SimpleNamespace(names=list(NAMES))}

    def load_from_disk(path: str) -> dict[str, Part]:
        pictures = [Image.fromarray(image[0]) for image in GREY]
        rows = {part: ([pictures[i] for i in places], LABELS[list(places)].tolist()) for part, places in PARTS.items()}
        return {
            {"val": "validation"}.get(part, part): Part(image=images, label=labels)
            for part, (images, labels) in rows.items()
        }

    module = types.ModuleType("datasets")
    vars(module)["load_from_disk"] = load_from_disk
    return module


def without_its_package(folder: Path) -> Path:
    """Keep such a folder where the package is not."""
    vars(sys)["modules"]["datasets"] = None
    return hugging_face(folder)


# how it is kept -> (the store, its images, the names of its classes, words of the warning)
TAKEN: dict[str, tuple[Store, np.ndarray, tuple[str, ...], str]] = {
    "plain": (npz(), GREY, DIGITS, ""),
    "grey without a channel axis": (npz(images=GREY[:, 0]), GREY, DIGITS, ""),
    "grey, channels last": (npz(images=GREY.transpose(0, 2, 3, 1)), GREY, DIGITS, ""),
    "RGB, channels last": (npz(images=RGB.transpose(0, 2, 3, 1)), RGB, DIGITS, ""),
    "RGB, channels first": (npz(images=RGB), RGB, DIGITS, ""),
    "RGBA": (npz(images=np.concatenate([RGB, GREY], 1).transpose(0, 2, 3, 1)), RGB, DIGITS, ""),
    "RGBA, channels first": (npz(images=np.concatenate([RGB, GREY], 1)), RGB, DIGITS, ""),
    "floats in [0, 1]": (npz(images=(GREY / 255).astype(np.float32)), GREY, DIGITS, ""),
    "doubles in [-1, 1]": (npz(images=GREY / 127.5 - 1), GREY, DIGITS, ""),
    "floats in [-1, 1], RGB": (npz(images=(RGB / 127.5 - 1).astype(np.float32)), RGB, DIGITS, ""),
    "whole floats to 255": (npz(images=GREY.astype(np.float64)), GREY, DIGITS, ""),
    "int64 to 255": (npz(images=GREY.astype(np.int64)), GREY, DIGITS, ""),
    "uint16": (npz(images=GREY.astype(np.uint16) * 257), GREY, DIGITS, ""),
    "true or false": (npz(images=GREY > 99), (GREY > 99).astype(np.uint8) * 255, DIGITS, ""),
    "labels (n, 1)": (npz(labels=LABELS[:, None]), GREY, DIGITS, ""),
    "labels that are floats": (npz(labels=LABELS.astype(np.float32)), GREY, DIGITS, ""),
    "labels from 1": (npz(labels=LABELS + 1), GREY, ("1", "2", "3"), "the labels 1, 2, 3 are numbered from 0"),
    "labels from 1, classes named": (
        npz(labels=LABELS + 1, classes=np.array(NAMES)),
        GREY,
        NAMES,
        "1 to 3",
    ),
    "labels of bytes, 0 and 255": (npz(labels=(LABELS * 127).astype(np.uint8)), GREY, ("0", "127", "254"), "numbered"),
    "labels that are ids": (npz(labels=LABELS * 150_001 + 1), GREY, ("1", "150002", "300003"), "numbered from 0"),
    "labels that are the largest": (
        npz(labels=LARGE),
        GREY,
        (),
        "numbered from 0",
    ),
    "labels that are names": (npz(labels=np.array(NAMES)[LABELS]), GREY, NAMES, ""),
    "a class of which there is none": (
        npz(labels=LABELS + (LABELS > 1)),
        GREY,
        tuple("0123"),
        "of its 4 classes: 2",
    ),
    "two halves": (halves(), GREY, DIGITS, ""),
    "MedMNIST's": (
        halves(
            train_images=GREY[:30],
            val_images=GREY[30:40],
            train_labels=LABELS[:30, None],
            val_labels=LABELS[30:40, None],
            test_labels=LABELS[40:, None],
        ),
        GREY,
        DIGITS,
        "",
    ),
    "folders of classes": (folders(WHOLE), GREY, NAMES, ""),
    "folders of classes in train, val, test": (folders({part: part for part in PARTS}), GREY, NAMES, ""),
    "folders in Train, Valid, Testing": (
        folders({"train": "Train", "val": "Valid", "test": "Testing"}, noise=True),
        GREY,
        NAMES,
        "",
    ),
    "RGBA pictures in folders": (folders(WHOLE, mode="RGBA"), GREY.repeat(3, 1), NAMES, ""),
    "a class missing among the test folders": (no_bees_tested, GREY, NAMES, ""),
    "a table beside pictures": (table("filename", "label"), GREY, NAMES, ""),
    "a table of numbers, without suffixes": (
        table("image_id", "Target", suffix=False, number=True),
        GREY,
        DIGITS,
        "",
    ),
    "a table without a split": (table("path", "class", split=False), GREY, NAMES, ""),
    "Hugging Face's": (hugging_face, GREY, NAMES, ""),
}

# how it is kept -> (the store, words of the error)
REFUSED: dict[str, tuple[Store, str]] = {
    "one-hot labels": (npz(labels=np.eye(3, dtype=int)[LABELS]), r"one an image, .* shape \(60, 3\); .* argmax\(1\)"),
    "labels with -1": (npz(labels=LABELS - 1), "whole numbers from 0, one an image, .* -1 the least"),
    "labels that are shares": (npz(labels=LABELS / 3), "whole numbers from 0, one an image, got float64"),
    "a label too few": (npz(labels=LABELS[1:]), "60 images, 59 labels"),
    "ids of images": (
        npz(images=np.zeros((2400, 2, 2), np.uint8), labels=np.arange(2400)),
        "at most 2399 classes, got 2400, which are ids",
    ),
    "a class beyond the named ones": (
        npz(classes=np.array(["a", "b"])),
        "must be below 2, .* got 2",
    ),
    "standardised floats": (
        npz(images=(GREY - 127.5) / 60),
        r"floats in \[0, 1\] .* got float64 from -2.125",
    ),
    "not a number": (npz(images=np.where(GREY > 9, GREY / 255, np.nan)), "got float64 from nan to nan"),
    "12 bits": (npz(images=GREY.astype(np.uint16) * 16), "got uint16 from 0 to 4080"),
    "negative integers": (npz(images=GREY.astype(np.int16) - 128), "got int16 from -128 to 127"),
    "rows of pixels": (npz(images=GREY.reshape(60, 36)), r"must have the shape .*, got \(60, 36\)"),
    "five channels": (npz(images=GREY.repeat(5, 1)), r"must have the shape .*, got \(60, 5, 6, 6\)"),
    "halves of two sizes": (halves(test_images=GREY[40:, :, 1:]), "must have one shape, got"),
    "halves of two kinds": (halves(test_images=GREY[40:] / 255), "got float64 and uint8"),
    "validation images without labels": (halves(val_images=GREY[:3]), "lacks val_labels"),
    "pictures of two sizes": (one_larger, r"must have one size, got 6×6 and 6×9; image_size=64 makes them so"),
    "a picture half written": (one_broken, r"001.png is no whole picture"),
    "a table without labels": (table("file", "colour"), "must have a column label or .*, got file, colour, split"),
    "a folder of nothing": (lambda folder: folder, "must be an .npz of arrays or a .csv"),
    "Hugging Face's without its package": (without_its_package, "pip install datasets"),
}
