"""Panels of one test are gone in the next."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from workbench.panels import register

TINY = {"train_size": 100, "epochs": 1, "rounds": 1, "replicas": 1, "controls": ("random_mask",)}
ENDLESS = {"epochs": 100_000, "rounds": 1, "replicas": 1}


@pytest.fixture
def tiny() -> dict:
    """Options of a run that takes a moment."""
    return dict(TINY)


@pytest.fixture
def endless() -> dict:
    """Options of a run that nobody waits for."""
    return dict(ENDLESS)


@pytest.fixture(autouse=True)
def forget(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Keep what panels run in a folder of the test; stop what it left running, and forget its panels."""
    monkeypatch.chdir(tmp_path)
    yield
    shown = list(register.SHOWN.values())
    register.SHOWN.clear()
    for panel in shown:
        panel.stop()
    for panel in shown:
        for job in panel.turns.jobs:
            assert job.wait(60)
