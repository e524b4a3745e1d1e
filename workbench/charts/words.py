"""A picture in words: what the outcomes of an experiment say, for those who do not see the chart."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from workbench.charts import theme
from workbench.lottery.rounds import matching
from workbench.numbers import intervals


def in_words(outcomes: Iterable[Any]) -> list[str]:
    """Say it in sentences: the dense network, how far the ticket matches it, its controls at the end, collapse."""
    outcomes = list(outcomes)
    replicas = _replicas(outcomes)
    if not replicas:
        return []
    dense = [float(rounds[0].run.test_accuracy or 0) for rounds in replicas]
    sentences = [f"The dense network: test accuracy {_mean(dense)}."]
    rounds = min(len(found) for found in replicas)
    if rounds < 2:
        return sentences
    sentences.append(_matching([found[:rounds] for found in replicas]))
    sentences += _sparsest(outcomes, replicas[0][rounds - 1].round)
    if collapsed := sorted({o.density for o in outcomes if o.kind == "ticket" and o.collapsed}, reverse=True):
        sentences.append(f"From {theme.percent(collapsed[0])} on a layer of the ticket has lost every weight.")
    return sentences


def _replicas(outcomes: Sequence[Any]) -> list[list[Any]]:
    """Return each replica's tickets, dense first; those without a test accuracy are left out."""
    found: dict[int, list[Any]] = defaultdict(list)
    for o in theme.tickets(outcomes):
        if o.test_accuracy is not None:
            found[o.replica].append(o)
    return [rounds for rounds in found.values() if rounds[0].round == 0]


def _matching(replicas: list[list[Any]]) -> str:
    if len(replicas) < intervals.LEAST:
        return f"How far the ticket matches it needs {intervals.LEAST} replicas; there {_are(len(replicas))} so far."
    found = matching(replicas)
    margin = f"{100 * found.margin:.2g} point"
    if found.density is None:
        density, difference = found.differences[0]
        low, high = 100 * difference.low, 100 * difference.high
        first = f"The first sparse round ({theme.percent(density)}) is not shown to match it"
        return f"{first}: its paired 95 % interval, {low:+.1f} to {high:+.1f} points, goes more than {margin} below."
    down = theme.percent(found.density)
    return f"The ticket matches it down to {down} of the weights (paired 95 % interval, at most {margin} worse)."


def _sparsest(outcomes: Sequence[Any], last: int) -> list[str]:
    values: dict[str, list[float]] = defaultdict(list)
    for o in outcomes:
        if o.round == last and o.test_accuracy is not None:
            values[o.kind].append(o.test_accuracy)
    density = next(o.density for o in outcomes if o.round == last)
    said = [f"{theme.kind(name)[2]} {_mean(accuracies)}" for name, accuracies in values.items()]
    return [f"At {theme.percent(density)}: {'; '.join(said)}."] if said else []


def _mean(values: Sequence[float]) -> str:
    found = intervals.mean(values)
    if found.n < intervals.LEAST:
        return f"{found.mean:.1%} (n = {found.n})"
    return f"{found.mean:.1%} ± {found.high - found.mean:.1%} (n = {found.n})"


def _are(n: int) -> str:
    return "is 1" if n == 1 else f"are {n}"
