"""From which step k does a ticket match? The ticket's accuracy by density, one line for every step it is rewound to.

The picture of Frankle et al. 2020, "Linear Mode Connectivity and the Lottery Ticket Hypothesis".
"""

from __future__ import annotations

from functools import partial
from typing import Any

from workbench.charts.grammar import ACCURACY, DENSITY, Means, Rows, in_sequence, records
from workbench.charts.grammar.looks import BLUE, GOLD, GREEN, ORANGE


@Means(
    asks=("rewind_step density test_accuracy", "winning_tickets"),
    selects=("rewind_step", "round"),
    x=DENSITY,
    measures=[ACCURACY],
    line="k",
    looks=partial(in_sequence, colours=(ORANGE, GOLD, GREEN, BLUE)),
    legend="rewound to step",
    split="rate",
    title="Accuracy by rewinding step",
)
def accuracy_by_rewind_step(table: Any) -> Rows:
    """Draw test accuracy of the ticket by density, one line for each step that it was rewound to.

    `table` is a data frame, or an iterable of outcomes, with `kind, replica, rewind_step, density, test_accuracy`, of
    which the tickets are drawn (mean and 95 % t interval over replicas), and optionally `learning_rate`: one picture
    for each.
    """
    rows = [row for row in records(table) if row.get("kind", "ticket") == "ticket"]
    rows.sort(key=lambda row: (-(row.get("learning_rate") or 0), row["rewind_step"]))
    for row in rows:
        row["k"] = f"k = {row['rewind_step']}"
        row["rate"] = f"learning rate {row['learning_rate']:g}" if row.get("learning_rate") else ""
    return rows
