"""A plan: every point of a sweep, checked before anything starts, what is finished already, and what it will cost."""

from __future__ import annotations

import functools
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from importlib.metadata import version
from statistics import median
from typing import TYPE_CHECKING, Any

import workbench
from workbench.sweep.costs import scale, usual_seconds
from workbench.sweep.grid import Typed, check_grid, combinations
from workbench.sweep.notebooks import Notebook, read_notebook
from workbench.sweep.store import Store, in_text
from workbench.work import rules
from workbench.work.fingerprint import digest
from workbench.work.nearest import check_known
from workbench.work.progress import clock

if TYPE_CHECKING:
    import pandas

Names = str | os.PathLike[str] | Sequence[str | os.PathLike[str]]
Grid = Mapping[str, Any]
REPEATS = 10_000  # at most
START = 5.0  # seconds that a point takes at least: its kernel, and what that imports
LONGEST = 80  # characters of the parameters in a point's name
SHOWN = 10  # points in the table of a plan
DIGITS = 12  # of a key, in a point's name


@dataclass(frozen=True, eq=False)
class Point:
    """One run of a notebook: its `name`, which its files have too, the parameters that were given, and all of them."""

    notebook: Notebook
    name: str
    given: dict[str, Any]
    parameters: dict[str, Any] = field(repr=False)


@dataclass(frozen=True, eq=False)
class Plan:
    """The points of a sweep, in their order, and the folder (or URL) that they go to; nothing runs yet."""

    points: tuple[Point, ...]
    out: str

    @cached_property
    def finished(self) -> frozenset[str]:
        """The names of the points that are in the folder already, and will not run again."""
        there = set(Store(self.out).names("finished"))
        return frozenset(point.name for point in self.points if point.name in there)

    @property
    def left(self) -> list[Point]:
        """The points that will run."""
        return [point for point in self.points if point.name not in self.finished]

    @cached_property
    def seconds(self) -> float | None:
        """What the points that are left cost together, one after another: from those of a notebook that are finished
        here, else from its lesson's measured time, in proportion to what a training's length is made of. None where
        nothing is known."""
        store, costs = Store(self.out), dict[str, float]()
        for name, notebook in {point.notebook.name: point.notebook for point in self.points}.items():
            known = [
                record["seconds"] / scale(record["parameters"], notebook.defaults) for record in store.latest(name)
            ]
            usual = median(known) if known else usual_seconds(notebook)
            if usual is None:
                return None
            costs[name] = usual
        each = (costs[p.notebook.name] * scale(p.parameters, p.notebook.defaults) for p in self.left)
        return sum(max(START, seconds) for seconds in each)

    def words(self, workers: int = 1) -> str:
        """How many points there are, how many are left, and what they cost, in a line."""
        books = list(dict.fromkeys(point.notebook.name for point in self.points))
        lead = f"{len(self.points):,} {'point' if len(self.points) == 1 else 'points'} of {', '.join(books)}"
        ready = f", {len(self.finished):,} finished already" if self.finished else ""
        if not self.left:
            return f"{lead}{ready}: nothing is left to run."
        if self.seconds is None:
            return f"{lead}{ready}. What they cost is not known before the first is finished."
        on = f"on {workers} {'worker' if workers == 1 else 'workers'}"
        return f"{lead}{ready}. The {len(self.left):,} left take about {clock(self.seconds / workers)} {on}."

    def table(self) -> pandas.DataFrame:
        """A row a point: notebook, the parameters that were given, and whether it is finished."""
        import pandas

        rows = [{"notebook": p.notebook.name, **p.given, "finished": p.name in self.finished} for p in self.points]
        return pandas.DataFrame(rows)

    def text(self) -> str:
        """The first points as a table of text."""
        more = f"\n… and {len(self.points) - SHOWN:,} more" if len(self.points) > SHOWN else ""
        return self.table().head(SHOWN).to_string(index=False) + more

    def __repr__(self) -> str:
        return f"Plan({self.words()} They go to {self.out})"

    def _repr_html_(self) -> str:
        from workbench.work.html import element, joined, table

        shown = self.table().head(SHOWN)
        rows = [[*map(str, row)] for row in shown.itertuples(index=False)]
        more = f"… and {len(self.points) - SHOWN:,} more" if len(self.points) > SHOWN else ""
        return joined(table(rows, head=list(shown), caption=self.words()), element("p", more))


