"""A notebook in a kernel, as papermill runs it: with a limit of time for the whole, a log, and a stop from outside."""

from __future__ import annotations

import logging
import os
import signal
import time
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

import nbformat
import papermill
from nbclient.exceptions import CellTimeoutError
from papermill.clientwrap import PapermillNotebookClient
from papermill.engines import NBClientEngine, papermill_engines
from papermill.log import logger

ENGINE = "workbench"
NAME = "python3"  # the kernel of the Python that the worker runs on
START = 120.0  # seconds that a kernel has to start: machines that are shared may be slow
_working: set[Kernel] = set()


class Limit(Exception):  # noqa: N818
    """A notebook took longer than it may."""


class Kernel:
    """One run of a notebook. In `scratch` the files `notebook` and `log` grow while it works."""

    def __init__(self, sweep: str, limit: float | None, cores: int, folder: str, scratch: Path) -> None:
        self.sweep, self.limit, self.cores = sweep, limit, cores
        self.folder = folder if folder and os.path.isdir(folder) else str(scratch)
        self.notebook, self.log = scratch / "notebook.ipynb", scratch / "log.txt"
        self.cell, self.cells = 0, 0
        self.memory: int | None = None  # bytes that the kernel took at most, where the system tells
        self.stopped = False
        self.pid: int | None = None
        self._end = float("inf")

    def run(self, text: str, parameters: dict[str, Any]) -> None:
        """Run the notebook with these parameters. Raises what papermill raises, or `Limit`."""
        node = nbformat.reads(text, as_version=4)
        if self.limit is not None:
            self._end = time.monotonic() + self.limit
        _working.add(self)
        try:
            papermill.execute_notebook(
                node,
                str(self.notebook),
                parameters,
                engine_name=ENGINE,
                kernel_name=NAME,
                language="python",  # whatever the notebook says
                progress_bar=False,
                kernel=self,
            )
        except CellTimeoutError:
            raise Limit(
                f"it took longer than its limit of {self.limit:g} s, in cell {self.cell} of {self.cells}"
            ) from None
        finally:
            _working.discard(self)

    def say(self, words: str) -> None:
        """Add a line to the log."""
        with self.log.open("a") as log:
            log.write(f"{datetime.now().astimezone():%Y-%m-%d %H:%M:%S} {words}\n")

    def execute(self, manager: Any, name: str) -> None:
        """Run the cells of papermill's notebook, as its engine is asked to."""
        environment = {**os.environ, "WORKBENCH_CORES": str(self.cores)}
        self.cells = len(manager.nb.cells)
        with self.log.open("a", buffering=1) as log:  # what the process itself says goes there too
            client = _Client(
                manager,
                kernel_name=name,
                startup_timeout=int(START),
                timeout_func=lambda cell: max(self._end - time.monotonic(), 0.1) if self.limit else None,
                store_widget_state=False,
                stdout_file=log,
                stderr_file=log,
                on_cell_start=self._at,
                resources={"metadata": {"path": self.folder}},
            )
            client.watched = self
            client.execute(env=environment, stdout=log, stderr=log)

    def stop(self) -> None:
        """End it at once."""
        self.stopped = True
        if self.pid:
            with suppress(OSError):
                os.kill(self.pid, getattr(signal, "SIGKILL", signal.SIGTERM))

    def _at(self, cell: Any, cell_index: int) -> None:
        self.cell = cell_index + 1
        line = next(iter(cell.source.strip().splitlines()), "")
        if cell.cell_type == "code":
            self.say(f"cell {self.cell} of {self.cells}: {line}")


def stop_kernels(sweep: str) -> None:
    """End all that this worker does for a sweep."""
    for kernel in [kernel for kernel in _working if kernel.sweep == sweep]:
        kernel.stop()


class _Client(PapermillNotebookClient):
    """Papermill's, which tells which process the kernel is, and what it took."""

    watched: Kernel

    def papermill_execute_cells(self) -> None:
        kernel = self.watched
        kernel.pid = getattr(getattr(self.km, "provisioner", None), "pid", None)
        if kernel.stopped:  # before it had begun
            kernel.stop()
        try:
            super().papermill_execute_cells()
        finally:
            kernel.memory = _most_memory(kernel.pid)


class _Engine(NBClientEngine):
    @classmethod
    def execute_managed_notebook(cls, nb_man: Any, kernel_name: str, **options: Any) -> None:
        options["kernel"].execute(nb_man, kernel_name)


papermill_engines.register(ENGINE, _Engine)
logger.setLevel(logging.ERROR)  # it warns of parameters that it cannot read, which we can


def _most_memory(pid: int | None) -> int | None:
    with suppress(OSError, StopIteration, ValueError):
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
        return 1024 * int(next(line for line in lines if line.startswith("VmHWM")).split()[1])
    return None
