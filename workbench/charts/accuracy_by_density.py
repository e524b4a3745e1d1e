"""How accurate are tickets, and their controls, at every density?

The picture of the lottery-ticket papers: density falls to the right, the dense network is a line across, and each kind
of run shows its mean over replicas with the t interval that `workbench.intervals` gives.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

import altair as alt

from workbench.charts import theme
from workbench.numbers import intervals, tables

GAP = 0.068  # of the height, between two labels
DODGE = 0.009  # of the width, between two kinds at one density


def accuracy_by_density(table: Any, published: Iterable[dict[str, Any]] | None = None) -> alt.LayerChart:
    """Draw test accuracy by density: mean and 95 % t interval over replicas, with the dense network's line and band.

    `table` is a data frame, or an iterable of outcomes, with `kind, replica, round, density, test_accuracy`; fewer than
    three replicas are shown without an interval. `published` are a paper's numbers, dicts of `density`, `accuracy` and
    `label`, drawn as grey crosses.
    """
    return draw([*rows(table), *published_rows(published or ())])


def rows(table: Any) -> list[dict[str, Any]]:
    """Return what is drawn, a dict each: `role` is point, dense (the line across) or label."""
    values: dict[tuple[str, float], list[float]] = defaultdict(list)
    for row in _records(table):
        if row.get("test_accuracy") is not None and row["test_accuracy"] == row["test_accuracy"]:
            values[row.get("kind", "ticket"), float(f"{row['density']:.6g}")].append(row["test_accuracy"])
    points = [_point(name, density, accuracies) for (name, density), accuracies in values.items()]
    points.sort(key=lambda p: (p["kind"], -p["density"]))
    right = min((p["density"] for p in points), default=1.0)
    for point in points:  # side by side, so that no interval covers another
        point["at"] = point["density"] * right ** (DODGE * _place(point["kind"]))
    dense = [p for p in points if p["kind"] == "ticket" and p["density"] == 1]
    line = [{**p, "role": "dense", "left": 1.0, "right": right} for p in dense]
    return [*line, *theme.thin(points, theme.ROWS - 50), *_labels(points, dense)]


def published_rows(published: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the rows of a paper's numbers."""
    return [{**p, "role": "published", "at": p["density"], "words": p.get("label", "published")} for p in published]


def _records(table: Any) -> Iterable[dict[str, Any]]:
    return table.to_dict("records") if hasattr(table, "to_dict") else (tables.plain(outcome) for outcome in table)


def _point(name: str, density: float, accuracies: list[float]) -> dict[str, Any]:
    found = intervals.mean(accuracies)
    low, high = (None, None) if found.n < intervals.LEAST else (found.low, found.high)
    span = "" if low is None else f"{low:.2%} to {high:.2%}"
    said = {"words": theme.kind(name)[2], "kept": theme.percent(density), "interval": span or "fewer than 3 replicas"}
    return {"role": "point", "kind": name, "density": density, "accuracy": found.mean, "low": low, "high": high,
            "n": found.n, **said}  # fmt: skip


def _labels(points: list[dict[str, Any]], dense: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the words at the right end of each line, moved apart so that none covers another."""
    right = min((p["at"] for p in points), default=1.0)
    least = min((p["density"] for p in points), default=1.0)
    last = {p["kind"]: p for p in points if p not in dense}  # points are sorted, the sparsest last
    ends = [{**p, "words": theme.kind(name)[2]} for name, p in last.items()]
    for end in ends:  # in one column where they have come to the same density
        end["at"] = right if end["density"] == least else end["at"]
    ends += [{**p, "kind": "dense", "words": "dense network", "at": right} for p in dense if last]
    if not ends:
        return []
    seen = [p[name] for p in points for name in ("accuracy", "low", "high") if p[name] is not None]
    height = (max(seen) - min(seen)) or 0.01
    places = theme.spread([p["accuracy"] for p in ends], GAP * height)
    return [
        {"role": "label", "kind": p["kind"], "words": p["words"], "at": p["at"], "accuracy": place}
        for p, place in zip(ends, places, strict=True)
    ]


def draw(rows: list[dict[str, Any]]) -> alt.LayerChart:
    """Draw the rows; the specification holds nothing of them but the data."""
    names = [*theme.KINDS, "dense"]
    colour = alt.Color("kind:N", legend=None, scale=alt.Scale(domain=names, range=[*_column(0), theme.GREY]))
    shape = alt.Shape("kind:N", legend=None, scale=alt.Scale(domain=names, range=[*_column(1), "stroke"]))
    x, y, low = theme.density_axis("at:Q"), theme.accuracy_axis(), theme.accuracy_axis("low:Q")
    base, tip = alt.Chart(), [
        alt.Tooltip("words:N", title="kind"),
        alt.Tooltip("kept:N", title="density"),
        alt.Tooltip("accuracy:Q", title="test accuracy", format=".2%"),
        alt.Tooltip("interval:N", title="95 % interval"),
        alt.Tooltip("n:Q", title="replicas"),
    ]  # fmt: skip
    dense, point = base.transform_filter("datum.role == 'dense'"), base.transform_filter("datum.role == 'point'")
    across = {"x": alt.X("left:Q"), "x2": "right:Q"}
    layers = [
        dense.mark_rect(color=theme.GREY, opacity=0.2).encode(y=low, y2="high:Q", **across),
        dense.mark_rule(color=theme.GREY, strokeDash=[5, 4], strokeWidth=1.5).encode(y=y, **across),
        point.mark_rule(strokeWidth=1.5, opacity=0.65).encode(x=x, y=low, y2="high:Q", color=colour),
        point.mark_line(strokeWidth=2).encode(x=x, y=y, color=colour),
        point.mark_point(size=64, filled=True, opacity=1).encode(x=x, y=y, color=colour, shape=shape, tooltip=tip),
        base.transform_filter("datum.role == 'published'")
        .mark_point(shape="cross", size=70, color=theme.GREY)
        .encode(x=x, y=y, tooltip=[alt.Tooltip("words:N", title="published"), "at:Q", "accuracy:Q"]),
        base.transform_filter("datum.role == 'label'")
        .mark_text(align="left", dx=14, fontSize=12, fontWeight=600)
        .encode(x=x, y=y, text="words:N", color=colour),
    ]
    chart = alt.layer(*layers, data=alt.Data(values=rows)).properties(width=theme.WIDTH, height=theme.HEIGHT)
    description = (
        "Test accuracy by density, from the dense network at the left to the sparsest at the right: "
        "the ticket and its controls, mean and 95 % interval over replicas, and the dense network as a line across."
    )
    return theme.dress(chart, "Accuracy by density", description, "mean and 95 % t interval over replicas")


def _place(name: str) -> float:
    """Return where a kind stands at its density: the ticket in the middle, its controls around it."""
    order = [0, -1, 1, 2]
    names = list(theme.KINDS)
    return order[names.index(name)] if name in names else 0


def _column(place: int) -> list[str]:
    return [row[place] for row in theme.KINDS.values()]
