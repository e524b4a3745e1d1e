"""Children in words: how high the barrier is at the first and the last step, and from where on they are connected."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from workbench.charts.barrier_by_step import rows
from workbench.experiments.instability_tables import LIMIT
from workbench.numbers import intervals


def connected(partings: Iterable[Any]) -> list[str]:
    """Say it in sentences, for the test images where they were measured, one for each batch-norm treatment."""
    found = rows(partings)
    split = "test" if any(row["split"] == "test" for row in found) else found[0]["split"] if found else ""
    by_treatment: dict[str, list[dict[str, Any]]] = {}
    for row in found:
        if row["split"] == split:
            by_treatment.setdefault(row["batch_norm"], []).append(row)
    return [_sentence(how, points, split) for how, points in by_treatment.items()]


def _sentence(how: str, points: list[dict[str, Any]], split: str) -> str:
    first, last = points[0], points[-1]
    said = f"Batch-norm {how}, {split} images: the error barrier is {_points(first)} from step {first['rewind_step']}"
    if last is not first:
        said += f" and {_points(last)} from step {last['rewind_step']}"
    below = None
    for point in reversed(points):
        if point["barrier"] >= LIMIT:
            break
        below = point["rewind_step"]
    if below is None:
        return f"{said}; children are not connected (below {100 * LIMIT:g} points) at the last step."
    return f"{said}; its mean stays below {100 * LIMIT:g} points from step {below} on."


def _points(row: dict[str, Any]) -> str:
    if row["n"] < intervals.LEAST:
        return f"{100 * row['barrier']:.1f} points (n = {row['n']})"
    return f"{100 * row['barrier']:.1f} ± {100 * (row['high'] - row['barrier']):.1f} points"
