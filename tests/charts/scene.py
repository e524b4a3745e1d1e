"""A chart as it is drawn: every mark of Vega's scene graph with its place in pixels, and what it is of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import vl_convert

from workbench.charts.grammar.room import wide

LINE = 1.15  # of the size of letters: from one line of words to the next
BOLD = ("bold", 600, 700)


@dataclass(frozen=True)
class Mark:
    """One mark: its `kind`, `role` and `name`, what it is `within`, its corner in pixels, and its own fields."""

    kind: str
    role: str
    name: str
    within: tuple[str, ...]
    x: float
    y: float
    item: Mapping[str, Any]

    @property
    def colour(self) -> str:
        """What it is painted with: its filling, else its stroke, as `#rrggbb`."""
        return next((c for name in ("fill", "stroke") if (c := hexadecimal(self.item.get(name)))), "")

    @property
    def paints(self) -> set[str]:
        """The colours of its filling and of its stroke."""
        return {hexadecimal(self.item.get(part)) for part in ("fill", "stroke")}

    @property
    def lines(self) -> list[str]:
        text = self.item.get("text") or ""
        return [str(line) for line in (text if isinstance(text, list) else str(text).split("\n"))]

    @property
    def is_seen(self) -> bool:
        """Whether anything of it is: neither faint to nothing, nor empty, nor unpainted."""
        faint = self.item.get("opacity", 1) * max(self._opacity("fill"), self._opacity("stroke"))
        if self.kind == "text":
            return faint > 0 and any(line.strip() for line in self.lines)
        return faint > 0

    def _opacity(self, part: str) -> float:
        paint = self.item.get(part)
        return 0.0 if paint in (None, "transparent") else float(self.item.get(f"{part}Opacity", 1))

    def box(self) -> tuple[float, float, float, float]:
        """Return left, top, right and bottom in pixels; of words about, of marks that are no area their place."""
        if self.kind == "text":
            return self._of_words()
        if self.kind == "symbol":
            half = float(self.item.get("size", 64)) ** 0.5 / 2
            return self.x - half, self.y - half, self.x + half, self.y + half
        right = self.x + float(self.item.get("width", 0))
        return self.x, self.y, right, self.y + float(self.item.get("height", 0))

    def _of_words(self) -> tuple[float, float, float, float]:
        size, lines = float(self.item.get("fontSize", 11)), self.lines
        bold = self.item.get("fontWeight") in BOLD
        across = float(min(max(wide(line, size, bold=bold) for line in lines), self.item.get("limit") or 1e9))
        down = size * LINE * len(lines)
        left = {"left": 0.0, "right": -across}.get(self.item.get("align", "left"), -across / 2)
        first = {"top": 0.0, "line-top": 0.0, "middle": -size / 2, "bottom": -size, "line-bottom": -size}
        top = first.get(self.item.get("baseline", "alphabetic"), -0.8 * size)  # of the first line; others go down
        x, y = self.x + float(self.item.get("dx", 0)), self.y + float(self.item.get("dy", 0))
        if self.item.get("angle"):  # a title up: -90 degrees
            return x + top, y - across - left, x + top + down, y - left
        return x + left, y + top, x + left + across, y + top + down


def hexadecimal(paint: Any) -> str:
    """Return a colour as `#rrggbb`, "" for none."""
    if not isinstance(paint, str) or paint in ("transparent", "none"):
        return ""
    if paint.startswith("rgb"):
        parts = [float(part) for part in paint[paint.index("(") + 1 : -1].split(",")]
        return "" if parts[3:] == [0] else "#" + "".join(f"{round(part):02x}" for part in parts[:3])
    return paint.lower()


def scene(specification: dict[str, Any]) -> list[Mark]:
    """Return every mark of a chart, as altair's `to_dict` gives it, in the order in which they are drawn."""
    root = vl_convert.vegalite_to_scenegraph(specification)["scenegraph"]
    return list(_marks(root, 0.0, 0.0, ()))


def _marks(mark: Mapping[str, Any], x: float, y: float, within: tuple[str, ...], place: int = 0) -> Iterator[Mark]:
    kind, role = mark["marktype"], mark.get("role") or ""
    for number, item in enumerate(mark.get("items", ())):
        at = x + float(item.get("x") or 0), y + float(item.get("y") or 0)
        yield Mark(kind, role, mark.get("name") or "", within, *at, item)
        for below, part in enumerate(item.get("items", ())):
            yield from _marks(part, *at, (*within, f"{mark.get('name') or role}:{place}:{number}"), below)
