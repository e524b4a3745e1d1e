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

MOST = 4  # rounds that do not match, each with its interval


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
    asked("the sentences", outcomes, "kind replica round density test_accuracy", "winning_tickets")
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
    if collapsed := sorted(
        {o.density for o in outcomes if o.kind == "ticket" and getattr(o, "collapsed", 0)}, reverse=True
    ):
        sentences.append(f"From {percent(collapsed[0])} on a layer of the ticket has lost every weight.")
    return sentences


def _matching(replicas: list[list[Any]]) -> str:
    if len(replicas) < intervals.LEAST:
        there = "is 1" if len(replicas) == 1 else f"are {len(replicas)}"
        return f"How far the ticket matches it needs {intervals.LEAST} replicas; there {there} so far."
    matched = matching(replicas)
    how = f"paired 95 % interval, at most {100 * matched.margin:.2g} point worse"
    margin, differences = matched.margin, matched.differences
    passing = [density for density, less in differences if intervals.matches(less, margin=margin)]
    again = [density for density in passing if matched.density is None or density < matched.density]
    also = f"{'also' if matched.density else 'but'} at {_listed(again)}" if again else ""
    if matched.density is None:
        density, less = differences[0]
        lead = f"The first sparse round ({percent(density)}) is {_short(less, margin)}"
        sentences = [f"{lead}{f'; it matches at {_listed(again)}' if again else ''} ({how})."]
    else:
        down = f"Round by round the ticket matches it down to {percent(matched.density)} of the weights"
        sentences = [f"{down}{f', {also}' if also else ''} ({how})."]
    others = [(density, less) for density, less in differences if density not in passing]
    others = others if matched.density is not None else others[1:]
    told = [f"at {percent(density)} {_short(less, margin)}" for density, less in others[:MOST]]
    more = f"; and {len(others) - MOST} sparser" if len(others) > MOST else ""
    return " ".join([*sentences, *([f"It is {'; '.join(told)}{more}."] if told else [])])


def _short(less: intervals.Interval, margin: float) -> str:
    """Return what is said of a round that is not shown to match: it is worse, or more replicas would tell."""
    reach = f"its interval reaches from {100 * less.low:+.1f} to {100 * less.high:+.1f} points"
    if less.high < -margin:
        return f"worse ({reach})"
    enough = intervals.replicas_to_tell(less, margin=margin)
    tell = f"about {enough} replicas would tell" if enough else "more than 1000 replicas would be needed"
    return f"not shown to match it ({reach}; {tell})"


def _listed(densities: list[float]) -> str:
    return ", ".join(map(percent, densities))
