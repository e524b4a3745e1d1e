"""How much memory there is, and that what is asked for fits: a size that data or a string chose is refused in words,
before any memory is taken for it.
"""

from __future__ import annotations

import functools
import os
from pathlib import Path

SHARE = 0.5  # what one thing may take: whatever is made of it needs as much again
UNKNOWN = 16 * 2**30  # bytes, where the machine does not tell
GIB, MOST = 2**30, 2**100  # bytes; what is beyond is no longer a float


def check_room(what: str, size: int, way_on: str = "") -> None:
    """Raise a ValueError where `what`, of `size` bytes, does not fit this machine's memory."""
    if size > SHARE * machine():
        needed, there = f"{min(size, MOST) / GIB:,.1f} GiB", f"{machine() / GIB:,.1f}"
        words = f"{what} would take {needed} of memory, of which this machine has {there}"
        raise ValueError(f"{words}; {way_on}" if way_on else words)


@functools.cache
def machine() -> int:
    """The bytes of memory of this machine, or of the container that it is."""
    try:
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        memory = UNKNOWN
    try:
        return min(memory, int(Path("/sys/fs/cgroup/memory.max").read_text()))
    except (OSError, ValueError):
        return memory
