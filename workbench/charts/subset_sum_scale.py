"""How large should random weights be? Too small, they do not reach the target; too large, they are coarse."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from workbench.charts.grammar import Axis, Means, grouped
from workbench.charts.solved_sums import ASKS, TENS, medians, solved

OUT = "out of reach"


@Means(
    asks=ASKS,
    selects=("dimension", "candidates", "scale"),
    x=Axis("scale", "scale of the candidates (logarithmic)", "~g", ".3g", "log", ticks=TENS, padding=14),
    measures=[Axis("relative_error", "error, of the target's length (logarithmic)", "~%", ".2%", "log", ticks=TENS)],
    line="line",
    spread="middle half",
    apart=0,
    title="How large should the random weights be?",
    subtitle="m dimensions, n candidates; median and middle half of replicas; hollow: most targets are out of reach",
)
def subset_sum_error_by_scale(table: Any) -> Iterator[dict[str, Any]]:
    """Draw the error of subset sums, in the target's length, by the scale of the candidates, a line for each dimension
    and number of candidates; hollow where most targets are out of reach.

    `table` is a data frame or an iterable of the outcomes of `experiments.subset_sums`. The same draw is scaled.
    """
    for point in medians(_rows(table), "scale", "relative_error"):
        out = sum(row["status"] == OUT for row in point["same"])
        yield point | {"hollow": 2 * out > len(point["same"])}


def _rows(table: Any) -> list[dict[str, Any]]:
    return solved(table, "dimension", "candidates", apart=("distribution", "solver"))


@subset_sum_error_by_scale.sentences
def words(outcomes: Any) -> list[str]:
    """Say it in sentences: the scale of the least error, and that a scale is one number a layer, chosen and shown."""
    sentences = []
    for line, same in grouped(_rows(outcomes), lambda row: row["line"]).items():
        points = sorted(medians(same, "scale", "relative_error"), key=lambda point: point["scale"])
        best = min(points, key=lambda point: point["relative_error"])
        if len(points) > 1:
            least, most = (_share(points[end]) for end in (0, -1))
            beside = f"{least} at {points[0]['scale']:g}, {most} at {points[-1]['scale']:g}"
            error = _share(best)
            sentences.append(f"At {line}: least error {error} at scale {best['scale']:g} ({beside}).")
    if sentences:
        sentences.append("Theorems have scale 1, as recalled; here it is chosen: one number a layer, no training.")
    return sentences


def _share(point: dict[str, Any]) -> str:
    return f"{100 * point['relative_error']:.3g} %"
