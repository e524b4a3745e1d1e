"""How much can be pruned in one shot and retrained to match? Accuracy by what is left, and what pruning does to it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from workbench.charts.grammar import ACCURACY, DENSITY, RUNS, Axis, Look, Means, records
from workbench.charts.grammar.looks import GOLD, PURPLE
from workbench.experiments.one_shot import prunable
from workbench.experiments.tickets_beside_dense import tickets
from workbench.numbers import intervals
from workbench.numbers.numerals import percent, points

LOOKS = {
    "retrained": replace(RUNS["ticket"], words="retrained"),
    "control": replace(RUNS["random_mask"], words="random places, retrained"),
    "projected": Look(GOLD, "triangle-up", "pruned, not retrained"),
    "barrier": Look(PURPLE, "diamond", "barrier to the dense solution"),
}


@Means(
    asks=("kind density test_accuracy dense_accuracy projection_error barrier_error", "one_shot"),
    selects=("kind", "density"),
    x=replace(DENSITY, title="density after one shot (logarithmic)"),
    measures=[ACCURACY, Axis("added", "error added", "~%", ".2%")],
    line="line",
    looks=LOOKS,
    stacked=True,
    height=(230, 150),
    title="Pruned in one shot",
    subtitle="filled: matches the dense network (paired interval); mean and 95 % t interval over replicas",
)
def accuracy_by_share(table: Any) -> Iterator[dict[str, Any]]:
    """Draw test accuracy by density after pruning in one shot and retraining, filled where it is shown to match the
    dense network, with random places as the control; below, the error that pruning adds before retraining, and the
    error barrier half-way from the dense solution to the retrained one.

    `table` is a data frame or an iterable of the outcomes of `experiments.one_shot`; mean and 95 % t interval over
    replicas.
    """
    for row in records(table):
        pruned, accuracy = row["density"] < 1, row["test_accuracy"]
        less = accuracy - row["dense_accuracy"] if pruned and accuracy is not None else None
        yield row | {"line": "retrained" if row["kind"] == "ticket" else "control", "less": less}
        if row["kind"] == "ticket" and pruned:
            for line, field in (("projected", "projection_error"), ("barrier", "barrier_error")):
                yield row | {"line": line, "test_accuracy": None, "added": row[field]}


@accuracy_by_share.sentences
def words(outcomes: list[Any]) -> list[str]:
    """Say it in sentences: the largest share that matches, of the ticket and of the control, and the projection."""
    replicas = len({o.replica for o in outcomes})
    if not any(o.share for o in outcomes):
        return []
    if replicas < intervals.LEAST:
        return [f"What can be pruned to match needs {intervals.LEAST} replicas; there are {replicas} so far."]
    sentences = []
    for kind, name in (("ticket", "In one shot"), ("random_mask", "At random places")):
        if len((tickets(outcomes, kind) or [[]])[0]) > 1:
            density = prunable(outcomes, kind=kind).density
            most = "none of the shares is shown to match" if density is None else f"{percent(1 - density)} match"
            sentences.append(f"{name}: {most} (paired 95 % interval, at most 1 point worse).")
    last = max(o.share for o in outcomes)
    if pruned := [o for o in outcomes if o.share == last and o.kind == "ticket"]:
        cost, barrier = points([o.projection_error for o in pruned]), points([o.barrier_error for o in pruned])
        sentences.append(f"Pruning {percent(last)} adds {cost} of error; retrained, the barrier is {barrier}.")
    return sentences
