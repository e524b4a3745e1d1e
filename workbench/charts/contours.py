"""Contour lines of a grid of numbers, by marching squares (Lorensen & Cline 1987, in two dimensions)."""

from __future__ import annotations

from collections.abc import Sequence

Point = tuple[float, float]


def contour(
    values: Sequence[Sequence[float]], x: Sequence[float], y: Sequence[float], level: float
) -> list[tuple[Point, Point]]:
    """Return the line on which the values are `level`, in straight pieces ((x, y), (x, y)), one or two a cell.

    `values[i][j]` is at (x[j], y[i]); between them it is linear along the edges of a cell. Where two opposite corners
    are above and two below, the mean of the four says which two belong together.
    """
    pieces = []
    for i in range(len(y) - 1):
        for j in range(len(x) - 1):
            corners = [(i, j), (i, j + 1), (i + 1, j + 1), (i + 1, j)]  # around the cell, so edges are neighbours
            heights = [values[row][column] for row, column in corners]
            places = [(x[column], y[row]) for row, column in corners]
            cut = [_cut(heights[k], heights[k - 3], places[k], places[k - 3], level) for k in range(4)]
            found = [point for point in cut if point is not None]
            if len(found) == 2:
                pieces.append((found[0], found[1]))
            elif len(found) == 4:
                together = (sum(heights) / 4 >= level) == (heights[0] >= level)  # the first corner and the third
                a, b, c, d = found
                pieces += [(a, b), (c, d)] if together else [(d, a), (b, c)]
    return pieces


def _cut(a: float, b: float, at: Point, to: Point, level: float) -> Point | None:
    """Return where an edge crosses the level; None where it does not."""
    if (a >= level) == (b >= level):
        return None
    t = (level - a) / (b - a)
    return at[0] + t * (to[0] - at[0]), at[1] + t * (to[1] - at[1])
