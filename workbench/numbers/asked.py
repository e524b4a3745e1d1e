"""Whether outcomes, or a table of them, have what is to be drawn or counted: looked at first, and said in words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import is_dataclass
from typing import Any

from workbench.work import rules


def asked(name: str, outcomes: Any, columns: str, makes: str) -> Any:
    """Return a data frame as it is, outcomes as a list, one outcome as a list of it.

    `columns` are names with spaces between them; where there is "|" between several sets, one of them will do. Outcomes
    are dataclasses, or dicts, and of several kinds one must have the columns; where nothing is finished there is
    nothing to look at. `makes` is the experiment that makes them. Raises a ValueError that names what is missing.
    """
    way_on = f"wb.experiments.{makes}(...) makes them"
    if hasattr(outcomes, "to_dict") and hasattr(outcomes, "columns"):
        kinds: dict[str, Any] = {"a table": outcomes.columns} if len(outcomes) else {}
    else:
        single = is_dataclass(outcomes) and not isinstance(outcomes, type)
        if not single and (isinstance(outcomes, (str, bytes, Mapping)) or not isinstance(outcomes, Iterable)):
            raise ValueError(f"{name} takes outcomes or a data frame of them, got {rules.shown(outcomes)}; {way_on}")
        outcomes = [outcomes] if single else list(outcomes)  # pyright: ignore[reportArgumentType]
        for outcome in {type(outcome): outcome for outcome in outcomes}.values():
            if not isinstance(outcome, Mapping) and not (is_dataclass(outcome) and not isinstance(outcome, type)):
                raise ValueError(f"{name} takes outcomes, got {rules.shown(outcome)} among them; {way_on}")
        kinds = {type(outcome).__name__: outcome for outcome in reversed(outcomes)}
    sets = [one.split() for one in columns.split("|")]
    missing = [(kind, [c for c in one if not _has(of, c)], one) for kind, of in kinds.items() for one in sets]
    if missing and all(lacking for _, lacking, _ in missing):
        kind, lacking, one = min(missing, key=lambda each: len(each[1]))
        raise ValueError(
            f"{name} needs the columns {', '.join(one)}; got {kind} without {', '.join(lacking)}; {way_on}"
        )
    return outcomes


def _has(kind: Any, column: str) -> bool:
    """Whether the columns of a table, a dict or an outcome have one of this name."""
    return hasattr(kind, column) if is_dataclass(kind) else column in kind
