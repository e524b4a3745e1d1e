"""Do successive rounds stay connected as long as the ticket matches? Barriers between rounds, accuracy beneath."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from workbench.charts.grammar import BARRIER, DENSITY, RUNS, Axis, Look, Means, records, thin
from workbench.charts.grammar.looks import GREEN, ORANGE, SALTIRE
from workbench.experiments.tickets_beside_dense import tickets
from workbench.experiments.until_disconnected import disconnections, matching_beside
from workbench.numbers import intervals
from workbench.numbers.numerals import percent

CROSSES = 100  # disconnected replicas that are marked


@Means(
    asks=("density test_accuracy dense_accuracy barrier_error disconnected", "until_disconnected"),
    selects=("round",),
    x=replace(DENSITY, title="density (logarithmic)"),
    measures=[
        replace(BARRIER, title="error barrier to the round before"),
        Axis("gap", "accuracy less the dense one's", "~%", "+.2%", zero=True),
    ],
    line="line",
    looks={"barrier": Look(GREEN), "accuracy": RUNS["ticket"], "disconnected": Look(ORANGE, SALTIRE)},
    rules={"barrier_error": "threshold", "gap": -0.01},
    named=False,
    stacked=True,
    apart=0,
    height=190,
    title="Successive rounds",
    subtitle=(
        "circles: mean over replicas with its 95 % t interval, hollow: not shown to match\n"
        "crosses: a replica that is disconnected; dashed: threshold of connection, margin of matching"
    ),
)
def barrier_between_rounds(table: Any) -> Iterator[dict[str, Any]]:
    """Draw the error barrier between successive rounds by density, with a cross for every replica that is disconnected;
    below, the ticket's accuracy less the dense network's, filled where it is shown to match.

    `table` is a data frame or an iterable of the outcomes of `experiments.until_disconnected`: mean and 95 % t interval
    over the replicas that came so far, whose number is told.
    """
    rows = records(table)
    for row in rows:
        same = row | {"density": float(f"{row['density']:.4g}")}  # counts of survivors are the same for all replicas
        yield same | {"line": "barrier"}
        if row["test_accuracy"] is not None:
            gap = row["test_accuracy"] - row["dense_accuracy"]
            less = gap if row["density"] < 1 else None
            yield same | {"line": "accuracy", "barrier_error": None, "gap": gap, "less": less}
    for row in thin([row for row in rows if row["disconnected"]], CROSSES):
        yield row | {"role": "mark", "line": "disconnected"}


@barrier_between_rounds.sentences
def words(outcomes: list[Any]) -> list[str]:
    """Say it in sentences: where each replica was disconnected, and down to where the ticket matches."""
    if not any(o.round > 1 for o in outcomes):
        return []
    threshold = f"{100 * outcomes[0].threshold:g} points of error"
    ended = {replica: density for replica, density in disconnections(outcomes).items() if density is not None}
    replicas = len({o.replica for o in outcomes})
    sentences = [f"No successive rounds are disconnected so far (threshold {threshold})."]
    if ended:
        at = ", ".join(percent(density) for density in sorted(ended.values(), reverse=True))
        sentences = [f"Successive rounds disconnect in {len(ended)} of {replicas} replicas, at {at} ({threshold})."]
    if replicas >= intervals.LEAST and len(tickets(outcomes)[0]) > 1:
        density = matching_beside(outcomes).density
        down = "is not shown to match" if density is None else f"matches down to {percent(density)}"
        sentences.append(f"The ticket {down} (paired 95 % interval, at most 1 point worse).")
    return sentences
