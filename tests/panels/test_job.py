"""A job: in the background, stopped at the next step, saying the latest now and then and the last always."""

from __future__ import annotations

import re
import subprocess
import sys
import threading
import time
from contextvars import ContextVar

import pytest

import workbench as wb
from workbench.panels.job import Job
from workbench.work.progress import report

told: list[tuple[str, int]] = []
ambient: ContextVar[str] = ContextVar("ambient", default="nothing")


def tell(job: Job) -> None:
    told.append((job.state, len(job.values)))


@pytest.fixture(autouse=True)
def nothing_told() -> None:
    told.clear()


def counting(n: int, pause: float = 0.0):
    for i in range(n):
        time.sleep(pause)
        report(i + 1, n)
        yield i


def failing():
    yield 1
    raise KeyError("boom")


def one(pause: float = 0.0) -> str:
    return ambient.get()


def test_a_job_keeps_exactly_what_a_generator_yielded():
    job = Job(wb.call(counting, 5), tell).start()
    assert job.wait(10)
    assert (job.result, job.state, job.error) == ([0, 1, 2, 3, 4], "finished", None)


def test_a_job_keeps_the_one_value_of_a_function_and_runs_in_a_copy_of_the_context():
    token = ambient.set("mine")
    job = Job(wb.call(one), tell).start()
    ambient.reset(token)
    assert job.wait(10)
    assert job.result == "mine"


def test_messages_are_few_and_the_last_is_always_sent():
    job = Job(wb.call(counting, 20_000), tell).start()
    assert job.wait(60)
    assert told[-1] == ("finished", 20_000)
    assert len(told) <= job.seconds / 0.1 + 3


def test_a_silent_job_says_every_second_that_it_is_alive():
    job = Job(wb.call(counting, 2, pause=1.3), tell).start()
    assert job.wait(10)
    assert len([state for state, _ in told if state == "running"]) >= 3


def test_stop_takes_effect_at_the_next_step_and_keeps_what_was_finished():
    job = Job(wb.call(counting, 10_000, pause=0.01), tell).start()
    while len(job.values) < 3:
        time.sleep(0.01)
    began = time.monotonic()
    job.stop()
    assert job.wait(10)
    assert time.monotonic() - began < 1
    assert job.state == "stopped"
    assert job.result == list(range(len(job.values)))
    assert 3 <= len(job.values) < 10_000


def test_an_error_keeps_what_was_finished_and_is_held():
    job = Job(wb.call(failing), tell).start()
    assert job.wait(10)
    assert (job.state, job.result) == ("failed", [1])
    assert isinstance(job.error, KeyError)
    assert told[-1] == ("failed", 1)


def test_its_threads_are_no_daemons_and_end_with_it():
    before = threading.active_count()
    job = Job(wb.call(counting, 3), tell).start()
    assert not any(thread.daemon for thread in job._threads)
    assert job.wait(10)
    for thread in job._threads:
        thread.join(5)
    assert threading.active_count() == before


def test_the_words_tell_the_time_left():
    job = Job(wb.call(counting, 40, pause=0.02), tell).start()
    while len(job.values) < 20:
        time.sleep(0.01)
    assert "left" in job.words()
    assert re.search(r"running · \d+ of 40 · ", job.words())
    assert job.wait(10)
    assert job.words().startswith("finished after")


FLOOD = """
import workbench as wb
from workbench.panels.job import Job
from workbench.work.progress import report

def flood(n: int):
    for i in range(n):
        report(i + 1, n)
    yield n

told = []
job = Job(wb.call(flood, 1_000_000), lambda job: told.append((job.state, len(job.values)))).start()
assert job.wait(300)
assert (job.state, job.result, job.total.share, told[-1]) == ("finished", [1_000_000], 1.0, ("finished", 1))
assert len(told) <= job.seconds / 0.1 + 3, (len(told), job.seconds)
"""


def test_after_a_flood_of_a_million_reports_everything_is_right():
    ended = subprocess.run([sys.executable, "-c", FLOOD], timeout=300, capture_output=True, text=True)
    assert (ended.returncode, ended.stderr) == (0, "")


EXIT = """
import workbench as wb
panel = wb.panel("lottery", epochs=100000, replicas=2)
panel.view
panel.run()
import time
while not panel.job.total.words():
    time.sleep(0.05)
"""


def test_the_interpreter_ends_cleanly_while_a_panel_runs():
    ended = subprocess.run([sys.executable, "-c", EXIT], timeout=120, capture_output=True, text=True)
    assert (ended.returncode, ended.stderr) == (0, "")
