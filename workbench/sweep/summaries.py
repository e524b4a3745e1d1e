"""A table of a sweep in short: of every measure its mean with an interval over seeds, for each setting and kind."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

from workbench.numbers import intervals
from workbench.sweep.settings import SEED, parameters_of, plain, units, varied, written_by
from workbench.sweep.tables import PREFIX
from workbench.work import rules
from workbench.work.nearest import check_known

if TYPE_CHECKING:
    import pandas

STATISTICS = ("measure", "mean", "low", "high", "n")
NEITHER = {"point", SEED, "replica", "replicas", "id"}  # what tells draws apart, and examples
ALIKE = 1e-9  # of a number: so near are equal ones that were worked out twice


def summary(
    folder: str | os.PathLike[str], table: str, notebook: str | None = None, *, by: Sequence[str] | None = None
) -> pandas.DataFrame:
    """Return the means of a table's measures with 95 % t intervals over seeds: a row for every group and measure.

    Groups are the parameters that differ between points, and the table's own keys: words, whole numbers that come back
    in every draw (a round), and numbers that follow from these (the density of a round); or the columns of `by`. The
    other numbers are measures. What one seed has of a group, its replicas too, is averaged first; where there is one
    seed, n counts replicas. Values that are not finite are left out; below three there is no interval (NaN).
    """
    rows = written_by(folder, table, notebook)
    settings = varied(rows, parameters_of(folder, rows))
    if by is None:
        keys, measures = _parted(rows, settings)
    else:
        rules.names("by", by, f"the table has {', '.join(rows.columns)}")
        for column in by:
            check_known(f"column of {table}", column, rows.columns)
        settings, keys = [], list(by)
        measures = [column for column in _candidates(rows) if column not in by and _is_number(rows[column])]
    return _summarised(rows, [*settings, *keys], measures)


def side_by_side(summary: pandas.DataFrame) -> pandas.DataFrame:
    """Return a summary to be read: a row for each group, a column for each measure, in words (`0.951 ± 0.004`)."""
    groups = [column for column in summary if column not in STATISTICS]
    counts = summary["n"].nunique() > 1
    told = summary.assign(words=[_words(row, counts) for row in summary.itertuples()])
    told["group"] = told.groupby(groups, sort=False, dropna=False).ngroup() if groups else 0
    wide = told.pivot(index="group", columns="measure", values="words")[list(told["measure"].unique())].fillna("")
    lead = told.drop_duplicates("group").set_index("group")
    wide = lead[groups].join(wide)
    return (wide if counts or not len(lead) else wide.assign(n=lead["n"])).reset_index(drop=True)


def _summarised(rows: pandas.DataFrame, groups: list[str], measures: list[str]) -> pandas.DataFrame:
    import pandas

    unit = [column for column in units(rows) if column not in groups]
    numbers = rows[measures].astype(float)
    within = [rows[column] for column in [*groups, *unit]]
    a_unit = numbers.groupby(within or (lambda _: 0), sort=False, dropna=False).mean()
    a_group = a_unit.groupby(level=list(range(len(groups))), sort=False, dropna=False) if groups else [((), a_unit)]
    names = [plain(group, rows.columns) for group in groups]
    names = [f"key_{name}" if name in STATISTICS else name for name in names]
    made = []
    for group, values in a_group:
        labels = dict(zip(names, group if isinstance(group, tuple) else (group,), strict=True))
        for measure in measures:
            finite = [value for value in values[measure] if math.isfinite(value)]
            if finite:
                one = intervals.mean(finite)
                made.append(
                    {**labels, "measure": measure, "mean": one.mean, "low": one.low, "high": one.high, "n": one.n}
                )
    return pandas.DataFrame(made, columns=[*names, *STATISTICS])


def _parted(rows: pandas.DataFrame, settings: list[str]) -> tuple[list[str], list[str]]:
    """The keys of a table and its measures."""
    draws = [column for column in (SEED, f"{PREFIX}{SEED}", "replica", "point") if column in rows]
    keys, measures, floats = [], [], []
    for column in _candidates(rows):
        values = rows[column]
        if column in settings:
            continue
        if not _is_number(values):
            keys += [column] if _is_text(values) and values.nunique() > 1 else []
        elif values.dtype.kind == "f":
            floats.append(column)
        elif values.nunique() > 1:
            (keys if _comes_back(rows, column, settings, draws) else measures).append(column)
    groups = [rows[column] for column in [*settings, *keys]] or (lambda _: 0)
    grouped = rows[floats].groupby(groups, sort=False, dropna=False)
    spreads = grouped.max() - grouped.min()
    follow = [c for c in floats if (spreads[c].fillna(0) <= ALIKE * rows[c].abs().max()).all()]
    if len(follow) < len(floats):  # else each is there once, and nothing can be told
        keys += [column for column in follow if rows[column].nunique() > 1]
    return keys, [
        column for column in _candidates(rows) if column in measures or (column in floats and column not in keys)
    ]


def _comes_back(rows: pandas.DataFrame, column: str, settings: list[str], draws: list[str]) -> bool:
    """Whether most draws of a setting have the same values of a column: it was set, not measured."""
    drawn = rows.groupby([*settings, *draws], sort=False, dropna=False)[column].agg(lambda values: frozenset(values))
    names = list(range(len(settings)))
    of_settings = [same for _, same in drawn.groupby(level=names, sort=False, dropna=False)] if settings else [drawn]
    alike = [same.value_counts(normalize=True).iloc[0] for same in of_settings]
    return sum(alike) / len(alike) > 0.5


def _candidates(rows: pandas.DataFrame) -> list[str]:
    return [column for column in rows if column not in NEITHER and not column.startswith(PREFIX)]


def _is_number(values: pandas.Series) -> bool:
    return values.dtype.kind in "biuf"


def _is_text(values: pandas.Series) -> bool:
    import pandas

    return pandas.api.types.is_string_dtype(values.dropna())


def _words(row: object, counts: bool) -> str:
    mean, low, high, n = (getattr(row, name) for name in STATISTICS[1:])
    half = (high - low) / 2
    digits = max(0, 1 - math.floor(math.log10(half))) if half > 0 else 4  # two of the half
    text = f"{mean:.4g}" if not half > 0 or digits > 9 else f"{mean:.{digits}f} ± {half:.{digits}f}"
    return f"{text} (n = {n})" if counts else text
