"""How often does some subset come near enough? The share of draws that succeed, by the number of candidates."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from workbench.calibration import wilson
from workbench.charts.grammar import Axis, Means, Rows, grouped
from workbench.charts.solved_sums import ASKS, CANDIDATES, beside_law, laws, solved
from workbench.numbers.numerals import percent
from workbench.strong.law import success_probability
from workbench.work import rules

WITHIN = {1: 0.01, 2: 0.05, 4: 0.1}  # what counts as near enough, by dimension
ELSE = 0.1


@Means(
    asks=ASKS,
    selects=("dimension", "candidates"),
    x=CANDIDATES,
    measures=[Axis("share", "draws with a subset within ε", "~%", ".0%", domain=(0, 1))],
    line="line",
    looks=beside_law,
    spread="95 % interval (Wilson)",
    apart=0,
    title="How often is there a subset that is near enough?",
    subtitle="m dimensions; share of replicas, 95 % Wilson interval; broken: the derived 1 - exp(-E)",
)
def subset_sum_success(table: Any, within: float | None = None) -> Iterator[dict[str, Any]]:
    """Draw the share of replicas of which the subset's error is at most ε by the number of candidates, a line for each
    dimension and for whatever else differs, with the derived probability beside it in a broken line.

    `table` is a data frame or an iterable of the outcomes of `experiments.subset_sums`. ε is `within`, for each
    dimension, or else 0.01 in one, 0.05 in two, 0.1 in others.
    """
    rows = _counted(table, within)
    for (line, n), same in grouped(rows, lambda row: (row["line"], row["candidates"])).items():
        successes = sum(row["success"] for row in same)
        low, high = wilson(successes, len(same))
        own = {"low": low, "high": high, "n": len(same), "interval": f"{low:.0%} to {high:.0%}"}
        yield {
            "line": line,
            "dimension": same[0]["dimension"],
            "candidates": n,
            "share": successes / len(same),
            "own": own,
        }
    for within_, same in grouped(rows, lambda row: row["within"]).items():

        def probability(m: int, n: int, within_: float = within_, **target: float) -> float:
            return success_probability(m, n, within_, **target)

        yield from laws(same, probability, "share", 0, 1)


def _counted(table: Any, within: float | None) -> Rows:
    """Return the sums with their ε as `within`, and whether they are a `success`."""
    if within is not None:
        rules.number("within", within, above=0, way_on="leave it out for one by dimension")
    made = []
    for row in solved(table, "dimension"):
        near = WITHIN.get(row["dimension"], ELSE) if within is None else within
        line = f"{row['line']}, ε = {near:g}"
        made.append(row | {"line": line, "within": near, "success": row["error"] <= near})
    return made


@subset_sum_success.sentences
def words(outcomes: Any) -> list[str]:
    """Say it in sentences: from how many candidates on half of the draws succeed, and what the formula says."""
    sentences = []
    for line, same in grouped(_counted(outcomes, None), lambda row: row["line"]).items():
        by_size = grouped(sorted(same, key=lambda row: row["candidates"]), lambda row: row["candidates"])
        shares = {n: sum(row["success"] for row in rows) / len(rows) for n, rows in by_size.items()}
        half = next((n for n, share in shares.items() if share >= 0.5), None)
        most = max(shares)
        sentence = f"At {line}: "
        if half is None:
            sentence += f"fewer than half of the draws succeed, up to {most} candidates ({percent(shares[most])})."
        else:
            sentence += f"half of the draws succeed from {half} candidates on, {percent(shares[most])} with {most}."
        sentences.append(sentence)
    return sentences
