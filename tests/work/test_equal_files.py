"""Equal calls write equal files: what is kept of replicas side by side is in the order of the seeds."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import workbench as wb
from workbench.work.replicas import in_order_of_seeds, replicas

TINY: dict[str, Any] = {"train_size": 60, "image_size": 8, "replicas": 5}
CALLS: dict[str, Any] = {
    "winning_tickets": {"rounds": 1, "recipe": wb.Recipe(steps=3), "rewind_step": 1, "controls": ()},
    "one_shot": {"recipe": wb.Recipe(steps=2), "shares": (0.5,), "control": False},
}


def shuffled(seed: int, n: int = 4) -> Iterator[list[int]]:
    def work(replica: int) -> Iterator[list[int]]:
        for index in range(3):
            time.sleep(random.random() / 100)
            yield [replica, index]

    for replica, value in replicas(work, range(n), workers=n):
        assert replica == value[0]
        yield value


def in_a_dict(seed: int) -> dict[int, int]:
    def work(replica: int) -> int:
        time.sleep(random.random() / 100)
        return replica * replica

    return dict(replicas(work, range(4), workers=4))


def kept(folder: Path) -> dict[str, Any]:
    """What the files hold, but for when it was made and in how many seconds."""

    def timeless(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: timeless(v) for name, v in value.items() if name not in ("when", "seconds", "sha256")}
        return [timeless(one) for one in value] if isinstance(value, list) else value

    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    return {
        str(path.relative_to(folder)): json.dumps(timeless(json.loads(path.read_text())))
        if path.suffix == ".json"
        else path.read_bytes()
        for path in files
    }


@pytest.mark.parametrize("function", [shuffled, in_a_dict])
def test_replicas_that_finish_in_any_order_are_kept_in_that_of_the_seeds(tmp_path: Path, function: Any):
    for turn in range(6):
        wb.Archive(tmp_path / str(turn)).run(wb.call(function, 1))
    first, *others = [kept(tmp_path / str(turn)) for turn in range(6)]
    assert all(other == first for other in others)
    assert wb.call(shuffled, 1).run() == [[replica, index] for replica in range(4) for index in range(3)]


@pytest.mark.parametrize("name", CALLS)
def test_equal_experiments_write_equal_files(tmp_path: Path, name: str):
    options = TINY | CALLS[name]
    for turn in range(3):
        wb.Archive(tmp_path / str(turn)).run(wb.call(getattr(wb.experiments, name), "digits", **options))
    first, *others = [kept(tmp_path / str(turn)) for turn in range(3)]
    assert all(other == first for other in others)


def test_who_looks_on_sees_values_as_they_finish():
    def work(seed: int) -> int:
        time.sleep(0.2 * (2 - seed))
        return seed

    assert [seed for seed, _ in replicas(work, range(3), workers=3)] == [2, 1, 0]
    with in_order_of_seeds():
        assert [seed for seed, _ in replicas(work, range(3), workers=3)] == [0, 1, 2]
    assert [seed for seed, _ in wb.call(watched).each()] == [2, 1, 0]


def watched() -> Iterator[tuple[int, int]]:
    def work(seed: int) -> int:
        time.sleep(0.2 * (2 - seed))
        return seed

    yield from replicas(work, range(3), workers=3)


def test_equal_seeds_are_kept_in_the_order_that_they_were_given():
    with in_order_of_seeds():
        assert list(replicas(lambda seed: seed, [4, 2, 4])) == [(4, 4), (2, 2), (4, 4)]
