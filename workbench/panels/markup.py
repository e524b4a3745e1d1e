"""The parts of a panel that are text, as HTML: progress, errors, the call as code, the table. All of it is escaped."""

from __future__ import annotations

import base64
import time
import traceback
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil

from workbench.panels import batch
from workbench.panels.job import Job
from workbench.panels.past import Past
from workbench.work.calls import Call
from workbench.work.html import Html, element, joined

if TYPE_CHECKING:
    import pandas

SHOWN = 200  # rows of the table on the screen; the CSV has all
COPY = "navigator.clipboard.writeText(this.previousElementSibling.textContent); this.textContent = 'Copied'"


def look(*names: str) -> Html:
    """How panels look, or what these stylesheets say."""
    files = names or ("panel.css", "form.css")
    return element("style", Html("".join(Path(__file__).with_name(name).read_text() for name in files)))


def head(title: str, words: str) -> Html:
    """The look of the panel, its name and what it does."""
    return joined(look(), element("h3", title), about(words))


def about(words: str) -> Html:
    """What a panel does."""
    return element("p", words, class_="wb-about")


def status(job: Job | Past | None, used: str | None = None) -> Html:
    """Progress as a bar and in words, with the time of this message: a clock that stands still means a dead kernel.

    `used` stands beside it; without it, what the job takes of the machine.
    """
    if job is None:
        return element("div", element("span", "Ready."), class_="wb-line")
    if not isinstance(job, Job):
        return element("div", element("span", job.words()), class_="wb-line")
    share = 100 if job.state == "finished" else round(100 * job.total.share, 1)
    words = f"{share:.0f} % · {job.words()}" if job.state != "finished" else job.words()
    said = {"aria_label": "progress of the run", "aria_valuemin": 0, "aria_valuemax": 100, "aria_valuetext": words}
    bar = element(
        "div",
        element("div", style=f"width: {share}%"),
        class_="wb-bar",
        role="progressbar",
        aria_valuenow=f"{share:.0f}",
        **said,
    )
    clock = element(
        "span",
        use(job) if used is None else used,
        time.strftime("%H:%M:%S"),
        title="it stands still when the kernel is gone",
    )
    return joined(bar, element("div", element("span", words), clock, class_="wb-line"))


def use(job: Job) -> str:
    """What a job that works takes of the machine: steps a second, threads that report, the memory of this kernel."""
    threads, speed = (job.threads, job.curve.speed) if job.running else (0, 0.0)
    parts = [f"{speed:,.0f} steps a second"] if speed >= 0.5 else []
    parts += [f"{threads} thread{'s' if threads != 1 else ''}"] if threads else []
    return " · ".join([*parts, f"{psutil.Process().memory_info().rss / 2**20:,.0f} MB", ""])


def failure(error: BaseException, words: str = "") -> Html:
    """An error whole: its message first, or that in other words, the traceback folded."""
    trace = element("pre", "".join(traceback.format_exception(error)))
    details = element("details", element("summary", "Traceback"), trace)
    return alert(element("b", type(error).__name__), f": {words or error}", details)


def wrong(message: str) -> Html:
    """What is wrong with an option."""
    return alert(element("b", "This cannot run yet"), f": {message}")


def alert(*inner: str) -> Html:
    """A box that a screen reader reads out."""
    return element("div", *inner, class_="wb-alert", role="alert")


def price(words: str) -> Html:
    """What a call takes, beside Run."""
    return element("span", words, class_="wb-price", title="of the whole run, on this machine") if words else joined()


def note(words: str) -> Html:
    """Something about what was asked for; nothing for no words."""
    return element("div", words, class_="wb-note", role="status") if words else joined()


def older(call: Call) -> Html:
    """What marks a result whose form has changed since, and its own script."""
    words = element("b", "Of another call than the form makes now")
    return element("div", words, element("details", element("summary", "Its script"), block(call.script().strip())))


def code(call: Call, archive: Any = None) -> Html:
    """The script of a call, and the line that runs it in batch."""
    cell = (element("b", "The same from a cell"), block(call.script().strip()))
    terminal = (element("b", "The same in batch, from a terminal"), block(batch.line(call, archive)))
    return element("div", *cell, *terminal, class_="wb-code")


def block(text: str) -> Html:
    """A text to copy."""
    return element("div", element("pre", text, tabindex=0), element("button", "Copy", type="button", onclick=COPY))


def sentences(lines: Iterable[str]) -> Html:
    """What the chart that is shown says in words; before it shows anything, that nothing is measured."""
    lines = [*lines] or ["Not yet measured."]
    return element("div", *(element("p", line) for line in lines), class_="wb-words")


def drawn_table(name: str, rows: list[dict[str, Any]]) -> Html:
    """The numbers of the chart that is shown, folded, for those who do not see it."""
    import pandas

    return _folded(f"Numbers of this chart: {name}", pandas.DataFrame(rows)) if rows else joined()


def outcomes_table(name: str, frame: pandas.DataFrame) -> Html:
    """The table of what was finished, folded, and a link that saves all of it as CSV."""
    if frame.empty:
        return joined()
    csv = base64.b64encode(frame.to_csv(index=False).encode()).decode()
    link = element("a", "Save as CSV", download=f"{name}.csv", href=f"data:text/csv;base64,{csv}")
    return joined(link, _folded("Table", frame))


def _folded(words: str, frame: pandas.DataFrame) -> Html:
    shown = frame.tail(SHOWN).to_html(index=False, border=0, float_format=lambda value: f"{value:.4g}", justify="unset")
    note = element("p", f"the last {SHOWN} rows; the CSV has all") if len(frame) > SHOWN else ""
    count = element("summary", f"{words} ({len(frame)} row{'s' if len(frame) != 1 else ''})")
    rows = element("div", Html(shown), class_="wb-table", tabindex=0)  # pandas escapes what it shows
    return element("details", count, note, rows)
