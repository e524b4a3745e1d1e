"""Pictures of charts that are not yet declared: a file's `rows`, `draw` and `words`; it goes with the last of them."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

from workbench.charts.grammar.picture import Picture
from workbench.charts.grammar.room import WIDTH


def undeclared(chart: Callable[..., Any]) -> Picture[...]:
    """Return a chart as a picture; a width narrows or widens every part of it by the same factor."""
    file: Any = sys.modules[chart.__module__]

    def draw(rows: Any, width: int) -> Any:
        drawn = file.draw(rows)
        _scale(drawn, width / WIDTH)
        return drawn

    made: Picture[...] = Picture(file.rows, draw, needs=getattr(file, "NEEDS", ""))
    if hasattr(file, "words"):
        made.sentences(file.words)
    return made


def _scale(chart: Any, factor: float) -> None:
    if factor == 1:
        return
    for name in ("layer", "hconcat", "vconcat", "concat"):
        parts = getattr(chart, name, None)
        for part in parts if isinstance(parts, list) else []:
            _scale(part, factor)
    if hasattr(getattr(chart, "spec", None), "to_dict"):
        _scale(chart.spec, factor)
    if isinstance(getattr(chart, "width", None), (int, float)):
        chart.width = round(chart.width * factor)
