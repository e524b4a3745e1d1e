"""Jobs as files for others: a table as CSV, or one page of HTML with the charts, that needs nothing else.

    save_csv(wb.jobs("runs")[:2], "exports/two.csv")        pandas.read_csv("exports/two.csv", comment="#")
    save_html([wb.job("runs", "three epochs")], "exports/three.html")

Both say by what calls their numbers came, when, and on what. The page is read in light and dark, and loads nothing.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.charts.grammar import Picture, Rows
from workbench.charts.grammar.looks import GREY
from workbench.charts.grammar.overlay import line_names, overlay
from workbench.numbers.tables import table
from workbench.panels import PANELS, markup
from workbench.panels.declaration import Declaration
from workbench.work import rules
from workbench.work.disk import whole
from workbench.work.html import Html, element, joined, void
from workbench.work.html import table as html_table
from workbench.work.jobs import Record
from workbench.work.progress import clock
from workbench.work.public_names import public_name

if TYPE_CHECKING:
    import pandas

PIXELS = 760  # of the width of a chart on the page
ROWS = 500  # of a table on the page; the CSV has all
LARGEST = 3_000_000  # bytes of the charts of a page; what comes after is named, not drawn


def declared(function: str) -> tuple[str, Declaration] | None:
    """Return the panel of a function, by the function's public name, and the panel's name; None where there is none."""
    names = (name for name, declaration in PANELS.items() if public_name(declaration.function) == function)
    return next(((name, PANELS[name]) for name in names), None)


def outcomes_table(record: Record, values: list[Any]) -> pandas.DataFrame:
    """Return the table of a job's values, as its panel shows it."""
    panel = declared(record.function)
    try:
        return panel[1].table(values) if panel else table(values)
    except ValueError:  # a function of one's own may give what is no row
        return table([{"value": str(value)} for value in values])


def save_csv(jobs: Iterable[Record], path: str | Path) -> Path:
    """Write the tables of jobs as one CSV, with a column `job`, and return its path.

    Lines that begin with # say by what call the rows came, when, and on what: `pandas.read_csv(path, comment="#")`.
    """
    import pandas

    records, path = _several(jobs), rules.path("path", path, 'such as "exports/two.csv"')
    frames = []
    for name, record in titles(records).items():
        frame = outcomes_table(record, record.values())
        frame.insert(0, "job", name, allow_duplicates=True)
        frames.append(frame)
    lines = [f"# {line}" for name, record in titles(records).items() for line in about(name, record)]
    with whole(path) as part, open(part, "w", encoding="utf-8", newline="") as file:
        file.write("\n".join(lines) + "\n")
        pandas.concat(frames, ignore_index=True).to_csv(file, index=False, quoting=csv.QUOTE_NONNUMERIC)
    return path


def save_html(jobs: Iterable[Record], path: str | Path) -> Path:
    """Write jobs as one page, with their charts, words, calls and tables, that loads nothing, and return its path."""
    records, path = _several(jobs), rules.path("path", path, 'such as "exports/two.html"')
    with whole(path) as part:
        Path(part).write_text(page(records), encoding="utf-8")
    return path


def page(records: Sequence[Record]) -> str:
    """Return the page: what several jobs have in common first, then each job."""
    named = titles(records)
    outcomes = {name: record.values() for name, record in named.items()}
    drawing = _Drawing()
    headline = next(iter(named)) if len(named) == 1 else f"{len(named)} jobs"
    parts = [element("h1", headline)]
    if len(named) > 1:
        first_lines = {words.partition(":")[0]: laid for words, laid in reversed(together(named, outcomes).items())}
        parts += [drawing.draw(laid, outcomes) for laid in reversed(first_lines.values())]
    parts += [_section(name, record, outcomes[name], drawing) for name, record in named.items()]
    first = (void("meta", charset="utf-8"), void("meta", name="viewport", content="width=device-width"))
    head = element("head", *first, element("title", headline), markup.look("export.css"))
    return f"<!doctype html>{element('html', head, element('body', element('main', *parts)), lang='en')}\n"


def title(record: Record) -> str:
    """Return what a job is called here: its name, or its panel's and when it began."""
    panel = declared(record.function)
    return record.title if record.name or not panel else f"{panel[0]}, {clock_time(record)}"


def clock_time(record: Record) -> str:
    """Return when a job began, by this machine's clock; the year where it is another one."""
    began, now = record.began.astimezone(), datetime.now().astimezone()
    return f"{began:%d %b %H:%M}" if began.year == now.year else f"{began:%d %b %Y %H:%M}"


def titles(records: Sequence[Record]) -> dict[str, Record]:
    """Return jobs by their titles; of equal ones each has its id too."""
    several = [title(record) for record in records]
    return {t if several.count(t) == 1 else f"{t} ({r.id[-6:]})": r for t, r in zip(several, records, strict=True)}


