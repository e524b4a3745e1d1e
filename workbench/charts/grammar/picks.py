"""What a person picks in a chart: a click on a mark, or a brush over examples; and the rows that were picked.

A picture declares what its marks stand for, fields of its rows: `selects=("round",)`. A chart then has one selection,
`picked`: a click on a mark adds it or takes it away, a double click takes all away, and what is not picked pales once
something is. In Jupyter `JupyterChart(chart).selections.picked` holds it. A picture that says in `brushed` by which
parameters its axes are chosen has a brush instead.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt

from workbench.charts.grammar.rows import Rows, loose

PICKED = "picked"
PALER = 0.22  # of its opacity is what is left of a mark that is not picked
PARTS = ("layer", "concat", "hconcat", "vconcat")


def selectable(chart: Any, fields: Sequence[str], *, brush: bool = False) -> Any:
    """Return the chart with its selection `picked`: of marks with tips, whose rows have the fields.

    A selection stands in the top level and names its views, one of each layered picture: a second one in the same
    picture would be the same signal twice.
    """
    wired = _Wired(tuple(fields), brush)
    chart = wired.chart(chart)
    if not wired.views:
        return chart
    mark = "event.item && event.item.datum"
    has = " && ".join(f"isValid(event.item.datum.{name}) && !isArray(event.item.datum.{name})" for name in fields)
    click = alt.PointSelectionConfig(type="point", fields=[*fields], on=f"click[{mark} && {has}]", toggle="true")
    how = alt.IntervalSelectionConfig(type="interval", encodings=["x", "y"]) if brush else click
    params = [] if chart.params is alt.Undefined else chart.params
    chart.params = [*params, alt.TopLevelSelectionParameter(name=PICKED, select=how, views=wired.views)]
    return chart


class _Wired:
    """A walk through the pictures of a chart: their marks pale, and `views` gets the name of one mark of each."""

    def __init__(self, fields: tuple[str, ...], brush: bool) -> None:
        self.fields, self.brush = fields, brush
        self.views: list[str] = []
        self.marks = 0

    def chart(self, chart: Any, end: str = "", layered: bool = False) -> Any:
        """Return a copy of the chart. altair renames the layers of a picture beside others: `end` is what it gives."""
        chart, first = chart.copy(deep=False), len(self.views)
        for part in (part for part in PARTS if hasattr(chart, part)):
            inside = getattr(chart, part)
            ends = [end if part == "layer" else f"_{i}" if len(inside) > 1 else "" for i in range(len(inside))]
            drawn = [self.chart(*one, layered or part == "layer") for one in zip(inside, ends, strict=True)]
            setattr(chart, part, drawn)
            if part == "layer" and not layered:
                del self.views[first + 1 :]
            return chart
        if hasattr(chart, "spec"):
            chart.spec = self.chart(chart.spec, end)
        elif getattr(chart.encoding, "tooltip", alt.Undefined) is not alt.Undefined:
            self._mark(chart, end)
        return chart

    def _mark(self, chart: Any, end: str) -> None:
        """Have a mark with tips pale where others are picked, under a name of its own."""
        chart.name = f"marks{self.marks}{end}" if chart.name is alt.Undefined else chart.name
        self.marks += 1
        self.views.append(str(chart.name))
        mark = chart.mark = chart.mark.copy(deep=False) if hasattr(chart.mark, "copy") else alt.MarkDef(chart.mark)
        opacity = 1.0 if mark.opacity is alt.Undefined else mark.opacity
        if opacity and getattr(chart.encoding, "opacity", alt.Undefined) is alt.Undefined:
            stays = {"or": [{"param": PICKED}, f"!isValid(datum.{self.fields[0]})"]}
            condition = {"test": {"param": PICKED} if self.brush else stays, "value": opacity}
            chart.encoding = chart.encoding.copy(deep=False)
            chart.encoding.opacity = alt.OpacityValue(PALER * opacity, condition=condition)
        if mark.cursor is alt.Undefined:
            mark.cursor = "crosshair" if self.brush else "pointer"


def picked(
    rows: Rows, selection: Any, fields: Sequence[str], brushed: Mapping[str, str], params: Mapping[str, Any]
) -> Rows:
    """Return those of the rows that are selected, packed ones taken apart: none where nothing is."""
    if not selection or not rows:
        return []
    if isinstance(selection, Mapping):  # a brush: what is on an axis is what its menu says, or said at first
        ends = {params.get(brushed[axis], rows[0].get(brushed[axis])): sorted(two) for axis, two in selection.items()}
        return [row for row in rows if all(_within(row.get(name), *two) for name, two in ends.items())]
    chosen = [{name: pick[name] for name in fields if name in pick} for pick in selection]
    return [
        row
        for row in loose(rows, fields[0] if fields else "")
        if any(pick and all(row.get(name) == value for name, value in pick.items()) for pick in chosen)
    ]


def _within(value: Any, low: float, high: float) -> bool:
    return isinstance(value, (int, float)) and low <= value <= high
