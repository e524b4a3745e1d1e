"""Where points run: the workers of a Dask scheduler, this machine's own or any other's.

Slurm, PBS, Kubernetes and clouds come through dask-jobqueue, dask-kubernetes and dask-gateway, all of which give a
scheduler's address.
"""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager, suppress
from typing import Any

from workbench.work import rules
from workbench.work.nearest import check_known

PATIENCE = 6.0  # seconds that a scheduler has to answer
POLL = 0.2  # seconds between two looks at whether anybody still waits
CREDENTIALS = ("ca", "cert", "key")


def check_tls(tls: Any) -> None:
    """Raise a ValueError unless it is None or a dict of the paths of files."""
    if tls is None:
        return
    rules.instance(
        "tls", tls, Mapping, "a dict of paths", '{"ca": "ca.pem", "cert": "cert.pem", "key": "key.pem"} is one'
    )
    for name, path in tls.items():
        check_known("part of tls", name, CREDENTIALS)
        if not os.path.isfile(rules.path(f'tls["{name}"]', path)):
            raise ValueError(f'tls["{name}"] must be the path of a file, got "{path}", where there is none')
    if lacking := [name for name in CREDENTIALS if name not in tls]:
        raise ValueError(f"tls must have {', '.join(CREDENTIALS)}, got no {lacking[0]}; each is the path of a file")


@contextmanager
def client_of(
    address: str | None, workers: int, tls: Mapping[str, Any] | None, waiting: Callable[[], Any] = lambda: None
) -> Iterator[Any]:
    """Give a client of the scheduler at an address; without one, of this machine's processes, started for it.

    `waiting()` is called while they start, and may raise. A ConnectionError in words, within ten seconds, where no
    scheduler answers there, or refuses.
    """
    if address is None:
        with this_machine(workers, waiting) as here, _client(here, None) as client:
            yield client
    else:
        with _client(address, tls) as client:
            yield client


@contextmanager
def this_machine(workers: int, waiting: Callable[[], Any] = lambda: None) -> Iterator[str]:
    """Start so many workers of this machine, and give the address of their scheduler."""
    command = [sys.executable, "-m", "workbench.sweep.local", str(workers)]
    started = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    assert started.stdin is not None
    assert started.stdout is not None
    patience = 0.0
    try:
        with ThreadPoolExecutor(1) as reader:
            line = reader.submit(started.stdout.readline)
            while not wait([line], POLL).done:
                try:
                    waiting()
                except BaseException:
                    _kill(started)  # nothing has begun there, and the line ends
                    raise
        address = line.result().strip()
        if not address:
            raise ConnectionError("this machine's workers could not be started; their error stands above")
        yield address
        patience = 12.0  # where it was stopped, nobody waits
    finally:
        with suppress(OSError):
            started.stdin.close()  # which it ends by
        started.stdout.close()
        ending = threading.Thread(target=_end, args=(started,), name="workbench workers", daemon=True)
        ending.start()
        ending.join(patience)


def _end(started: subprocess.Popen[str]) -> None:
    """Wait until it has ended, and see to it that it does."""
    try:
        started.wait(timeout=10)
    except subprocess.TimeoutExpired:
        _kill(started)


def _kill(started: subprocess.Popen[str]) -> None:
    """End it, and the workers that it has started."""
    with suppress(OSError):
        os.killpg(started.pid, signal.SIGKILL) if hasattr(os, "killpg") else started.kill()
    started.wait()


@contextmanager
def _client(address: str, tls: Mapping[str, Any] | None) -> Iterator[Any]:
    from distributed import Client
    from distributed.security import Security

    security = Security()
    if tls is not None:
        files = {"tls_ca_file": tls["ca"], "tls_client_cert": tls["cert"], "tls_client_key": tls["key"]}
        security = Security(**{name: os.fspath(file) for name, file in files.items()}, require_encryption=True)
    try:
        with ThreadPoolExecutor(1) as thread:  # a notebook's own has a loop that runs
            thread.submit(_greet, address, security).result()
        client = Client(address, timeout=PATIENCE, security=security, set_as_default=False)
    except (OSError, ValueError, TypeError, RuntimeError) as error:
        way_on = "`dask scheduler` starts one; without an address the sweep runs on this machine's processes"
        words = f"no scheduler that lets us in answers at {address} ({_words(error)})"
        raise ConnectionError(f"{words}; {way_on}") from error
    try:
        yield client
    finally:
        with suppress(Exception):
            client.close(timeout=5)


def _greet(address: str, security: Any) -> None:
    """Raise an OSError unless somebody there speaks as Dask does.

    Of one who listens and is silent neither Dask's client nor its connection ever gives up: its own loop is left.
    """
    from distributed.comm.core import connect

    async def greet() -> None:
        comm = await connect(address, timeout=PATIENCE / 2, **security.get_connection_args("client"))
        comm.abort()

    loop = asyncio.new_event_loop()
    loop.set_exception_handler(lambda loop, about: None)
    try:
        asked = loop.create_task(greet())
        loop.run_until_complete(asyncio.wait({asked}, timeout=PATIENCE))
        if not asked.done():
            raise TimeoutError(f"somebody listens there, and says nothing for {PATIENCE:.0f} s")
        asked.result()
    finally:
        loop.close()


def _words(error: BaseException) -> str:
    """What went wrong at bottom: Dask wraps the reason in what it was doing."""
    while error.__cause__ is not None:
        error = error.__cause__
    return str(error).split("\n")[0] or type(error).__name__
