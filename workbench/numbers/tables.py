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
    if isinstance(outcome, dict):
        return {name: value for name, value in outcome.items() if isinstance(value, PLAIN)}
    pairs = ((field.name, getattr(outcome, field.name)) for field in fields(outcome))
    return {name: value for name, value in pairs if isinstance(value, PLAIN)}
