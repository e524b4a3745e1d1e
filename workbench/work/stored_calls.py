"""What scripts and sweeps keep in an archive, to be looked at beside its jobs: one record for each call."""

from __future__ import annotations

import json
import math
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, NoReturn

from workbench.work.archive import Archive
from workbench.work.disk import Damaged
from workbench.work.entries import NAME, check_place, surroundings
from workbench.work.folder import Folder
from workbench.work.jobs import VALUE, Record, types_of
from workbench.work.record_file import read_record, read_value

BROKEN = (KeyError, AttributeError, TypeError, ValueError, OverflowError, Damaged)


@dataclass(frozen=True, eq=False, repr=False)
class Stored(Record):
    """A result that `archive.run` or `archive.each` keeps. It is found again by its call, so it stays as it is."""

    @property
    def source(self) -> str:
        """What a person would type to read its values: its call again, which is found."""
        return f"wb.Archive({json.dumps(str(self.archive.folder))}).run(wb.Call.from_json({self.text!r}))"

    def read(self) -> tuple[list[Any], list[str]]:
        """Its values, and in words what is damaged and left out."""
        folder, types = Folder.named(str(self.archive.folder)), types_of(self.function, self.archive)
        values, problems = [], []
        for path in _paths(folder, self.id):
            try:
                record = read_record(folder, path)
                check_place(record, path)
                value = read_value(record, folder, types)
                values += value if isinstance(value, list) and path.count("/") == 1 else [value]
            except BROKEN as error:
                problems.append(f'archive "{folder.name}": {path} is damaged ({error}); it is left out')
        return values, problems

    def renamed(self, name: str) -> NoReturn:
        """Raise a ValueError: only a job has a name."""
        raise self._refusal("named")

    def starred_as(self, starred: bool) -> NoReturn:
        """Raise a ValueError: only a job has a star."""
        raise self._refusal("starred")

    def delete(self) -> NoReturn:
        """Raise a ValueError: a script may ask for it again."""
        raise self._refusal("deleted")

    def _refusal(self, what: str) -> ValueError:
        return ValueError(f"{self.title} was kept by a script, which finds it by its call; only jobs can be {what}")


def stored_calls(archive: Archive, functions: Collection[str]) -> tuple[list[Stored], list[str]]:
    """The results of these functions (by public name), newest first, and in words what is damaged and left out."""
    folder, stored, problems = Folder.named(str(archive.folder)), [], []
    stems = {function.rpartition(".")[2]: function for function in functions}
    for name in filter(NAME.fullmatch, folder.names("calls")):
        if name.rpartition("-")[0] not in stems:
            continue
        try:
            record = _read(archive, folder, name)
        except FileNotFoundError:
            continue
        except BROKEN as error:
            problems.append(f'archive "{folder.name}": calls/{name} is damaged ({error}); it is left out')
            continue
        if record.function in functions:
            stored.append(record)
    return sorted(stored, key=lambda record: (record.began, record.id), reverse=True), problems


def _read(archive: Archive, folder: Folder, name: str) -> Stored:
    paths = _paths(folder, name)
    if not paths:
        raise FileNotFoundError(name)
    records = [read_record(folder, path) for path in paths]
    for record, path in zip(records, paths, strict=True):
        check_place(record, path)
    first, value = records[0], records[0]["value"]
    seconds = [float(record["seconds"]) for record in records]
    if not math.isfinite(sum(seconds)) or not isinstance(first["call"]["call"], str):
        raise Damaged("its function or its seconds are none")
    alone = name.endswith(".json")
    whole = alone or "end.json" in folder.names(f"calls/{name}")
    began = datetime.fromisoformat(first["when"]).astimezone(UTC) - timedelta(seconds=seconds[0])
    return Stored(
        id=name,
        function=first["call"]["call"],
        began=began,
        seconds=sum(seconds),
        state="finished" if whole else "interrupted",
        count=len(value) if alone and isinstance(value, list) else len(paths),
        name="",
        starred=False,
        error=None,
        problem="",
        text=json.dumps(first["call"]),
        described=first["call"],
        around=surroundings(first),
        refusal="",
        archive=archive,
    )


def _paths(folder: Folder, name: str) -> list[str]:
    """Where the values of a call lie."""
    if name.endswith(".json"):
        return [f"calls/{name}"]
    return [f"calls/{name}/{file}" for file in folder.names(f"calls/{name}") if VALUE.fullmatch(file)]
