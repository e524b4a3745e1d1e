"""How cells of pre-training on subsets of the data look and are called, the same in all charts."""

from __future__ import annotations

from typing import Any

from workbench.charts.grammar import SUBSETS
from workbench.experiments.pretraining import ENOUGH
from workbench.experiments.pretraining_tables import SAME_DATA


def kind(subset: str, pretrain_steps: int = 1) -> str:
    """Return which of `SUBSETS` a subset has: "window(skip=500)" is a window, and k = 0 saw nothing."""
    return subset.partition("(")[0] if pretrain_steps else "nothing"


def place(subset: str, size: int, pretrain_steps: int) -> tuple[Any, ...]:
    """Return where a cell stands among others: by k, by kind as in `SUBSETS`, by size."""
    kinds = [*SUBSETS, name := kind(subset, pretrain_steps)]
    return pretrain_steps, kinds.index(name), size, subset


def words(subset: str, size: int, pretrain_steps: int) -> str:
    """Return a cell in words: `easiest 1000, k 50`; `nothing, k 0`."""
    if not pretrain_steps:
        return "nothing, k 0"
    return f"{subset}, k {pretrain_steps}" if subset == "all" else f"{subset} {size}, k {pretrain_steps}"


def note(subset: str, pretrain_steps: int, presentations: float) -> str:
    """Return what fewer than 8 presentations of a subset mean, "" where there are more; all the data are no subset.

    k steps show at most k × batch examples, so that a random subset of fewer presentations is the all-data run.
    """
    if kind(subset, pretrain_steps) in ("nothing", "all") or presentations >= ENOUGH:
        return ""
    return SAME_DATA if subset == "random" else f"fewer than {ENOUGH} presentations"
