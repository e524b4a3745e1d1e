"""Sizes that data or a text chose: refused in words, before the memory is taken."""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch

import workbench as wb
from workbench.data.data import Data
from workbench.work import memory
from workbench.work.table_file import read_table

ROOT = Path(__file__).parents[2]
IMAGES, LABELS = np.zeros((30, 4, 4), np.uint8), np.arange(30) % 3


def npy(array: Any) -> bytes:
    with io.BytesIO() as file:
        np.save(file, array)
        return file.getvalue()


def header(shape: tuple[int, ...], kind: str = "|u1") -> bytes:
    with io.BytesIO() as file:
        np.lib.format.write_array_header_1_0(file, {"descr": kind, "fortran_order": False, "shape": shape})
        return file.getvalue()


def zipped(folder: Path, **members: bytes) -> Path:
    with zipfile.ZipFile(folder / "mine.npz", "w", zipfile.ZIP_DEFLATED) as file:
        for name, contents in members.items():
            file.writestr(f"{name}.npy", contents)
    return folder / "mine.npz"


@pytest.mark.parametrize(
    "labels",
    [
        *(LABELS + 20260101, np.full(30, 2**62), np.full(30, 2**64 - 1, np.uint64), LABELS * 600),
        *(np.full(30, 2**32 - 1, np.uint32), LABELS + 1000),
    ],
)
def test_labels_of_few_ids_take_no_more_room_than_their_classes(labels: np.ndarray, tmp_path: Path):
    with pytest.warns(UserWarning, match="numbered from 0; data.classes has them as names"):
        data = wb.load(zipped(tmp_path, images=npy(IMAGES), labels=npy(labels)))
    assert data.classes == tuple(map(str, np.unique(labels)))


def test_labels_of_many_classes_serve_where_they_are_named_or_the_images_are_more(tmp_path: Path):
    names = npy(np.array([f"class {i}" for i in range(3000)]))
    with pytest.warns(UserWarning, match="no training image is of 2"):
        data = wb.load(zipped(tmp_path, images=npy(IMAGES), labels=npy(LABELS * 1499), classes=names))
    assert len(data.classes) == 3000
    many = npy(np.zeros((5000, 1, 1), np.uint8))
    assert len(wb.load(zipped(tmp_path, images=many, labels=npy(np.arange(5000) % 4000))).classes) == 4000
    with pytest.raises(ValueError, match="labels must be of at most 4999 classes, got 5000, which are ids"):
        wb.load(zipped(tmp_path, images=many, labels=npy(np.arange(5000))))
    with pytest.raises(ValueError, match="classes must be one list of at most 65536 names"):
        wb.load(zipped(tmp_path, images=npy(IMAGES), labels=npy(LABELS), classes=npy(np.zeros(70_000, "U1"))))


@pytest.mark.parametrize(
    ("images", "message"),
    [
        (header((2**40, 1, 1)), "says that it is 1,099,511,627,776 bytes, and is 0"),
        (header((30, 4, 4)) + bytes(479), "says that it is 480 bytes, and is 479"),
        (header((2**70, 2**70, 1)), "says that it is"),
        (header((-1, 4, 4)), "says that it is -16 bytes"),
        (header((30, 4, 4), "|O") + b"cos\nsystem\n(S'touch pwned'\ntR.", "Object arrays cannot be loaded"),
        (b"cos\nsystem\n(S'touch pwned'\ntR.", "magic string"),
        (b"\x93NUMPY\x01\x00" + (9000).to_bytes(2, "little") + b"(" * 9000, "not a whole"),
        (b"\x93NUMPY\x02\x00" + (2**32 - 1).to_bytes(4, "little"), "not a whole"),
        (b"\x93NUMPY\x09\x09", "not a whole"),
        (b"", "not a whole"),
    ],
)
def test_an_npz_that_lies_is_not_believed(images: bytes, message: str, tmp_path: Path):
    with pytest.raises(ValueError, match=f"(?s)is not a whole .npz of plain arrays .*{message}|{message}"):
        wb.load(zipped(tmp_path, images=images, labels=npy(LABELS)))


