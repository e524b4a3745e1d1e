"""A run of earlier, read from the journal: it is shown as a job is, and takes up no thread."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from workbench.work.calls import Call
from workbench.work.jobs import Record
from workbench.work.journal import Journal
from workbench.work.progress import clock
from workbench.work.public_names import public_name


class Past:
    """A job of another kernel, or of earlier in this one. `values` are read when they are first asked for."""

    running, begun, over = False, True, True
    error = None
    threads = 0

    def __init__(self, record: Record) -> None:
        self.of, self.record, self.call = record, record.id, record.call
        self.state, self.seconds = record.state, record.seconds
        self.notes = [record.problem] if record.problem else []
        self._values: list[Any] | None = None

    @property
    def values(self) -> list[Any]:
        """What it had yielded, or returned."""
        if self._values is None:
            self._values = self.of.values()
        return self._values

    @property
    def result(self) -> Any:
        """Exactly what the function returned: of a generator the list of what it yielded."""
        if self.call.generates:
            return list(self.values)
        return self.values[0] if self.values else None

    def forget(self) -> None:
        """Let go of its values; they are read again when they are asked for."""
        self._values = None

    def words(self) -> str:
        """How it ended, and when that was."""
        when = f"{self.of.began.astimezone():%d %b at %H:%M}"
        how = f"{self.state} after {clock(self.seconds)}" if self.seconds else self.state
        return f"of {when} · {how} · {self.of.count} kept"


def latest(journal: Journal, function: Callable[..., Any], call: Call | None) -> Past | None:
    """Return the last run of a function that kept something: that of this very call, where there is one."""
    name, pasts = public_name(function), list[Past]()
    for record in journal.records():
        if not record.count or record.function != name:
            continue
        try:
            pasts.append(Past(record))
        except ValueError:  # its call is not kept as text, or cannot be made any more
            continue
        if pasts[-1].call == call:
            return pasts[-1]
    return pasts[0] if pasts else None
