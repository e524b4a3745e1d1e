"""What is compared in a table of a sweep: settings, which differ on purpose, and units, which are drawn anew."""

from __future__ import annotations

import json
import os
from typing import Any

from workbench.sweep.store import Store
from workbench.sweep.tables import PREFIX, table, tables

SEED = "seed"


def parameters_of(folder: str | os.PathLike[str], rows: Any) -> list[str]:
    """Return the names of the parameters of the notebooks that wrote these rows."""
    store = Store(os.fspath(folder))
    records = [record for book in rows["notebook"].unique() for record in store.latest(book)[-1:]]
    return list(dict.fromkeys(name for record in records for name in record["parameters"]))


def varied(rows: Any, parameters: list[str]) -> list[str]:
    """Return the columns that hold the setting of a point: parameters, other than the seed, that differ between points.

    A column of the table's own that has a parameter's name counts where it has one value a point.
    """
    columns = [f"{PREFIX}{name}" if f"{PREFIX}{name}" in rows else name for name in parameters if name != SEED]
    columns = [column for column in columns if column in rows and rows[column].nunique(dropna=False) > 1]
    a_point = rows.groupby("point", sort=False)
    return [column for column in columns if (a_point[column].nunique(dropna=False) == 1).all()]


def units(rows: Any) -> list[str]:
    """Return the columns that tell apart what was drawn anew: several seeds, or else replicas, or else points.

    Several replicas of one seed are then averaged within it first.
    """
    seed = next((column for column in (SEED, f"{PREFIX}{SEED}") if column in rows), None)
    if seed is not None and rows[seed].nunique() > 1:
        return [seed]
    return ["replica"] if "replica" in rows else ["point"]


def plain(column: str, columns: Any) -> str:
    """Return a parameter's name without its prefix, where nothing else in the table is called so."""
    short = column.removeprefix(PREFIX)
    return column if short in columns else short


def written_by(folder: str | os.PathLike[str], name: str, notebook: str | None) -> Any:
    """Return the rows of a table in the order of their settings."""
    rows = table(folder, name, notebook)
    columns = varied(rows, parameters_of(folder, rows))
    return rows.sort_values(columns, kind="stable", key=_sorted_by, ignore_index=True) if columns else rows


def places(folder: str | os.PathLike[str], notebook: str | None = None) -> list[tuple[str, str]]:
    """Return the notebook and the name of every table, of one notebook or of all."""
    return [(book, name) for book, name in tables(folder) if notebook in (None, book)]


def said(values: dict[str, object]) -> str:
    """Return a setting in words: `fraction 0.2, model lenet`."""
    return ", ".join(
        f"{name} {value if isinstance(value, str) else json.dumps(value, default=str)}"
        for name, value in values.items()
    )


def _sorted_by(values: Any) -> Any:
    return values.map(str) if values.dtype == object else values
