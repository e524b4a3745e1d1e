"""A table of a sweep in short: of every measure its mean with an interval over seeds, for each setting and kind."""

from __future__ import annotations

import math
import os
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from workbench.numbers import intervals
from workbench.sweep.review.settings import SEED, parameters_of, plain, units, varied, written_by
from workbench.sweep.tables import PREFIX
from workbench.work import rules
from workbench.work.nearest import check_known

if TYPE_CHECKING:
    import pandas

STATISTICS = ("measure", "mean", "low", "high", "n")
FEW = 5  # keys that are all shown
NEITHER = {"point", SEED, "replica", "replicas", "id"}  # what tells draws apart, and examples


def summary(
    folder: str | os.PathLike[str], table: str, notebook: str | None = None, *, by: Sequence[str] | None = None
) -> pandas.DataFrame:
    """Return the means of a table's measures with 95 % t intervals over seeds: a row for every group and measure.

    Groups are the parameters that differ between points, and the table's own keys: words, and numbers that are the same
    in every draw (a round, a density that was asked for); or the columns of `by`. The other numbers are measures. What
    one seed has of a group, its replicas too, is averaged first; where there is one seed, n counts replicas. Values
    that are not finite are left out; below three there is no interval (NaN).
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


def side_by_side(summary: Any) -> Any:
    """Return a summary to be read: a row for each group, a column for each measure, in words (`0.951 ± 0.004`).

    Of many keys those are left out that follow from the ones before them.
    """
    groups = [column for column in summary if column not in STATISTICS]
    told: Any = summary.assign(group=summary.groupby(groups, sort=False, dropna=False).ngroup() if groups else 0)
    by_group = told.groupby("group", sort=False)
    counts = bool((by_group["n"].nunique() > 1).any())  # of one group, else a column says it
    told["words"] = [_words(row.mean, row.low, row.high, row.n, counts) for row in told.itertuples()]
    wide = told.pivot(index="group", columns="measure", values="words")[list(told["measure"].unique())].fillna("")
    lead = by_group[[*groups, "n"]].first()
    return lead[_telling(lead, groups)].join(wide).join(lead[[] if counts else ["n"]]).reset_index(drop=True)


def _telling(lead: Any, groups: list[str]) -> list[str]:
    """The keys that tell the groups apart, where there are many."""
    if len(groups) <= FEW:
        return groups
    kept: list[str] = []
    for key in groups:
        before = len(lead[kept].drop_duplicates()) if kept else 1
        kept += [key] if len(lead[[*kept, key]].drop_duplicates()) > before else []
    return kept


def _summarised(rows: Any, groups: list[str], measures: list[str]) -> Any:
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


def _parted(rows: Any, settings: list[str]) -> tuple[list[str], list[str]]:
    """The keys of a table and its measures."""
    draws = [column for column in (SEED, f"{PREFIX}{SEED}", "replica", "point") if column in rows]
    keys, measures = [], []
    for column in _candidates(rows):
        values = rows[column]
        if column in settings or not (_is_number(values) or _is_text(values)):
            continue
        if _is_text(values) or (values.nunique() > 1 and _comes_back(rows, column, settings, draws)):
            keys += [column] if values.nunique() > 1 else []
        elif values.nunique() > 1 or values.dtype.kind == "f":
            measures.append(column)
    return keys, measures


def _comes_back(rows: Any, column: str, settings: list[str], draws: list[str]) -> bool:
    """Whether a number was set, not measured: most draws of a setting have the same values, each as often.

    Where every setting was drawn once, that of a column that is no whole number shows in how often its values repeat.
    """
    drawn = rows.groupby([*settings, *draws], sort=False, dropna=False)[column].agg(_sorted)
    names = list(range(len(settings)))
    of_settings = [same for _, same in drawn.groupby(level=names, sort=False, dropna=False)] if settings else [drawn]
    if max(map(len, of_settings)) == 1 and rows[column].dtype.kind == "f":
        return all(2 * len(set(values)) <= len(values) for values in drawn if values)
    for same in of_settings:
        alike, anywhere = Counter(same), Counter(value for values in same for value in set(values))
        if min(max(alike.values()), *anywhere.values()) <= len(same) / 2:
            return False
    return True


def _sorted(values: Any) -> tuple[float, ...]:
    return tuple(sorted(float(f"{value:.9g}") for value in values.dropna()))  # which equal sums of another order are


def _candidates(rows: Any) -> list[str]:
    return [column for column in rows if column not in NEITHER and not column.startswith(PREFIX)]


def _is_number(values: Any) -> bool:
    return values.dtype.kind in "biuf"


def _is_text(values: Any) -> bool:
    import pandas

    return pandas.api.types.is_string_dtype(values.dropna())


def _words(mean: float, low: float, high: float, n: int, counts: bool) -> str:
    half = (high - low) / 2
    digits = 1 - math.floor(math.log10(half)) if half > 0 else 10  # two of the half
    text = f"{mean:.{max(digits, 0)}f} ± {half:.{max(digits, 0)}f}" if digits < 10 else f"{mean:.4g}"
    return f"{text} (n = {n})" if counts else text
