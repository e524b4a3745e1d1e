"""No empty picture beside others: each has a mark, and no axis stands where no picture is."""

from __future__ import annotations

import re

import pytest
from made_ensembles import ensembles
from samples import sample
from scene import Mark, scene

from workbench.charts import CHARTS

BROKEN = [5, 4]  # of rules that are in every picture
WIDTHS = (280, 590, 1300)
METHODS = ("reliability diagram", "confidence histogram", "sure and wrong")


def empty(marks: list[Mark]) -> list[str]:
    """Return the pictures in which nothing of the rows is drawn, and the axes below no picture."""
    groups = {}
    for mark in marks:
        for depth, name in enumerate(mark.within):
            if re.match(r"(cell|(concat|child)_?\d.*_group):", name):
                drawn = mark.role == "mark" and mark.is_seen and mark.item.get("strokeDash") != BROKEN
                key = mark.within[: depth + 1]
                groups[key] = groups.get(key, False) or drawn
    found = [" ".join(within) for within, drawn in groups.items() if not drawn]
    cells = [mark for mark in marks if mark.name == "cell"]
    bottom = max((cell.y for cell in cells), default=0)
    below = {round(cell.x) for cell in cells if cell.y == bottom}
    return found + [
        f"an axis at {foot.x:.0f}" for foot in marks if foot.name == "column_footer" and round(foot.x) not in below
    ]


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", list(CHARTS))
def test_every_picture_of_a_chart_has_a_mark(name: str, width: int):
    picture = CHARTS[name]
    assert empty(scene(picture.draw(picture.rows(sample(name)), width).to_dict())) == []


@pytest.mark.parametrize("name", METHODS)
def test_methods_that_do_not_fill_a_line_leave_no_axis_behind(name: str):
    methods = list(dict.fromkeys(o.method for o in ensembles()))
    for count in range(1, len(methods) + 1):
        outcomes = [o for o in ensembles() if o.method in methods[:count]]
        picture = CHARTS[name]
        for width in WIDTHS:
            assert empty(scene(picture.draw(picture.rows(outcomes), width).to_dict())) == [], (count, width)
