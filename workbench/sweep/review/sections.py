"""A table of a sweep, to be read: its means with intervals, and the charts of its experiment, a picture a setting."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

from workbench.numbers.intervals import LEAST
from workbench.sweep.review.pictures import charts_of, left_out, pictures, text_of
from workbench.sweep.review.settings import parameters_of, plain, units, varied, written_by
from workbench.sweep.review.shown import Drawn, Shown
from workbench.sweep.review.summaries import side_by_side, summary
from workbench.work import rules
from workbench.work.html import Html, element, joined
from workbench.work.html import table as html_table

MOST = 6  # settings of a table that are drawn
ROWS, MEASURES, NAMED = 40, 10, 20  # of the means that are shown, and settings without a picture that are named


def section(folder: str | os.PathLike[str], table: str, notebook: str, *, most: int = MOST) -> Shown:
    """Return a table of a sweep to be read: its means with intervals, and its charts for each of `most` settings.

    A chart is one of `wb.charts` that this notebook draws, or that draws its experiment, and that finds its columns
    here, parameters that differ between points among them. A ValueError names the tables and notebooks there are.
    """
    rules.whole("most", most, way_on=f"{MOST} are usual")
    rows = written_by(folder, table, notebook)
    settings = varied(rows, parameters_of(folder, rows))
    means = summary(folder, table, notebook)
    charts = charts_of(text_of(folder, notebook), rows, settings)
    drawn = list(pictures(rows, settings, charts, most)) if len(rows) else []
    others = left_out(rows, settings, charts, most) if drawn else []
    words = [_about(rows, settings), *_lacking(means, drawn, others)]
    title = f"{table} ({notebook})"
    shown = joined(element("h3", title), element("p", " ".join(words)), _table(means))
    sentences = (f"{one.setting}{': ' if one.setting else ''}{' '.join(one.words)}" for one in drawn if one.words)
    return Shown((title, *words, *sentences), joined(shown, *(one.html for one in drawn)))


def _about(rows: Any, settings: list[str]) -> str:
    (unit,) = units(rows)
    names = [plain(column, rows.columns) for column in settings]
    varies = f", for each {' and '.join(names)}" if names else ""
    count = rows[unit].nunique()
    draws = f"{count:,} {plain(unit, rows.columns)}{'' if count == 1 else 's'}"
    within = ", replicas of a seed averaged first" if unit != "replica" and "replica" in rows else ""
    how = "mean ± half its 95 % t interval" if count >= LEAST else f"means; an interval needs {LEAST}"
    return f"{len(rows):,} rows of {rows['point'].nunique():,} points{varies}: {how}, over {draws}{within}."


def _lacking(means: Any, drawn: list[Drawn], settings: list[str]) -> Iterator[str]:
    if means.empty:
        yield "It holds no number that could be averaged."
    measures = list(means["measure"].unique())
    if len(measures) > MEASURES:
        others = ", ".join(measures[MEASURES:])
        yield f"Shown are {MEASURES} of {len(measures)} measures; wb.sweep.summary has {others}, too."
    if not drawn:
        yield "None of wb.charts is of this table."
    if settings:
        more = f" and {len(settings) - NAMED:,} more" if len(settings) > NAMED else ""
        yield f"No picture is drawn of {'; '.join(settings[:NAMED])}{more}."


def _table(means: Any) -> Html:
    if means.empty:
        return joined()
    few = means[means["measure"].isin(means["measure"].unique()[:MEASURES])]
    wide = side_by_side(few)
    lines = [[_cell(value) for value in row] for row in wide[:ROWS].itertuples(index=False, name=None)]
    rest = f"The first {ROWS} of {len(wide):,} groups; wb.sweep.summary has all." if len(wide) > ROWS else ""
    note = [element("p", rest)] if rest else []
    return joined(element("div", html_table(lines, head=list(wide.columns)), class_="wb-wide"), *note)


def _cell(value: object) -> str:
    if value is None or value != value:
        return "–"
    return f"{value:.4g}" if isinstance(value, float) else str(value)
