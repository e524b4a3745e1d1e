"""The archive: a folder of finished values, each under the call that made it.

    archive = wb.Archive("results")
    rounds = archive.run(call)           # made the first time, read from the disk afterwards
    for r in archive.each(call): ...     # stored one by one; killed at any moment, it goes on where it was

The folder, which may be any fsspec URL, holds

    calls/<function>-<key>.json          a value, and in full the call that made it, and where (its surroundings)
    calls/<function>-<key>/000000.json   the values of a generator; end.json says that there are no more
    safetensors/<sha256>.safetensors     tensors by content: what rounds share is on the disk once
    parquet/<sha256>.parquet             tables
    names.json                           says which form the keys have
    jobs/<id>/                           what a panel ran, each press of Run by itself (`journal.py`)

The first half of a key is the call's, the second that of its surroundings: the same call made on another processor is
another entry, and that there is one is said. A file that is not what was written is noticed by its checksum, one that
lies where another belongs by the call in it; both are said aloud, and made anew. Several processes may use one archive
at once: equal calls write equal files, but for when they were made, and in how many seconds.
"""

from __future__ import annotations

import itertools
import json
import os
import time
import warnings
from collections.abc import Generator
from dataclasses import dataclass, field, is_dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import torch

from workbench.work import rules
from workbench.work.calls import Call, Once
from workbench.work.disk import Damaged
from workbench.work.entries import Entry, check_place, difference, read_surroundings
from workbench.work.folder import Folder
from workbench.work.listing import paths, rows
from workbench.work.record_file import read_record, read_value, write_record
from workbench.work.stored_values import Types, store

if TYPE_CHECKING:
    import pandas

NAMES = "names.json"
FORM = {"names": "public", "keys": "call, surroundings"}  # what it holds; in that of an older archive there is less
_told: set[tuple[str, str, str]] = set()  # of which archive, of which function, what is other here: said once


