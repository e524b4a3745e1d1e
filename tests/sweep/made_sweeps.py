"""Folders of sweeps, made in milliseconds: what a point leaves, without running it."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import nbformat
from pandas import DataFrame

from workbench.sweep.store import Store
from workbench.sweep.tables import keep_tables

LESSON = "wb.experiments.winning_tickets()"
ACCURACIES = {"ticket": 0.9, "random_mask": 0.5}
VERSIONS = {"workbench": "0.1.0", "torch": "2.13.0", "python": "3.11.7"}


def rounds(seed: int, replicas: int = 3, lower: float = 0.0) -> DataFrame:
    """The table of a lesson: two densities of a ticket and of its control, each seed and replica a bit off."""
    rows = []
    for replica in range(replicas):
        off = 0.01 * seed + 0.001 * replica - lower
        rows += [
            {"kind": kind, "seed": seed, "replica": replica, "round": r, "density": 0.5**r, "test_accuracy": a + off}
            for kind, a in ACCURACIES.items()
            for r in ((0, 1) if kind == "ticket" else (1,))
        ]
    return DataFrame(rows)


def point(
    folder: Path,
    notebook: str,
    parameters: Mapping[str, Any],
    tables: Mapping[str, DataFrame] | None = None,
    *,
    error: str = "",
    source: str = LESSON,
    **more: Any,
) -> str:
    """Leave a point as a sweep does: finished, with its tables, or failed with an error. Returns its name."""
    store = Store(str(folder))
    name = f"{notebook}-{'-'.join(f'{key}={value}' for key, value in parameters.items())}"
    cell = nbformat.v4.new_code_cell("density: float = 0.5  # in (0, 1]\nseed: int = 0  # from 0")
    cell.metadata["tags"] = ["parameters"]
    node = nbformat.v4.new_notebook(cells=[cell, nbformat.v4.new_code_cell(source)])
    store.put(f"notebooks/{name}.ipynb", nbformat.writes(node).encode())
    record = {"point": name, "notebook": notebook, "parameters": dict(parameters), "seconds": 2.0, "attempt": 1}
    record |= {"memory": 500_000_000, "ended": "2026-01-02T03:04:05+00:00", "versions": VERSIONS}
    record |= {"process": {"host": "here", "pid": 1, "started": ""}}
    if error:
        record |= {"error": error, "traceback": f"Traceback\n  cell 3\n{error}"}
    with tempfile.TemporaryDirectory() as made:
        for table, rows in (tables or {}).items():
            rows.to_parquet(Path(made) / f"{table}.parquet", index=False)
        record["tables"] = keep_tables(store, Path(made), notebook, name, parameters)
    store.write("failed" if error else "finished", name, record | more)
    return name


def lesson(folder: Path, *, seeds: int = 3, densities: tuple[float, ...] = (0.5, 0.2), replicas: int = 3) -> Path:
    """A sweep of a lesson over a parameter and seeds."""
    for density in densities:
        for seed in range(seeds):
            rows = rounds(seed, replicas, lower=0.5 - density)
            point(folder, "lesson", {"fraction": density, "seed": seed}, {"rounds": rows})
    return folder
