"""What is drawn of strong tickets, the same in all charts: their axis across, and the words for what was asked."""

from __future__ import annotations

from typing import Any

from workbench.charts.grammar import Axis, Rows, records
from workbench.charts.grammar.looks import STRUCTURES

ASKS = (  # a run yields layers first, then tickets
    "structure ratio seed replica layer index of error kept_filters random_filters|"
    "structure ratio seed replica ticket_accuracy target_accuracy agreement kernel_error certificate measured_sup",
    "strong_tickets",
)
GRID = tuple(digit * 10**power for power in range(4) for digit in (1, 2, 5))
TENS = tuple(float(f"{digit}e{power}") for power in range(-7, 7) for digit in (1, 2, 5))
POWERS = tuple(10.0**power for power in range(-16, 10))  # for what spreads over many of them
RATIO = Axis("ratio", "usable candidates a dimension (logarithmic)", said=".3g", type="log", ticks=GRID, padding=14)
GEOMETRIC = "geometric mean and its 95 % t interval over replicas"
DERIVED = (  # what a person may conclude, under the picture
    "No weight of the random network is trained; what is kept is matched to a target that was trained (edge-popup's "
    "masks are trained for the task). The ticket is smaller than the random network, not than its target.",
    "The construction is derived, and every number here measured; the theorem (da Cunha, d'Amore & Natale 2023) says "
    "that such tickets exist, as recalled, its text not at hand.",
)


def layers(table: Any) -> Rows:
    """Return the layers that were matched, from one file of outcomes."""
    return [row for row in records(table) if row.get("layer") is not None]


def strong(table: Any) -> Rows:
    """Return the tickets, each beside its target."""
    return [row for row in records(table) if row.get("ticket_accuracy") is not None]


def structure(row: Any) -> str:
    """Return in words what may be removed."""
    name = row["structure"]
    return STRUCTURES[name].words if name in STRUCTURES else name.replace("_", " ")


def asked(row: Any) -> str:
    """Return in words what was asked for: `whole filters, 20 a dimension`."""
    return f"{structure(row)}, {row['ratio']:g} a dimension"
