"""A grid: products, zips and lists of points, from Python, from a terminal's words, or from a YAML file.

    grid     {"density": [0.1, 0.05], "seed": range(3)}        every combination: six points
    zipped   {"epochs": [1, 2], "learning_rate": [0.1, 0.05]}  the first with the first: two points
    points   [{"model": "lenet"}, {"model": "conv2"}]          as they stand: two points

What is given of the three is multiplied: all of the above are 24 points. A value that is no list is a list of one.
"""

from __future__ import annotations

import itertools
import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from workbench.work import rules
from workbench.work.nearest import check_known
from workbench.work.typed_text import items

RANGE = re.compile(r"(-?\d+):(-?\d+)(?::([1-9]\d*))?")
SECTIONS = ("notebooks", "grid", "zipped", "points")
WAY_ON = '{"seed": [0, 1, 2]} is one'
MOST = 1_000_000  # points


class Typed(str):
    """A value as it is typed in a terminal."""


Grid = Mapping[str, Any]


def combinations(grid: Grid | None, zipped: Grid | None, points: Sequence[Grid] | None) -> Iterator[dict[str, Any]]:
    """Yield the parameters of every point, those that change fastest last. A ValueError where the parts do not fit."""
    parts = [_product(grid or {}), _zip(zipped or {}), [dict(point) for point in points or [{}]]]
    names = [{name for point in part for name in point} for part in parts]
    for one, other in itertools.combinations(names, 2):
        if twice := one & other:
            raise ValueError(f"{sorted(twice)[0]} stands twice in the sweep; name it in one of grid, zipped, points")
    for chosen in itertools.product(*parts):
        yield {name: value for part in chosen for name, value in part.items()}


def check_grid(grid: Any, zipped: Any, points: Any) -> None:
    """Raise a ValueError unless these are dicts of lists, and a list of dicts."""
    for name, given in (("grid", grid), ("zipped", zipped)):
        if given is not None and not (isinstance(given, Mapping) and all(isinstance(key, str) for key in given)):
            raise rules.refused(name, "a dict of lists of values by parameter", given, WAY_ON)
        for parameter, several in (given or {}).items():
            if not values(several):
                raise ValueError(
                    f"{name}: {parameter} must have a value or more, got none; leave it out for its default"
                )
    if points is not None:
        rules.instance("points", points, (list, tuple), "a list of dicts", '[{"seed": 0}] is one')
        if not points:
            raise ValueError('points must have a point or more, got none; [{"seed": 0}] is one')
        for place, point in enumerate(points):
            rules.instance(f"points[{place}]", point, Mapping, "a dict of values by parameter", '{"seed": 0} is one')
    counts = {name: len(values(several)) for name, several in (zipped or {}).items()}
    if len(set(counts.values())) > 1:
        words = ", ".join(f"{count} of {name}" for name, count in counts.items())
        raise ValueError(f"zipped parameters must have equally many values, got {words}; grid= takes the product")
    size = len(points or [0]) * max(counts.values(), default=1)
    for several in (grid or {}).values():
        size *= len(values(several))
    if size > MOST:
        raise ValueError(f"a sweep must have at most {MOST:,} points, got {size:,}; sweep over parts of it")


def values(several: Any) -> Sequence[Any]:
    """Return the values that a parameter takes: of a list its items, of "0:5" the range, of anything else one."""
    if isinstance(several, str):
        parts = items(f"[{several}]") if isinstance(several, Typed) else [several]
        return [value for part in parts for value in _range(part, type(several))]
    if isinstance(several, Iterable) and not isinstance(several, Mapping):
        return list(several)
    return [several]


def from_words(words: Iterable[str]) -> dict[str, Typed]:
    """Return a grid from a terminal's `density=0.1,0.05` and `seed=0:5` (0 to 4)."""
    grid: dict[str, Typed] = {}
    for word in words:
        name, equals, text = word.partition("=")
        if not (equals and name.strip().isidentifier() and text.strip()):
            raise ValueError(f"-p must be name=value, got {rules.shown(word)}; density=0.1,0.05 and seed=0:5 are two")
        if name.strip() in grid:
            raise ValueError(f"-p {name.strip()} stands twice; give all its values at once, with commas between")
        grid[name.strip()] = Typed(text.strip())
    return grid


def from_file(path: str | os.PathLike[str]) -> dict[str, Any]:
    """Return notebooks, grid, zipped and points of a YAML file, those that it has. A ValueError for anything else."""
    import yaml

    try:
        read = yaml.safe_load(Path(path).read_text())
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ValueError(
            f"the grid's file {path} cannot be read ({error}); it is YAML with grid, zipped or points"
        ) from None
    if not isinstance(read, dict):
        raise ValueError(
            f"the grid's file {path} must have {', '.join(SECTIONS)} or some of them, got {rules.shown(read)}"
        )
    for section in read:
        check_known(f"part of {path}", section, SECTIONS)
    check_grid(*(read.get(section) for section in SECTIONS[1:]))
    return read


def _range(text: str, kind: type[str]) -> list[Any]:
    whole = RANGE.fullmatch(text)
    if not whole:
        return [kind(text)]
    first, end, step = int(whole[1]), int(whole[2]), int(whole[3] or 1)
    if not 0 < end - first <= MOST * step:
        raise ValueError(f"a range must have from 1 to {MOST:,} values, got {text}; 0:5 is 0, 1, 2, 3, 4")
    return list(range(first, end, step))


def _product(grid: Grid) -> list[dict[str, Any]]:
    return [dict(zip(grid, chosen, strict=True)) for chosen in itertools.product(*map(values, grid.values()))]


def _zip(zipped: Grid) -> list[dict[str, Any]]:
    if not zipped:
        return [{}]
    return [dict(zip(zipped, chosen, strict=True)) for chosen in zip(*map(values, zipped.values()), strict=True)]
