"""Recorded tables tell by which call, from which seeds and when they were made."""

from __future__ import annotations

import os
import resource
from pathlib import Path

import pandas
import pytest

import workbench as wb

RECORDED = Path(__file__).parents[2] / "notebooks" / "recorded"


def test_a_recorded_table_comes_back_with_its_making(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    table = pandas.DataFrame({"seed": [0, 0], "replica": [0, 1], "test_accuracy": [0.5, 0.75]})
    wb.record("mine", table, tmp_path / "recorded", made_by="a command")
    monkeypatch.chdir(tmp_path)
    found = wb.recorded("mine")
    pandas.testing.assert_frame_equal(found.table, table)
    assert found.about["made_by"] == "a command"
    assert "2 replicas" in repr(found)


def test_an_unknown_table_names_the_nearest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueError, match='did you mean "rewinding-resnet8-cifar10"'):
        wb.recorded("rewinding-resnet8-cifar")


@pytest.mark.parametrize("path", sorted(RECORDED.glob("*.parquet")), ids=lambda path: path.stem)
def test_every_recorded_table_has_three_draws_and_says_how_it_was_made(path: Path) -> None:
    found = wb.recorded(path.stem)
    seeds, replicas = found.about["seeds"].split("], ")  # "[0], 3 replicas"
    assert len(seeds.split(",")) * int(replicas.split()[0]) >= 3
    assert {"made_by", "seeds", "date", "machine", "torch"} <= found.about.keys()
    assert any(maker in found.about["made_by"] for maker in ("wb.experiments.", "workbench sweep"))


@pytest.mark.parametrize(
    "name", ["../evil", "/etc/evil", "a/b", "a\\b", "..", ".hidden", "", "a\0b", "a\nb", "c:evil", "./a", "a/../b"]
)
def test_a_name_is_no_path(tmp_path: Path, name: str) -> None:
    table = pandas.DataFrame({"seed": [0], "replica": [0]})
    with pytest.raises(ValueError, match="name must be a plain name, without a separator or a leading dot"):
        wb.record(name, table, tmp_path / "recorded", made_by="a command")
    with pytest.raises(ValueError, match="name must be a plain name"):
        wb.recorded(name)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("limit", [10, 200, 1000])
def test_a_full_disk_leaves_the_table_that_was_there(tmp_path: Path, limit: int) -> None:
    old = pandas.DataFrame({"seed": [0, 0], "replica": [0, 1]})
    wb.record("mine", old, tmp_path, made_by="the old one")
    files = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limits[1]))
    try:
        with pytest.raises(OSError, match=r"the disk is full: .*mine.* what was there is as it was"):
            wb.record("mine", pandas.concat([old] * 500), tmp_path, made_by="the new one" * 99)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == files


def test_a_link_is_followed_and_what_is_no_file_is_said(tmp_path: Path) -> None:
    table = pandas.DataFrame({"seed": [0], "replica": [0]})
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "mine.parquet").symlink_to(tmp_path / "elsewhere" / "table")
    wb.record("mine", table, tmp_path, made_by="a command")
    pandas.testing.assert_frame_equal(pandas.read_parquet(tmp_path / "elsewhere" / "table"), table)
    assert (tmp_path / "mine.parquet").is_symlink()
    (tmp_path / "yours.json").mkdir()
    os.mkfifo(tmp_path / "theirs.parquet")
    for name in ("yours", "theirs"):
        with pytest.raises(ValueError, match="path must be that of a file, got"):
            wb.record(name, table, tmp_path, made_by="a command")
    assert {path.name for path in tmp_path.iterdir()} == {
        *("elsewhere", "mine.parquet", "mine.json", "yours.json", "theirs.parquet")
    }
