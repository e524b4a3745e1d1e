"""Trials of the archive: killed, tampered with, shared, on a full disk, interrupted. Each counts what went wrong.

    python tests/work/trials.py            all, 200 of each
    python tests/work/trials.py kills 1000

A trial forks from one warm process, so that hundreds take a minute; `test_trials.py` runs a few of each.
"""

from __future__ import annotations

import errno
import os
import random
import resource
import signal
import sys
import tempfile
import threading
import time
import warnings
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from types import FrameType

import torch
from archive_examples import Found, levels, weigh

import workbench as wb
from workbench.work import progress, replicas
from workbench.work.archive import Archive
from workbench.work.calls import call
from workbench.work.progress import reports

LENGTH = 12
CALLS = (call(levels, 3, LENGTH), call(weigh, 3))


def bits(value: Found | list[Found]) -> list[object]:
    values = value if isinstance(value, list) else [value]
    return [(one.index, one.density, *(one.start[n].tolist() for n in "wb"), one.mask["w"].tolist()) for one in values]


RIGHT = [bits(one.run()) for one in CALLS]


def child(work: Callable[[], object]) -> int:
    """Fork a process that does the work; 0 is its status where that went well."""
    pid = os.fork()
    if pid:
        return pid
    status = 1
    try:
        warnings.simplefilter("error")
        work()
        status = 0
    finally:
        os._exit(status)


def slowly(folder: str, which: int = 0) -> None:
    with progress.watch(lambda _: time.sleep(random.random() / 2000)):
        assert bits(Archive(folder).run(CALLS[which])) == RIGHT[which]


def kills(n: int) -> Counter[str]:
    """Killed at a random moment, and called again until it is through: the same bits."""
    counts: Counter[str] = Counter()
    while counts["killed"] < n:
        with tempfile.TemporaryDirectory() as folder:
            while True:
                pid = child(lambda folder=folder: slowly(folder))
                time.sleep(random.random() * 0.12)
                os.kill(pid, signal.SIGKILL)
                status = os.waitpid(pid, 0)[1]
                if status != signal.SIGKILL:
                    counts["went on to the same bits" if status == 0 else "WRONG"] += 1
                    break
                counts["killed"] += 1
                if len(list(Path(folder).rglob("00*.json"))) == LENGTH:
                    break
            with warnings.catch_warnings():
                warnings.simplefilter("error")
                counts["same bits" if bits(Archive(folder).run(CALLS[0])) == RIGHT[0] else "WRONG"] += 1
    return counts


def tampering(n: int) -> Counter[str]:
    """A flipped bit, or the end cut off, in any file: said, and made anew."""
    counts: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as folder:
        for one in CALLS:
            Archive(folder).run(one)
        for _ in range(n):
            path = random.choice([path for path in sorted(Path(folder).rglob("*.*")) if path.is_file()])
            data = bytearray(path.read_bytes())
            if random.random() < 0.5:
                data[random.randrange(len(data))] ^= 1 << random.randrange(8)
            else:
                del data[random.randrange(len(data)) :]
            path.write_bytes(data)
            with warnings.catch_warnings(record=True) as heard:
                warnings.simplefilter("always")
                same = [bits(Archive(folder).run(one)) for one in CALLS] == RIGHT
            counts["said and made anew" if same and heard else "WRONG"] += 1
            with warnings.catch_warnings(record=True) as heard:
                warnings.simplefilter("always")
                same = [bits(Archive(folder).run(one)) for one in CALLS] == RIGHT
            counts["whole again" if same and not heard else "WRONG"] += 1
    return counts


