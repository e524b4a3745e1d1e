"""Replicas: the same values as one after another, in threads that stop when nobody waits for them."""

import gc
import subprocess
import sys
import threading
import time
import traceback
from pathlib import Path

import pytest
import torch

from workbench.work.progress import Stopped, report, watch
from workbench.work.replicas import replicas

ROOT = Path(__file__).parents[2]


def replica_threads():
    return [thread for thread in threading.enumerate() if thread.name == "replica"]


def wait_for_no_threads(seconds=10.0):
    end = time.monotonic() + seconds
    while replica_threads() and time.monotonic() < end:
        time.sleep(0.01)
    assert replica_threads() == []


def train(seed, steps=30):
    generator = torch.Generator().manual_seed(seed)
    weights = torch.zeros(50, requires_grad=True)
    for i in range(steps):
        loss = (torch.randn(8, 50, generator=generator) @ weights - 1).square().mean()
        (gradient,) = torch.autograd.grad(loss, weights)
        weights = (weights - 0.1 * gradient).detach().requires_grad_()
        report(i + 1, steps)
        if i % 10 == 9:
            yield weights.detach().clone()


def test_values_are_the_same_bits_as_one_after_another_and_in_order():
    found = {seed: [] for seed in range(5)}
    for seed, value in replicas(train, range(5), workers=3):
        found[seed].append(value)
    for seed, values in found.items():
        assert all(torch.equal(a, b) for a, b in zip(values, train(seed), strict=True))
    wait_for_no_threads()


def test_a_function_may_return_a_value():
    assert sorted(replicas(lambda seed: seed * 10, [3, 1, 2])) == [(1, 10), (2, 20), (3, 30)]


def test_a_list_is_one_value():
    assert list(replicas(lambda seed: [seed, seed], [7])) == [(7, [7, 7])]


def test_no_seeds_give_no_values():
    assert list(replicas(train, [])) == []


def test_an_equal_seed_may_come_twice():
    assert list(replicas(lambda seed: seed, [4, 4])) == [(4, 4), (4, 4)]


def test_workers_must_be_at_least_one():
    with pytest.raises(ValueError, match="workers must be a whole number from 1, got 0"):
        replicas(train, [1], workers=0)


def test_at_most_as_many_threads_as_workers_and_further_seeds_wait():
    busy, most, lock = 0, 0, threading.Lock()

    def work(seed):
        nonlocal busy, most
        with lock:
            busy += 1
            most = max(most, busy)
        time.sleep(0.02)
        with lock:
            busy -= 1
        return seed

    assert sorted(seed for seed, _ in replicas(work, range(7), workers=2)) == list(range(7))
    assert most == 2


def test_two_replicas_run_side_by_side():
    both = threading.Barrier(2, timeout=10)
    assert sorted(v for _, v in replicas(lambda seed: both.wait() * 0 + seed, [1, 2], workers=2)) == [1, 2]


def test_progress_carries_the_place_of_the_replica():
    heard = []
    with watch(heard.append):
        list(replicas(train, [5, 6, 7], workers=2))
    assert {p.path for p in heard} == {(("replica", i, 3),) for i in range(3)}
    assert sum(p.done == p.of == 1 for p in heard) == 3  # each says at its end that it is done


def fail(seed):
    if seed == 1:
        raise ZeroDivisionError("one")
    for i in range(10**9):
        report(i, None)
        if i % 10 == 0:
            yield i
        time.sleep(0.001)


def test_the_first_error_stops_the_others_and_is_raised_with_its_traceback():
    with pytest.raises(ZeroDivisionError, match="one") as caught:
        for _ in replicas(fail, [0, 1, 2], workers=3):
            pass
    assert "in fail" in "".join(traceback.format_tb(caught.value.__traceback__))
    wait_for_no_threads()


def test_values_finished_before_an_error_are_still_given():
    finished = threading.Event()

    def work(seed):
        if seed:
            finished.wait()
            raise ZeroDivisionError
        yield "kept"
        finished.set()

    found = replicas(work, [0, 1], workers=2)
    assert next(found) == (0, "kept")
    with pytest.raises(ZeroDivisionError):
        next(found)


def test_a_stop_from_outside_reaches_the_replicas():
    def stop(p):
        if p.done >= 15:
            raise Stopped

    with pytest.raises(Stopped), watch(stop):
        list(replicas(fail, [0, 2]))
    wait_for_no_threads()


def test_closing_the_generator_stops_the_threads_at_the_next_step():
    found = replicas(fail, [0, 2], workers=2)
    next(found)
    assert len(replica_threads()) == 2
    found.close()
    wait_for_no_threads()


def test_dropping_the_generator_stops_the_threads():
    found = replicas(fail, [0, 2], workers=2)
    next(found)
    del found
    gc.collect()
    wait_for_no_threads()


def test_threads_that_yield_without_reporting_stop_too():
    found = replicas(lambda seed: iter(range(10**12)), [0, 1], workers=2)
    next(found)
    found.close()
    wait_for_no_threads()


def test_a_slow_consumer_holds_the_replicas_back():
    made = []

    def work(seed):
        for i in range(100):
            made.append(i)
            yield i

    found = replicas(work, [0])
    next(found)
    time.sleep(0.3)
    assert len(made) <= 4
    assert len(list(found)) == 99


def run(source):
    code = f"import sys; sys.path.insert(0, {str(ROOT)!r})\n{source}"
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)


HALF = """
import torch, time
from workbench.work.replicas import replicas
from workbench.work.progress import report

def work(seed):
    a = torch.randn(64, 64)
    for i in range(10**9):
        a = torch.relu(a @ a).clamp(max=1)
        report(i, 10**9)
        if i % 100 == 0:
            yield i

found = replicas(work, [0, 1, 2], workers=2)
next(found)
print("half", flush=True)
"""


def test_the_interpreter_ends_while_a_notebook_keeps_the_generator():
    done = run(HALF)
    assert (done.returncode, done.stdout, done.stderr) == (0, "half\n", "")


def test_an_exit_in_the_middle_keeps_its_code():
    done = run(HALF + "\nsys.exit(3)")
    assert (done.returncode, done.stderr) == (3, "")


def test_the_interpreter_ends_while_another_thread_consumes():
    done = run(
        HALF.replace("found = ", "made = ").replace("next(found)", "")
        + """
import threading
from workbench.work.progress import Stopped
def consume():
    try:
        for _ in made: pass
    except Stopped:
        print("stopped", flush=True)
threading.Thread(target=consume).start()
time.sleep(0.2)
"""
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "half\nstopped\n", "")
