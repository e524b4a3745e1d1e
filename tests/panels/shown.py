"""What a live chart should show at the end, made at once from all outcomes."""

from __future__ import annotations

import json
from typing import Any

from workbench.charts import CHARTS
from workbench.charts.grammar import WIDTH
from workbench.charts.grammar.looks import GREY


def whole(picture: str, outcomes: list[Any], width: int = WIDTH) -> dict[str, Any]:
    """Return the specification of a chart, its menus, colours and words too, with its data."""
    rows = CHARTS[picture].rows(outcomes)
    around = {name: part for name, part in CHARTS[picture].draw(rows, width).to_dict().items() if name != "data"}
    return {**json.loads(json.dumps(around).replace(GREY, "currentColor")), "data": {"values": rows}}


def off(button: Any) -> bool:
    """Whether a button looks as if it did nothing now; it is never disabled, for that would take the focus away."""
    return "wb-off" in button._dom_classes
