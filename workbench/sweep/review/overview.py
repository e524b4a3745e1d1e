"""What became of a sweep, to be read: what ran, how long and where, what failed and why, and how it is tried again."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from workbench.sweep.points import points
from workbench.sweep.review.shown import Shown
from workbench.sweep.store import ALIVE, Store
from workbench.work.html import element, joined, table
from workbench.work.nearest import check_known
from workbench.work.progress.words import clock

ENDS = {"finished": "finished", "failed": "failed", "running": "at work", "cut off": "cut off"}


def overview(folder: str | os.PathLike[str], notebook: str | None = None) -> Shown:
    """Return what ran in a sweep: points by notebook and state, seconds, memory, when, where, and with which versions.

    Raises a ValueError for a folder that no sweep wrote to, and for a notebook that is none of it.
    """
    rows = ended(folder, notebook)
    words = [*_counted(rows), *_spent(rows), *_where(rows)]
    head = ["notebook", *ENDS.values(), "seconds of a point", "in all", "memory at most"]
    lines = [_line(name, same) for name, same in rows.groupby("notebook", sort=True)]
    return Shown(tuple(words), joined(*(element("p", one) for one in words), table(lines, head=head)))


def ended(folder: str | os.PathLike[str], notebook: str | None = None) -> Any:
    """Return the points of a sweep, of which those that were begun, and that nobody works at, are "cut off"."""
    rows: Any = points(folder)
    if notebook is not None:
        check_known("notebook of the sweep", notebook, set(rows["notebook"]))
        rows = rows[rows["notebook"] == notebook]
    store, now = Store(os.fspath(folder)), time.time()
    for index in rows.index[rows["state"] == "running"]:
        record = store.record("running", str(rows.at[index, "point"]))
        if record and now - record["beat"] > ALIVE:
            rows.at[index, "state"] = "cut off"
    return rows.reset_index(drop=True)


def _counted(rows: Any) -> Iterable[str]:
    books = sorted(set(rows["notebook"]))
    counts = rows["state"].value_counts()
    states = [f"{counts[state]:,} {words}" for state, words in ENDS.items() if state in counts]
    yield f"{_several(len(rows), 'point')} of {_several(len(books), 'notebook')}: {', '.join(states)}."
    if "finished" not in counts:
        yield "Nothing is finished yet, so there are no tables and no charts."
    if "cut off" in counts:
        yield "What was cut off goes on where it was, when the same sweep is called again."


def _spent(rows: Any) -> Iterable[str]:
    seconds = rows["seconds"].dropna()
    if len(seconds):
        longest = rows.loc[seconds.idxmax()]
        spread = f"half of them at most {clock(seconds.median())}, the longest {clock(seconds.max())}"
        yield f"All together they took {clock(seconds.sum())}, {spread} ({longest['point']})."
    memory = rows.get("memory")
    if memory is not None and memory.notna().any():
        most = rows.loc[memory.idxmax()]
        yield f"The most memory that one took is {_bytes(float(most['memory']))} ({most['point']})."


def _where(rows: Any) -> Iterable[str]:
    ends = [datetime.fromisoformat(text) for text in rows.get("ended", []) if isinstance(text, str)]
    if ends:
        first, last = (moment.astimezone() for moment in (min(ends), max(ends)))
        hosts = sorted({host for host in rows.get("host", []) if isinstance(host, str)})
        on = f", on {', '.join(hosts)}" if hosts else ""
        yield f"The first point ended {first:%Y-%m-%d %H:%M}, the last {last:%Y-%m-%d %H:%M %Z}{on}."
    names = [name for name in rows if name.startswith("version_")]
    versions = [f"{name.removeprefix('version_')} {_listed(rows[name])}" for name in names]
    if versions:
        yield f"Versions: {', '.join(versions)}."
        if any(rows[name].nunique() > 1 for name in names):
            yield "They differ between points: numbers of different versions may differ too."


def _line(name: str, rows: Any) -> list[str]:
    counts, seconds = rows["state"].value_counts(), rows["seconds"].dropna()
    memory = rows["memory"].dropna() if "memory" in rows else seconds[:0]
    spread = f"{seconds.min():.1f} to {seconds.max():.1f}" if len(seconds) else "–"
    in_all = clock(seconds.sum()) if len(seconds) else "–"
    return [
        name,
        *(str(counts.get(s, 0)) for s in ENDS),
        spread,
        in_all,
        _bytes(float(memory.max())) if len(memory) else "–",
    ]


def _listed(values: Any) -> str:
    return " and ".join(sorted({str(value) for value in values.dropna()}))


def _several(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def _bytes(count: float) -> str:
    return f"{count / 1e9:.2f} GB" if count >= 1e9 else f"{count / 1e6:.0f} MB"
