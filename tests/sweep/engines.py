"""Real engines for tests: a Dask scheduler and its workers, each a process of its own, that speak over TCP or TLS."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from waiting import until, written


@contextmanager
def engine(folder: Path, workers: int = 2, tls: Mapping[str, str] | None = None) -> Iterator[tuple[str, list[int]]]:
    """Give the address of a scheduler that listens on loopback, and the process numbers of its workers."""
    file = folder / "scheduler.json"
    options = {"ca": "--tls-ca-file", "cert": "--tls-cert", "key": "--tls-key"}
    secret = [word for name, path in (tls or {}).items() for word in (options[name], path)]
    protocol = ["--protocol", "tls" if tls else "tcp"]
    common = ["--scheduler-file", str(file), "--no-dashboard", *protocol, *secret]
    started = [_start("scheduler", "--host", "127.0.0.1", "--port", "0", *common)]
    try:
        until(lambda: written(file))
        one = ["--nthreads", "1", "--no-nanny", "--host", "127.0.0.1"]
        started += [_start("worker", *common, *one, "--name", f"w{index}") for index in range(workers)]
        yield written(file)["address"], [process.pid for process in started[1:]]
    finally:
        for process in reversed(started):
            process.terminate()
        for process in started:
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def kill(pid: int) -> None:
    """End a process, at once."""
    os.kill(pid, signal.SIGKILL)


def below(pid: int) -> set[int]:
    """The processes that a process has begun, and those that they have."""
    import psutil

    return {child.pid for child in psutil.Process(pid).children(recursive=True)}


def alive(pids: set[int]) -> set[int]:
    """Those of the processes that still are."""
    import psutil

    there = set()
    for pid in pids:
        try:
            if psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
                there.add(pid)
        except psutil.NoSuchProcess:
            continue
    return there


def _start(kind: str, *words: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", f"distributed.cli.dask_{kind}"]
    quiet = {"DASK_LOGGING__DISTRIBUTED": "critical"}
    return subprocess.Popen([*command, *words], env={**os.environ, **quiet}, stderr=subprocess.DEVNULL)
