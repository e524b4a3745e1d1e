"""How long did each point of a sweep take? A mark a point, a line a notebook."""

from __future__ import annotations

import os
from typing import Any

import altair as alt

from workbench.charts.grammar import ROWS, Axis, Look, Looks, Rows, legend, picture, records, thin, tips
from workbench.charts.grammar.looks import BLUE, ORANGE, channels
from workbench.charts.grammar.marks import names_up
from workbench.sweep.review.overview import ended
from workbench.sweep.review.shown import Drawn, Shown
from workbench.work.html import element

ENDED: Looks = {"finished": Look(BLUE, "circle"), "failed": Look(ORANGE, "cross")}
SECONDS = Axis("seconds", "seconds", zero=True)
LINE = 36  # pixels of a notebook


@picture(title="How long each point took", subtitle="{about}")
def seconds_of_points(points: Any) -> Rows:
    """Draw the seconds of every point that ended, a mark each, by its notebook; at most 500 of them, evenly spread.

    `points` is a data frame with `notebook, point, state, seconds`.
    """
    rows = [row for row in records(points) if row["seconds"] is not None]
    rows.sort(key=lambda row: (row["notebook"], row["seconds"]))
    few = [{name: row[name] for name in ("notebook", "point", "state", "seconds")} for row in thin(rows, ROWS)]
    about = f"{len(few):,} of {len(rows):,} points" if len(few) < len(rows) else ""
    return [row | {"about": about} for row in few]


@seconds_of_points.drawing
def _draw(rows: Rows, width: int) -> Any:
    books, ends = sorted({row["notebook"] for row in rows}), [end for end in ENDED if end in {r["state"] for r in rows}]
    key = legend(None, ends, width) if len(ends) > 1 else None
    looks = channels({end: ENDED[end] for end in ends}, "state", key)
    marks = (
        alt.Chart()
        .mark_point(filled=True, size=70, opacity=0.65)
        .encode(
            x=SECONDS.x("seconds"),
            y=names_up("notebook", names=books),
            color=looks["color"],
            shape=looks["shape"],
            tooltip=tips(point="point", state="it", seconds=("seconds", ".1f")),
        )
    )
    return marks.properties(width=max(120, width - 240), height=LINE * len(books))


def seconds(folder: str | os.PathLike[str], notebook: str | None = None) -> Drawn | Shown:
    """Return the chart of how long each point of a sweep took; a ValueError for a folder that no sweep wrote to."""
    rows = seconds_of_points.rows(ended(folder, notebook))
    if not rows:
        none = "No point has ended yet."
        return Shown((none,), element("p", none))
    return Drawn("seconds of points", "", (), seconds_of_points.draw(rows))