def sharing(n: int) -> Counter[str]:
    """Five processes on one archive at once: all have the same bits, and nothing is left over."""
    counts: Counter[str] = Counter()
    for _ in range(max(n // 5, 1)):
        with tempfile.TemporaryDirectory() as folder:
            for pid in [child(lambda folder=folder, i=i: slowly(folder, i % 2)) for i in range(5)]:
                counts["same bits" if os.waitpid(pid, 0)[1] == 0 else "WRONG"] += 1
            if list((Path(folder) / "temporary").iterdir()):
                counts["WRONG"] += 1
    return counts


def full_disk(n: int) -> Counter[str]:
    """A disk that is full at any size of file: a clear error, what was kept is whole, and it goes on."""
    counts: Counter[str] = Counter()

    def work(folder: str) -> None:
        limit = random.randrange(4000)
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
        try:
            slowly(folder)
        except OSError as error:
            if error.errno != errno.EFBIG or "the disk is full" not in str(error):
                raise

    for _ in range(n):
        with tempfile.TemporaryDirectory() as folder:
            counts["clear" if os.waitpid(child(lambda folder=folder: work(folder)), 0)[1] == 0 else "WRONG"] += 1
            left = Path(folder, "temporary")
            whole = bits(Archive(folder).run(CALLS[0])) == RIGHT[0]
            counts["went on" if whole and not list(left.iterdir()) else "WRONG"] += 1
    return counts


def interrupts(n: int) -> Counter[str]:
    """Interrupted at a random moment: what was given is as it was, nothing runs on, and it goes on to the same bits."""
    data = wb.load("digits", train_size=100)
    model = wb.models.lenet(data)
    start = wb.snapshot(model)
    recipe = wb.Recipe(steps=12)
    one = wb.call(wb.lottery.rounds, model, start, data, recipe, rounds=2)
    right = [r.run.weights for r in one.run()]

    def side_by_side(seed: int) -> torch.Tensor:
        return wb.train(model, start, data, recipe, seed=seed).weights["layers.0.weight"]

    def world() -> list[object]:
        tensors = [*start.values(), *model.state_dict().values(), torch.get_rng_state()]
        numbers = [torch.get_num_threads(), torch.is_grad_enabled(), torch.get_default_dtype(), model.training]
        return [
            *(tensor.sum().item() for tensor in tensors),
            *numbers,
            reports._place.get(),
            replicas._waits.get(),
        ]

    before, counts = world(), Counter[str]()
    folder = tempfile.TemporaryDirectory()
    handler = signal.signal(signal.SIGALRM, _interrupt)
    while counts["interrupted"] < n:
        signal.setitimer(signal.ITIMER_REAL, 0.001 + random.random() * 0.1)
        try:
            if random.random() < 0.7:
                Archive(folder.name).run(one)
            else:
                list(wb.replicas(side_by_side, range(3)))
            signal.setitimer(signal.ITIMER_REAL, 0)
        except KeyboardInterrupt:
            counts["interrupted"] += 1
        end = time.monotonic() + 5
        while any(thread.name == "replica" for thread in threading.enumerate()) and time.monotonic() < end:
            time.sleep(0.005)
        counts["nothing changed" if world() == before and time.monotonic() < end else "WRONG"] += 1
        if counts["interrupted"] % 8 == 0:
            with warnings.catch_warnings():
                warnings.simplefilter("error")
                weights = [r.run.weights for r in Archive(folder.name).run(one)]
            same = all(torch.equal(a[name], b[name]) for a, b in zip(weights, right, strict=True) for name in a)
            counts["same bits" if same else "WRONG"] += 1
            folder.cleanup()
            folder = tempfile.TemporaryDirectory()
    signal.signal(signal.SIGALRM, handler)
    folder.cleanup()
    return counts


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


TRIALS = {one.__name__: one for one in (kills, tampering, sharing, full_disk, interrupts)}

if __name__ == "__main__":
    names = [name for name in sys.argv[1:] if name in TRIALS] or list(TRIALS)
    number = next((int(word) for word in sys.argv[1:] if word.isdigit()), 200)
    for name in names:
        began = time.monotonic()
        counts = dict(TRIALS[name](number))
        sys.stdout.write(f"{name}: {counts} in {time.monotonic() - began:.0f} s\n")
        sys.stdout.flush()
