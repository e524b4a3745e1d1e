"""One job of an archive, as it was kept: what was called, when, how it ended, and its values."""

from __future__ import annotations

import json
import math
import os
import re
import warnings
import weakref
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from workbench.work import rules
from workbench.work.archive import Archive
from workbench.work.call_parts import parts
from workbench.work.calls import Call
from workbench.work.disk import OLD, Damaged
from workbench.work.fingerprint import digest
from workbench.work.folder import Folder
from workbench.work.processes import is_gone, is_here
from workbench.work.progress import clock
from workbench.work.public_names import public
from workbench.work.record_file import read_record, read_value, write_record
from workbench.work.stored_values import Types

if TYPE_CHECKING:
    import pandas

ID = re.compile(r"\d{8}-\d{6}-[0-9a-f]{6}")
VALUE = re.compile(r"\d{6}\.json")
STATES = ("running", "finished", "stopped", "failed", "interrupted")
LARGEST = 4_000_000  # bytes of a job.json, and far more than the longest call that is kept can take
KINDS: dict[str, type | tuple[type, ...]] = {  # what a job.json holds
    **dict.fromkeys(("function", "refusal", "began", "name", "state", "problem"), str),
    **dict.fromkeys(("call", "error"), (str, type(None))),
    **dict.fromkeys(("around", "process"), dict),
    "described": (dict, type(None)),
    "seconds": (int, float),
    "count": int,
}
open_here: weakref.WeakValueDictionary[str, object] = weakref.WeakValueDictionary()  # by id: what this process writes


@dataclass(frozen=True, eq=False)
class Record:
    """A job as it was when it was read; `values()` reads its outcomes.

    `state` is running, finished, stopped, failed or, where its process was killed, interrupted. `text` is its call as
    JSON, None where it has none; `described` the call in full, for people. `problem` says what could not be kept.
    """

    id: str
    function: str
    began: datetime
    seconds: float
    state: str
    count: int
    name: str
    starred: bool
    error: str | None
    problem: str
    text: str | None
    described: dict[str, Any] | None
    around: dict[str, Any]
    refusal: str = field(repr=False)
    archive: Archive = field(repr=False)

    @property
    def call(self) -> Call:
        """The call that was run. A ValueError where it cannot be made again from text; a warning where it differs."""
        if self.text is None:
            raise ValueError(f"the call of job {self.id} is not kept as text, for {self.refusal or 'it has none'}")
        try:
            call = Call.from_json(self.text)
        except ValueError as error:
            raise ValueError(f"the call of job {self.id} cannot be made again: {error}") from error
        if self.described is not None and digest(call.described()) != digest(self.described):
            words = "a default, or the code, has changed since it ran; described holds what ran"
            warnings.warn(f"job {self.id}: the call of its text is another one now ({words})", stacklevel=2)
        return call

    @property
    def title(self) -> str:
        """What people call it: its name, or its function and when it began, by this machine's clock."""
        return self.name or f"{self.function.rpartition('.')[2]} {self.began.astimezone():%d %b %H:%M:%S}"

    @property
    def source(self) -> str:
        """What a person would type to read its values."""
        return f"wb.job({json.dumps(os.fspath(self.archive.folder))}, {json.dumps(self.id)}).values()"

    @property
    def changed(self) -> dict[str, str]:
        """The parts of its call that are not the defaults, by dotted name (`recipe.epochs`), as they are typed."""
        return parts(self.text, named=False) if self.text else parts(self.described)

    def compared(self, other: Record) -> pandas.DataFrame:
        """What differs from another job, a row each: of the calls, defaults included, and of where they ran."""
        import pandas

        rules.instance("other", other, Record, "a job", "wb.jobs(archive) has them")
        a, b = ({"function": j.function, **parts(j.described), **parts({"arguments": j.around})} for j in (self, other))
        names = [name for name in a | b if a.get(name) != b.get(name)]
        rows = [(name, a.get(name, "—"), b.get(name, "—")) for name in names]
        return pandas.DataFrame(rows, columns=["argument", "a", "b"])

    def values(self) -> list[Any]:
        """Read what it gave so far, tensors on the CPU. A value that is damaged is left out, and said."""
        values, problems = self.read()
        for problem in problems:
            warnings.warn(problem, stacklevel=2)
        return values

    def read(self) -> tuple[list[Any], list[str]]:
        """As `values`, and in words what is damaged and left out."""
        folder, types = _folder(self.archive), types_of(self.function, self.archive)
        values, problems = [], []
        for file in filter(VALUE.fullmatch, folder.names(f"jobs/{self.id}")):
            try:
                values.append(read_value(_read_value_record(folder, self.id, file), folder, types))
            except Damaged as error:
                where = f'archive "{folder.name}": jobs/{self.id}/{file}'
                problems.append(f"{where} is damaged ({error}); it is left out")
        return values, problems

    def renamed(self, name: str) -> Record:
        """Give it a name, or "" for none, and return it."""
        text = checked_name(name)
        return self._marked(name=text)

    def starred_as(self, starred: bool) -> Record:
        """Star it, or take its star, and return it."""
        rules.flag("starred", starred, "True stars it")
        return self._marked(starred=bool(starred))

    def delete(self) -> None:
        """Remove it from the disk; tensors stay, as others may share them (`wb.clean`). A ValueError while it runs."""
        if read_job(self.archive, _folder(self.archive), self.id).state == "running":
            raise ValueError(f"job {self.id} must be over to be deleted, and it is running; stop it first")
        _folder(self.archive).remove(f"jobs/{self.id}")

    def _marked(self, **marks: Any) -> Record:
        folder = _folder(self.archive)
        kept = _marks(folder, self.id) or {"name": self.name, "starred": self.starred}
        write_record(folder, f"jobs/{self.id}/marks.json", {**kept, **marks, "job": self.id})
        return replace(self, **marks)

    def __repr__(self) -> str:
        named = f'"{self.name}", ' if self.name else ""
        values = f"{self.count} value{'s' if self.count != 1 else ''}"
        return f"Record({self.id}, {named}{self.function}, {self.state}, {values}, {clock(self.seconds)})"


