"""How all charts look: legible on light and on dark paper, safe for colour-blind readers, and drawn without a network.

Text and axes are of a grey that has a contrast of 4.3 on white and on JupyterLab's dark paper alike; colours are Okabe
and Ito's, less those that vanish on one of the two. No meaning is carried by colour alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import altair as alt

GREY = "#7a7a7a"
FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif"
WIDTH, HEIGHT = 590, 320
ROWS = 500  # the most that a live chart is sent at once
SEQUENCE = ["#0072B2", "#9467A8", "#D55E00"]  # from dense to sparse

KINDS = {  # kind: colour, shape, words
    "ticket": ("#0080C6", "circle", "ticket"),
    "random_mask": ("#D55E00", "square", "random places by layer"),
    "random_uniform": ("#CC79A7", "triangle-down", "random places anywhere"),
    "reinitialised": ("#009E73", "diamond", "ticket's places, new weights"),
}
OTHER = [("#B8860B", "cross", ""), ("#8C6BB1", "triangle-up", ""), ("#56A0C9", "triangle-right", "")]

_AXIS = {
    "domainColor": GREY,
    "tickColor": GREY,
    "gridColor": GREY,
    "gridOpacity": 0.22,
    "labelColor": GREY,
    "titleColor": GREY,
    "labelFontSize": 12,
    "titleFontSize": 12.5,
    "titleFontWeight": "normal",
    "titlePadding": 10,
    "labelPadding": 5,
}
_CONFIG = {
    "background": "transparent",
    "font": FONT,
    "view": {"stroke": None},
    "axis": _AXIS,
    "legend": {
        "labelColor": GREY,
        "titleColor": GREY,
        "labelFontSize": 12,
        "titleFontSize": 12,
        "titleFontWeight": "normal",
    },
    "header": {"labelColor": GREY, "titleColor": GREY, "labelFontSize": 12, "titleFontSize": 12.5},
    "title": {"color": GREY, "subtitleColor": GREY, "fontSize": 14, "fontWeight": 600, "anchor": "start", "offset": 14},
    "text": {"color": GREY, "fontSize": 12},
}


def dress(chart: Any, title: str, description: str, subtitle: str = "") -> Any:
    """Return the chart with its title, the words that a screen reader says, and the house's colours.

    A subtitle may have several lines.
    """
    lines: Any = subtitle.split("\n") if "\n" in subtitle else subtitle
    heading = alt.TitleParams(text=title, subtitle=lines) if subtitle else alt.TitleParams(text=title)
    chart = chart.properties(title=heading, description=description)
    chart.config = alt.Config.from_dict(_CONFIG)
    return chart


def kind(name: str, number: int = 0) -> tuple[str, str, str]:
    """Return colour, shape and words of a kind of run; of one that is not known, those of its number."""
    if name in KINDS:
        return KINDS[name]
    colour, shape, _ = OTHER[number % len(OTHER)]
    return colour, shape, name.replace("_", " ")


def density_axis(field: str = "density:Q", title: str = "density: weights kept (logarithmic)") -> alt.X:
    """Return the axis of densities: dense at the left, each halving as wide as the last, ticks in percent."""
    ticks = [1.0, *(step * 10.0**-power for power in range(1, 6) for step in (5, 2, 1))]
    return alt.X(
        field,
        title=title,
        scale=alt.Scale(type="log", reverse=True, nice=False, padding=14),
        axis=alt.Axis(values=ticks, format="~%", grid=False),
    )


def accuracy_axis(field: str = "accuracy:Q", title: str = "test accuracy") -> alt.Y:
    """Return the axis of accuracies, not from zero; an interval may reach beyond 0 and 100 %, no label does."""
    label = "abs(datum.value - 0.5) > 0.50001 ? '' : datum.label"
    axis = alt.Axis(format=".4~%", tickCount=6, labelExpr=label)
    return alt.Y(field, title=title, scale=alt.Scale(zero=False, padding=12), axis=axis)


def zero(own: alt.Chart) -> alt.Chart:
    """Return a broken line at `zero:Q`, to be encoded as x or y, in each picture of the rows."""
    return own.transform_calculate(zero="0").mark_rule(color=GREY, strokeDash=[4, 3])


def spread(values: Sequence[float], gap: float) -> list[float]:
    """Move labels apart to at least `gap`, as little as that takes, in their order; the middle stays where it was."""
    order = sorted(range(len(values)), key=lambda i: values[i])
    placed: list[list[float]] = []  # blocks of (sum of wishes, number), joined where they would overlap
    for i in order:
        placed.append([values[i], 1])
        while len(placed) > 1 and _middle(placed[-1]) - _middle(placed[-2]) < gap * (placed[-1][1] + placed[-2][1]) / 2:
            total, count = placed.pop()
            placed[-1] = [placed[-1][0] + total, placed[-1][1] + count]
    moved = [0.0] * len(values)
    each = iter(order)
    for block in placed:
        for place in range(int(block[1])):
            moved[next(each)] = _middle(block) + gap * (place - (block[1] - 1) / 2)
    return moved


def _middle(block: list[float]) -> float:
    return block[0] / block[1]


def thin(items: Sequence[Any], most: int) -> list[Any]:
    """Return at most so many of the items, evenly spread, the first and the last among them."""
    if len(items) <= most:
        return list(items)
    if most < 2:
        return list(items[-most:]) if most else []
    return [items[round(i * (len(items) - 1) / (most - 1))] for i in range(most)]


def percent(share: float) -> str:
    """Return a share in words: `21 %`, `3.4 %`, `0.35 %`."""
    return f"{100 * share:.2g} %" if share < 0.995 else "100 %"


def measured_on(parting: Any) -> str:
    """Return in words where something between networks was measured: the split, and batch-norm's treatment."""
    return f"on {parting.split} images, batch-norm: {parting.batch_norm}"


def tickets(outcomes: Iterable[Any]) -> list[Any]:
    """Return the tickets among the outcomes by replica and round, the dense round 0 of each included."""
    found = [outcome for outcome in outcomes if getattr(outcome, "kind", "ticket") == "ticket"]
    return sorted(found, key=lambda outcome: (getattr(outcome, "replica", 0), outcome.round))
