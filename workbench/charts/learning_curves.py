"""How does a ticket learn at every density? One curve a round, coloured from dense to sparse."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from workbench.charts.grammar import ACCURACY, ROWS, STEP, Axis, Means, in_sequence, kept, thin, tickets

TICKS = tuple(step * 10.0**-power for power in range(-2, 9) for step in (5, 2, 1))
MEASURES = [  # the first that was evaluated along the way is drawn, else the training loss, which always is there
    ACCURACY,
    replace(ACCURACY, field="validation_accuracy", title="validation accuracy"),
    Axis("loss", "training loss (logarithmic)", "~g", ".4f", "log", ticks=TICKS),
]
CURVES, NAMED = 24, 8  # at most


@Means(
    asks=("round density run", "winning_tickets"),
    selects=("round",),
    x=replace(STEP, zero=False),
    measures=MEASURES,
    line="density",
    looks=in_sequence,
    named=NAMED,
    bare=True,
    apart=0,
    sizes=(14, 14),
    title="Learning curves",
    subtitle="{about} of the ticket in every round, mean over replicas",
    description="Learning curves of the tickets by optimiser step: test accuracy or loss, one curve for each density.",
    holds="the histories of runs",
)
def learning_curves(outcomes: Iterable[Any]) -> Iterator[dict[str, Any]]:
    """Draw the tickets' histories, each round the mean over replicas.

    Test or validation accuracy where the recipe evaluated it along the way (`evaluate_every=`), else the training loss.
    """
    runs = [(f"{ticket.density:.6g}", ticket.round, ticket.run.history) for ticket in tickets(outcomes)]
    evaluated = (m for m in MEASURES[:-1] if any(sum(r.get(m.field) is not None for r in h) > 1 for *_, h in runs))
    measure = next(evaluated, MEASURES[-1])
    densities = thin(sorted({density for density, *_ in runs}, key=float, reverse=True), CURVES)
    for density, number, history in runs:
        if density in densities:
            curve = {"about": measure.title.partition(" (")[0], "density": density, "round": number}
            curve["words"] = kept(float(density))
            rows = [row for row in history if row.get(measure.field) is not None]
            for row in thin(rows, (ROWS - NAMED) // len(densities)):
                yield {**curve, "step": row["step"], measure.field: max(row[measure.field], 1e-9)}
