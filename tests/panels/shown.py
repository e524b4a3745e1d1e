"""What a live chart shows, and what it should show at the end, made at once from all outcomes."""

from __future__ import annotations

import json
import re
from html import unescape
from typing import Any

from workbench.charts import CHARTS
from workbench.charts.grammar import WIDTH
from workbench.charts.grammar.looks import GREY
from workbench.panels.chart import Chart
from workbench.panels.live import LiveChart
from workbench.panels.panel import Panel


def made(live: LiveChart) -> Chart:
    """Return the chart of a live one, which has drawn something."""
    assert live.chart is not None
    return live.chart


def drawn(live: LiveChart) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Return the specification and the rows that the browser has."""
    chart = made(live)
    return chart.spec, chart.rows


def whole(picture: str, outcomes: list[Any], width: int = WIDTH) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Return the specification of a chart, its menus, colours and words too, and its rows."""
    rows = CHARTS[picture].rows(outcomes)
    around = {name: part for name, part in CHARTS[picture].draw(rows, width).to_dict().items() if name != "data"}
    return json.loads(json.dumps(around).replace(GREY, "currentColor")), rows


def shows_every_picture(panel: Panel, outcomes: list[Any]) -> None:
    """Hold that each picture that is offered can be chosen, and that the words under it are its own."""
    live, words = panel.view.live, panel.view.text["words"]
    for name in panel.declaration.charts_of(panel.values.get("dataset")):
        live.menu.value = name
        sentences = CHARTS[name].words(outcomes) or ["Not yet measured."]
        if CHARTS[name].rows(outcomes):
            assert drawn(live) == whole(name, outcomes), name  # its menus and colours too
            assert made(live).layout.display is None, f"{name} is not shown"
        assert unescape(re.sub("</?p>", "", words.value)) == f'<div class="wb-words">{"".join(sentences)}</div>', name


def off(button: Any) -> bool:
    """Whether a button looks as if it did nothing now; it is never disabled, for that would take the focus away."""
    return "wb-off" in button._dom_classes
