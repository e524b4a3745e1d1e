"""How accurate are tickets, and their controls, at every density?

The picture of the lottery-ticket papers: density falls to the right, the dense network is a line across, and each kind
of run shows its mean over replicas with the t interval that `workbench.intervals` gives.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from workbench.charts.grammar import ACCURACY, DENSITY, RUNS, Means, Rows, records, tickets
from workbench.charts.grammar.looks import looks_of
from workbench.lottery.rounds import matching
from workbench.numbers import intervals
from workbench.numbers.numerals import percent, points


@Means(
    x=DENSITY,
    measures=[ACCURACY],
    looks=RUNS,
    title="Accuracy by density",
    description=(
        "Test accuracy by density, from the dense network at the left to the sparsest at the right: "
        "the ticket and its controls, mean and 95 % interval over replicas, and the dense network as a line across."
    ),
)
def accuracy_by_density(table: Any, published: Iterable[dict[str, Any]] | None = None) -> Rows:
    """Draw test accuracy by density: mean and 95 % t interval over replicas, with the dense network's line and band.

    `table` is a data frame, or an iterable of outcomes, with `kind, replica, round, density, test_accuracy`; fewer than
    three replicas are shown without an interval. `published` are a paper's numbers, dicts of `density`, `accuracy` and
    `label`, drawn as grey crosses.
    """
    rows = [{"kind": "ticket", **record} for record in records(table)]
    dense = [row for row in rows if row["kind"] == "ticket" and row["density"] == 1]
    across = [row | {"kind": "dense", "role": "across"} for row in dense] if len(dense) < len(rows) else []
    theirs = [
        {"role": "mark", "kind": "published", "density": p["density"], "test_accuracy": p["accuracy"]}
        | {"words": p.get("label", "published")}
        for p in published or ()
    ]
    return [*rows, *across, *theirs]


@accuracy_by_density.sentences
def words(outcomes: Iterable[Any]) -> list[str]:
    """Say it in sentences: the dense network, how far the ticket matches it, its controls at the end, collapse."""
    outcomes = list(outcomes)
    replicas = _replicas(outcomes)
    if not replicas:
        return []
    dense = [float(rounds[0].run.test_accuracy or 0) for rounds in replicas]
    sentences = [f"The dense network: test accuracy {points(dense, ' %')}."]
    rounds = min(len(replica) for replica in replicas)
    if rounds < 2:
        return sentences
    sentences.append(_matching([replica[:rounds] for replica in replicas]))
    sentences += _sparsest(outcomes, replicas[0][rounds - 1].round)
    if collapsed := sorted({o.density for o in outcomes if o.kind == "ticket" and o.collapsed}, reverse=True):
        sentences.append(f"From {percent(collapsed[0])} on a layer of the ticket has lost every weight.")
    return sentences


def _replicas(outcomes: Sequence[Any]) -> list[list[Any]]:
    """Return each replica's tickets, dense first; those without a test accuracy are left out."""
    replicas: dict[int, list[Any]] = defaultdict(list)
    for ticket in tickets(outcomes):
        if ticket.test_accuracy is not None:
            replicas[ticket.replica].append(ticket)
    return [rounds for rounds in replicas.values() if rounds[0].round == 0]


def _matching(replicas: list[list[Any]]) -> str:
    if len(replicas) < intervals.LEAST:
        there = "is 1" if len(replicas) == 1 else f"are {len(replicas)}"
        return f"How far the ticket matches it needs {intervals.LEAST} replicas; there {there} so far."
    matched = matching(replicas)
    margin = f"{100 * matched.margin:.2g} point"
    if matched.density is None:
        density, difference = matched.differences[0]
        low, high = 100 * difference.low, 100 * difference.high
        first = f"The first sparse round ({percent(density)}) is not shown to match it"
        return f"{first}: its paired 95 % interval, {low:+.1f} to {high:+.1f} points, goes more than {margin} below."
    down = percent(matched.density)
    return f"The ticket matches it down to {down} of the weights (paired 95 % interval, at most {margin} worse)."


def _sparsest(outcomes: Sequence[Any], last: int) -> list[str]:
    accuracies: dict[str, list[float]] = defaultdict(list)
    for o in outcomes:
        if o.round == last and o.test_accuracy is not None:
            accuracies[o.kind].append(o.test_accuracy)
    density = next(o.density for o in outcomes if o.round == last)
    each = [f"{looks_of(RUNS, [kind])[kind].words} {points(values, ' %')}" for kind, values in accuracies.items()]
    return [f"At {percent(density)}: {'; '.join(each)}."] if each else []
