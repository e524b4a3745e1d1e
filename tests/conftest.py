"""Fixtures that many tests share: few digits, a small network for them, and its weights."""

from __future__ import annotations

import pytest
import torch
from torch import nn

import workbench as wb
from workbench.data.data import Data
from workbench.nets.weights import Weights

LONGEST = (
    "test_course.py",
    "test_notebooks.py",
    "test_nbgrader.py",
    "test_binder.py",
    "test_benchmarks_run.py",
    "test_lab.py",
    "test_spread.py",
    "test_sweep_engines.py",
    "test_fuzz.py",
    "test_grammar.py",
    "test_recipes.py",
    "test_charts.py",
    "test_one_shot.py",
    "test_archive.py",
)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """With several workers the longest files begin first, so that no worker waits for another at the end."""
    if hasattr(config, "workerinput"):
        items.sort(key=lambda item: LONGEST.index(item.path.name) if item.path.name in LONGEST else len(LONGEST))


@pytest.fixture(autouse=True)
def drawn_alike() -> None:
    """A test that builds a network draws the same weights in every run: one unlucky draw in a thousand fails no run."""
    torch.manual_seed(0)


@pytest.fixture(scope="session")
def digits() -> Data:
    return wb.load("digits", train_size=320)


@pytest.fixture
def small(digits: Data) -> nn.Module:
    return wb.models.lenet(digits, hidden=(24, 12))


@pytest.fixture
def start(small: nn.Module) -> Weights:
    return wb.snapshot(small)
