"""What a chart shows, as a table to read: for a screen reader, for a file, and for whoever wants the numbers.

A column is what a tip of the chart has, under the same words; colours, offsets and images are none.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import altair as alt

from workbench.charts.grammar.picks import PARTS
from workbench.charts.grammar.rows import Rows, loose

AROUND = ("label", "rule", "note", "about", "words")  # roles of rows that only say what others are


def tabled(rows: Rows, chart: Any, fields: Sequence[str], more: Mapping[str, str]) -> Rows:
    """Return a dict by the words of columns for each mark of a chart, packed rows taken apart.

    Columns are the fields of its tips, those in `fields`, and `more` with their words; of several measures (`value` of
    rows with a `measure`) each has a column of its own, named in `more`. Columns in which no row has anything, and
    marks that say the same as another, are left out.
    """
    titles = {**dict(_tips(chart)), **{name: name.replace("_", " ") for name in fields}, **more}
    made: Rows = []
    for row in loose([row for row in rows if row.get("role") not in AROUND], fields[0] if fields else ""):
        known = {**titles, "value": more.get(str(row.get("measure")), titles.get("value", "value"))}
        cells = {words: _cell(row[name]) for name, words in known.items() if _told(row.get(name))}
        if len(cells) > 1 and cells not in made[-1:]:
            made.append(cells)
    columns = dict.fromkeys(words for cells in made for words in cells)
    return [{words: cells.get(words) for words in columns} for cells in made]


def _tips(chart: Any) -> Iterator[tuple[str, str]]:
    """Yield the field of every tip of a chart and its words, the last ones first, so that the first stay."""
    parts = [one for part in PARTS if hasattr(chart, part) for one in getattr(chart, part)]
    for part in [*reversed(parts), *([chart.spec] if hasattr(chart, "spec") else [])]:
        yield from _tips(part)
    tips = getattr(getattr(chart, "encoding", None), "tooltip", alt.Undefined)
    for tip in tips if isinstance(tips, list) else []:
        yield str(tip["shorthand"]).rpartition(":")[0], str(tip["title"])


def _told(value: Any) -> bool:
    if isinstance(value, float):
        return abs(value) < 1e300  # which stands for what has no number
    return isinstance(value, int) or (isinstance(value, str) and not value.startswith("data:"))


def _cell(value: Any) -> Any:
    return float(f"{value:.6g}") if isinstance(value, float) else value
