"""What charts that are not yet declared take from the grammar under older names; it goes with the last of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from workbench.charts.grammar import rows
from workbench.charts.grammar.rows import by_replica, records
from workbench.numbers import numerals

__all__ = ["by_replica", "points", "records", "span"]


def span(values: Sequence[float], name: str = "mean", form: str = ".2%") -> dict[str, Any]:
    """Return a mean with its interval."""
    return rows.span(values, name, form)


def points(values: Sequence[float], *, what: str = " points", times: float = 100, form: str = ".1f") -> str:
    """Return a mean with half its interval, in words."""
    return numerals.plus_minus([times * value for value in values], what, form=form)
