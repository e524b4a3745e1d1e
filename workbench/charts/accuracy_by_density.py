"""How accurate are tickets, and their controls, at every density? The picture of the lottery-ticket papers."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from workbench.charts.grammar import ACCURACY, DENSITY, RUNS, Means, Rows, grouped, records, tickets
from workbench.charts.grammar.looks import looks_of
from workbench.lottery.rounds import matching
from workbench.numbers import intervals
from workbench.numbers.asked import asked
from workbench.numbers.numerals import percent, points


@Means(
    asks=("density test_accuracy", "winning_tickets"),
    selects=("kind", "round"),
    x=DENSITY,
    measures=[ACCURACY],
    looks=RUNS,
    title="Accuracy by density",
)
def accuracy_by_density(table: Any, published: Iterable[dict[str, Any]] | None = None) -> Rows:
    """Draw test accuracy by density, from the dense network at the left to the sparsest at the right: the ticket and
    its controls, mean and 95 % t interval over replicas, and the dense network as a line with a band across.

    `table` is a data frame, or an iterable of outcomes, with `kind, replica, round, density, test_accuracy`; fewer than
    three replicas are shown without an interval. `published` are a paper's numbers, dicts of `density`, `accuracy` and
    `label`, drawn as grey crosses.
    """
    rows = [{"kind": "ticket", **record} for record in records(table)]
    dense = [row for row in rows if row["kind"] == "ticket" and row["density"] == 1]
    across = [row | {"kind": "dense", "role": "across"} for row in dense] if len(dense) < len(rows) else []
    cross = {"role": "mark", "kind": "published"}
    theirs = [cross | p | {"test_accuracy": p["accuracy"], "words": p.get("label", "")} for p in published or ()]
    return [*rows, *across, *theirs]


@accuracy_by_density.sentences
def words(outcomes: list[Any]) -> list[str]:
    """Say it in sentences: the dense network, how far the ticket matches it, its controls at the end, collapse."""
    asked("the sentences", outcomes, "kind replica round density test_accuracy collapsed", "winning_tickets")
    evaluated = [o for o in outcomes if o.test_accuracy is not None]
    replicas = grouped(tickets(evaluated), lambda ticket: ticket.replica).values()
    replicas = [rounds for rounds in replicas if rounds[0].round == 0]
    if not replicas:
        return []
    sentences = [f"The dense network: test accuracy {points([dense.test_accuracy for dense, *_ in replicas], ' %')}."]
    rounds = min(len(replica) for replica in replicas)
    if rounds < 2:
        return sentences
    sentences.append(_matching([replica[:rounds] for replica in replicas]))
    last = replicas[0][rounds - 1]
    kinds = grouped((o for o in evaluated if o.round == last.round), lambda o: o.kind)
    names = {kind: look.words for kind, look in looks_of(RUNS, kinds).items()}
    each = (f"{names[kind]} {points([o.test_accuracy for o in same], ' %')}" for kind, same in kinds.items())
    sentences.append(f"At {percent(last.density)}: {'; '.join(each)}.")
    if collapsed := sorted({o.density for o in outcomes if o.kind == "ticket" and o.collapsed}, reverse=True):
        sentences.append(f"From {percent(collapsed[0])} on a layer of the ticket has lost every weight.")
    return sentences


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