@dataclass(frozen=True)
class Archive:
    """Finished values in `folder`: a path, or a URL that fsspec knows. Only `run` and `each` write to it.

    `types` are dataclasses that it may read back beside those of the workbench and of the code of the call's function.
    """

    folder: str | os.PathLike[str]
    types: tuple[type, ...] = field(default=(), repr=False)

    def __post_init__(self) -> None:
        rules.instance("archive", self.folder, (str, os.PathLike), *WHAT)
        if not isinstance(name := os.fspath(self.folder), str) or not name or "\0" in name:
            raise rules.refused("archive", WHAT[0], name, WHAT[1])
        if not isinstance(self.types, tuple) or not all(map(is_dataclass, self.types)):
            raise rules.refused("types", "a tuple of dataclasses", self.types, "types=(MyResult,) is one")

    def run(self, call: Any) -> Any:
        """The result of a `Call`, from the disk where it is there; else made, stored and returned.

        Of a generator it is the list of its values, stored one by one where the function can resume (`each`), at the
        end otherwise. Calls among the arguments go through the archive as well. Tensors come back on the CPU.
        """
        _check(call)
        self._open()
        return self._result(call, Once(self._input))

    def each(self, call: Any) -> Generator[Any, None, None]:
        """Yield the values of a generator's `Call`, each stored before it is yielded.

        What is on the disk is read; the rest is made by calling the function with `after=` the last of it. So it can
        be killed at any moment and called again, and yields the same values. A TypeError for a function that yields
        nothing or has no parameter `after`.
        """
        _check(call)
        if not call.resumes:
            raise TypeError(
                f"each() needs a generator function with a parameter `after` (the last finished value), "
                f"got {call.function.__qualname__}; run() stores its result as a whole"
            )
        self._open()
        return self._each(call, Once(self._input))

    def table(self) -> pandas.DataFrame:
        """A row for every stored value: function, arguments, index, when, seconds, and the value's own plain fields."""
        import pandas

        records = [self._read(path) for path in paths(self._folder)]
        return pandas.DataFrame([row for record in records if record for row in rows(record)])

    @property
    def _folder(self) -> Folder:
        return Folder.named(os.fspath(self.folder))

    def _open(self) -> None:
        """Make the folder; of one from before keys had the form that they have, say so, once."""
        self._folder.open()
        try:
            form = json.loads(self._folder.read(NAMES))
        except (FileNotFoundError, ValueError, RecursionError, Damaged):
            form = None
        if form == FORM:
            return
        if self._folder.names("calls"):
            warnings.warn(
                f'archive "{os.fspath(self.folder)}" was filled by an earlier version, whose keys have '
                "another form: its values are not found again, and what is asked for is made anew beside them",
                stacklevel=4,
            )
        self._folder.write(NAMES, (json.dumps(FORM) + "\n").encode())

    def _result(self, call: Call, once: Once, *, as_input: bool = False) -> Any:
        if call.resumes:
            return list(self._each(call, once))
        entry = Entry.of(call)
        path = f"calls/{entry.key}.json"
        stored = self._load(path, call)
        if stored is not None:
            return stored[0]
        self._tell_of_others(entry)
        began = time.monotonic()
        value = call.finish(once)
        if not (as_input and _remade(value)):
            self._keep(path, entry, value=value, seconds=time.monotonic() - began)
        return value

    def _input(self, call: Call, once: Once) -> Any:
        return self._result(call, once, as_input=True)

    def _each(self, call: Call, once: Once) -> Generator[Any, None, None]:
        entry, last = Entry.of(call), None
        name = f"calls/{entry.key}"
        end = self._read(f"{name}/end.json")
        for index in itertools.count():
            if end is not None and index == end.get("values"):
                return
            stored = self._load(f"{name}/{index:06d}.json", call)
            if stored is None:
                break
            (last,) = stored
            yield last
        if index == 0:
            self._tell_of_others(entry)
        values = iter(call.start(once, **({"after": last} if index else {})))
        try:
            began = time.monotonic()
            for value in values:
                path = f"{name}/{index:06d}.json"
                self._keep(path, entry, index=index, value=value, seconds=time.monotonic() - began)
                yield value
                index += 1
                began = time.monotonic()
        finally:
            close = getattr(values, "close", None)
            if close is not None:
                close()
        self._keep(f"{name}/end.json", entry, index="end", values=index)

    def _keep(self, path: str, entry: Entry, **fields: Any) -> None:
        if text := difference(entry.around, entry.call.surroundings()):
            self._warn(f"{path} is not kept, for the surroundings changed while it was made ({text})")
            return
        when = datetime.now(UTC).isoformat(timespec="seconds")
        if "value" in fields:
            function = entry.call.function
            where, types = f"the result of {function.__qualname__}", Types(function, self.types)
            fields["value"] = store(fields["value"], self._folder.put, where, types)
        record = {"call": entry.described, **entry.around, "when": when, **fields}
        write_record(self._folder, path, record)

    def _read(self, path: str) -> dict[str, Any] | None:
        """A record; None where there is none, or it is damaged or another's, which is said."""
        try:
            record = read_record(self._folder, path)
            check_place(record, path)
        except FileNotFoundError:
            return None
        except (KeyError, AttributeError, TypeError, Damaged) as error:
            return self._warn(f"{path} is damaged ({error}); it is made anew")
        return record

    def _load(self, path: str, call: Call) -> list[Any] | None:
        """A stored value, in a list; None where there is none, or it is damaged, which is said."""
        record = self._read(path)
        if record is None:
            return None
        try:
            return [read_value(record, self._folder, Types(call.function, self.types))]
        except Damaged as error:
            return self._warn(f"{path} is damaged ({error}); it is made anew")

    def _tell_of_others(self, entry: Entry) -> None:
        """Say of a call that was made in other surroundings, or begun there, what is other here."""
        function = entry.call.function.__qualname__
        for name in (name for name in self._folder.names("calls") if name.startswith(entry.stem)):
            around = None if name.startswith(entry.key) else read_surroundings(self._folder, name)
            text = "" if around is None else difference(around, entry.around)
            if text and (telling := (os.fspath(self.folder), function, text)) not in _told:
                _told.add(telling)
                self._warn(f"{function} was made, or begun, in other surroundings ({text}); it is made anew here")

    def _warn(self, text: str) -> None:
        warnings.warn(f'archive "{os.fspath(self.folder)}": {text}', stacklevel=2)


ArchiveLike = Archive | str | os.PathLike[str]
WHAT = ("an Archive or its folder", 'archive="results" is one')


def run(call: Call, archive: ArchiveLike | None) -> Any:
    """Run a call through an archive (or its folder), or without one."""
    return call.run() if (kept := opened(archive)) is None else kept.run(call)


def each(call: Call, archive: ArchiveLike | None) -> Generator[Any, None, None]:
    """Yield a call's values through an archive (or its folder), or without one."""
    return call.each() if (kept := opened(archive)) is None else kept.each(call)


def opened(archive: ArchiveLike | None) -> Archive | None:
    """Return an archive, or none, as it is, or that in a folder; a ValueError for anything else."""
    return archive if archive is None or isinstance(archive, Archive) else Archive(archive)


def _check(call: Any) -> None:
    if not isinstance(call, Call):
        raise TypeError(f"an archive runs calls, got {call!r}; make one with wb.call(function, ...)")


def _remade(value: Any) -> bool:
    """Whether an input is made each time, not stored: models cannot be, and data is on a disk already."""
    return isinstance(value, torch.nn.Module) or isinstance(getattr(value, "fingerprint", None), str)
