"""One point on a worker: papermill runs its notebook in a kernel, and what came of it goes to the sweep's folder.

Only the installed package and the folder are needed here; the notebook comes with the task. Finished points, and those
that another sweep works at, are left alone.
"""

from __future__ import annotations

import re
import tempfile
import threading
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from platform import python_version
from typing import TYPE_CHECKING, Any

import torch

from workbench.sweep.store import BEAT, Store
from workbench.sweep.tables import keep_tables
from workbench.work.processes import this_process

if TYPE_CHECKING:
    from workbench.sweep.kernel import Kernel

COLOURS = re.compile(r"\x1b\[[0-9;]*m")  # of a traceback in a terminal
LONGEST = 100_000  # characters of a traceback


@dataclass(frozen=True)
class Task:
    """What a worker is given: the point, its notebook, all of its parameters, and for whom it is done."""

    point: str
    notebook: str
    text: str = field(repr=False)
    parameters: dict[str, Any]
    ours: dict[str, Any]  # of out, archive and interactive those that the notebook has; `out` is the worker's own
    out: str
    sweep: str
    attempt: int = 1
    limit: float | None = None
    cores: int = 1
    folder: str = ""  # that the sweep was called in, where the worker has it too


@dataclass(frozen=True)
class Report:
    """What came of it: "finished", "failed", "elsewhere" (another sweep works at it) or "unwritable"."""

    point: str
    state: str
    seconds: float = 0.0
    attempt: int = 1
    error: str = ""


def run_point(task: Task) -> Report:
    """Run a point and keep what comes of it; nothing that the notebook does raises here."""
    store = Store(task.out)
    try:
        if ready := store.record("finished", task.point):
            return Report(task.point, "finished", ready["seconds"], ready["attempt"])
        if store.runs_elsewhere(task.point, task.sweep):
            return Report(task.point, "elsewhere")
        with tempfile.TemporaryDirectory(prefix="workbench-") as scratch:
            return _run(task, store, Path(scratch))
    except OSError as error:
        return Report(task.point, "unwritable", attempt=task.attempt, error=str(error))


def record_of(task: Task, report: Report, traceback: str = "", memory: int | None = None) -> dict[str, Any]:
    """What is kept of a point that ended."""
    ended = {
        "seconds": report.seconds,
        "attempt": report.attempt,
        "memory": memory,
        "ended": datetime.now(UTC).isoformat(),
    }
    failure = {"error": report.error, "traceback": traceback} if report.state == "failed" else {}
    versions = {"workbench": version("lottery-workbench"), "torch": str(torch.__version__), "python": python_version()}
    where = {"process": this_process(), "versions": versions}
    return {"point": task.point, "notebook": task.notebook, "parameters": task.parameters, **ended, **failure, **where}


def stop_points(sweep: str) -> None:
    """End all that this worker does for a sweep."""
    from workbench.sweep.kernel import stop_kernels

    stop_kernels(sweep)


def _run(task: Task, store: Store, scratch: Path) -> Report:
    from workbench.sweep.kernel import Kernel  # papermill takes a second to import, which a plan need not

    clock, error, trace = time.monotonic(), "", ""
    kernel = Kernel(task.sweep, task.limit, task.cores, task.folder, scratch)
    tables = scratch / "tables"
    ours = task.ours | ({"out": str(tables)} if "out" in task.ours else {})
    with _beating(task, store, kernel):
        kernel.say(f"{task.point}, try {task.attempt}: {', '.join(f'{k}={v!r}' for k, v in task.parameters.items())}")
        try:
            kernel.run(task.text, task.parameters | ours)
        except Exception as problem:
            error, trace = _failure(problem, kernel)
        seconds = time.monotonic() - clock
        kernel.say(f"failed after {seconds:.1f} s: {error}" if error else f"finished in {seconds:.1f} s")
    report = Report(task.point, "failed" if error else "finished", seconds, task.attempt, error)
    kept = record_of(task, report, trace, kernel.memory)
    if report.state == "finished":
        kept["tables"] = keep_tables(store, tables, task.notebook, task.point, task.parameters)
        store.forget("failed", task.point)
    store.write(report.state, task.point, kept)
    store.forget("running", task.point)
    return report


def _failure(error: Exception, kernel: Kernel) -> tuple[str, str]:
    """What went wrong in a line, and in full."""
    from nbclient.exceptions import DeadKernelError
    from papermill.exceptions import PapermillExecutionError

    from workbench.sweep.kernel import Limit

    if isinstance(error, Limit):
        return str(error), ""
    if isinstance(error, PapermillExecutionError):
        text = COLOURS.sub("", "\n".join(error.traceback))
        return f"{error.ename}: {COLOURS.sub('', error.evalue)}", text[-LONGEST:]
    where = f" in cell {kernel.cell} of {kernel.cells}"
    if kernel.stopped:
        return f"stopped{where}", ""
    if isinstance(error, DeadKernelError):
        why = "its kernel died, most often for want of memory: fewer replicas, or fewer workers at once, need less"
        return f"{why} (it was{where})", ""
    return f"{type(error).__name__}: {error}", "".join(traceback.format_exception(error))[-LONGEST:]


@contextmanager
def _beating(task: Task, store: Store, kernel: Kernel) -> Iterator[None]:
    """Say now and then that it is worked at, and keep how far the notebook and its log have come; at the end all."""
    over = threading.Event()

    def beat() -> None:
        where = {"cell": kernel.cell, "cells": kernel.cells, "attempt": task.attempt}
        who = {"sweep": task.sweep, "process": this_process(), "notebook": task.notebook, "parameters": task.parameters}
        store.write("running", task.point, {**who, **where, "beat": time.time()})
        for made, path in ((kernel.notebook, f"notebooks/{task.point}.ipynb"), (kernel.log, f"logs/{task.point}.txt")):
            if made.is_file():
                store.put(path, made.read_bytes())

    def beats() -> None:
        while not over.wait(BEAT):
            with suppress(OSError):  # at the end it is said
                beat()

    beat()
    thread = threading.Thread(target=beats, daemon=True, name="workbench point")
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
        beat()
