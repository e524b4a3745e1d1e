"""Reports: how far work is, at which place on a path, and who hears it."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, TypeVar

from workbench.work import rules

Path = tuple[tuple[str, int, int | None], ...]
Spans = tuple[tuple[float, float], ...]  # where each part of a path begins in what it is part of, and its share of that
Costs = Sequence[float]  # of the parts, in any unit: steps of training, say
SIDE_BY_SIDE = ("replica", "channel", "trial")  # names of parts that are worked on at once, in threads
TURN = "turn"  # the name of parts that take turns: each goes on a little, then another
T = TypeVar("T")


class Stopped(Exception):  # noqa: N818
    """Raised by a watcher to end the work that reports to it; nothing went wrong."""


@dataclass(frozen=True, slots=True)
class Progress:
    """`done` of `of` steps, at a `path` such as `(("replica", 1, 3), ("round", 2, 9))`: names, places from 0, totals.

    A total of None is not known; work at such a place is an aside (an evaluation between two steps, say), which
    counts for nothing in the share. `unit` is what is counted: "step", "image". What parts cost is not in the path,
    which stays names and whole numbers for whoever reads it, but in `spans`: of each part, where it begins in what it
    is part of, and its share of that; equal shares if nobody said. `look`, where there is something to be seen, may
    be called by the watcher, at once and in the same thread, and returns it: of a training a `Look`.
    """

    path: Path
    done: int
    of: int | None
    unit: str = ""
    look: Callable[..., Any] | None = field(default=None, compare=False, repr=False)
    spans: Spans | None = field(default=None, compare=False, repr=False)

    @property
    def aside(self) -> bool:
        """Whether it counts for nothing: a part on the way to it has no known total."""
        return any(of is None for _, _, of in self.path)

    @property
    def shares(self) -> Spans:
        """Where each part of the path begins in what it is part of, and its share of that."""
        return tuple(span(index, of) for _, index, of in self.path) if self.spans is None else self.spans

    @property
    def own(self) -> float:
        """The share of the innermost part that is done, in [0, 1]."""
        return min(self.done / self.of, 1.0) if self.of else 0.0

    @property
    def share(self) -> float:
        """The share of the whole path that is done, in [0, 1], as if its parts came one after another."""
        return fold(self.shares, self.own)


Watcher = Callable[[Progress], Any]
_watcher: ContextVar[Watcher | None] = ContextVar("workbench_watcher", default=None)
_place: ContextVar[tuple[Path, Spans]] = ContextVar("workbench_place", default=((), ()))


def report(done: int, of: int | None = None, unit: str = "", look: Callable[..., Any] | None = None) -> None:
    """Say that `done` of `of` steps are done. Costs next to nothing when nobody watches."""
    if (watcher := _watcher.get()) is not None:
        path, spans = _place.get()
        watcher(Progress(path, done, of, unit, look, spans))


@contextmanager
def watch(f: Watcher) -> Iterator[None]:
    """Have `f(Progress)` called for every report made inside, possibly from several threads at once.

    Watchers nest: the outer one hears a report first, so that a Stop from outside always arrives. `f` may raise
    `Stopped`.
    """
    rules.function("f", f, "wb.progress.bar() watches by itself")
    outer = _watcher.get()

    def both(progress: Progress) -> None:
        if outer is not None:
            outer(progress)
        f(progress)

    token = _watcher.set(f if outer is None else both)
    try:
        yield
    finally:
        _watcher.reset(token)


@contextmanager
def within(name: str, index: int, of: int | Costs | None = None) -> Iterator[None]:
    """Put `(name, index, of)` at the end of the path of what is reported inside.

    `of` is how many such parts there are, or, where they are not of one size, what each of them costs, in any unit:
    `within("part", 0, (300, 20))`. Never yield inside it: a generator shares its consumer's context, and would leave
    its path there. `walk` is for generators.
    """
    path, spans = _place.get()
    count = len(of) if isinstance(of, Sequence) else of
    token = _place.set(((*path, (name, index, count)), (*spans, span(index, of))))
    try:
        yield
    finally:
        _place.reset(token)


def walk(
    name: str, iterator: Iterable[T], of: int | Costs | None = None, *, index: int | None = None
) -> Generator[T, None, Any]:
    """Yield from `iterator` with the path set around each inner `next`, never across a yield.

    The place on the path counts the values (the one being made), or is always `index` where that is given. Returns what
    the iterator does.
    """
    inner, count = iter(iterator), 0
    try:
        while True:
            with within(name, count if index is None else index, of):
                try:
                    value = next(inner)
                except StopIteration as end:
                    return end.value
            yield value
            count += 1
    finally:
        getattr(inner, "close", bool)()


def span(index: int, of: int | Costs | None) -> tuple[float, float]:
    """Return where a part begins in the whole, and its share of it; beyond the last part nothing is left."""
    if isinstance(of, Sequence):
        whole = sum(of) or 1.0
        return sum(of[:index]) / whole, sum(of[index : index + 1]) / whole
    return (min(index / of, 1.0), (index < of) / of) if of else (0.0, 0.0)


def fold(spans: Spans, share: float) -> float:
    """Return the share of the whole, given that of the innermost part."""
    for begin, length in reversed(spans):
        share = min(begin + length * share, 1.0)
    return share
