"""Charts with a width and sentences, until all of them are declared with both: `workbench.charts` has these names too.

In a batch, and until a browser has told how wide a chart's place is, a chart is as wide as ever.
"""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from workbench import charts
from workbench.charts.theme import WIDTH

SENTENCES = {  # chart: the file and the function that say it in sentences, if they are not its own
    "accuracy by density": ("words", "in_words"),
    "barrier by step": ("connected", "connected"),
    "loss plane": ("between", "between"),
}


@dataclass(frozen=True)
class Picture:
    """A chart: its rows, how they are drawn in a width, its sentences, and what a run lacks that leaves it empty."""

    rows: Callable[[Any], list[dict[str, Any]]]
    draw: Callable[..., Any]
    words: Callable[[Any], list[str]] = lambda outcomes: []
    needs: str = ""


def _picture(name: str, chart: Any) -> Picture:
    if "width" in inspect.signature(chart.draw).parameters:
        return chart

    def draw(rows: list[dict[str, Any]], width: int = WIDTH) -> Any:
        drawn = chart.draw(rows)
        if width != WIDTH:
            _scale(drawn, max(width - 270, 150) / WIDTH)  # the axis and the labels stand beside it
        return drawn

    file, function = SENTENCES.get(name, (name.replace(" ", "_"), "words"))
    words = getattr(importlib.import_module(f"workbench.charts.{file}"), function, lambda outcomes: [])
    return Picture(chart.rows, draw, words, chart.needs)


def _scale(chart: Any, factor: float) -> None:
    for name in ("layer", "hconcat", "vconcat", "concat"):
        parts = getattr(chart, name, None)
        for part in parts if isinstance(parts, list) else []:
            _scale(part, factor)
    if isinstance(getattr(chart, "width", None), (int, float)):
        chart.width = round(chart.width * factor)


CHARTS: dict[str, Picture] = {name: _picture(name, chart) for name, chart in charts.CHARTS.items()}
