"""The parts of a panel that are text, as HTML: progress, errors, the call as code, the table. All of it is escaped."""

from __future__ import annotations

import base64
import shlex
import time
import traceback
from collections.abc import Iterable
from html import escape
from pathlib import Path
from typing import Any

from workbench.numbers.tables import table
from workbench.panels.job import Job
from workbench.work.calls import Call

NOTEBOOK = "notebooks/00_workbench.ipynb"
SHOWN = 200  # rows of the table on the screen; the CSV has all
STYLE = Path(__file__).with_name("panel.css").read_text()
COPY = "navigator.clipboard.writeText(this.previousElementSibling.textContent); this.textContent = 'Copied'"


def head(title: str, about: str) -> str:
    """The look of the panel, its name and what it does."""
    return f'<style>{STYLE}</style><h3>{escape(title)}</h3><p class="wb-about">{escape(about)}</p>'


def status(job: Job | None) -> str:
    """Progress as a bar and in words, with the time of this message: a clock that stands still means a dead kernel."""
    if job is None:
        return '<div class="wb-line"><span>Ready.</span></div>'
    share = 100 if job.state == "finished" else round(100 * job.total.share, 1)
    words = escape(f"{share:.0f} % · {job.words()}" if job.state != "finished" else job.words())
    bar = (
        '<div class="wb-bar" role="progressbar" aria-label="progress of the run" aria-valuemin="0" '
        f'aria-valuemax="100" aria-valuenow="{share:.0f}" aria-valuetext="{words}">'
        f'<div style="width: {share}%"></div></div>'
    )
    clock = f'<span title="it stands still when the kernel is gone">last update {time.strftime("%H:%M:%S")}</span>'
    return f'{bar}<div class="wb-line"><span>{words}</span>{clock}</div>'


def failure(error: BaseException) -> str:
    """An error whole: its message first, the traceback folded."""
    trace = escape("".join(traceback.format_exception(error)))
    message = f"<b>{escape(type(error).__name__)}</b>: {escape(str(error))}"
    return alert(f"{message}<details><summary>Traceback</summary><pre>{trace}</pre></details>")


def wrong(message: str) -> str:
    """What is wrong with an option."""
    return alert(f"<b>This cannot run yet</b>: {escape(message)}")


def alert(inner: str) -> str:
    """A box that a screen reader reads out."""
    return f'<div class="wb-alert" role="alert">{inner}</div>'


def code(call: Call) -> str:
    """The script of a call, and the line that runs it in batch."""
    return (
        f'<div class="wb-code"><b>The same from a cell</b>{_block(call.script().strip())}'
        f"<b>The same in batch, from a terminal</b>{_block(batch(call))}</div>"
    )


def batch(call: Call) -> str:
    """The papermill line that runs this call without a screen."""
    words = ["papermill", NOTEBOOK, "out.ipynb", "-p", "interactive", "False", "-p", "call", call.json()]
    return shlex.join(words)


def _block(text: str) -> str:
    button = f'<button type="button" onclick="{escape(COPY)}">Copy</button>'
    return f'<div><pre tabindex="0">{escape(text)}</pre>{button}</div>'


def sentences(lines: Iterable[str]) -> str:
    """The outcomes in words."""
    return '<div class="wb-words" role="status">' + "".join(f"<p>{escape(line)}</p>" for line in lines) + "</div>"


def outcomes_table(name: str, outcomes: list[Any]) -> str:
    """The table of what was finished, folded, and a link that saves all of it as CSV."""
    if not outcomes:
        return ""
    frame = table(outcomes)
    csv = base64.b64encode(frame.to_csv(index=False).encode()).decode()
    count = f"{len(frame)} row{'s' if len(frame) != 1 else ''}"
    link = f'<a download="{escape(name)}.csv" href="data:text/csv;base64,{csv}">Save as CSV</a>'
    shown = frame.tail(SHOWN).to_html(index=False, border=0, float_format=lambda value: f"{value:.4g}", justify="unset")
    note = f"<p>the last {SHOWN} rows; the CSV has all</p>" if len(frame) > SHOWN else ""
    return f'{link}<details><summary>Table ({count})</summary>{note}<div class="wb-table">{shown}</div></details>'
