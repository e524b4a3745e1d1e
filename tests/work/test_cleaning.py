"""Room on the disk: what nothing uses goes, once it is old, and nothing else does."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest
import torch
from archive_examples import Found, weigh

import workbench as wb
from workbench.work import cleaning
from workbench.work.archive import Archive
from workbench.work.calls import call
from workbench.work.journal import Journal

CALL = wb.call(wb.experiments.winning_tickets)


def old(folder: Path) -> None:
    """Make every content as old as a week."""
    then = time.time() - 7 * 86400
    for path in folder.rglob("*.safetensors"):
        os.utime(path, (then, then))


def contents(folder: Path) -> set[str]:
    return {path.name for path in folder.rglob("*.safetensors")}


def kept(folder: Path, *numbers: float) -> str:
    writing = Journal(folder).begin(CALL)
    for number in numbers:
        writing.add({"w": torch.full((100,), number)})
    writing.end("finished", 1.0)
    return writing.id


def test_what_a_deleted_job_alone_had_goes_and_what_others_have_stays(tmp_path: Path):
    archive = Archive(tmp_path, types=(Found,))
    first, second = kept(tmp_path, 1, 2), kept(tmp_path, 2, 3)
    archive.run(call(weigh, 1))
    before = contents(tmp_path)
    old(tmp_path)
    assert wb.clean(archive) == 0
    assert contents(tmp_path) == before
    wb.job(tmp_path, first).delete()
    assert wb.clean(str(tmp_path)) == 872  # a hundred ones of 8 bytes, and a header; the twos are the second job's too
    assert len(before - contents(tmp_path)) == 1
    assert [value["w"][0].item() for value in wb.job(tmp_path, second).values()] == [2, 3]
    assert torch.equal(archive.run(call(weigh, 1)).start["w"], weigh(1).start["w"])
    assert not list((tmp_path / "temporary").iterdir())


def test_what_is_young_stays_and_keeping_a_value_again_makes_it_young(tmp_path: Path):
    wb.job(tmp_path, kept(tmp_path, 1)).delete()
    assert wb.clean(tmp_path) == 0
    old(tmp_path)
    writing = Journal(tmp_path).begin(CALL)
    digest = writing._folder.put(next((tmp_path / "safetensors").iterdir()).read_bytes(), "safetensors")
    assert wb.clean(tmp_path) == 0  # between its content and its record
    assert contents(tmp_path) == {f"{digest}.safetensors"}
    writing.end("stopped", 1.0)


def test_what_became_young_while_we_looked_is_put_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    wb.job(tmp_path, kept(tmp_path, 1)).delete()
    old(tmp_path)
    rename = os.rename

    def touched(path: str, aside: str) -> None:
        if aside.rpartition("/")[0].endswith("temporary"):
            os.utime(path)  # by another process, at the worst moment
        rename(path, aside)

    monkeypatch.setattr(cleaning.os, "rename", touched)
    before = contents(tmp_path)
    assert wb.clean(tmp_path) == 0
    assert contents(tmp_path) == before


def test_what_a_damaged_record_names_stays(tmp_path: Path):
    name = kept(tmp_path, 1)
    record = tmp_path / "jobs" / name / "000000.json"
    record.write_text(record.read_text()[:-20])
    old(tmp_path)
    assert wb.clean(tmp_path) == 0


def test_what_is_far_away_is_not_cleaned():
    with pytest.raises(ValueError, match="archive must be a folder on a disk to be cleaned, got 'memory://far'"):
        wb.clean("memory://far")


def test_a_folder_that_is_not_there_has_nothing(tmp_path: Path):
    assert wb.clean(tmp_path / "none") == 0
    assert not (tmp_path / "none").exists()
