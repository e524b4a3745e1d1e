"""Why a block mask? The error of one neuron by the number of random hidden ones, with the mask and without it."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterator
from typing import Any

from workbench.charts.grammar import Axis, Look, Means, grouped, records
from workbench.charts.grammar.looks import BLUE, ORANGE
from workbench.charts.strong_outcomes import GEOMETRIC, GRID, POWERS

LEAST = 1e-16  # errors below are rounding


@Means(
    asks=("mask hidden seed replica error kept", "block_mask"),
    selects=("mask", "hidden"),
    x=Axis("hidden", "random hidden neurons (logarithmic)", said=",.0f", type="log", ticks=GRID, padding=14),
    measures=[Axis("error", "largest error (logarithmic)", "~e", ".2g", "log", ticks=POWERS)],
    line="mask",
    looks={
        "blocked": Look(BLUE, "circle", "block mask"),
        "dense": Look(ORANGE, "square", "no block mask", (6, 3)),
    },
    geometric=True,
    apart=0,
    title="Why a block mask?",
    subtitle=(
        "one ReLU neuron made of some of the hidden ones; error on the unit circle; below 1e-16 it stands there\n"
        f"{GEOMETRIC}"
    ),
)
def block_mask(table: Any) -> Iterator[dict[str, Any]]:
    """Draw the error with which a ReLU neuron is made of some of a number of random ones: under a block mask, where
    each of them reads one input, and without, where each reads both.

    `table` is a data frame or an iterable of the outcomes of `experiments.block_mask`.
    """
    for row in records(table):
        yield row | {"error": max(row["error"], LEAST)}


@block_mask.sentences
def words(outcomes: list[Any]) -> list[str]:
    """Say it in sentences: the errors by number of neurons, and the power of it that was fitted without a mask."""
    sentences = []
    for mask, same in grouped(records(outcomes), lambda row: row["mask"]).items():
        errors = {
            h: statistics.geometric_mean(max(row["error"], LEAST) for row in rows)
            for h, rows in sorted(grouped(same, lambda row: row["hidden"]).items())
        }
        name = "Under the block mask" if mask == "blocked" else "Without a block mask"
        told = ", ".join(f"{error:.2g} of {h:,} neurons" for h, error in errors.items())
        fall = (
            f"; fitted, it falls as their number to the power {power(errors):.2f}"
            if mask == "dense" and len(errors) > 1
            else ""
        )
        sentences.append(f"{name} the error is {told}{fall}.")
    gap = "The exponential gap is Ferré et al.'s (2026), by their abstract, not verified"
    return [
        *sentences,
        f"{gap}; without the mask neurons are matched by a search, so that its errors are upper bounds.",
    ]


def power(errors: dict[int, float]) -> float:
    """Return the slope of log error over log number, by least squares."""
    fit = statistics.linear_regression([math.log(h) for h in errors], [math.log(error) for error in errors.values()])
    return fit.slope
