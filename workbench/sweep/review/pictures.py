"""The charts of a sweep: of each table those that its experiment is drawn by, a picture for each setting."""

from __future__ import annotations

import itertools
import keyword
import os
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import make_dataclass
from typing import Any

from workbench.charts import CHARTS
from workbench.charts.grammar import Picture
from workbench.sweep.review.settings import SEED, plain, said
from workbench.sweep.review.shown import Drawn
from workbench.sweep.store import Store
from workbench.sweep.tables import PREFIX

CALLED = re.compile(r"\b(?:experiments|charts)\.(\w+)")
DRAWS = (SEED, f"{PREFIX}{SEED}", "replica")
TRAINED = {"run": property(lambda outcome: outcome), "mask": {}}  # a row of a table stands for its own run
PANEL = re.compile(r"\bwb\.(?:panel|workbench)\(\s*[\"']([\w ]+)[\"']")


def pictures(rows: Any, settings: list[str], charts: dict[str, list[str]], most: int) -> Iterator[Drawn]:
    """Yield the charts of a table of a sweep, those of `charts_of`, for each of its first settings."""
    for name, across in charts.items():
        for setting, part in itertools.islice(_by_setting(rows, settings, across), most):
            if drawn := _drawn(CHARTS[name], part):
                yield Drawn(name, setting, *drawn)


def left_out(rows: Any, settings: list[str], charts: dict[str, list[str]], most: int) -> list[str]:
    """Return the settings, in words, that come after those that are drawn."""
    parts = (itertools.islice(_by_setting(rows, settings, across), most, None) for across in charts.values())
    return list(dict.fromkeys(setting for setting, _ in itertools.chain(*parts)))


def charts_of(text: str, rows: Any, settings: list[str]) -> dict[str, list[str]]:
    """Return the names of the charts of a table, and the settings that each draws across: those that it asks for.

    `text` is the notebook that wrote it: a chart is drawn there too, or draws an experiment that is called there, by
    code or in a panel.
    """
    from workbench.panels import PANELS

    panels = [PANELS[name] for name in PANEL.findall(text.replace('\\"', '"')) if name in PANELS]
    called = {*CALLED.findall(text), *(panel.function.__name__ for panel in panels)}
    of_one_dataset = {chart for panel in PANELS.values() for chart in panel.only}  # beside published numbers
    charts = {}
    for name, picture in CHARTS.items():
        columns, experiment = picture.asks
        if called & {experiment, picture.__name__} and not picture.holds and name not in of_one_dataset:
            across = [column for column in settings if column.removeprefix(PREFIX) in columns.replace("|", " ").split()]
            there = {*rows.columns, *(column.removeprefix(PREFIX) for column in across)}
            if any(there.issuperset(one.split()) for one in columns.split("|")):
                charts[name] = across
    return {n: across for n, across in charts.items() if _is_meant(n, charts, rows) and _is_told(CHARTS[n], rows)}


def _is_told(picture: Picture[...], rows: Any) -> bool:
    """Whether a chart of means has one value a draw: it would average over what it knows nothing of."""
    if picture.means is None:
        return True
    measures = [axis.field for axis in picture.means.measures if axis.field in rows]
    known = {
        *picture.asks[0].replace("|", " ").split(),
        picture.means.line,
        picture.means.split,
        *DRAWS,
        "point",
        "kind",
    }
    apart = [column for column in rows if column in known and column not in measures]
    return bool((rows.groupby(apart, dropna=False)[measures].nunique() <= 1).all(axis=None)) if measures else True


def _is_meant(name: str, charts: dict[str, list[str]], rows: Any) -> bool:
    """Whether a chart is the one for these rows: of two of the same measures, the one that asks for more is, where the
    more differs.
    """
    columns, experiment = CHARTS[name].asks
    for other in charts:
        others, of = CHARTS[other].asks
        if of == experiment and "|" not in columns + others and _measures(name) == _measures(other):
            less, more = {*columns.split()} - {*others.split()}, {*others.split()} - {*columns.split()}
            if bool(less) != bool(more):  # one asks for all that the other does
                differ = any(rows.get(column, rows.get(f"{PREFIX}{column}")).nunique() > 1 for column in less or more)
                if differ != bool(less):
                    return False
    return True


def _measures(name: str) -> list[str]:
    means = CHARTS[name].means
    return [axis.field for axis in means.measures] if means else []


def text_of(folder: str | os.PathLike[str], notebook: str) -> str:
    """Return a notebook of a sweep as one of its points ran it; nothing where none is kept."""
    store = Store(os.fspath(folder))
    for record in store.latest(notebook)[-1:]:
        with suppress(FileNotFoundError):
            return store.folder.read(f"notebooks/{record['point']}.ipynb").decode()
    return ""


def _by_setting(rows: Any, settings: list[str], across: list[str]) -> Iterator[tuple[str, Any]]:
    """The rows of each setting, under its words; what is drawn across is a column without its prefix."""
    apart = [column for column in settings if column not in across]
    renamed = rows.rename(columns={column: column.removeprefix(PREFIX) for column in across})
    draws = [column for column in DRAWS if column in renamed]
    for values, part in renamed.groupby(apart, sort=False, dropna=False) if apart else [((), renamed)]:
        numbered = part.assign(replica=part.groupby(draws, sort=False).ngroup()) if draws else part  # of all seeds
        yield said(dict(zip((plain(column, rows.columns) for column in apart), values, strict=True))), numbered


def _drawn(picture: Picture[...], rows: Any) -> tuple[tuple[str, ...], Any] | None:
    """The sentences and the chart of these rows; None where nothing of them is in it, or they are of another kind."""
    try:
        made = picture.rows(rows)
        return (_sentences(picture, rows), picture.draw(made)) if made else None
    except (
        ValueError,
        AttributeError,
        KeyError,
        TypeError,
    ):  # its drawing, or its words, rest on more than a table holds
        return None


def _sentences(picture: Picture[...], rows: Any) -> tuple[str, ...]:
    """What the chart says in words: most are written for outcomes, some for a table of their own."""
    columns = [name for name in rows if name.isidentifier() and not keyword.iskeyword(name) and name not in TRAINED]
    outcome = make_dataclass("Outcome", columns, namespace=TRAINED)
    values = rows[columns].astype(object).where(rows[columns].notna(), None)
    outcomes = [outcome(*row) for row in values.itertuples(index=False, name=None)]
    try:
        return tuple(picture.words(outcomes))
    except (AttributeError, TypeError):
        return tuple(picture.words(rows))
