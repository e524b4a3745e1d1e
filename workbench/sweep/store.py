"""The folder of a sweep: what is finished, what failed, what runs; each point's notebook, log and tables.

    finished/<point>.json                    a finished point: parameters, seconds, versions, tables; written last
    failed/<point>.json                      the error of the last try, with its traceback
    running/<point>.json                     who works at it; younger than `ALIVE` seconds while that goes on
    notebooks/<point>.ipynb                  the notebook as it was run, or as far as it came
    logs/<point>.txt                         what it said on the way
    tables/<notebook>/<table>/<point>.parquet
    archive/                                 the trainings, as an `Archive` of all points

Any number of processes, on any machines, may write there: each file is written whole or not at all, and by names that
nobody else uses but for an equal content. A folder of a path or of a URL that fsspec knows.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from workbench.work import rules
from workbench.work.disk import Damaged
from workbench.work.folder import Folder
from workbench.work.processes import is_gone, is_here
from workbench.work.record_file import read_record, write_record

BEAT = 10.0  # seconds between two signs of life
ALIVE = 60.0  # seconds after the last one that a point still counts as running
LATEST = 20  # finished points of a notebook that its costs are taken from
LONGEST = 10_000_000  # bytes of a record
STATES = ("finished", "failed", "running")


def in_text(parameters: Mapping[str, Any]) -> str:
    """Parameters as one text of JSON, in which infinity and NaN, which JSON has not, are numbers too."""
    return json.dumps(parameters, sort_keys=True)


def store_of(folder: str | os.PathLike[str]) -> Store:
    """Return the folder that a sweep wrote to; a ValueError for any other."""
    way_on = '"sweep" is where a sweep goes, unless it says another'
    if not (isinstance(folder, str) and "://" in folder):
        rules.path("folder", folder, way_on)
    store = Store(os.fspath(folder))
    if not any(store.folder.names(state) for state in STATES):
        none = f"which has no {', '.join(STATES)} points"
        raise ValueError(f'folder must be one that a sweep wrote to, got "{store.out}", {none}; {way_on}')
    return store


class Store:
    """The folder of a sweep."""

    def __init__(self, out: str) -> None:
        self.out = out
        self.folder = Folder.named(out)

    def open(self) -> None:
        """Make the folder where it is missing; a ValueError where a file stands in its place."""
        try:
            self.folder.open()
        except ValueError:
            raise ValueError(
                f'out must be a folder, got "{self.out}", where a file stands in the way; name another'
            ) from None

    def names(self, state: str) -> list[str]:
        """The names of the points that are finished, failed or running, sorted."""
        return [name.removesuffix(".json") for name in self.folder.names(state) if name.endswith(".json")]

    def record(self, state: str, point: str) -> dict[str, Any] | None:
        """What is kept of a point in this state; None where it is in none, or the record is not what was written."""
        try:
            record = read_record(self.folder, f"{state}/{point}.json", most=LONGEST)
            return record | {"parameters": json.loads(record["parameters"])}
        except (FileNotFoundError, Damaged, KeyError, ValueError, TypeError):
            return None

    def latest(self, notebook: str) -> list[dict[str, Any]]:
        """What is kept of some finished points of a notebook."""
        names = [name for name in self.names("finished") if name.startswith(f"{notebook}-")]
        return [record for name in names[-LATEST:] if (record := self.record("finished", name))]

    def write(self, state: str, point: str, record: dict[str, Any]) -> None:
        """Say that a point is in a state."""
        text = {"parameters": in_text(record["parameters"])}
        write_record(self.folder, f"{state}/{point}.json", record | text)

    def forget(self, state: str, point: str) -> None:
        """Say that a point is in a state no more."""
        with suppress(FileNotFoundError):
            self.folder.remove(f"{state}/{point}.json")

    def runs_elsewhere(self, point: str, sweep: str) -> bool:
        """Whether another sweep works at a point right now."""
        record = self.record("running", point)
        if record is None or record["sweep"] == sweep:
            return False
        if is_here(record["process"]) and is_gone(record["process"]):
            return False
        return time.time() - record["beat"] < ALIVE

    def put(self, path: str, data: bytes) -> None:
        """Write a file."""
        self.folder.write(path, data)

    def filesystem(self) -> tuple[Any, str]:
        """The file system of fsspec's that the folder lies in, and where."""
        from fsspec.implementations.local import LocalFileSystem

        place = self.folder.place
        return getattr(place, "fs", None) or LocalFileSystem(), place.root
