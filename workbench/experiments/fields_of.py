"""Some fields of a value by name, for an outcome or a row of a table that repeats them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any


def fields_of(value: Any, names: str | Iterable[str]) -> dict[str, Any]:
    """Return the fields of these names, given as one text with spaces or one by one."""
    return {name: getattr(value, name) for name in (names.split() if isinstance(names, str) else names)}