def together(named: dict[str, Record], outcomes: dict[str, list[Any]]) -> dict[str, Picture[...]]:
    """Return the charts of jobs of one function, by words: each line of means laid over one another.

    They take outcomes by the jobs' titles. None where the jobs ask different questions, or have no such chart.
    """
    functions = {record.function for record in named.values()}
    panel = declared(functions.pop()) if len(functions) == 1 else None
    return {
        f"{chart}: {words}": overlay(picture, line, words)
        for chart, picture in (panel[1].pictures.items() if panel else ())
        for values in outcomes.values()
        for line, words in line_names(picture, values).items()
    }


def pictures(named: dict[str, Record], outcomes: dict[str, list[Any]]) -> dict[str, Picture[...]]:
    """Return every chart of jobs by words: lines over one another first, then each job's own, one at a time."""
    made = together(named, outcomes) if len(named) > 1 else {}
    for name, record in named.items():
        panel = declared(record.function)
        for chart, picture in panel[1].pictures.items() if panel else ():
            made[chart if len(named) == 1 else f"{chart}: {name} alone"] = _alone(picture, name)
    return made


def _alone(picture: Picture[...], name: str) -> Picture[...]:
    """Return the chart of one job, which takes the outcomes of all."""

    def rows(outcomes: Any) -> Rows:
        """Draw one job."""
        return picture.rows(dict(outcomes).get(name, []))

    return Picture(rows, picture.draw, needs=picture.needs)


def about(name: str, record: Record) -> Iterator[str]:
    """Yield lines that say what a job is: its call, when and how long it ran, how it ended, and on what."""
    yield f"job: {name} (id {record.id})"
    yield f"began: {record.began:%Y-%m-%d %H:%M:%S} UTC, took {clock(record.seconds)}, {record.state}"
    yield f"function: {record.function}"
    yield f"call: {record.text or record.refusal or 'not kept'}".replace("\n", " ")
    yield f"on: {json.dumps(record.around)}"
    for what in filter(None, (record.error, record.problem)):
        yield f"note: {' '.join(what.split())}"


class _Drawing:
    """Charts as inline SVG, until the page is as large as it may be."""

    def __init__(self) -> None:
        self.size = self.count = 0

    def draw(self, picture: Picture[...], outcomes: Any, title: str = "") -> Html:
        """Return the chart of these outcomes; nothing where it has none of them."""
        rows = picture.rows(outcomes)
        if not rows:
            return joined()
        if self.size > LARGEST:
            return element("p", f"{title or 'A chart'} is left out, for this page has {LARGEST // 10**6} MB of charts.")
        drawn = svg(picture.draw(rows, PIXELS), f"c{self.count}-")
        self.size, self.count = self.size + len(drawn), self.count + 1
        return element("figure", drawn)


def svg(chart: Any, before: str = "") -> Html:
    """Return a chart as SVG; what is grey takes the colour of the page's text, and its ids begin with `before`."""
    import vl_convert

    text = vl_convert.vegalite_to_svg(chart.to_dict()).replace(GREY, "currentColor")
    return Html(re.sub(r'(\bid="|url\(#|href="#)', rf"\g<1>{before}", text))


def _section(name: str, record: Record, values: list[Any], drawing: _Drawing) -> Html:
    panel = declared(record.function)
    charts, words = (panel[1].pictures, panel[1].words(values)) if panel and values else ({}, [])
    frame = outcomes_table(record, values)
    shown = Html(frame.head(ROWS).to_html(index=False, border=0, float_format="{:.4g}".format, justify="unset"))
    note = f"The first {ROWS} of {len(frame)} rows; the CSV has all." if len(frame) > ROWS else ""
    more = (element("summary", f"Table ({len(frame)} rows)"), element("p", note), element("div", shown, class_="table"))
    return element(
        "section",
        element("h2", name),
        element("p", f"{panel[1].title}. {panel[1].about}" if panel else record.function),
        html_table(line.split(": ", 1) for line in about(name, record)),
        *(element("p", line) for line in words),
        *(drawing.draw(picture, values, chart) for chart, picture in charts.items()),
        element("h3", "The call"),
        element("pre", script(record)),
        *([element("details", *more)] if len(frame) else []),
    )


def script(record: Record) -> str:
    """Return the script of a job's call, or why it has none."""
    try:
        return record.call.script().strip()
    except ValueError as error:
        return str(error)


def _several(jobs: Iterable[Record]) -> list[Record]:
    records: list[Any] = [jobs] if isinstance(jobs, Record) else list(jobs)
    for record in records:
        rules.instance("jobs", record, Record, "jobs", "wb.jobs(archive) has them")
    if not records:
        raise rules.refused("jobs", "one job or more", records, "wb.jobs(archive) has them")
    return records
