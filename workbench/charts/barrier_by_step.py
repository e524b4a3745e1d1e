"""From which step do children end connected? The instability analysis of Frankle et al. 2020.

Below the line at two points, children count as connected.
"""

from __future__ import annotations

import itertools
from typing import Any

from workbench.charts.grammar import BARRIER, PARTED, TREATMENTS, Means, Rows, grouped, records
from workbench.experiments.instability import LIMIT
from workbench.numbers import intervals


@Means(
    asks=("rewind_step split batch_norm barrier_error", "instability"),
    selects=("rewind_step", "batch_norm"),
    x=PARTED,
    measures=[BARRIER],
    line="batch_norm",
    looks=TREATMENTS,
    legend="batch-norm",
    split="split",
    rules={"barrier_error": LIMIT},
    title="When do children end connected?",
    subtitle="above the line between the ends; mean and 95 % t interval over replicas; dashed: two points",
)
def barrier_by_step(partings: Any) -> Rows:
    """Draw the error barrier between two children, by the step at which they parted, for each treatment.

    `partings` is a data frame, or an iterable of `Parting`s, with `replica, rewind_step, split, batch_norm,
    barrier_error`: mean and 95 % t interval over replicas, whose pairs are averaged first.
    """
    return sorted(records(partings), key=lambda record: record["split"])


@barrier_by_step.sentences
def words(partings: Any) -> list[str]:
    """Say it in sentences, for the test images where they were measured, one for each batch-norm treatment."""
    means = [row for row in barrier_by_step.rows(partings) if row["role"] == "point"]
    split = "test" if any(row["split"] == "test" for row in means) else means[0]["split"] if means else ""
    lines = grouped((row for row in means if row["split"] == split), lambda row: row["line"])
    return [_sentence(how, line, split) for how, line in lines.items()]


def _sentence(how: str, means: Rows, split: str) -> str:
    first, last = means[0], means[-1]
    sentence = f"Batch-norm {how}, {split} images: the error barrier is {_points(first)} from step {first['where']}"
    if last is not first:
        sentence += f" and {_points(last)} from step {last['where']}"
    *_, below = None, *(m["where"] for m in itertools.takewhile(lambda m: m["value"] < LIMIT, reversed(means)))
    if below is None:
        return f"{sentence}; children are not connected (below {100 * LIMIT:g} points) at the last step."
    return f"{sentence}; its mean stays below {100 * LIMIT:g} points from step {below} on."


def _points(mean: dict[str, Any]) -> str:
    low, value, high = (100 * (mean[end] or 0.0) for end in ("low", "value", "high"))
    if mean["n"] < intervals.LEAST or abs(low + high - 2 * value) < 1e-9:
        half = "" if mean["n"] < intervals.LEAST else f" ± {high - value:.1f}"
        return f"{value:.1f}{half} points (n = {mean['n']})"
    return f"{value:.1f} points ({low:.1f} to {high:.1f}, n = {mean['n']})"
