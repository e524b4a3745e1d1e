"""One point of a sweep, opened: where its notebook lies, its parameters, error and tables, the end of its log."""

from __future__ import annotations

import io
import os
from typing import Any

from workbench.panels.sweep_rows import Row
from workbench.sweep.store import Store
from workbench.work.html import Html, element, joined, table
from workbench.work.progress import clock

TAIL = 25  # lines of a log
SHOWN = 20  # rows of a table
JOINED = ("notebook", "point", "parameter_")  # how columns begin that are not the notebook's own
LOG, NOTEBOOK = "logs/{}.txt", "notebooks/{}.ipynb"


def opened(store: Store, row: Row) -> Html:
    """Return all of it but the log."""
    record = row.record
    facts = [row.words] + [clock(record["seconds"])] * ("seconds" in record)
    facts += [f"try {record['attempt']}"] * ("attempt" in record)
    facts += [f"{record['memory'] / 2**20:,.0f} MB at most"] * bool(record.get("memory"))
    links = [link(store, NOTEBOOK.format(row.name), "Its notebook"), link(store, LOG.format(row.name), "Its log")]
    told = element("details", element("summary", "Its parameters"), table(list(row.parameters.items())))
    head = element("h4", row.name), element("p", " · ".join(facts)), element("p", joined(*links))
    return element("div", *head, _failure(store, row), told, *_tables(store, row), class_="wb-sweep-opened")


def log(store: Store, row: Row) -> Html:
    """Return the last lines of what it said on the way."""
    text = _read(store, LOG.format(row.name)).decode(errors="replace")
    lines = text.rstrip().splitlines()
    if not lines:
        return joined()
    title = f"The last {TAIL} lines of its log" if len(lines) > TAIL else "Its log"
    block = element("pre", "\n".join(lines[-TAIL:]), tabindex=0)
    return element("div", element("b", title), block, class_="wb-sweep-log")


def link(store: Store, path: str, words: str) -> Html:
    """Return a link that JupyterLab opens, where the file lies beside this notebook or below; else where it lies."""
    whole = f"{store.out.rstrip('/')}/{path}"
    if "://" in whole or (beside := os.path.relpath(whole)).startswith(".."):
        return element("span", f"{words}: {whole}", class_="wb-sweep-link")
    if not os.path.isfile(whole):
        return joined()
    return element("a", words, href=beside, title=beside, data_wb_file=beside, class_="wb-sweep-link")


def _failure(store: Store, row: Row) -> Html:
    if not row.record.get("error"):
        return joined()
    trace = (store.record("failed", row.name) or {}).get("traceback", "").rstrip()
    folded = element("details", element("summary", "Traceback"), element("pre", trace, tabindex=0)) if trace else ""
    return element("div", row.record["error"], folded, class_="wb-alert")


def _tables(store: Store, row: Row) -> list[Html]:
    """Its tables, each folded, from the files of this point alone."""
    shown = []
    for name, count in row.record.get("tables", {}).items():
        import pandas

        data = _read(store, f"tables/{row.notebook}/{name}/{row.name}.parquet")
        frame: Any = pandas.read_parquet(io.BytesIO(data)) if data else pandas.DataFrame()
        own = [column for column in frame if not column.startswith(JOINED)]
        rows = frame[own].head(SHOWN).to_html(index=False, border=0, float_format=lambda value: f"{value:.4g}")
        inside = element("div", Html(rows), class_="wb-table", tabindex=0)  # pandas escapes what it shows
        summary = element("summary", f"Table {name} ({count:,} row{'s' if count != 1 else ''})")
        more = element("p", f"the first {SHOWN}; wb.sweep.table(folder, {name!r}) reads all") if count > SHOWN else ""
        shown.append(element("details", summary, inside, more))
    return shown


def _read(store: Store, path: str) -> bytes:
    try:
        return store.folder.read(path)
    except OSError:
        return b""