def read_job(archive: Archive, folder: Folder, name: str) -> Record:
    """The job of this id. Raises FileNotFoundError or Damaged."""
    record = read_record(folder, f"jobs/{name}/job.json", most=LARGEST)
    if record.get("id") != name:
        raise Damaged(f"it is that of job {str(record.get('id'))[:40]}")
    for key, kind in KINDS.items():
        if not isinstance(record.get(key), kind) or isinstance(record.get(key), bool):
            raise Damaged(f'its "{key}" is no such thing: {str(record.get(key))[:40]}')
    try:
        began = datetime.fromisoformat(record["began"]).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise Damaged(str(error)) from None
    if record["state"] not in STATES or not math.isfinite(record["seconds"]) or record["count"] < 0:
        raise Damaged("its state, seconds or count is none")
    state, seconds, count = record["state"], float(record["seconds"]), record["count"]
    if state == "running":
        state, seconds, count = _unended(folder, name, record, began)
    marks = _marks(folder, name) or {"name": record["name"], "starred": False}
    texts = {key: record[key] for key in ("function", "error", "problem", "described", "around", "refusal")}
    told = {"state": state, "seconds": seconds, "count": count, **marks}
    return Record(id=name, began=began, text=record["call"], archive=archive, **texts, **told)


def types_of(function: str, archive: Archive) -> Types:
    """What a job's values may be made of: public dataclasses, and those that are named to the archive.

    A function that is not public names none: a record may come from anywhere, and what it says opens no module.
    """
    try:
        return Types(public(function), archive.types)
    except ValueError:
        return Types(types_of, archive.types)


def checked_name(name: Any) -> str:
    """The name that a person gives to a job, or "". A ValueError for what is no line of text."""
    text = name.strip() if isinstance(name, str) else None
    if text is None or len(text) > 100 or not text.isprintable():
        raise rules.refused("name", "one line of at most 100 characters", name, 'name="three epochs, digits" is one')
    return text


def _unended(folder: Folder, name: str, record: dict[str, Any], began: datetime) -> tuple[str, float, int]:
    """State, seconds and count of a job of which no end was written: it runs, or its process was killed."""
    files = [file for file in folder.names(f"jobs/{name}") if VALUE.fullmatch(file)]
    seconds, when = 0.0, began
    try:
        last = _read_value_record(folder, name, files[-1])
        seconds, when = float(last["seconds"]), datetime.fromisoformat(last["when"]).astimezone(UTC)
    except (IndexError, OSError, KeyError, TypeError, ValueError, OverflowError, Damaged):
        pass  # none yet; or that is said where the values are read
    process, now = record["process"], datetime.now(UTC)
    if is_here(process):
        over = name not in open_here if process.get("pid") == os.getpid() else is_gone(process)
    else:  # of another machine nothing is known but that it has been silent
        over = now - when > timedelta(seconds=OLD)
    return ("interrupted", seconds, len(files)) if over else ("running", (now - began).total_seconds(), len(files))


def _read_value_record(folder: Folder, name: str, file: str) -> dict[str, Any]:
    record = read_record(folder, f"jobs/{name}/{file}")
    if (record.get("job"), record.get("index")) != (name, int(file.removesuffix(".json"))):
        raise Damaged(f"it belongs to job {str(record.get('job'))[:40]}, as value {str(record.get('index'))[:10]}")
    return record


def _marks(folder: Folder, name: str) -> dict[str, Any] | None:
    """What a person wrote on it; None where nothing, or it is damaged: then it has the name that it began with."""
    try:
        marks = read_record(folder, f"jobs/{name}/marks.json", most=LARGEST)
        if marks.pop("job") == name and isinstance(marks.get("starred"), bool):
            return {"name": checked_name(marks["name"]), "starred": marks["starred"]}
    except (FileNotFoundError, KeyError, ValueError, Damaged):
        pass
    return None


def _folder(archive: Archive) -> Folder:
    return Folder.named(os.fspath(archive.folder))
