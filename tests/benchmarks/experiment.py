"""A whole 15-level experiment (LeNet-300-100, Fashion-MNIST, 20 % a level) against the same by what people write.

Both train as many steps a level and evaluate on validation and test images after it; ours also evaluates on the
training images, keeps every round, and is watched. They take turns level by level. The levels are an epoch long (the
papers' are longer), which leaves the evaluation, where ours does more, a larger share than it has in earnest.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator

from measure import Row, faster, in_turn, quickest, seconds, take, thread_counts
from people import experiment, loader
from people import steps as people_steps
from pictures import batch_size, pictures

import workbench as wb

SIZES = {"full": (15, 422), "quick": (4, 200), "tiny": (2, 3)}  # levels, steps a level


def run(size: str, *, device: str = "cpu") -> Iterator[Row]:
    """Yield the levels' paired ratios, and the ratio of the whole."""
    levels, length = SIZES[size]
    data = pictures("fashion-mnist", size=size)
    threads, workers = _settings(data, size)
    model = wb.models.lenet(data)
    recipe = wb.Recipe(steps=length, batch_size=batch_size(size), device="cpu")
    start = wb.snapshot(model)
    works = {
        "ours": _watched(wb.lottery.rounds(model, start, data, recipe, rounds=levels - 1, fraction=0.2)),
        "people": take(
            experiment(
                wb.models.lenet(data),
                data,
                levels=levels,
                fraction=0.2,
                length=length,
                learning_rate=0.1,
                batch_size=batch_size(size),
                workers=workers,
            ),
            1,
            threads=threads,
        ),
    }
    times: dict[str, list[float]] = {name: [] for name in works}
    for level in range(levels):
        for name in list(works)[:: -1 if level % 2 else 1]:
            times[name].append(seconds(works[name]))
    against = f"(b) people, {threads} threads, {workers} workers"
    yield faster(f"a level of {length} steps", against, times["ours"], times["people"])
    totals = [[sum(times[name])] for name in ("ours", "people")]
    yield faster(f"{levels} levels (the aim is 8)", against, *totals, target=5)


def _watched(found: Iterator[wb.lottery.Round]) -> Callable[[], None]:
    """Make a piece of work of the next round, watched by the bar; the rounds are kept, as a notebook keeps them."""
    kept: list[wb.lottery.Round] = []

    def work() -> None:
        with wb.progress.bar(io.StringIO()):
            kept.append(next(found))

    return work


def _settings(data: wb.Data, size: str) -> tuple[int, int]:
    """Find the threads and workers that are quickest for what people write."""
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
