"""The progress of strong tickets rises from 0 to 1 once, whatever is trained and solved within."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest

import workbench as wb

SMALL: dict[str, Any] = {"train_size": 100, "model": "plain_cnn(channels=(2, 2))", "recipe": wb.Recipe(steps=3)}
CALLS: dict[str, dict[str, Any]] = {
    "strong_tickets": SMALL
    | {"structures": ("filter", "weight", "edge_popup"), "ratios": (4.0, 8.0), "popup": wb.Recipe(steps=3)},
    "strong_costs": SMALL | {"ratios": (4.0, 8.0), "repeats": 1, "images": 4},
    "price_of_structure": {"outputs": (1, 2), "candidates": (5, 20)},
    "block_mask": {"hidden": (8, 16)},
}


@pytest.mark.parametrize("name", CALLS)
def test_progress_rises_to_its_end_once(name: str) -> None:
    total, shares = wb.progress.Total(), []
    with wb.progress.watch(lambda report: shares.append(total(report))):
        outcomes = list(wb.experiments.EXPERIMENTS[name](**CALLS[name], replicas=1))
    assert outcomes
    assert all(after >= before for before, after in pairwise(shares))
    assert shares[0] < 0.2
    assert shares[-1] == 1
