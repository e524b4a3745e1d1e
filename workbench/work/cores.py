"""Cores: how many of the machine's this process may use side by side.

A batch system gives a process some of them, by affinity (Slurm) or by a quota (containers); `os.cpu_count()` says how
many there are. Where several processes share what is left, `WORKBENCH_CORES` tells each its part.
"""

from __future__ import annotations

import math
import os
from contextlib import suppress
from pathlib import Path

from workbench.work import rules

VARIABLE = "WORKBENCH_CORES"
QUOTA = Path("/sys/fs/cgroup/cpu.max")  # "400000 100000": microseconds of all cores in so many; or "max 100000"


def cores() -> int:
    """Return what `WORKBENCH_CORES` says, else the cores that this process is allowed; a ValueError for no number."""
    if text := os.environ.get(VARIABLE, "").strip():
        n = int(text) if text.isdecimal() else text
        return rules.whole(VARIABLE, n, least=1, way_on="unset it for all the cores that are allowed")
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    with suppress(OSError, ValueError, ZeroDivisionError):  # no file; no quota
        quota, period = map(float, QUOTA.read_text().split())
        allowed = min(allowed, max(1, math.ceil(quota / period)))
    return allowed
