"""A call taken apart into its plain parts by dotted name, `recipe.epochs`: what differs from defaults, or from another.

It is read from what a record holds and runs nothing, so that a call of an earlier version, or of a function that is not
here, can be looked at too.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from workbench.work.listing import in_words

DEEPEST = 20  # levels of values in one another; what is deeper is a hash


def parts(described: Any, *, named: bool = True) -> dict[str, str]:
    """Return the plain parts of a call, described or as JSON, by dotted name, each as it is typed.

    A part that is a call or a dataclass has an entry with its name; not `named`, only where it has no parts itself.
    """
    try:
        described = json.loads(described) if isinstance(described, str) else described
    except (ValueError, RecursionError):
        return {}
    arguments = described.get("arguments") if isinstance(described, dict) else None
    return dict(_parts(arguments, "", named, DEEPEST)) if isinstance(arguments, dict) else {}


def _parts(fields: dict[str, Any], before: str, named: bool, levels: int) -> Iterator[tuple[str, str]]:
    for name, value in fields.items():
        where = f"{before}{name}"
        kind, inner = _opened(value)
        if inner is None or not levels:
            yield where, _said(value)
            continue
        if named or not inner:
            yield where, kind
        yield from _parts(inner, f"{where}.", named, levels - 1)


def _opened(value: Any) -> tuple[str, dict[str, Any] | None]:
    """The name and the parts of what has parts."""
    match value:
        case {"call": str(name), "arguments": dict(inner)} | {"dataclass": str(name), "fields": dict(inner)}:
            return name.rpartition(".")[2], inner
    return "", None


def _said(value: Any) -> str:
    try:
        return in_words(value)
    except (AttributeError, TypeError, ValueError, StopIteration, RecursionError):
        return "(unreadable)"  # a record may come from anywhere
