"""The report of a sweep: the notebook 90_report, run on its folder, as one page of HTML that needs nothing else."""

from __future__ import annotations

import os
import re
import tempfile
from pathlib import Path
from typing import Any

from workbench.sweep.review.overview import ended
from workbench.sweep.store import Store
from workbench.work import rules
from workbench.work.disk import whole
from workbench.work.html import Html, element, void
from workbench.work.shipped import shipped

NOTEBOOK = "90_report.ipynb"
FILE = "report.html"


def report(
    folder: str | os.PathLike[str], out: str | os.PathLike[str] | None = None, *, notebook: str | None = None
) -> str:
    """Write the report of a sweep as one page of HTML, and return where it lies: `report.html` in the sweep's folder.

    It loads nothing, is read in light and dark, and holds what ran, what failed and why, the tables with intervals over
    seeds and the charts. `out` is another file; `notebook` is one of the sweep's, whose points alone are reported. A
    ValueError where no sweep wrote to the folder.
    """
    if out is not None:
        rules.path("out", out, f'such as "{FILE}"; without it the page goes into the folder')
    store = Store(os.fspath(folder))
    ended(folder, notebook)  # says what is wrong with either
    text = page(_run(_absolute(store.out), notebook), f"Sweep {store.out.rstrip('/').rpartition('/')[2]}")
    if out is None:
        store.put(FILE, text.encode())
        return f"{store.out.rstrip('/')}/{FILE}"
    with whole(Path(out)) as part:
        Path(part).write_text(text, encoding="utf-8")
    return os.fspath(out)


def page(node: Any, title: str) -> str:
    """Return a notebook that was run as one page: its words and what it shows, without its code."""
    from nbconvert import HTMLExporter

    exporter = HTMLExporter(template_name="basic", exclude_input=True, exclude_output_prompt=True)
    body = Html(exporter.from_notebook_node(node)[0])
    first = (void("meta", charset="utf-8"), void("meta", name="viewport", content="width=device-width"))
    style = element("style", Html(Path(__file__).with_name("report.css").read_text()))
    head = element("head", *first, element("title", title), style)
    return f"<!doctype html>{element('html', head, element('body', element('main', body)), lang='en')}\n"


def _run(folder: str, notebook: str | None) -> Any:
    import papermill

    parameters = {"folder": folder, "notebook": notebook, "interactive": False}
    with tempfile.TemporaryDirectory(prefix="workbench-") as scratch:
        return papermill.execute_notebook(
            shipped() / NOTEBOOK,
            Path(scratch) / NOTEBOOK,
            {**parameters, "out": scratch},
            kernel_name="python3",
            cwd=scratch,
            progress_bar=False,
            store_widget_state=False,
        )


def _absolute(folder: str) -> str:
    """The folder as another process finds it."""
    return folder if re.match(r"\w+://", folder) else os.path.abspath(folder)