def plan(
    notebooks: Names,
    grid: Grid | None = None,
    *,
    zipped: Grid | None = None,
    points: Sequence[Grid] | None = None,
    repeats: int = 1,
    out: str | os.PathLike[str] = "sweep",
) -> Plan:
    """Return the plan of a sweep: notebooks × grid × zipped × points × repeats, every value checked, nothing run.

    A notebook is a path, or a lesson's name ("01_winning_tickets"). `grid` has lists of values by parameter, of which
    every combination is a point; `zipped` lists that go in step; `points` dicts that are points as they stand. Of a
    parameter that is itself a list, a point's value is a list: {"controls": [["random_mask"], []]}. `repeats` runs
    each with so many seeds, from its own up. `out` is a folder or a URL that fsspec knows. Points that are equal stand
    once. A ValueError names a parameter that a notebook does not have, with the nearest, and a value that is not of
    its type or range.
    """
    check_grid(grid, zipped, points)
    rules.whole("repeats", repeats, least=1, most=REPEATS, way_on="3 runs every point with three seeds")
    books = [read_notebook(one) for one in several_notebooks(notebooks)]
    if twice := next((book.name for book in books if [other.name for other in books].count(book.name) > 1), None):
        raise ValueError(f"notebooks must have different names, got {twice} twice; rename one, or sweep it alone")
    if "://" not in str(out):
        out = os.path.abspath(os.path.expanduser(rules.path("out", out, '"sweep" is usual')))
    made = [one for book in books for one in _points(book, grid, zipped, points, int(repeats))]
    return Plan(tuple({one.name: one for one in made}.values()), str(out))


def several_notebooks(notebooks: Names) -> Sequence[str | os.PathLike[str]]:
    """Return the notebooks of a sweep as a list; a ValueError for none."""
    if isinstance(notebooks, (str, os.PathLike)):
        return [notebooks]
    if not isinstance(notebooks, (list, tuple)) or not notebooks:
        raise rules.refused("notebooks", "a notebook, or a list of them", notebooks, '"01_winning_tickets" is one')
    for one in notebooks:
        rules.path("notebook", one, '"01_winning_tickets" is one, and so is the path of your own')
    return notebooks


def _points(
    book: Notebook, grid: Grid | None, zipped: Grid | None, points: Sequence[Grid] | None, repeats: int
) -> Iterator[Point]:
    known: dict[tuple[str, type, str], Any] = {}

    def checked(name: str, value: Any) -> Any:
        key = (name, type(value), repr(value))
        if key not in known:
            known[key] = book.checked(name, value, typed=isinstance(value, Typed))
        return known[key]

    for given in combinations(grid, zipped, points):
        meant = {name: checked(name, value) for name, value in given.items()}
        if repeats == 1:
            yield _point(book, meant)
            continue
        check_known(f"parameter of {book.name}", "seed", book.parameters, "repeats are runs with other seeds")
        if "seed" in given:
            raise ValueError(
                f"repeats must be 1 where seeds are given, got {repeats}; seed=0:{repeats} are {repeats} seeds"
            )
        first = book.defaults["seed"]
        yield from (_point(book, meant | {"seed": first + index}) for index in range(repeats))


def _point(book: Notebook, given: dict[str, Any]) -> Point:
    parameters = book.defaults | given
    own = {name: value for name, value in parameters.items() if value != book.defaults.get(name, ...) or name == "seed"}
    words = "-".join([book.name, *(f"{name}={value}" for name, value in own.items())])
    key = digest([book.fingerprint, in_text(parameters), _version(), workbench.NUMBERS])
    name = re.sub(r"[^\w.=+-]+", "_", words, flags=re.ASCII)[:LONGEST].strip("_")
    return Point(book, f"{name}-{key[:DIGITS]}", given, parameters)


@functools.cache
def _version() -> str:
    return version("lottery-workbench")
