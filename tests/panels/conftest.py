"""Panels of one test are gone in the next."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from workbench.panels import panel

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
def forget() -> Iterator[None]:
    """Stop what a test left running, and forget its panels."""
    yield
    for shown in panel.SHOWN.values():
        shown.stop()
        if shown.job is not None:
            assert shown.job.wait(30)
    panel.SHOWN.clear()
