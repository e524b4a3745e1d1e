"""What keeping every job costs: a thousand of them are listed, their panel is opened, and an outcome is added."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path

import torch
from measure import Row, seconds

import workbench as wb
from workbench.panels.runs import Runs
from workbench.work.fingerprint import digest
from workbench.work.journal import Journal

SIZES = {"full": (5, 1000), "quick": (3, 1000), "tiny": (1, 3)}  # turns, jobs


def run(size: str, *, device: str = "cpu") -> Iterator[Row]:
    """Yield a row for each; the jobs are of one call, copied under other names."""
    repeats, number = SIZES[size]
    with tempfile.TemporaryDirectory() as folder:
        journal = Journal(folder)
        call = wb.call(wb.experiments.winning_tickets, train_size=1000, recipe=wb.Recipe(epochs=3))
        writing = journal.begin(call)
        made = [{"w": torch.randn(300, 784), "v": torch.randn(100, 300)} for _ in range(repeats)]
        adding = [seconds(lambda value=value: writing.add(value)) for value in made]
        again = [seconds(lambda value=value: writing.add(value)) for value in made]
        writing.end("finished", 1.0)
        copy(Path(folder, "jobs", writing.id), number)
        listing = [seconds(journal.records) for _ in range(repeats)]
        runs = Runs(folder)
        opening = [seconds(lambda: Runs(folder)) for _ in range(repeats)]
        words = [seconds(lambda word=word: setattr(runs.table.words, "value", f"{word}")) for word in range(repeats)]
    yield _row(f"{number} jobs listed", listing, 2.0)
    yield _row(f"the panel of {number} jobs opened", opening, 2.0)
    yield _row(f"a word found in {number} jobs", words, 0.5)
    yield _row("an outcome of 265,200 weights added", adding, 0.05)
    yield _row("the same weights once more", again, 0.05)


def copy(job: Path, number: int) -> None:
    """Write jobs like this one until there are so many."""
    record = json.loads((job / "job.json").read_text())
    record.pop("sha256")
    for k in range(number - 1):
        record["id"] = f"20200101-{k:06d}-abcdef"
        there = job.parent / record["id"]
        there.mkdir()
        (there / "job.json").write_text(json.dumps({"sha256": digest(record), **record}))


def _row(name: str, times: list[float], target: float) -> Row:
    return Row(name, "", None, None, times, target=target, unit="s")
