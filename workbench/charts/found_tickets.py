"""What is drawn of tickets at initialisation, and of the searches for them, the same in all charts."""

from __future__ import annotations

from typing import Any

from workbench.charts.grammar import Rows, kept, records

ASKS = (  # a run yields all of these, searches first
    "method control asked budget density accuracy_before accuracy_after|method control asked step bound|"
    "method asked idle words",
    "tickets_at_initialisation",
)
SPARSE = ("kept", "density asked for")  # a menu of what was asked for


def tried(table: Any, *, budget: str | None = "recipe") -> Rows:
    """Return the tickets and controls that were trained, with a test accuracy; with a `budget`, those of it alone."""
    rows = [row for row in records(table) if row.get("accuracy_after") is not None]
    return [row | named(row) for row in rows if budget in (None, row["budget"])]


def glimpsed(table: Any) -> Rows:
    """Return the searches as they went."""
    return [row | named(row) for row in records(table) if row.get("bound") is not None]


def named(row: dict[str, Any]) -> dict[str, str]:
    """Return what was asked for in words."""
    return {"kept": kept(row["asked"])}


def of_replicas(n: int) -> str:
    """Return how many replicas there are, in words."""
    return f"{n} replica{'s' if n != 1 else ''}"
