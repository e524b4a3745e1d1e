"""What charts that are not yet declared take from the grammar under older names; it goes with the last of them."""

from __future__ import annotations

from typing import Any

import altair as alt

from workbench.charts.grammar import axes, looks
from workbench.charts.grammar.looks import GREY, SEQUENCE
from workbench.charts.grammar.picture import dress as dressed
from workbench.charts.grammar.room import HEIGHT, WIDTH, spread
from workbench.charts.grammar.rows import ROWS, measured_on, thin, tickets
from workbench.numbers.numerals import percent

__all__ = ["GREY", "HEIGHT", "ROWS", "SEQUENCE", "WIDTH", "measured_on", "percent", "spread", "thin", "tickets"]
KINDS = {name: (look.colour, look.shape, look.words) for name, look in list(looks.RUNS.items())[:4]}
OTHER = [(looks.GOLD, "cross", ""), (looks.PURPLE, "triangle-up", ""), (looks.SKY, "triangle-right", "")]


def dress(chart: Any, title: str, description: str, subtitle: str = "") -> Any:
    """Dress a chart that has its data already."""
    data = chart.data
    chart = dressed(chart, [], WIDTH, title=title, description=description, subtitle=subtitle)
    chart.data = data
    return chart


def kind(name: str, number: int = 0) -> tuple[str, str, str]:
    """Return colour, shape and words of a kind of run; of one that is not known, those of its number."""
    colour, shape, _ = OTHER[number % len(OTHER)]
    return KINDS.get(name, (colour, shape, name.replace("_", " ")))


def density_axis(field: str = "density:Q", title: str = axes.DENSITY.title) -> alt.X:
    """Return the axis of densities."""
    axis = axes.DENSITY.x(field.removesuffix(":Q"), title=bool(title))
    return axis.title(title)


def accuracy_axis(field: str = "accuracy:Q", title: str = "test accuracy") -> alt.Y:
    """Return the axis of accuracies."""
    return axes.ACCURACY.y(field.removesuffix(":Q")).title(title)


def zero(own: alt.Chart) -> alt.Chart:
    """Return a broken line at `zero:Q`, to be encoded as x or y, in each picture of the rows."""
    return own.transform_calculate(zero="0").mark_rule(color=GREY, strokeDash=[4, 3])
