"""Which process does a piece of work, and whether it is still there: a killed one could tell nobody."""

from __future__ import annotations

import os
import socket
from pathlib import Path
from typing import Any


def this_process() -> dict[str, Any]:
    """This process as JSON: its machine, its number, and when it started (for numbers are used again)."""
    return {"host": socket.gethostname(), "pid": os.getpid(), "started": started(os.getpid())}


def is_here(process: dict[str, Any]) -> bool:
    """Whether a process is, or was, one of this machine, so that `is_gone` can tell."""
    return process.get("host") == socket.gethostname()


def is_gone(process: dict[str, Any]) -> bool:
    """Whether a process of this machine is no more; False where that cannot be told."""
    pid = process.get("pid")
    if not isinstance(pid, int) or isinstance(pid, bool) or pid <= 0:
        return True
    now = started(pid)
    return now == "" or (now is not None and now != process.get("started"))


def started(pid: int) -> str | None:
    """When a process started, in words that only serve to compare; "" for no such process, None where unknown."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()  # a name may hold anything
        return "" if fields[0] in "ZX" else f"{boot} {fields[19]}"  # killed, and waited for by nobody yet
    except (OSError, IndexError):
        return "" if Path("/proc/self/stat").exists() else _started_elsewhere(pid)


def _started_elsewhere(pid: int) -> str | None:
    """As `started`, where there is no /proc: ipykernel brings psutil, and without it nothing is known."""
    try:
        import psutil
    except ImportError:
        return None
    try:
        return str(psutil.Process(pid).create_time())
    except psutil.Error:
        return ""
