"""What trains now? Loss and validation accuracy by step, from the first second of a run, each replica its own line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from workbench.charts.grammar import ACCURACY, ROWS, STEP, Axis, Means, in_order, thin

LINES, EACH = 12, 40  # lines at most, and points of one


@Means(
    x=replace(STEP, zero=False),
    measures=[
        Axis("loss", "loss of a batch", "~g", ".3f"),
        replace(ACCURACY, field="validation_accuracy", title="validation accuracy", domain=(0, 1)),
    ],
    line="line",
    looks=in_order,
    named=LINES,
    bare=True,
    apart=0,
    title="What trains now",
    subtitle="{about}; accuracy on at most 256 validation images",
    description="Loss of a batch and accuracy on some validation images by step, of what trains at this moment.",
    holds="points of a curve",
)
def training_now(points: Iterable[Any]) -> Iterator[dict[str, Any]]:
    """Draw the training that every replica is in, from the `points` of a `panels.curve.Curve`.

    It stands in no register: no experiment gives what it draws, it is there before the first outcome.
    """
    lines: dict[str, list[Any]] = {}
    for point in points:
        line = lines.setdefault(point.replica, [])
        if line and line[-1].number != point.number:
            line.clear()
        line.append(point)
    parts = list(dict.fromkeys(line[-1].part for line in lines.values()))
    about = parts[0] if len(parts) == 1 else f"{parts[0]} and others" if parts else ""
    for name in sorted(lines)[:LINES]:
        for point in thin(lines[name], min(EACH, ROWS // (3 * len(lines)))):
            row = {"about": about, "line": name or "training", "words": name, "step": point.step}
            yield row | {"loss": point.loss, "validation_accuracy": point.accuracy}
