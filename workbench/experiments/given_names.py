"""Names that a person gave: one or several, each checked against those that there are."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from workbench.work.nearest import unknown


def several(names: Any) -> list[Any]:
    """Return names as a list; one name alone is one of them, and not its letters."""
    return [names] if isinstance(names, str) else list(names)


def check_names(kind: str, names: Iterable[str], known: Iterable[str]) -> None:
    """Raise a ValueError for the first name that is not known, with the nearest one that is."""
    for name in names:
        if name not in known:
            raise unknown(kind, name, known)
