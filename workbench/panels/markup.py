"""The parts of a panel that are text, as HTML: progress, errors, the call as code, the table. All of it is escaped."""

from __future__ import annotations

import base64
import shlex
import time
import traceback
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.panels.job import Job
from workbench.work.calls import Call
from workbench.work.html import Html, element, joined

if TYPE_CHECKING:
    import pandas

NOTEBOOK = "notebooks/00_workbench.ipynb"
SHOWN = 200  # rows of the table on the screen; the CSV has all
STYLE = Html("".join(Path(__file__).with_name(name).read_text() for name in ("panel.css", "form.css")))
COPY = "navigator.clipboard.writeText(this.previousElementSibling.textContent); this.textContent = 'Copied'"


def head(title: str, about: str) -> Html:
    """The look of the panel, its name and what it does."""
    return joined(element("style", STYLE), element("h3", title), element("p", about, class_="wb-about"))


def status(job: Job | None) -> Html:
    """Progress as a bar and in words, with the time of this message: a clock that stands still means a dead kernel."""
    if job is None:
        return element("div", element("span", "Ready."), class_="wb-line")
    share = 100 if job.state == "finished" else round(100 * job.total.share, 1)
    words = f"{share:.0f} % · {job.words()}" if job.state != "finished" else job.words()
    said = {"aria_label": "progress of the run", "aria_valuemin": 0, "aria_valuemax": 100, "aria_valuetext": words}
    done = element("div", style=f"width: {share}%")
    bar = element("div", done, class_="wb-bar", role="progressbar", aria_valuenow=f"{share:.0f}", **said)
    clock = element("span", f"last update {time.strftime('%H:%M:%S')}", title="it stands still when the kernel is gone")
    return joined(bar, element("div", element("span", words), clock, class_="wb-line"))


def failure(error: BaseException) -> Html:
    """An error whole: its message first, the traceback folded."""
    trace = element("pre", "".join(traceback.format_exception(error)))
    details = element("details", element("summary", "Traceback"), trace)
    return alert(element("b", type(error).__name__), f": {error}", details)


def wrong(message: str) -> Html:
    """What is wrong with an option."""
    return alert(element("b", "This cannot run yet"), f": {message}")


def alert(*inner: str) -> Html:
    """A box that a screen reader reads out."""
    return element("div", *inner, class_="wb-alert", role="alert")


def code(call: Call) -> Html:
    """The script of a call, and the line that runs it in batch."""
    cell = (element("b", "The same from a cell"), _block(call.script().strip()))
    terminal = (element("b", "The same in batch, from a terminal"), _block(batch(call)))
    return element("div", *cell, *terminal, class_="wb-code")


def batch(call: Call) -> str:
    """The papermill line that runs this call without a screen."""
    words = ["papermill", NOTEBOOK, "out.ipynb", "-p", "interactive", "False", "-p", "call", call.json()]
    return shlex.join(words)


def _block(text: str) -> Html:
    return element("div", element("pre", text, tabindex=0), element("button", "Copy", type="button", onclick=COPY))


def sentences(lines: Iterable[str]) -> Html:
    """The outcomes in words."""
    return element("div", *(element("p", line) for line in lines), class_="wb-words", role="status")


def outcomes_table(name: str, frame: pandas.DataFrame) -> Html:
    """The table of what was finished, folded, and a link that saves all of it as CSV."""
    if frame.empty:
        return joined()
    csv = base64.b64encode(frame.to_csv(index=False).encode()).decode()
    link = element("a", "Save as CSV", download=f"{name}.csv", href=f"data:text/csv;base64,{csv}")
    shown = frame.tail(SHOWN).to_html(index=False, border=0, float_format=lambda value: f"{value:.4g}", justify="unset")
    note = element("p", f"the last {SHOWN} rows; the CSV has all") if len(frame) > SHOWN else ""
    count = element("summary", f"Table ({len(frame)} row{'s' if len(frame) != 1 else ''})")
    rows = element("div", Html(shown), class_="wb-table")  # pandas escapes what it shows
    return joined(link, element("details", count, note, rows))
