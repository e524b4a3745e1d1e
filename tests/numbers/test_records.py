"""Recorded tables tell by which call, from which seeds and when they were made."""

from __future__ import annotations

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
def test_every_recorded_table_has_three_replicas_and_says_how_it_was_made(path: Path) -> None:
    found = wb.recorded(path.stem)
    assert int(found.about["seeds"].split()[-2]) >= 3  # "[0], 3 replicas"
    assert {"made_by", "seeds", "date", "machine", "torch"} <= found.about.keys()
    assert "wb.experiments." in found.about["made_by"]
