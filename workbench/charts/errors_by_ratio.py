"""How far is a strong ticket from its target? The bound for every image, what is measured, and relative errors."""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from typing import Any

from workbench.charts.grammar import Axis, Look, Looks, Means, grouped
from workbench.charts.grammar.looks import BLUE, GREEN, GREY, ORANGE
from workbench.charts.strong_outcomes import ASKS, GEOMETRIC, RATIO, TENS, asked, strong, structure
from workbench.numbers.numerals import percent

ERRORS: Looks = {
    "certificate": Look(GREY, "triangle-down", "bound, every image", (6, 3)),
    "measured_sup": Look(ORANGE, "square", "farthest measured"),
    "kernel_error": Look(GREEN, "diamond", "kernels, worst layer"),
    "logit_error": Look(BLUE, "circle", "all logits"),
}
DISTANCES = ("certificate", "measured_sup")


@Means(
    asks=ASKS,
    selects=("error", "ratio"),
    x=RATIO,
    measures=[
        Axis("distance", "distance of logits (logarithmic)", "~g", ".3g", "log", ticks=TENS),
        Axis("relative", "relative error (logarithmic)", "~%", ".2%", "log", ticks=TENS),
    ],
    line="error",
    looks=ERRORS,
    chosen=("structure", "removed"),
    packed=True,
    stacked=True,
    geometric=True,
    height=200,
    title="How far is the ticket from its target?",
    subtitle=(
        "broken: no image at all is farther, proven by the kernels; full: measured on {about} images\n" + GEOMETRIC
    ),
    needs="a ticket that was put beside its target",
)
def strong_errors(table: Any) -> Iterator[dict[str, Any]]:
    """Draw how far logits of ticket and target are apart by the number of usable candidates: the bound that holds for
    every image, and the farthest that was measured, which is never above it; below them the relative errors of the
    worst layer's kernels and of all logits.

    `table` is a data frame or an iterable of the outcomes of `experiments.strong_tickets`.
    """
    for row in strong(table):
        one = {"structure": structure(row), "about": row["split"]}
        for error in ERRORS:
            field = "distance" if error in DISTANCES else "relative"
            if row[error]:  # none of a rival; a logarithm of none
                yield (
                    {name: row[name] for name in ("ratio", "seed", "replica")}
                    | one
                    | {"error": error, field: row[error]}
                )


@strong_errors.sentences
def words(outcomes: list[Any]) -> list[str]:
    """Say it in sentences: of all that was asked the bound beside what was measured, and the relative errors."""
    by_cell = grouped(strong(outcomes), asked)
    return [f"{name[:1].upper()}{name[1:]}: {_far(same)}." for name, same in by_cell.items()]


def _far(same: list[dict[str, Any]]) -> str:
    mean = {
        error: statistics.geometric_mean(values)
        for error in ERRORS
        if all(values := [row[error] or 0.0 for row in same])
    }
    told = [f"logits at most {mean['certificate']:.2g} apart on every image (a bound)"] if "certificate" in mean else []
    if "measured_sup" in mean:
        told.append(f"at most {mean['measured_sup']:.2g} apart on the {same[0]['split']} images (measured)")
    if "logit_error" in mean:
        told.append(f"relative error of the logits {percent(mean['logit_error'])}")
    if "kernel_error" in mean:
        told.append(f"of the worst layer's kernels {percent(mean['kernel_error'])}")
    return "; ".join(told) or "no error is left"
