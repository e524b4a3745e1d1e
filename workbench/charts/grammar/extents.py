"""No axis without ends: what has no number in any row is not drawn, and an empty chart has axes from 0 to 1.

Vega takes the ends of an axis from the numbers of each layer, and warns of a layer that has none.
"""

from __future__ import annotations

from typing import Any

import altair as alt

from workbench.charts.grammar.rows import Rows

CHANNELS = ("x", "y", "x2", "y2", "color", "size")
PARTS = ("layer", "concat", "hconcat", "vconcat")


def bounded(chart: Any, rows: Rows) -> Any:
    """Return the chart without the layers of which a number is missing in all rows; of no rows, with ends of its own.

    A field that no row has is the drawing's own, worked out of others.
    """
    numbers = {name: False for row in rows for name in row}
    for row in rows:
        for name, value in row.items():
            numbers[name] = numbers[name] or _has_number(value)
    return _bounded(chart, {name for name, known in numbers.items() if not known}, empty=not rows)


def _bounded(chart: Any, missing: set[str], *, empty: bool) -> Any:
    chart = chart.copy(deep=False)
    for part in (part for part in PARTS if hasattr(chart, part)):
        inside = getattr(chart, part)
        known = [one for one in inside if not missing & _numbers(one)] if part == "layer" else inside
        setattr(chart, part, [_bounded(one, missing, empty=empty) for one in known or inside])
    if hasattr(chart, "spec"):
        chart.spec = _bounded(chart.spec, missing, empty=empty)
    elif empty and hasattr(chart, "mark"):
        _end(chart)
    return chart


def _end(chart: Any) -> None:
    """Give the numbers of a mark ends of their own, where they have none."""
    for channel, encoding in _quantitative(chart):
        if channel not in ("x2", "y2") and encoding._kwds.get("scale") is not None:
            chart.encoding = chart.encoding.copy(deep=False)
            setattr(chart.encoding, channel, type(encoding)(**encoding._kwds | {"scale": _ended(encoding)}))


def _ended(encoding: Any) -> alt.Scale:
    scale = encoding._kwds.get("scale", alt.Undefined)
    known = {} if scale is alt.Undefined else scale if isinstance(scale, dict) else scale._kwds
    known = {name: value for name, value in known.items() if value is not alt.Undefined}
    ends = [0.1, 1] if known.get("type") == "log" else [0, 1]
    return alt.Scale(
        **{"domain": ends, **{name: of for name, of in known.items() if name not in ("padding", "domainMin")}}
    )


def _numbers(chart: Any) -> set[str]:
    return {_field(encoding) for _, encoding in _quantitative(chart)} if hasattr(chart, "mark") else set()


def _quantitative(chart: Any) -> list[tuple[str, Any]]:
    known = chart.encoding._kwds if chart.encoding is not alt.Undefined else {}
    found = ((channel, known.get(channel, alt.Undefined)) for channel in CHANNELS)
    return [(channel, encoding) for channel, encoding in found if _shorthand(encoding).endswith(":Q")]


def _shorthand(encoding: Any) -> str:
    return str(getattr(encoding, "_kwds", {}).get("shorthand", ""))


def _field(encoding: Any) -> str:
    return _shorthand(encoding).rpartition(":")[0]


def _has_number(value: Any) -> bool:
    return any(map(_has_number, value)) if isinstance(value, list) else value is not None
