"""What the rows of charts are made of: plain fields of outcomes, means with their intervals, and few enough of them."""

from __future__ import annotations

import functools
import statistics
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import Any, ParamSpec, TypeVar

from workbench.numbers import intervals, tables
from workbench.numbers.numerals import percent

P = ParamSpec("P")
T = TypeVar("T")
K = TypeVar("K", bound=Hashable)
Rows = list[dict[str, Any]]
ROWS = 500  # the most that a live chart is sent at once
KEPT = 64  # results of a function that is worked out `once`


def records(table: Any) -> Rows:
    """Return the plain fields, a dict each, of a data frame or of outcomes; what is NaN there is None."""
    if hasattr(table, "to_dict"):
        return table.astype(object).where(table.notna(), None).to_dict("records")
    rows = [tables.plain(outcome) for outcome in table]
    return [{name: None if value != value else value for name, value in row.items()} for row in rows]


def span(
    values: Sequence[float], name: str = "value", said: str = ".2%", *, geometric: bool = False, share: bool = False
) -> dict[str, Any]:
    """Return the mean under a name, its t interval as `low` and `high`, `n`, and the interval in words.

    Fewer than three values have no interval: `low` and `high` are None. A `geometric` mean is that of the logarithms,
    of values above zero; the interval of a `share` stays within 0 and 1.
    """
    within = share and all(0 <= value <= 1 for value in values)
    kind = intervals.geometric if geometric else intervals.share if within else intervals.mean
    interval = kind(values)
    if interval.n >= intervals.LEAST and min(values) == max(values):  # without what rounding leaves of an interval
        same = float(values[0])
        interval = intervals.Interval(same, same, same, interval.n)
    if interval.n < intervals.LEAST:
        few = f"fewer than {intervals.LEAST} replicas"
        return {name: interval.mean, "low": None, "high": None, "n": interval.n, "interval": few}
    words = f"{interval.low:{said}} to {interval.high:{said}}"
    return {name: interval.mean, "low": interval.low, "high": interval.high, "n": interval.n, "interval": words}


def by_replica(values: Iterable[tuple[Any, float]]) -> list[float]:
    """Return one value a replica, the mean of its own: several pairs of one seed are no more replicas."""
    several = ([value for _, value in same] for same in grouped(values, lambda pair: pair[0]).values())
    return [same[0] if len(set(same)) == 1 else statistics.fmean(same) for same in several]


def grouped(items: Iterable[T], key: Callable[[T], K]) -> dict[K, list[T]]:
    """Return the items by their key, in the order in which they come."""
    groups: dict[K, list[T]] = {}
    for item in items:
        groups.setdefault(key(item), []).append(item)
    return groups


def loose(rows: Rows, field: str = "") -> Rows:
    """Return rows with one value a field: of one that is packed, a row for each place of its lists.

    Those lists count that are as long as the list in `field`, or as the longest.
    """
    made: Rows = []
    for row in rows:
        lists = {name: values for name, values in row.items() if isinstance(values, list)}
        longest = max(lists.values(), key=len, default=[])
        count = len(lists.get(field, longest))
        packed = [name for name, values in lists.items() if len(values) == count]
        plain = {name: value for name, value in row.items() if name not in lists}
        made += [plain | {name: lists[name][i] for name in packed} for i in range(count)] if lists else [row]
    return made


def thin(items: Sequence[T], most: int) -> list[T]:
    """Return at most so many of the items, evenly spread, the first and the last among them."""
    if len(items) <= most:
        return list(items)
    if most < 2:
        return list(items[-most:]) if most else []
    return [items[round(i * (len(items) - 1) / (most - 1))] for i in range(most)]


def tickets(outcomes: Iterable[Any]) -> list[Any]:
    """Return the tickets among the outcomes by replica and round, the dense round 0 of each included."""
    chosen = [outcome for outcome in outcomes if getattr(outcome, "kind", "ticket") == "ticket"]
    return sorted(chosen, key=lambda outcome: (getattr(outcome, "replica", 0), outcome.round))


def first_of(outcomes: Sequence[Any], **first: Any) -> list[Any]:
    """Return the outcomes of one value of each field: the named one where it is there, else the least."""
    for field, name in first.items():
        names = {getattr(outcome, field) for outcome in outcomes}
        chosen = name if name in names else min(names, default="")
        outcomes = [outcome for outcome in outcomes if getattr(outcome, field) == chosen]
    return list(outcomes)


def kept(density: float) -> str:
    """Return how dense a network is in words: `dense`, `40 % kept`."""
    return "dense" if density == 1 else f"{percent(density)} kept"


def measured_on(path: Any) -> str:
    """Return in words where something between networks was measured: the split, and batch-norm's treatment."""
    return f"on {path.split} images, batch-norm: {path.batch_norm}"


def once(function: Callable[P, T]) -> Callable[P, T]:
    """Decorate arithmetic that a chart needs: of the very same outcomes it is not worked out twice.

    A live chart asks for its rows at every turn of its menu; what took a second for some outcomes is kept for them. The
    outcomes are told by their identity, and held, so that an identity is never another's.
    """
    results: OrderedDict[Any, tuple[Any, T]] = OrderedDict()

    @functools.wraps(function)
    def remembering(*args: P.args, **kwargs: P.kwargs) -> T:
        held = [list(a) if isinstance(a, (list, tuple)) else a for a in (*args, *kwargs.values())]
        key = (*(_identity(value) for value in held), *kwargs)
        if key not in results:
            results[key] = (held, function(*args, **kwargs))
        results.move_to_end(key)
        while len(results) > KEPT:
            results.popitem(last=False)
        return results[key][1]

    return remembering


def _identity(value: Any) -> Any:
    if isinstance(value, list):
        return tuple(map(_identity, value))
    return value if isinstance(value, (str, int, float, bool, type(None))) else id(value)
