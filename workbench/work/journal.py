"""The journal of an archive: every job, one record each, whatever came of it. A record never touches another.

    journal = Journal("runs")
    writing = journal.begin(call)            # a person presses Run
    writing.add(outcome)                     # each value as it comes
    writing.end("finished", seconds=12.5)
    wb.jobs("runs")                          # the newest first
    wb.job("runs", "20261128-230718-3fa9c1").values()

A *job* is one call that was run from a panel; pressed again, it is another job. In the archive's folder lie

    jobs/<id>/job.json       the call, when it began, where, and, once it is over, how it ended
    jobs/<id>/000000.json    its values in the order in which they came, tensors by content, shared with the archive's
    jobs/<id>/marks.json     what a person calls it, and whether it is starred: written by people alone

No process writes what another does, so that several may use one folder. Keeping is no condition of running: where it
cannot be done (a full disk, a value of a class that is not public) that is said, in `Writing.problem` and as a
warning, and the job goes on.
"""

from __future__ import annotations

import json
import uuid
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from workbench.work import rules
from workbench.work.archive import WHAT, Archive, ArchiveLike, opened
from workbench.work.calls import Call
from workbench.work.disk import Damaged
from workbench.work.folder import Folder
from workbench.work.jobs import ID, Record, checked_name, open_here, read_job, types_of
from workbench.work.nearest import unknown
from workbench.work.processes import this_process
from workbench.work.public_names import full_name, public_name
from workbench.work.record_file import write_record
from workbench.work.stored_values import store

LONGEST = 200_000  # characters of a call that is kept; lists of numbers so long are values, not a call
ENDS = ("finished", "stopped", "failed")


def jobs(archive: ArchiveLike) -> list[Record]:
    """Return the jobs that are kept in an archive (or its folder), the newest first; `job.values()` are its outcomes.

    A job is one call that was run from a panel. One whose files are damaged is left out, and said.
    """
    return Journal(archive).records()


def job(archive: ArchiveLike, name: str) -> Record:
    """Return the job of this id, or the newest of this name. A ValueError for one that is not there."""
    records = Journal(archive).records()
    rules.instance("name", name, str, "the id or the name of a job", f"there are {len(records)}: wb.jobs(archive)")
    for record in records:
        if name in (record.id, record.name):
            return record
    raise unknown("job", name, {record.id for record in records} | {record.name for record in records if record.name})


@dataclass(frozen=True)
class Journal:
    """The jobs in an archive (or its folder)."""

    archive: ArchiveLike

    def __post_init__(self) -> None:
        rules.instance("archive", opened(self.archive), Archive, *WHAT)

    def begin(self, call: Call, *, name: str = "") -> Writing:
        """Begin the record of a job. It never fails: `problem` of what is returned says why nothing is kept."""
        rules.instance("call", call, Call, "a Call", "wb.call(function, ...) makes one")
        return Writing(self.opened, call, checked_name(name))

    def records(self) -> list[Record]:
        """The jobs, newest first: of each its `job.json` is read, and none of its values. Damage is a warning."""
        records, problems = self.listed()
        for problem in problems:
            warnings.warn(problem, stacklevel=2)
        return records

    def listed(self) -> tuple[list[Record], list[str]]:
        """As `records`, and in words what is damaged and left out."""
        records, problems, folder = [], [], self._folder
        for name in filter(ID.fullmatch, folder.names("jobs")):
            try:
                records.append(read_job(self.opened, folder, name))
            except FileNotFoundError:
                continue  # deleted, or not begun, while we looked
            except Damaged as error:
                problems.append(f'archive "{folder.name}": job {name} is damaged ({error}); it is left out')
        return sorted(records, key=lambda record: (record.began, record.id), reverse=True), problems

    @property
    def opened(self) -> Archive:
        """The archive that it is of."""
        return self.archive if isinstance(self.archive, Archive) else Archive(self.archive)

    @property
    def _folder(self) -> Folder:
        return Folder.named(str(self.opened.folder))


class Writing:
    """The record of a job that runs: made by `Journal.begin`. `problem` says what is not kept, "" where all is."""

    def __init__(self, archive: Archive, call: Call, name: str) -> None:
        began = datetime.now(UTC)
        self.id = f"{began:%Y%m%d-%H%M%S}-{uuid.uuid4().hex[:6]}"
        self.problem = ""
        self._archive, self._function, self._began = archive, call.function, began
        self._folder = Folder.named(str(archive.folder))
        self._values, self._ended = 0, False
        self._kept = self._tried("the job", lambda: self._begin(call, name))
        open_here[self.id] = self

    def add(self, value: Any) -> None:
        """Keep the next value; one that cannot be kept is left out, which is said, and ends nothing."""
        if self._kept and self._tried(f"a value ({type(value).__name__})", lambda: self._add(value)):
            self._values += 1

    def end(self, state: str, seconds: float, error: BaseException | str | None = None) -> None:
        """Say how it ended: "finished", "stopped" or "failed", after how many seconds, and the error, if any."""
        rules.choice("state", state, ENDS)
        if self._ended:
            return
        self._ended = True
        open_here.pop(self.id, None)
        words = f"{type(error).__name__}: {error}" if isinstance(error, BaseException) else error
        changed = {"state": state, "seconds": float(seconds), "count": self._values, "error": words}
        if self._kept:
            self._tried("how it ended", lambda: self._write(changed | {"problem": self.problem}))

    def _begin(self, call: Call, name: str) -> None:
        self._folder.open()
        text, described, refusal = None, None, ""
        try:
            described = call.described()
            text = call.json()
        except (TypeError, ValueError) as error:
            refusal = str(error)
        if max(len(text or ""), len(json.dumps(described))) > LONGEST:
            described, text, refusal = None, None, "it is too long"
        self._record = {
            "id": self.id,
            "function": public_name(call.function) or full_name(call.function),
            "call": text,
            "described": described,
            "refusal": refusal,
            "began": self._began.isoformat(),
            "name": name,
            "around": call.surroundings(),
            "process": this_process(),
        }
        self._write({"state": "running", "seconds": 0.0, "count": 0, "error": None, "problem": ""})

    def _write(self, changed: dict[str, Any]) -> None:
        write_record(self._folder, f"jobs/{self.id}/job.json", self._record | changed)

    def _add(self, value: Any) -> None:
        index, now = self._values, datetime.now(UTC)
        where = f"value {index} of {self._record['function']}"
        record = {
            "job": self.id,
            "index": index,
            "seconds": (now - self._began).total_seconds(),
            "when": now.isoformat(),
            "value": store(value, self._folder.put, where, types_of(self._record["function"], self._archive)),
        }
        write_record(self._folder, f"jobs/{self.id}/{index:06d}.json", record)

    def _tried(self, what: str, act: Callable[[], Any]) -> bool:
        """Do it; what goes wrong, of whatever kind a file system has, is said once, and is no end of the job."""
        try:
            act()
        except Exception as error:
            problem = f'archive "{self._folder.name}": {what} is not kept ({_words(error)})'
            if problem != self.problem:
                warnings.warn(problem, stacklevel=4)
            self.problem = problem
            return False
        return True


def _words(error: Exception) -> str:
    """What an error says, without the number that a system's has."""
    return str((error.strerror if isinstance(error, OSError) else "") or error)