@pytest.fixture
def little(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine of a tenth of a megabyte."""
    monkeypatch.setattr(memory, "machine", lambda: 100_000)


@pytest.mark.usefixtures("little")
def test_a_zip_bomb_is_not_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    bomb = zipped(tmp_path, images=npy(np.zeros((1000, 10, 10), np.uint8)), labels=npy(np.zeros(1000, np.int64)))
    assert bomb.stat().st_size < 5000
    monkeypatch.setattr(zipfile.ZipFile, "open", lambda *_: pytest.fail("it was unpacked"))
    with pytest.raises(ValueError, match=r"it would take 0\.0 GiB of memory, of which this machine has 0\.0"):
        wb.load(bomb)


@pytest.mark.usefixtures("little")
def test_a_table_says_its_size_before_it_is_read(tmp_path: Path):
    pd.DataFrame({"a": np.zeros(10_000)}).to_parquet(tmp_path / "many.parquet")
    with pytest.raises(ValueError, match=r"the table would take .* of memory"):
        read_table(tmp_path / "many.parquet", "the table")
    pd.DataFrame({"a": [1, 2]}).to_parquet(tmp_path / "few.parquet")
    assert len(read_table(tmp_path / "few.parquet", "the table")) == 2


@pytest.mark.usefixtures("little")
@pytest.mark.parametrize("read", [wb.open, wb.scores.open, lambda path: wb.ensembles.open(path, {})])
def test_a_file_of_tensors_beyond_the_memory_is_not_read(read: Callable[[Path], Any], tmp_path: Path):
    with open(tmp_path / "big", "wb") as file:
        file.truncate(2**40)  # it takes no place on the disk
    with pytest.raises(ValueError, match=r"in .*big would take 1,024\.0 GiB of memory"):
        read(tmp_path / "big")


@pytest.mark.parametrize("start", [(2**63 - 1).to_bytes(8, "little"), (10**8).to_bytes(8, "little") + b"[" * 10**5])
def test_a_file_of_tensors_that_lies_is_not_believed(start: bytes, tmp_path: Path):
    (tmp_path / "bad").write_bytes(start)
    with pytest.raises(ValueError, match="is not a whole safetensors file"):
        wb.open(tmp_path / "bad")


@pytest.mark.parametrize(
    "name",
    [
        *("lenet(hidden=(10000000,10000000))", "lenet(hidden=(100000,100000,100000))", "conv6(width=16777216)"),
        *("resnet8(width=1000000000)", "resnet56(width=16000000)", "lenet5(width=16777216)", "conv2(width=1000000)"),
        *(f"lenet(hidden={'(' * 5000}", f"lenet(hidden=({'1,' * 5000}))", f"lenet(hidden={'-' * 900}1)"),
        *(f"resnet8(width={'9' * 900})", f"lenet(hidden=({'9' * 99},))", f"lenet5(width={'9' * 400})", "x" * 10**6),
        *("resnet8(width=10**9)", "lenet(hidden=(1,)*9)", "resnet8(width=9.9e99)", "lenet(norm=(1).__class__)"),
    ],
)
def test_a_model_of_absurd_size_is_refused_before_it_is_made(name: str, digits: Data):
    with pytest.raises(ValueError) as caught:  # noqa: PT011
        wb.models.named(name, digits)
    assert re.search("GiB of memory|must be|is not known", str(caught.value))
    assert len(str(caught.value)) < 500


def test_a_model_function_refuses_absurd_sizes_too(digits: Data):
    for function in (wb.models.conv4, wb.models.lenet5, wb.models.resnet8):
        for width in (2**25, 10**30, 10**400):
            with pytest.raises(ValueError, match=r"width.* must be a whole number from 1 to 16777216, got"):
                function(digits, width=width)
    with pytest.raises(ValueError, match="hidden must be at most 1000 layers"):
        wb.models.lenet(digits, hidden=(1,) * 1001)


@pytest.mark.parametrize("size", [10**5, 10**9, 10**15])
def test_an_image_size_beyond_the_memory_is_refused(size: int):
    with pytest.raises(ValueError, match=r"image_size=10+.* would take .* of memory.*; these images have 8×8 pixels"):
        wb.load("digits", image_size=size)


@pytest.mark.parametrize("text", ["[" * 10**5, "(" * 10**5, "window(skip=" + "-" * 10**5, "random_mask(x=" * 10**4])
def test_a_long_text_in_a_form_is_an_unknown_name_at_once(text: str, digits: Data):
    ways = (lambda: wb.models.named(text, digits), lambda: wb.losses.named(text), lambda: wb.pruning.check_method(text))
    for way in (*ways, lambda: wb.load(text), lambda: wb.data_diet.subset(digits, text, 3)):
        with pytest.raises((ValueError, OSError)) as caught:
            way()
        assert len(str(caught.value)) < 1500 or isinstance(caught.value, OSError)


def test_what_security_md_names_is_there():
    words = (ROOT / "SECURITY.md").read_text()
    for name in re.findall(r"`wb\.([\w.]+)`", words):
        thing: Any = wb
        for part in name.split("."):
            thing = getattr(thing, part)
    for path in re.findall(r"`((?:workbench|tests|notebooks)/[\w./]+)`", words):
        assert (ROOT / path).is_file(), path
    assert "FROM_JSON" in (ROOT / "workbench/work/public_names.py").read_text()
    assert "types: tuple[type, ...]" in (ROOT / "workbench/work/archive.py").read_text()
    cells = json.loads((ROOT / "notebooks/00_workbench.ipynb").read_text())["cells"]
    assert any(
        "wb.workbench(wb.Call.from_json(call), interactive=interactive, archive=archive)" in "".join(cell["source"])
        for cell in cells
    )
    assert "SECURITY.md" in (ROOT / "README.md").read_text()


def test_the_memory_of_this_machine_is_known():
    assert 2**28 < memory.machine() < 2**50
    assert torch.empty(1).element_size() == 4
