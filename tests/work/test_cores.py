"""Cores: as many as this process may use, whatever the machine has."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from workbench.work import cores as file
from workbench.work.cores import cores


@pytest.fixture(autouse=True)
def _eight(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A process that is allowed eight of sixty-four cores, without a quota."""
    monkeypatch.delenv("WORKBENCH_CORES", raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: 64)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(8)), raising=False)
    monkeypatch.setattr(file, "QUOTA", tmp_path / "cpu.max")


def test_cores_are_those_that_the_process_is_allowed():
    assert cores() == 8


def test_without_affinity_they_are_those_that_there_are(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delattr(os, "sched_getaffinity")
    assert cores() == 64
    monkeypatch.setattr(os, "cpu_count", lambda: None)
    assert cores() == 1


@pytest.mark.parametrize(
    ("text", "n"),
    [
        *(("400000 100000", 4), ("150000 100000", 2), ("50000 100000", 1), ("6400000 100000", 8)),
        *(("max 100000", 8), ("", 8), ("400000", 8), ("100000 0", 8)),
    ],
)
def test_a_quota_of_a_container_counts(text: str, n: int):
    file.QUOTA.write_text(text)
    assert cores() == n


@pytest.mark.parametrize(("text", "n"), [("1", 1), (" 3 ", 3), ("100", 100), ("", 8)])
def test_the_variable_says_more_than_the_machine(text: str, n: int, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("WORKBENCH_CORES", text)
    assert cores() == n


@pytest.mark.parametrize("text", ["0", "-1", "2.5", "two", "1e3", "²"])
def test_what_is_no_number_of_cores_is_said(text: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("WORKBENCH_CORES", text)
    with pytest.raises(ValueError, match=r"WORKBENCH_CORES must be a whole number from 1, got .*; unset it"):
        cores()
