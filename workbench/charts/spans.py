"""Means over replicas with their intervals, as fields of a row and in words; fewer than three replicas have none."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from workbench.numbers import intervals, tables


def span(values: Sequence[float], name: str = "mean", form: str = ".2%") -> dict[str, Any]:
    """Return the mean under a name, and with it its `low` and `high`, `n`, and the interval in words."""
    found = intervals.mean(values)
    few = found.n < intervals.LEAST
    said = f"fewer than {intervals.LEAST} replicas" if few else f"{found.low:{form}} to {found.high:{form}}"
    low, high = (None, None) if few else (found.low, found.high)
    return {name: found.mean, "low": low, "high": high, "n": found.n, "interval": said}


def points(values: Sequence[float], *, what: str = " points", times: float = 100, form: str = ".1f") -> str:
    """Return fractions as `0.4 ± 0.3 points (n = 3)`; without the ± where there are fewer than three."""
    found = intervals.mean([times * value for value in values])
    half = "" if found.n < intervals.LEAST else f" ± {found.high - found.mean:{form}}"
    return f"{found.mean + 0:{form}}{half}{what} (n = {found.n})"


def by_replica(values: Iterable[tuple[int, float]]) -> list[float]:
    """Return one value a replica, the mean of its own: several pairs of one seed are no more replicas."""
    found: dict[int, list[float]] = defaultdict(list)
    for replica, value in values:
        found[replica].append(value)
    return [sum(own) / len(own) for _, own in sorted(found.items())]


def records(table: Any) -> list[dict[str, Any]]:
    """Return the plain fields, a dict each, of a data frame or of outcomes; what is NaN there is None."""
    if hasattr(table, "to_dict"):
        return table.astype(object).where(table.notna(), None).to_dict("records")
    rows = [tables.plain(outcome) for outcome in table]
    return [{name: None if value != value else value for name, value in row.items()} for row in rows]
