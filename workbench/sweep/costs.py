"""What a point will cost, roughly: known seconds of its notebook, in proportion to how long and how often it trains."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from workbench.numbers.records import recorded
from workbench.sweep.notebooks import Notebook
from workbench.work.shipped import shipped

LESSONS = "lessons"  # the recorded table of what the lessons take, as they stand
LENGTHS = {"epochs": 0, "replicas": 0, "train_size": 0, "rounds": 1}  # and what is added: round 0 is trained as well


def scale(parameters: Mapping[str, Any], defaults: Mapping[str, Any]) -> float:
    """Return how many times as long a point takes as the notebook's defaults, were all that it does a training."""
    times = 1.0
    for name, more in LENGTHS.items():
        value, usual = parameters.get(name), defaults.get(name)
        if (
            isinstance(value, (int, float))
            and isinstance(usual, (int, float))
            and usual + more > 0
            and value + more > 0
        ):
            times *= (value + more) / (usual + more)
    return times


def usual_seconds(notebook: Notebook) -> float | None:
    """Return the recorded seconds of a lesson with its defaults, on one core; None for any other notebook."""
    table = recorded(LESSONS).table if (shipped() / "recorded" / f"{LESSONS}.parquet").is_file() else None
    if table is None or notebook.name not in set(table.notebook):
        return None
    return float(table.seconds[table.notebook == notebook.name].min())  # others work on the machine too
