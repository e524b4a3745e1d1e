"""A whole 15-level experiment (LeNet-300-100, MNIST, 20 % a level) against the same by what people write.

All train as many steps a level and evaluate on validation and test images after it; ours also evaluates on 10,000
training images, keeps every round, and is watched. They take turns level by level, on one core each; then two replicas
side by side on both cores, against people's two one after the other with their loader's workers on both cores. The
levels are an epoch long (the papers' are longer), which leaves the evaluation a larger share than it has in earnest.
"""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from measure import Row, faster, in_turn, quickest, seconds, take, thread_counts
from people import experiment, loader
from people import steps as people_steps
from pictures import batch_size, pictures

import workbench as wb

SIZES = {"full": (15, 422), "quick": (4, 200), "tiny": (2, 3)}  # levels, steps a level
TARGETS = {"dense": 8, "auto": 12}  # how many times cheaper each execution is to be


def run(size: str, *, device: str = "cpu") -> Iterator[Row]:
    """Yield the ratio of the whole, by execution, on one core each; then that of two replicas side by side."""
    levels, data = SIZES[size][0], pictures("mnist", size=size)
    with one_core():
        threads, workers = _settings(data, size)
        works = {"people": take(_people(data, size, workers), 1, threads=threads)}
        works |= {name: _watched(_ours(data, size, name)) for name in TARGETS}
        times: dict[str, list[float]] = {name: [] for name in works}
        for level in range(levels):
            for name in list(works)[:: -1 if level % 2 else 1]:
                times[name].append(seconds(works[name]))
    against = f"(b) people, {workers} workers, one core each"
    for name, target in TARGETS.items():
        totals = [[sum(times[which])] for which in (name, "people")]
        yield faster(f"{levels} levels, {name}", against, *totals, target=target)
        yield faster(f"the last level, {name}", against, times[name][-1:], times["people"][-1:])
    threads, workers = _settings(data, size)
    theirs = take(_people(data, size, workers), levels, threads=threads)
    together = seconds(lambda: list(wb.replicas(lambda seed: list(_ours(data, size, "auto", seed)), (0, 1), workers=2)))
    against = f"(b) people, {workers} workers, one after the other"
    yield faster(f"{levels} levels, two replicas", against, [together], [2 * seconds(theirs)])


def _ours(data: wb.Data, size: str, execution: str, seed: int = 0) -> Iterator[wb.lottery.Round]:
    levels, length = SIZES[size]
    model = wb.models.lenet(data, seed=seed)
    recipe = wb.Recipe(steps=length, batch_size=batch_size(size), device="cpu", execution=execution)
    return wb.lottery.rounds(model, wb.snapshot(model), data, recipe, rounds=levels - 1, fraction=0.2, seed=seed)


def _people(data: wb.Data, size: str, workers: int) -> Iterator[tuple[float, float]]:
    levels, length = SIZES[size]
    options = {"length": length, "learning_rate": 0.1, "batch_size": batch_size(size), "workers": workers}
    return experiment(wb.models.lenet(data), data, levels=levels, fraction=0.2, **options)


def _watched(found: Iterator[wb.lottery.Round]) -> Callable[[], None]:
    """Make a piece of work of the next round, watched by the bar; the rounds are kept, as a notebook keeps them."""
    kept: list[wb.lottery.Round] = []

    def work() -> None:
        with wb.progress.bar(io.StringIO()):
            kept.append(next(found))

    return work


@contextmanager
def one_core() -> Iterator[None]:
    """Hold this process, and what it starts, to one core, where the system can."""
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(cores)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, cores)


def _settings(data: wb.Data, size: str) -> tuple[int, int]:
    """Find the threads and workers that are quickest for what people write, on the cores that there are now."""
    count, repeats = (2, 1) if size == "tiny" else (60, 3)
    works, settings = {}, {}
    for threads in thread_counts(size):
        for workers in (0, 2):
            found = people_steps(
                wb.models.lenet(data), loader(data.train, batch_size=batch_size(size), workers=workers)
            )
            works[f"{threads} {workers}"] = take(found, count, threads=threads)
            settings[f"{threads} {workers}"] = threads, workers
    return settings[quickest(in_turn(works, repeats, rest=0 if size == "tiny" else 0.3))]
