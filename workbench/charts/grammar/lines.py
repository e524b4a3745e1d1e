"""The layers of one picture of `Means`: bands across, rules, intervals, lines, points, marks and labels."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import altair as alt

from workbench.charts.grammar.axes import Axis
from workbench.charts.grammar.looks import Looks, channels
from workbench.charts.grammar.marks import BROKEN, labels, tips
from workbench.charts.grammar.rows import Rows

ENDS = ("low", "high")  # of an interval


@dataclass(frozen=True)
class Pane:
    """One picture: its axes, its size in pixels, how names look, which rows are in it, and what stands at its sides."""

    x: Axis
    y: Axis
    size: tuple[int, int]
    looks: Looks
    where: str = "true"
    legend: alt.Legend | None = None
    titles: tuple[bool, bool] = (True, True)  # of x and y
    shape: alt.Shape | None = None
    tips: Sequence[Any] = ()
    carried: Sequence[Any] = ()  # tips of single marks too
    sizes: tuple[int, int] = (64, 80)
    named: bool = True  # at the ends of lines
    inside: bool = False  # the words there

    def across(self, field: str = "at") -> alt.X:
        """Return x by a field."""
        return self.x.x(field, width=self.size[0], title=self.titles[0])

    def up(self, field: str = "value") -> alt.Y:
        """Return y by a field."""
        return self.y.y(field, height=self.size[1], title=self.titles[1])


def lines(pane: Pane, lists: Mapping[str, Sequence[str]], parts: Collection[str]) -> list[Any]:
    """Return the layers of the `parts` that have rows, for the axes of an empty one would be endless.

    `lists` are the fields by role that hold lists, where rows are packed.
    """
    looks = channels(pane.looks, legend=pane.legend)
    color, y = looks["color"], pane.up()

    def of(role: str) -> alt.Chart:
        base = alt.Chart().transform_filter(f"datum.role == '{role}' && {pane.where}")
        fields: list[Any] = [*lists.get(role, lists.get("point", ()))]  # of no rows too, else lists are read as numbers
        return base.transform_flatten(fields) if fields else base

    place = tips(where=pane.x.title.partition(":")[0].partition(" (")[0])
    tip = [pane.tips[0], *place, pane.y.tip(), *pane.tips[1:], *pane.carried]
    over: dict[str, Any] = {"x": pane.across("left"), "x2": "right:Q", "color": color}
    point = of("point").encode(x=pane.across(), color=color)
    full, empty = point.transform_filter("!datum.hollow"), point.transform_filter("datum.hollow === true")
    reach = point.transform_calculate(**{end: f"isValid(datum.{end}) ? datum.{end} : datum.value" for end in ENDS})
    reach = reach.encode(detail="line:N")
    shape = pane.shape or looks["shape"]
    joined = point.transform_filter("datum.joined !== false").mark_line(strokeWidth=2)
    marked = of("mark").mark_point(filled=True, size=pane.sizes[1], opacity=1).encode(x=pane.across(), color=color)
    told = [*tips(words="marked"), *tip[1:3], *tips(replica="replica"), *pane.carried]
    beneath = of("beneath").encode(x=pane.across(), y=y, color=color, detail="line:N")
    drawn = {
        "beneath": [
            beneath.mark_line(strokeWidth=1, opacity=0.75).encode(strokeDash=looks["strokeDash"]),
            beneath.mark_point(size=30, filled=True, opacity=0).encode(tooltip=tip[:3]),
        ],
        "band": [of("across").mark_rect(opacity=0.18).encode(y=pane.up("low"), y2="high:Q", **over)],
        "across": [
            of("across").mark_rule(strokeDash=BROKEN["strokeDash"], strokeWidth=1.5).encode(y=y, tooltip=tip, **over)
        ],
        "rule": [of("rule").mark_rule(**BROKEN).encode(y=y)],
        "interval": [reach.mark_rule(strokeWidth=1.5, opacity=0.65).encode(y=pane.up("low"), y2="high:Q")],
        "joined": [joined.encode(y=y, strokeDash=looks["strokeDash"], detail="line:N")],
        "full": [full.mark_point(size=pane.sizes[0], filled=True, opacity=1).encode(y=y, shape=shape, tooltip=tip)],
        "hollow": [
            empty.mark_point(size=pane.sizes[0], strokeWidth=2, opacity=1).encode(y=y, shape=shape, tooltip=tip)
        ],
        "mark": [marked.encode(y=y, shape=shape, tooltip=told)],
        "label": labels(of("label"), pane.across, pane.up, color, inside=pane.inside * pane.size[0]),
    }
    return [layer for part, layers in drawn.items() if part in parts for layer in layers]


def parts(rows: Rows) -> set[str]:
    """Return which layers have something to draw of the rows of a picture, which are none that is packed."""
    points = [row for row in rows if row["role"] == "point"]
    there = {row["role"] for row in rows} - {"point"}
    there |= {"hollow" if row.get("hollow") else "full" for row in points}
    there |= {"joined"} if any(row.get("joined") is not False for row in points) else set()
    there |= {"interval"} if any(row["low"] is not None for row in points) else set()
    there |= {"band"} if any(row["role"] == "across" and row["low"] is not None for row in rows) else set()
    return there or {"full"}
