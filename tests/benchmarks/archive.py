"""What `archive.each` adds to an experiment: rounds that are kept on the disk against the same that are not."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator

from measure import Row, in_turn, slower
from pictures import pictures

import workbench as wb

SIZES = {"full": (7, 422), "quick": (3, 100), "tiny": (1, 2)}  # turns, steps a round


def run(size: str, *, device: str = "cpu") -> Iterator[Row]:
    """Yield one row; a new folder each time, so that nothing is found again."""
    repeats, length = SIZES[size]
    data = pictures("fashion-mnist", size=size, train_size=10_000)
    model = wb.models.lenet(data)
    recipe = wb.Recipe(steps=length, device="cpu")
    call = wb.call(wb.lottery.rounds, model, wb.snapshot(model), data, recipe, rounds=2)

    def kept() -> None:
        with tempfile.TemporaryDirectory() as folder:
            for _ in wb.Archive(folder).each(call):
                pass

    def passing() -> None:
        for _ in call.each():
            pass

    times = in_turn({"kept": kept, "passing": passing}, repeats)
    yield slower("three rounds into an archive", "the same, not kept", times["kept"], times["passing"])
