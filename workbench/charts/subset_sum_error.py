"""How near does a subset of random vectors come? The error by the number of candidates, beside the law of the best."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from workbench.charts.grammar import Axis, Means, grouped
from workbench.charts.solved_sums import ASKS, CANDIDATES, RECALLED, beside_law, laws, medians, solved
from workbench.strong.law import best_error

ERROR = Axis("error", "largest error of a coordinate (logarithmic)", "~g", ".2g", "log")


@Means(
    asks=ASKS,
    selects=("dimension", "candidates"),
    x=CANDIDATES,
    measures=[ERROR],
    line="line",
    looks=beside_law,
    spread="middle half",
    apart=0,
    title="How near does a subset come?",
    subtitle="m dimensions; median and middle half of the replicas; broken: the best there is, by the derived law",
)
def subset_sum_error_by_candidates(table: Any) -> Iterator[dict[str, Any]]:
    """Draw the error of subset sums by the number of candidates, a line for each dimension and for whatever else
    differs, with the law of the best possible error beside it in a broken line.

    `table` is a data frame or an iterable of the outcomes of `experiments.subset_sums`. A law is drawn as far as the
    errors reach.
    """
    rows = solved(table, "dimension")
    yield from medians(rows, "candidates", "error")
    errors = [row["error"] for row in rows if row["error"] > 0]
    if errors:
        yield from laws(rows, best_error, "error", min(errors) / 5, 3 * max(errors))


@subset_sum_error_by_candidates.sentences
def words(outcomes: Any) -> list[str]:
    """Say it in sentences: how fast the median error falls, and how far it is from the law; what theorems ask for."""
    sentences = []
    for line, same in grouped(solved(outcomes, "dimension"), lambda row: row["line"]).items():
        points = [
            (point["candidates"], point["error"], point["same"]) for point in medians(same, "candidates", "error")
        ]
        n, error, last = points[-1]
        law = float(np.median([row["law"] for row in last]))
        text = f"At {line}, {n} candidates: median error {error:.2g}, {_times(error, law)}"
        falls = [(n, math.log2(error)) for n, error, _ in points if error > 0]
        if len(falls) > 2:
            slope = -float(np.polyfit([n for n, _ in falls], [log for _, log in falls], 1)[0])
            text += f"; its log2 falls by {slope:.2g} a candidate (1/m = {1 / last[0]['dimension']:.2g})"
        sentences.append(f"{text}.")
    return [*sentences, RECALLED]


def _times(error: float, law: float) -> str:
    ratio = error / law
    return f"{ratio:.2g} times the law" if ratio < 1000 else f"where the law has {law:.1g}"
