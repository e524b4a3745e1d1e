"""What is drawn around the rows of a chart: drawn once for each picture and width, and anew where the rows ask for it.

Menus, legends and axes may come from the rows, so that a specification is drawn anew now and then, and from the last
outcomes always: 60 ms and more, against 0.6 ms for rows alone.
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from typing import Any

from workbench.charts.grammar import Picture, Rows
from workbench.charts.grammar.looks import GREY

TOLD = ("role", "measure", "line")  # fields of rows by which layers, pictures and names are there or not
RARELY = 20  # times as long as it took to draw a specification, until it is drawn anew


@dataclass(frozen=True)
class Around:
    """A specification without its data, from what it was drawn, and until when it may be used for more."""

    specification: dict[str, Any]
    source: tuple[Any, ...]
    until: float


class Specifications:
    """The specifications of the pictures of a panel."""

    def __init__(self) -> None:
        self.drawn: dict[tuple[str, str, int, int], Around] = {}  # by picture, what it is about, fields, and width
        self.keep = False

    def begin(self, *, keep: bool) -> None:
        """Forget what was drawn: another run may have other layers, other measures.

        With `keep` it has the same: its pictures differ in their data alone, where the rows are of one kind.
        """
        self.keep = keep
        if not keep:
            self.drawn = {}

    def of(
        self, name: str, picture: Picture[...], rows: Rows, width: int, source: tuple[Any, ...], *, last: bool
    ) -> dict[str, Any]:
        """Return the specification without its data, drawn anew where its words have changed or its time is over."""
        key, began = (name, str(rows[0].get("about", "")), _kind(rows), width), time.monotonic()
        around = self.drawn.get(key)
        if around is not None and (self.keep or around.source == source or not (last or began >= around.until)):
            return around.specification
        drawn = specification(picture.draw(rows, width))
        ended = time.monotonic()
        self.drawn[key] = Around(drawn, source, ended + RARELY * (ended - began))
        return drawn


def specification(chart: Any) -> dict[str, Any]:
    """Return the chart's specification without its data; what is grey takes the colour of the page's text.

    altair's check of it would take longer than the rest, and Vega-Lite in the browser says what is wrong.
    """
    around = {name: part for name, part in chart.to_dict(validate=False).items() if name != "data"}
    return json.loads(json.dumps(around).replace(GREY, "currentColor"))


def _kind(rows: Rows) -> int:
    """Return a number that is another where rows have other lines or fields: a picture draws what there is alone."""
    return hash(frozenset(frozenset(map(_filled, row.items())) for row in rows))


def _filled(field: tuple[str, Any]) -> Any:
    name, value = field
    return (name, str(value)) if name in TOLD or isinstance(value, bool) else (name, value is None)
