"""What became of the points of a sweep, read again and again while it works: what has ended is read once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from workbench.sweep.plan import Point
from workbench.sweep.store import Store
from workbench.work.locks import Lock

STATES = ("running", "failed", "stopped", "interrupted", "finished", "waiting")
KEPT = ("notebook", "parameters", "seconds", "attempt", "error", "tables", "cell", "cells", "memory")


@dataclass(frozen=True)
class Row:
    """A point: its state in a word, its parameters, and what its record says beside them."""

    name: str
    notebook: str
    state: str
    parameters: dict[str, Any] = field(repr=False)
    record: dict[str, Any] = field(default_factory=dict, repr=False)

    @property
    def words(self) -> str:
        """Its state, and how far it is."""
        if self.state != "running":
            return self.state
        cell, cells = self.record.get("cell") or 0, self.record.get("cells") or 0
        return f"running · cell {cell} of {cells}" if cell else "running · starting"


class Reader:
    """Reads the folder of a sweep; a folder that is not there has no points."""

    def __init__(self, out: str) -> None:
        self.store = Store(out)
        self._ended: dict[tuple[str, str], dict[str, Any]] = {}
        self._ran: set[str] = set()  # when it was read last: their failures may be new ones
        self._lock = Lock()

    def read(self, planned: Iterable[Point] = ()) -> tuple[list[Row], list[Row]]:
        """Return a row for each point that is planned, in their order, and for each other that the folder has."""
        with self._lock:
            there = self._there()
        rows = [there.pop(p.name, None) or Row(p.name, p.notebook.name, "waiting", p.parameters) for p in planned]
        return rows, list(there.values())

    def _there(self) -> dict[str, Row]:
        rows: dict[str, Row] = {}
        beside = set(self.store.names("finished"))
        failed = [name for name in self.store.names("failed") if name not in beside]
        begun = [name for name in self.store.names("running") if name not in beside]
        for name in sorted(beside):
            rows |= self._row(name, "finished", self._record("finished", name))
        for name in failed:
            if name in self._ran:
                self._ended.pop(("failed", name), None)
            record = self._record("failed", name)
            stopped = record is not None and str(record.get("error", "")).startswith("stopped")
            rows |= self._row(name, "stopped" if stopped else "failed", record)
        self._ran = set()
        for name in begun:
            if self.store.runs_elsewhere(name, ""):
                self._ran.add(name)
                rows |= self._row(name, "running", self.store.record("running", name))
            elif name not in rows:
                rows |= self._row(name, "interrupted", self.store.record("running", name))
        return rows

    def _record(self, state: str, name: str) -> dict[str, Any] | None:
        if (state, name) not in self._ended and (record := self.store.record(state, name)):
            self._ended[state, name] = {part: record[part] for part in KEPT if part in record}
        return self._ended.get((state, name))

    def _row(self, name: str, state: str, record: dict[str, Any] | None) -> dict[str, Row]:
        return {name: Row(name, record["notebook"], state, record["parameters"], record)} if record else {}


def varying(rows: Sequence[Row]) -> list[str]:
    """Return the parameters that are not the same in all rows that have them."""
    seen: dict[str, set[str]] = {}
    for row in rows:
        for name, value in row.parameters.items():
            seen.setdefault(name, set()).add(repr(value))
    return [name for name, values in seen.items() if len(values) > 1]


def counted(rows: Sequence[Row]) -> str:
    """Say how many rows are in which state."""
    counts = {state: sum(row.state == state for row in rows) for state in STATES}
    return ", ".join(f"{count:,} {state}" for state, count in counts.items() if count)
