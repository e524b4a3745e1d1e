"""What failed in a sweep and why: the error, the end of its traceback, where it lies, and the line to try again."""

from __future__ import annotations

import json
import os
from typing import Any

from workbench.sweep.line import line
from workbench.sweep.review.overview import ended
from workbench.sweep.review.shown import Shown
from workbench.sweep.store import Store
from workbench.work import rules
from workbench.work.html import Html, element, joined, table
from workbench.work.parameters import parameter_cells, read_parameters

MOST = 20  # failures that are shown in full; the others by their errors
LINES = 12  # of a traceback's end


def failures(folder: str | os.PathLike[str], notebook: str | None = None, *, most: int = MOST) -> Shown:
    """Return what failed and why: each error once, with the points that it ended, of `most` points all that is known.

    That is its parameters, the end of its traceback, where the notebook and the log lie, and the line that tries it
    again. Raises a ValueError for a folder that no sweep wrote to.
    """
    rules.whole("most", most, way_on=f"{MOST} is usual")
    store, rows = Store(os.fspath(folder)), ended(folder, notebook)
    rows = rows[rows["state"] == "failed"]
    if rows.empty:
        return Shown(("Nothing failed.",), element("p", "Nothing failed."))
    errors = rows["error"].fillna("").value_counts()
    words = [f"{error} ({'1 point' if count == 1 else f'{count:,} points'})" for error, count in errors.items()]
    shown = [_failure(store, point) for point in rows["point"][:most]]
    rest = [f"And {len(rows) - most:,} more, in {store.out}/failed."] if len(rows) > most else []
    again = "A failed point is tried again by the line under it; all of them by the line that the sweep was called by."
    lines = element("ul", *(element("li", one) for one in words[:most]))
    parts = [lines, element("p", again), *(html for _, html in shown), *(element("p", one) for one in rest)]
    return Shown((*words, *(line for line, _ in shown), *rest), joined(*parts))


def again(store: Store, record: dict[str, Any]) -> str:
    """Return the line of a terminal that tries a failed point again."""
    notebook, usual = record["notebook"], {}
    try:
        (source,) = parameter_cells(json.loads(store.folder.read(f"notebooks/{record['point']}.ipynb")))
        usual = {name: one.default for name, one in read_parameters(source).items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError, SyntaxError):
        pass  # then all parameters are told
    told = {name: value for name, value in record["parameters"].items() if name not in usual or usual[name] != value}
    return line(notebook, {name: [value] for name, value in told.items()}, out=store.out)


def _failure(store: Store, point: str) -> tuple[str, Html]:
    record = store.record("failed", point) or {}
    call = again(store, record)
    where = {"notebook": f"{store.out}/notebooks/{point}.ipynb", "log": f"{store.out}/logs/{point}.txt"}
    tries = f"{record['attempt']}, the last of {record['seconds']:.1f} s"
    trace = "\n".join(record.get("traceback", "").rstrip().splitlines()[-LINES:])
    html = element(
        "details",
        element("summary", f"{point}: {record['error']}"),
        table([("tries", tries), *where.items()]),
        *([element("pre", trace)] if trace else []),
        element("pre", call),
        open="open",
    )
    return call, html
