"""A table of outcomes: the plain fields of frozen values, one row each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import fields, is_dataclass
from typing import TYPE_CHECKING, Any

from workbench.work import rules

if TYPE_CHECKING:
    import pandas

PLAIN = (bool, int, float, str, type(None))


def table(outcomes: Iterable[Any]) -> pandas.DataFrame:
    """Return the data frame of the plain fields (numbers, words, None) of dataclasses or dicts, a row each."""
    import pandas

    if isinstance(outcomes, (str, bytes, Mapping)) or not isinstance(outcomes, Iterable):
        raise rules.refused(
            "outcomes", "several dataclasses or dicts", outcomes, "put a single one into a list, [outcome]"
        )
    return pandas.DataFrame([plain(outcome) for outcome in outcomes])


def plain(outcome: Any) -> dict[str, Any]:
    """Return the plain fields of one dataclass or dict."""
    if not isinstance(outcome, Mapping) and (isinstance(outcome, type) or not is_dataclass(outcome)):
        raise rules.refused("an outcome", "a dataclass or a dict", outcome, 'such as {"seed": 0, "accuracy": 0.91}')
    named = outcome if isinstance(outcome, Mapping) else {f.name: getattr(outcome, f.name) for f in fields(outcome)}
    return {name: value for name, value in named.items() if isinstance(value, PLAIN)}
