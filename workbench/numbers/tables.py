"""A table of outcomes: the plain fields of frozen values, one row each."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas

PLAIN = (bool, int, float, str, type(None))


def table(outcomes: Iterable[Any]) -> pandas.DataFrame:
    """Return the data frame of the plain fields (numbers, words, None) of dataclasses or dicts, a row each."""
    import pandas

    return pandas.DataFrame([plain(outcome) for outcome in outcomes])


def plain(outcome: Any) -> dict[str, Any]:
    """Return the plain fields of one dataclass or dict."""
    named = outcome if isinstance(outcome, dict) else {f.name: getattr(outcome, f.name) for f in fields(outcome)}
    return {name: value for name, value in named.items() if isinstance(value, PLAIN)}
