"""What became of the points of a sweep: a row each, of all that were begun."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from workbench.sweep.store import STATES, store_of

if TYPE_CHECKING:
    import pandas

COLUMNS = ["notebook", "point", "state", "seconds", "attempt", "error"]


def points(folder: str | os.PathLike[str]) -> pandas.DataFrame:
    """Return a row for every point in the folder of a sweep: finished, failed, or running at this moment.

    Beside its state, seconds, tries, error and traceback there are `began`, `memory` (the bytes that its kernel took at
    most), its machine (`host`), the versions, how far one that runs is (`cell` of `cells`), and its parameters as
    `parameter_<name>`.
    """
    import pandas

    store, rows = store_of(folder), dict[str, dict[str, Any]]()
    for state in reversed(STATES):  # one that is finished is so, whatever else is said of it
        for name in store.names(state):
            if record := store.record(state, name):
                rows[name] = {"point": name, "state": state, **_row(record)}
    table = pandas.DataFrame(sorted(rows.values(), key=lambda row: row["point"]))
    return table.reindex(columns=[*COLUMNS, *(name for name in table if name not in COLUMNS)])


def _row(record: dict[str, Any]) -> dict[str, Any]:
    parameters = {f"parameter_{name}": value for name, value in record.get("parameters", {}).items()}
    left_out = ("parameters", "process", "tables", "sweep", "beat", "point", "versions")
    versions = {f"version_{name}": value for name, value in record.get("versions", {}).items()}
    where = {"host": record.get("process", {}).get("host")}
    return {name: value for name, value in record.items() if name not in left_out} | where | versions | parameters
