"""Where things stand on a picture of a given width: how wide words are, how pictures share it, labels kept apart."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

WIDTH, HEIGHT = 590, 320  # pixels, where nothing else is asked for: a notebook's page, and a picture's height
LEAST = 130  # pixels that a picture beside others must have; with fewer they stand below one another
LINE = 20  # pixels from one label to the next
SIDE = 70  # pixels of an axis up with its title
_NARROW, _WIDE = "iljtfr.,:;|!()[]' ·I1", "mwMW%@±—∞"


def wide(text: str, size: float = 12, *, bold: bool = False) -> int:
    """Return about how many pixels a line takes, in the widest of the fonts that charts are drawn with."""
    units = sum(0.42 if c in _NARROW else 0.97 if c in _WIDE else 0.7 if c.isupper() else 0.635 for c in text)
    return round(units * size * (1.1 if bold else 1.0))


def widest(texts: Iterable[str], size: float = 12, *, bold: bool = False) -> int:
    """Return the width of the longest of some lines, 0 for none."""
    return max((wide(text, size, bold=bold) for text in texts), default=0)


def wrapped(text: str, width: int, size: float = 12, *, bold: bool = False) -> list[str]:
    """Return the text in lines that are at most so wide, broken between words; its own lines stay."""
    lines: list[str] = []
    for paragraph in text.split("\n"):
        line = ""
        for word in re.split(r" +", paragraph):
            longer = f"{line} {word}".strip()
            if line and wide(longer, size, bold=bold) > width:
                lines.append(line)
                longer = word
            line = longer
        lines.append(line)
    return lines


@dataclass(frozen=True)
class Grid:
    """How some pictures share a width: so many beside one another, and how wide each is drawn between its axes."""

    columns: int
    inner: int


def grid(
    width: int, count: int, *, left: int = SIDE, right: int = 8, gap: int = 12, most: int = 99, least: int = LEAST
) -> Grid:
    """Share a width between pictures that have an axis at the left and words at the right, `most` in a line.

    As many stand beside one another as have at `least` so many pixels each, the others below them.
    """
    for columns in range(min(count, most), 0, -1):
        inner = (width - gap * (columns - 1)) // columns - left - right
        if inner >= least or columns == 1:
            return Grid(columns, max(inner, 60))
    return Grid(1, max(width - left - right, 60))


def spread(values: Sequence[float], gap: float) -> list[float]:
    """Move labels apart to at least `gap`, as little as that takes, in their order; the middle stays where it was."""
    order = sorted(range(len(values)), key=lambda i: values[i])
    blocks: list[tuple[float, int]] = []  # (sum of wishes, number), joined where they would overlap
    for i in order:
        blocks.append((values[i], 1))
        while len(blocks) > 1 and _middle(blocks[-1]) - _middle(blocks[-2]) < gap * (blocks[-1][1] + blocks[-2][1]) / 2:
            total, count = blocks.pop()
            blocks[-1] = (blocks[-1][0] + total, blocks[-1][1] + count)
    places = [_middle(block) + gap * (k - (block[1] - 1) / 2) for block in blocks for k in range(block[1])]
    return [place for _, place in sorted(zip(order, places, strict=True))]


def _middle(block: tuple[float, int]) -> float:
    return block[0] / block[1]
