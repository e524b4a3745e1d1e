"""What a process and all that it starts took of memory and time, each at its highest, as the system counts it."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

PAUSE = 0.1  # seconds between two looks


@dataclass(frozen=True)
class Peak:
    """The exit code, the sum of the highest memory of each process, and the time that it took."""

    code: int
    bytes: int
    seconds: float
    said: str

    def __repr__(self) -> str:
        error = f", {self.said[-500:]}" if self.code else ""
        return f"{self.bytes / 1e6:.0f} MB, {self.seconds:.0f} s, exit code {self.code}{error}"


def watched(command: Sequence[str], *, cwd: Path, env: Mapping[str, str]) -> Peak:
    """Run a command to its end; what it writes goes to the file `said` in its folder.

    The system keeps the high-water mark of each process (`VmHWM`): between two looks nothing is missed but how a
    process grew in its last tenth of a second. The sum is above what all of them had at one moment.
    """
    began, highest = time.monotonic(), {}
    with (cwd / "said").open("w") as said:
        child = psutil.Popen(list(command), cwd=cwd, env=dict(env), stdout=said, stderr=said)
        while child.poll() is None:
            for process in [child, *_started_by(child)]:
                highest[process.pid] = max(_high_water(process.pid), highest.get(process.pid, 0))
            time.sleep(PAUSE)
    return Peak(child.returncode, sum(highest.values()), time.monotonic() - began, (cwd / "said").read_text())


def _started_by(process: psutil.Process) -> list[psutil.Process]:
    try:
        return process.children(recursive=True)
    except psutil.Error:
        return []


def _high_water(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:  # it has ended
        return 0
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM"))
