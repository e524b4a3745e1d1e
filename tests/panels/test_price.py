"""What a call will cost: arithmetic with made work, and a real small call."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest

import workbench as wb
from workbench.panels.price import price

DONE: list[int] = []


def counting(n: int, pause: float, archive: str | None = None) -> Iterator[int]:
    """Work that says how far it is."""
    DONE.clear()
    assert archive is None
    for step in range(n):
        time.sleep(pause)
        wb.progress.report(step + 1, n)
        DONE.append(step)
        yield step


def silent() -> Iterator[int]:
    yield 1
    raise ValueError("wrong")


def downloading() -> Iterator[int]:
    with wb.progress.within("download of mnist", 0):
        wb.progress.report(1, 2)
    yield 1


def test_a_long_call_is_begun_and_its_whole_price_told():
    call = wb.call(counting, 1000, 0.01, archive="somewhere")
    told = price(call, seconds=0.3)
    assert told is not None
    assert told == pytest.approx(10, rel=0.5)
    assert len(DONE) < 200


def test_a_short_call_is_measured_whole():
    told = price(wb.call(counting, 5, 0.01))
    assert told is not None
    assert 0.04 < told < 1


def test_nothing_is_said_of_what_goes_wrong_downloads_or_was_stopped():
    assert price(wb.call(silent)) is None
    assert price(wb.call(downloading)) is None
    stop = threading.Event()
    stop.set()
    assert price(wb.call(counting, 1000, 0.01), stop=stop) is None
    assert len(DONE) <= 1


def test_a_stop_arrives_at_the_next_step():
    stop = threading.Event()
    threading.Timer(0.2, stop.set).start()
    began = time.monotonic()
    assert price(wb.call(counting, 10_000, 0.01), stop=stop, seconds=60) is None
    assert time.monotonic() - began < 5


def test_a_real_call_with_replicas_has_a_price():
    options = {"train_size": 200, "model": "lenet(hidden=(20,))", "rounds": 3, "recipe": wb.Recipe(epochs=30)}
    told = price(wb.call(wb.experiments.winning_tickets, **options), seconds=0.3)
    assert told is not None
    assert 0 < told < 600
