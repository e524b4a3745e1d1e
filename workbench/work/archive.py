"""The archive: a folder of finished values, each under the call that made it.

    archive = wb.Archive("results")
    rounds = archive.run(call)           # made the first time, read from the disk afterwards
    for r in archive.each(call): ...     # stored one by one; killed at any moment, it goes on where it was

The folder, which may be any fsspec URL, holds

    calls/<function>-<key>.json          a value, and in full the call that made it
    calls/<function>-<key>/000000.json   the values of a generator; end.json says that there are no more
    safetensors/<sha256>.safetensors     tensors by content: what rounds share is on the disk once
    parquet/<sha256>.parquet             tables
    names.json                           says that the calls name things by their public names

A file that is not what was written is noticed by its checksum, said aloud, and made anew. Two processes may use one
archive at once: equal calls write equal files.
"""

from __future__ import annotations

import json
import os
import time
import warnings
from collections.abc import Generator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import torch

from workbench.work.calls import Call, Once
from workbench.work.disk import Damaged, Folder
from workbench.work.fingerprint import digest
from workbench.work.listing import rows
from workbench.work.stored_values import Types, restore, store

if TYPE_CHECKING:
    import pandas

NAMES = "names.json"  # the file that an older archive has not


@dataclass(frozen=True)
class Archive:
    """Finished values in `folder`: a path, or a URL that fsspec knows. Only `run` and `each` write to it.

    `types` are dataclasses that it may read back beside those of the workbench and of the code of the call's function.
    """

    folder: str | os.PathLike[str]
    types: tuple[type, ...] = field(default=(), repr=False)

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

        records = [self._read(path) for path in self._folder.files("calls/*.json", "calls/*/*.json")]
        return pandas.DataFrame([row for record in records if record and "value" in record for row in rows(record)])

    @property
    def _folder(self) -> Folder:
        return Folder(os.fspath(self.folder))

    def _open(self) -> None:
        """Make the folder; of one from before values were named by their public names, say so, once."""
        self._folder.open()
        if not self._folder.has(NAMES):
            if self._folder.files("calls/*"):
                warnings.warn(
                    f'archive "{os.fspath(self.folder)}" was filled by an earlier version, which named values by the '
                    "files of the code: they are not found again, and what is asked for is made anew beside them",
                    stacklevel=4,
                )
            self._folder.write(NAMES, b'{"names": "public"}\n')

    def _result(self, call: Call, once: Once, *, as_input: bool = False) -> Any:
        if call.resumes:
            return list(self._each(call, once))
        path = f"{_name(call)}.json"
        stored = self._load(path, call)
        if stored is not None:
            return stored[0]
        began = time.monotonic()
        value = call.finish(once)
        if not (as_input and _remade(value)):
            self._keep(path, call, value=value, seconds=time.monotonic() - began)
        return value

    def _input(self, call: Call, once: Once) -> Any:
        return self._result(call, once, as_input=True)

    def _each(self, call: Call, once: Once) -> Generator[Any, None, None]:
        name, index, last = _name(call), 0, None
        end = self._read(f"{name}/end.json")
        while end is None or index < end["values"]:
            stored = self._load(f"{name}/{index:06d}.json", call)
            if stored is None:
                break
            (last,) = stored
            yield last
            index += 1
        else:
            return
        values = iter(call.start(once, **({"after": last} if index else {})))
        try:
            began = time.monotonic()
            for value in values:
                path = f"{name}/{index:06d}.json"
                self._keep(path, call, index=index, value=value, seconds=time.monotonic() - began)
                yield value
                index += 1
                began = time.monotonic()
        finally:
            close = getattr(values, "close", None)
            if close is not None:
                close()
        self._keep(f"{name}/end.json", call, values=index)

    def _keep(self, path: str, call: Call, **entry: Any) -> None:
        when = datetime.now(UTC).isoformat(timespec="seconds")
        if "value" in entry:
            where, types = f"the result of {call.function.__qualname__}", Types(call.function, self.types)
            entry["value"] = store(entry["value"], self._folder.put, where, types)
        record = {"call": call.described(), **call.surroundings(), "when": when, **entry}
        self._folder.write(path, json.dumps({"sha256": digest(record), **record}, indent=1).encode())

    def _read(self, path: str) -> dict[str, Any] | None:
        """A record; None where there is none, or it is damaged, which is said."""
        try:
            record = json.loads(self._folder.read(path))
            if record.pop("sha256") != digest(record):
                raise Damaged("its checksum does not fit")
        except FileNotFoundError:
            return None
        except (ValueError, KeyError, AttributeError, TypeError, RecursionError, Damaged) as error:
            return self._say(path, error)
        return record

    def _load(self, path: str, call: Call) -> list[Any] | None:
        """A stored value, in a list; None where there is none, or it is damaged, which is said."""
        record = self._read(path)
        if record is None:
            return None
        try:
            return [restore(record["value"], self._folder.get, Types(call.function, self.types))]
        except (OSError, MemoryError):
            raise
        except Exception as error:  # a damaged file may fail in any way, and so may a dataclass that has changed
            return self._say(path, error)

    def _say(self, path: str, error: Exception) -> None:
        text = f'archive "{os.fspath(self.folder)}": {path} is damaged ({error}); it is made anew'
        warnings.warn(text, stacklevel=2)


def run(call: Call, archive: Archive | str | None) -> Any:
    """Run a call through an archive (or its folder), or without one."""
    return call.run() if archive is None else _opened(archive).run(call)


def each(call: Call, archive: Archive | str | None) -> Generator[Any, None, None]:
    """Yield a call's values through an archive (or its folder), or without one."""
    return call.each() if archive is None else _opened(archive).each(call)


def _opened(archive: Archive | str) -> Archive:
    return Archive(archive) if isinstance(archive, str) else archive


def _check(call: Any) -> None:
    if not isinstance(call, Call):
        raise TypeError(f"an archive runs calls, got {call!r}; make one with wb.call(function, ...)")


def _name(call: Call) -> str:
    function = call.function.__name__
    return f"calls/{function if function.isidentifier() else 'call'}-{call.key()}"


def _remade(value: Any) -> bool:
    """Whether an input is made each time, not stored: models cannot be, and data is on a disk already."""
    return isinstance(value, torch.nn.Module) or isinstance(getattr(value, "fingerprint", None), str)
